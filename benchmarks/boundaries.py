"""Measure how well boundaries are found, by the learned model, by the rule on strokes, and by both together.

    python benchmarks/boundaries.py [--synthetic ROOT] [--data FOLDER ...] [--model FOLDER] [--no-captions] [--json]

Synthetic videos come from `caption-boundaries dataset synthesize ROOT --split test`; real clips lie beside their truth.
Everything is measured on copies. The figures are printed and stored in `results/boundaries.json` and
`results/boundaries.png`; README.md in this folder says what they mean.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from boundaries_groups import groups_of_script
from caption_boundaries.captions.learned import create_detector
from caption_boundaries.captions.stored import StoredPictures
from caption_boundaries.config import CaptionSettings, Settings
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.evaluation import boundaries, metrics
from caption_boundaries.evaluation.metrics import PairCount
from caption_boundaries.evaluation.plots import plot_evaluation
from caption_boundaries.evaluation.truth import Truth
from caption_boundaries.inference.pictures import views_of
from caption_boundaries.inference.predictor import BoundaryPredictor
from caption_boundaries.ingest.register import register_video
from caption_boundaries.library import load_videos
from caption_boundaries.models.preprocessing import sampled
from caption_boundaries.pipeline import STEPS, run_steps
from caption_boundaries.training.trials import CaptionTrial, PairTrial, truth_in, try_captions, try_pairs
from clips import DEFAULT_FOLDERS, find_clips
from machine import describe
from report import RESULTS, Figure, write_report

DETECTORS = ("combined", "model", "strokes")
BEFORE_CAPTIONS = STEPS[:4]
REFERENCE_PAIRS = 102.0
"""Pairs per second of an earlier system on a data-centre GPU, at its best."""


@dataclass(frozen=True)
class Video:
    """A video with crops, and what is true of it."""

    folder: Path
    name: str
    truth: Truth
    groups: tuple[str, ...]
    """It is added up in each of them."""


@dataclass(frozen=True)
class Measured:
    """What came of a video with a detector."""

    video: Video
    detector: str
    pairs: PairTrial
    captions: CaptionTrial | None


def main() -> int:
    """Measure, print and store."""
    options = _options()
    console = Console(stderr=options.json, width=150)
    machine = describe()
    with tempfile.TemporaryDirectory(prefix="boundaries-") as scratch:
        videos = [*_synthetic(options.synthetic), *_real(options.data or DEFAULT_FOLDERS, Path(scratch))]
        if not videos:
            console.print("No video with a truth was found; name some with --synthetic or --data.")
            return 2
        measured = list(_measure(videos, options, console))
        speed = _speed(max(videos, key=lambda video: len(video.truth.captions)), options.model)
    table = _groups(measured)
    _print(table, console)
    console.print(f"{speed['pairs_per_second']:.0f} pairs per second, crops read from the database, two threads")
    _store(measured, table, speed, machine, options.results)
    if options.json:
        print(json.dumps({"groups": table, "speed": speed}, indent=1))
    return 0


def _synthetic(root: Path | None) -> Iterator[Video]:
    for video in load_videos(root) if root is not None else ():
        groups = ("synthetic, all", *(f"synthetic, {group}" for group in groups_of_script(video.folder)))
        yield Video(video.folder, video.name, truth_in(video.folder), groups)


def _real(folders: Sequence[Path], scratch: Path) -> Iterator[Video]:
    for clip in find_clips(folders):
        folder = register_video(clip.video, scratch, known={}).video_dir
        list(run_steps(folder, BEFORE_CAPTIONS))
        yield Video(folder, clip.name, clip.truth, (clip.group,))


def _measure(videos: Sequence[Video], options: argparse.Namespace, console: Console) -> Iterator[Measured]:
    for video in videos:
        for detector in DETECTORS:
            settings = CaptionSettings(detector, options.model)
            pairs = try_pairs(video.folder, video.truth, create_detector(settings, workers=2))
            captions = (
                try_captions(video.folder, video.truth, Settings(captions=settings)) if options.captions else None
            )
            yield Measured(video, detector, pairs, captions)
        console.print(f"{video.name} …", style="dim")


def _groups(measured: Sequence[Measured]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the figures by group and detector."""
    names = dict.fromkeys(group for item in measured for group in item.video.groups)
    return {
        group: {
            detector: _figures([m for m in measured if m.detector == detector and group in m.video.groups])
            for detector in DETECTORS
        }
        for group in names
    }


