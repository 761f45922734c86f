"""`train` and `evaluate`: from corrected captions to a better model, and how good it is."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from caption_boundaries.cli.batches import folders_of
from caption_boundaries.cli.options import (
    DEFAULT_DATA,
    DataOption,
    EngineOption,
    JsonOption,
    LanguageOption,
    QuietOption,
    TargetsArgument,
    VerboseOption,
)
from caption_boundaries.cli.output import Output
from caption_boundaries.config import DETECTORS, CaptionSettings, OcrSettings, Settings
from caption_boundaries.errors import UsageError
from caption_boundaries.library import load_video
from caption_boundaries.models.architectures import ARCHITECTURES, DEFAULT

if TYPE_CHECKING:
    from caption_boundaries.evaluation.truth import Truth
    from caption_boundaries.training.trainer import Report
    from caption_boundaries.training.trials import CaptionTrial, PairTrial

SHOWN_FIGURES = {"train_loss": "loss", "macro_f1": "macro F1", "pairs_per_second": "pairs/s"}
"""Figures in the progress bar, and what they are called there."""
TRUTH_SUFFIXES = (".json", ".srt")

DetectorsOption = Annotated[list[str], typer.Option("--detector", help=f"{', '.join(DETECTORS)}; may be given again.")]
TrackerOption = Annotated[
    Literal["local", "wandb", "null"],
    typer.Option("--tracker", help="Where figures go: local, wandb (offline unless WANDB_MODE says online) or null."),
]
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", help="A training's folder or an exported model. [default: the one in the package]"),
]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(train)
    app.command()(evaluate)


def train(
    dataset: Annotated[
        str, typer.Option("--dataset", metavar="NAME", help="Frozen data set: its name, or a path to its .json.")
    ],
    data: DataOption = DEFAULT_DATA,
    run: Annotated[
        Path | None, typer.Option("--run", help="Folder of the run. [default: runs/NAME in the data root]")
    ] = None,
    fold: Annotated[int, typer.Option("--fold", min=0, help="The fold to judge by; all others are trained on.")] = 0,
    architecture: Annotated[str, typer.Option("--architecture", help=f"{' or '.join(ARCHITECTURES)}.")] = DEFAULT,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Steps at most.")] = 3000,
    batch: Annotated[int, typer.Option("--batch", min=2, help="Pairs in a step, over all processes.")] = 64,
    micro_batch: Annotated[
        int, typer.Option("--micro-batch", min=2, help="Pairs at once in a process; less needs less memory.")
    ] = 32,
    samples: Annotated[int, typer.Option("--samples", min=1, help="Pairs of each class in an epoch at most.")] = 2000,
    rate: Annotated[float, typer.Option("--rate", help="Highest learning rate.")] = 4e-3,
    look: Annotated[int, typer.Option("--look", min=1, help="Steps from one checkpoint to the next.")] = 200,
    patience: Annotated[int, typer.Option("--patience", min=1, help="Looks without improvement before it ends.")] = 8,
    precision: Annotated[str, typer.Option("--precision", help="auto, bfloat16 or float32.")] = "auto",
    workers: Annotated[int, typer.Option("--workers", min=0, help="Processes that load pairs; 0 = none besides.")] = 0,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads for one network.")] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of weights, order and augmentation.")] = 0,
    start_from: Annotated[
        Path | None,
        typer.Option(
            "--start-from", help="Go on from what a run or an exported model knows; 'shipped': the one in the package."
        ),
    ] = None,
    tracker: TrackerOption = "local",
    export: Annotated[Path | None, typer.Option("--export", help="Also write the best model here, as ONNX.")] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Remove what the run has, and begin anew.")] = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Train a boundary model on a frozen data set; the same command again goes on where it stopped.

    Example: `caption-boundaries train --dataset first --data films --export model`

    With several processes: `torchrun --nproc-per-node 2 -m caption_boundaries train --dataset first`
    """
    out = Output(json, quiet, verbose)
    _require_torch()
    import torch

    from caption_boundaries.data.frozen import manifest_path, open_frozen
    from caption_boundaries.inference.backends import SHIPPED
    from caption_boundaries.training.config import TrainConfig
    from caption_boundaries.training.export import export_model
    from caption_boundaries.training.session import begin_again, train_on

    torch.set_num_threads(threads)
    config = TrainConfig(
        architecture, steps, batch, micro_batch, samples, rate,
        validate_every=look, patience=patience, precision=precision, workers=workers, seed=seed,
    )  # fmt: skip
    path = manifest_path(dataset, data)
    frozen, run_dir = open_frozen(path), run or data / "runs" / path.stem
    if restart:
        begin_again(run_dir)
    with _training_bar(out) as report:
        result = train_on(
            frozen, config, run_dir, validation_fold=fold, tracker=tracker, report=report,
            start_from=SHIPPED if start_from == Path("shipped") else start_from,
        )  # fmt: skip
    out.say(f"{result.step} steps, {result.reason}; best checkpoint: {result.best}", style="bold")
    if export is not None:
        export_model(run_dir, export)
        out.say(f"Exported to {export}")
    out.emit(
        {
            "run": str(run_dir),
            "step": result.step,
            "reason": result.reason,
            "best": str(result.best),
            "figures": result.figures,
            "exported": str(export) if export else None,
        }
    )


