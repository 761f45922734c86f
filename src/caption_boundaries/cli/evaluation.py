"""`evaluate`: how well detectors find captions whose truth is known."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from caption_boundaries.cli.batches import folders_of
from caption_boundaries.cli.detection import ModelOption
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

if TYPE_CHECKING:
    from caption_boundaries.evaluation.truth import Truth
    from caption_boundaries.training.trials import CaptionTrial, PairTrial

TRUTH_SUFFIXES = (".json", ".srt")

DetectorsOption = Annotated[list[str], typer.Option("--detector", help=f"{', '.join(DETECTORS)}; may be given again.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(evaluate)


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
    tested = []
    for detector in dict.fromkeys(detectors):
        settings = Settings(ocr=OcrSettings(engine, language), captions=CaptionSettings(detector, model))
        tested.append((detector, settings, create_detector(settings.captions, workers=settings.ocr.workers)))
    lines = []
    for folder in folders:
        known, name = _truth_of(folder, truth, len(folders)), load_video(folder).name
        for detector, settings, asked in tested:
            pairs = try_pairs(folder, known, asked)
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


TABLES = (
    ("Changes", {"cuts": "cuts", "found": "cut_recall", "F1 ±1": "f1_1", "macro F1": "macro_f1"}),
    ("Captions", {"missed": "missed", "invented": "invented", "F1 0.05 s": "boundary_f1_0.05s", "seconds": "seconds"}),
)
"""What is printed in which table, and the figure's name: two fit the width of a terminal."""


def _print_evaluation(lines: Sequence[_Line], out: Output) -> None:
    named = [(line.video, line.detector, _figures(line.pairs, line.captions)) for line in lines]
    named += [("all", detector, found) for detector, found in _totals(lines).items()]
    for title, columns in TABLES if any(line.captions for line in lines) else TABLES[:1]:
        rows = [
            (video, detector, *(_cell(figures.get(name)) for name in columns.values()))
            for video, detector, figures in named
        ]
        out.table(title, ("video", "detector", *(f"{column}>" for column in columns)), rows)


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