def _figures(items: Sequence[Measured]) -> dict[str, float]:
    cuts = sum((item.pairs.cuts for item in items), PairCount(0, 0, 0))
    figures: dict[str, float] = {
        "videos": len(items), "cuts": cuts.predicted, "cut_recall": cuts.recall,
        "detection_seconds": sum(item.pairs.seconds for item in items),
    }  # fmt: skip
    scores = [item.pairs.score for item in items if item.pairs.score is not None]
    if scores:
        figures |= {f"pairs_{name}": value for name, value in boundaries.total(scores).as_dict().items()}
    read = [item.captions for item in items if item.captions is not None]
    if read:
        figures |= metrics.total(trial.score for trial in read).as_dict()
        figures["captions_seconds"] = sum(trial.seconds for trial in read)
    return figures


def _speed(video: Video, model: Path | None) -> dict[str, float]:
    """Return pairs per second with the crops read from the database, and what the memory grows by."""
    predictor = BoundaryPredictor.load(model, workers=2)
    with VideoDatabase(video.folder, readonly=True) as connection:
        layout = LayoutReader(connection).config()
        assert layout is not None
        pictures = StoredPictures(connection, layout)
        indices = pictures.indices.tolist()
        chosen = [indices[place] for place in sampled(len(indices))]
        usual, *larger = views_of(pictures.jpegs(chosen), pictures.regions)
        predictor.predict(pictures.jpegs(indices), usual, larger)  # warm
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, cpu = time.perf_counter(), time.process_time()
        rounds = max(1, 3000 // len(indices))
        predictor.predict((jpeg for _ in range(rounds) for jpeg in pictures.jpegs(indices)), usual, larger)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pairs = rounds * len(indices) - 1
    return {
        "pairs": pairs,
        "pairs_per_second": pairs / seconds,
        "pairs_per_cpu_second": pairs / cpu,
        "memory_growth_mb": (after - before) * 1024 / 1e6,
        "input_pixels": float(usual.shape[1] * usual.shape[2]),
    }


def _print(table: dict[str, dict[str, dict[str, float]]], console: Console) -> None:
    columns = {
        "cuts": "cuts", "cut_recall": "found", "pairs_f1_0": "F1 ±0", "pairs_f1_1": "±1", "pairs_f1_2": "±2",
        "pairs_macro_f1": "macro F1", "pairs_calibration_error": "ECE", "pairs_interval_iou": "IoU",
        "boundary_f1_0.05s": "F1 .05 s", "missed": "missed", "invented": "invented", "captions_seconds": "s",
    }  # fmt: skip
    printed = Table("group", "detector", *columns.values())
    for group, detectors in table.items():
        for detector, figures in detectors.items():
            cells = (figures.get(name) for name in columns)
            words = (
                "–" if v is None else f"{v:.3f}" if isinstance(v, float) and v != int(v) else f"{v:g}" for v in cells
            )
            printed.add_row(f"{group} ({figures['videos']:g})", detector, *words)
    console.print(printed)


def _word(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:g}" if value == int(value) else f"{value:.3f}"


def _store(
    measured: Sequence[Measured],
    table: dict[str, dict[str, dict[str, float]]],
    speed: dict[str, float],
    machine: dict[str, Any],
    folder: Path,
) -> None:
    figures = [
        Figure("pairs per second", speed["pairs_per_second"], "1/s", REFERENCE_PAIRS, "earlier system, GPU", ">= 1000")
    ]
    for group, detectors in table.items():
        rule, both = detectors["strokes"], detectors["combined"]
        for name in ("boundary_f1_0.05s", "cut_recall"):
            if name in rule:
                figures.append(Figure(f"{group}: {name}", both[name], "", rule[name], "strokes alone", ">= strokes"))
    videos = [
        {
            "video": item.video.name,
            "groups": item.video.groups,
            "detector": item.detector,
            **_figures([item]),
        }
        for item in measured
    ]
    details = {"groups": table, "speed": speed, "videos": videos}
    write_report("boundaries", figures, machine=machine, details=details, folder=folder)
    scores = {
        detector: boundaries.total(m.pairs.score for m in measured if m.detector == detector and m.pairs.score)
        for detector in ("model",)
    }
    plot_evaluation(scores, folder / "boundaries.png")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--synthetic", type=Path, help="data root of synthetic test videos")
    parser.add_argument("--data", type=Path, action="append", help="folder of clips with truth beside them")
    parser.add_argument("--model", type=Path, help="another model than the package's")
    parser.add_argument("--captions", action=argparse.BooleanOptionalAction, default=True, help="also read the text")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store the figures")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