@dataclass(frozen=True)
class _Line:
    """What came of one video with one detector."""

    video: str
    detector: str
    pairs: PairTrial
    captions: CaptionTrial | None


def evaluate(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth", help="File with the truth, or a folder of such named like the videos. [default: confirmed rows]"
        ),
    ] = None,
    detectors: DetectorsOption = ["combined", "strokes"],  # noqa: B006 - typer wants a list and does not change it
    model: ModelOption = None,
    captions: Annotated[bool, typer.Option(help="Also read the text, for times exact to the source frame.")] = True,
    engine: EngineOption = "rapidocr",
    language: LanguageOption = "",
    plot: Annotated[Path | None, typer.Option("--plot", metavar="PNG", help="Draw the figures.")] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Measure how well detectors find the captions of videos whose truth is known; nothing is changed.

    Example: `caption-boundaries evaluate films --detector model --detector strokes --plot figures.png`
    """
    from caption_boundaries.captions.learned import create_detector
    from caption_boundaries.training.trials import try_captions, try_pairs

    out = Output(json, quiet, verbose)
    folders = folders_of(targets, data)
    lines = []
    for folder in folders:
        known, name = _truth_of(folder, truth, len(folders)), load_video(folder).name
        for detector in dict.fromkeys(detectors):
            settings = Settings(ocr=OcrSettings(engine, language), captions=CaptionSettings(detector, model))
            pairs = try_pairs(folder, known, create_detector(settings.captions, workers=settings.ocr.workers))
            tried = try_captions(folder, known, settings) if captions else None
            lines.append(_Line(name, detector, pairs, tried))
            out.detail(f"{name}: {detector}")
    _print_evaluation(lines, out)
    if plot is not None:
        _plot(lines, plot)
        out.say(f"Drawn as {plot}")
    out.emit(_evaluation_json(lines))


def _truth_of(folder: Path, truth: Path | None, videos: int) -> Truth:
    from caption_boundaries.evaluation.truth import read_truth
    from caption_boundaries.training.trials import truth_in

    if truth is None:
        return truth_in(folder)
    if not truth.is_dir():
        if videos > 1:
            raise UsageError(f"--truth names one file, but there are {videos} videos.", hint="Name a folder of files.")
        return read_truth(truth)
    stem = Path(load_video(folder).name).stem
    found = next((path for suffix in TRUTH_SUFFIXES if (path := truth / f"{stem}{suffix}").is_file()), None)
    if found is None:
        raise UsageError(f"There is no truth for {stem} in {truth}.", hint=f"It would be {stem}.json or {stem}.srt.")
    return read_truth(found)


def _print_evaluation(lines: Sequence[_Line], out: Output) -> None:
    figures = ("cuts>", "found>", "F1 ±1>", "macro F1>", "missed>", "invented>", "F1 0.05 s>", "seconds>")
    rows = [(line.video, line.detector, *_cells(_figures(line.pairs, line.captions))) for line in lines]
    rows += [("all", detector, *_cells(found)) for detector, found in _totals(lines).items()]
    out.table("", ("video", "detector", *figures), rows)


def _cells(figures: dict[str, Any]) -> tuple[str, ...]:
    names = ("cuts", "cut_recall", "f1_1", "macro_f1", "missed", "invented", "boundary_f1_0.05s", "seconds")
    return tuple(_cell(figures.get(name)) for name in names)


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _figures(pairs: PairTrial, captions: CaptionTrial | None) -> dict[str, Any]:
    figures: dict[str, Any] = {"cuts": pairs.cuts.predicted, "cut_recall": pairs.cuts.recall}
    figures |= pairs.score.as_dict() if pairs.score is not None else {}
    if captions is not None:
        figures |= captions.score.as_dict()
    return figures | {"seconds": pairs.seconds + (captions.seconds if captions else 0.0)}


def _totals(lines: Sequence[_Line]) -> dict[str, dict[str, Any]]:
    """Return the figures of all videos together, by detector."""
    from caption_boundaries.evaluation import boundaries, metrics
    from caption_boundaries.evaluation.metrics import PairCount

    totals: dict[str, dict[str, Any]] = {}
    for detector in dict.fromkeys(line.detector for line in lines):
        mine = [line for line in lines if line.detector == detector]
        cuts = sum((line.pairs.cuts for line in mine), PairCount(0, 0, 0))
        figures: dict[str, Any] = {"cuts": cuts.predicted, "cut_recall": cuts.recall}
        scores = [line.pairs.score for line in mine if line.pairs.score is not None]
        figures |= boundaries.total(scores).as_dict() if scores else {}
        read = [line.captions for line in mine if line.captions is not None]
        figures |= metrics.total(trial.score for trial in read).as_dict() if read else {}
        seconds = sum(line.pairs.seconds + (line.captions.seconds if line.captions else 0.0) for line in mine)
        totals[detector] = {**figures, "seconds": seconds}
    return totals


def _evaluation_json(lines: Sequence[_Line]) -> dict[str, Any]:
    videos = [{"video": line.video, "detector": line.detector, **_figures(line.pairs, line.captions)} for line in lines]
    return {"videos": videos, "all": _totals(lines)}


def _plot(lines: Sequence[_Line], path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError("matplotlib is not installed.", hint="pip install 'caption-boundaries[plots]'")
    from caption_boundaries.evaluation.boundaries import total
    from caption_boundaries.evaluation.plots import plot_evaluation

    scores = {
        detector: total(line.pairs.score for line in lines if line.detector == detector and line.pairs.score)
        for detector in dict.fromkeys(line.detector for line in lines if line.pairs.score)
    }
    plot_evaluation(scores, path)


def _require_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise UsageError("Training needs torch.", hint="pip install 'caption-boundaries[train]'")


@contextmanager
def _training_bar(out: Output) -> Iterator[Report]:
    """Show steps, the latest figures and the time left; without a terminal, a line for each look."""
    console = Console(stderr=True)
    columns = (
        TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    shown = console.is_terminal and not (out.quiet or out.json)
    with Progress(*columns, console=console, transient=True, disable=not shown) as bars:
        task = bars.add_task("training", total=None, figures="")
        told: list[float] = []

        def report(step: int, steps: int, figures: dict[str, float]) -> None:
            words = "  ".join(f"{name} {figures[key]:.4g}" for key, name in SHOWN_FIGURES.items() if key in figures)
            bars.update(task, completed=step, total=steps, figures=words)
            # A look at the validation videos changes their loss.
            if not shown and (look := figures.get("loss")) is not None and look not in told[-1:]:
                told.append(look)
                out.say(f"step {step} of {steps}  {words}")

        yield report
