"""`train`: from corrected captions to a better model."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from caption_boundaries.cli.options import DEFAULT_DATA, DataOption, JsonOption, QuietOption, VerboseOption
from caption_boundaries.cli.output import Output
from caption_boundaries.errors import UsageError
from caption_boundaries.models.architectures import ARCHITECTURES, DEFAULT

if TYPE_CHECKING:
    from caption_boundaries.data.videos import TrainingVideo
    from caption_boundaries.training.doubtful import Watch
    from caption_boundaries.training.trainer import Report

SHOWN_FIGURES = {"train_loss": "loss", "macro_f1": "macro F1", "pairs_per_second": "pairs/s"}
"""Figures in the progress bar, and what they are called there."""

TrackerOption = Annotated[
    Literal["local", "wandb", "null"],
    typer.Option("--tracker", help="Where figures go: local, wandb (offline unless WANDB_MODE says online) or null."),
]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(train)


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
    doubted_by: Annotated[
        Path | None,
        typer.Option(
            "--doubted-by",
            help="Train only on pairs that this model ('shipped', too) doubts: makes a second one to stand in for it.",
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
    from caption_boundaries.inference.predictor import BoundaryPredictor
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
    with _training_bar(out) as (report, watch):
        result = train_on(
            frozen, config, run_dir, validation_fold=fold, tracker=tracker, report=report, watch=watch,
            start_from=_model_folder(start_from),
            doubted_by=BoundaryPredictor.load(_model_folder(doubted_by), workers=threads) if doubted_by else None,
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


def _model_folder(path: Path | None) -> Path | None:
    """Return where a model lies; ``shipped`` is the package's, and ``shipped/closer`` the second one in it."""
    from caption_boundaries.inference.backends import SHIPPED

    return SHIPPED.joinpath(*path.parts[1:]) if path is not None and path.parts[:1] == ("shipped",) else path


def _require_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise UsageError("Training needs torch.", hint="pip install 'caption-boundaries[train]'")


@contextmanager
def _training_bar(out: Output) -> Iterator[tuple[Report, Watch]]:
    """Show steps, the latest figures and the time left; without a terminal, a line for each look.

    Yields what is told of the steps, and what shows how far a model is that is asked before them.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[figures]}"),
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

        def watch(videos: Sequence[TrainingVideo]) -> Iterator[TrainingVideo]:
            asking = bars.add_task("looking for doubtful pairs", total=len(videos), figures="")
            for video in videos:
                yield video
                bars.advance(asking)
            bars.remove_task(asking)

        yield report, watch
