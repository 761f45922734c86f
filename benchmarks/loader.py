"""Measure the loader of a training beside the step that it feeds.

    python benchmarks/loader.py [--dataset FILE] [--fold N] [--steps N] [--rounds N]

The loader reads pairs from the databases, decodes, prepares and augments them; the step is the trainer's own, of the
network that the package ships, in bfloat16 with 32 pairs, in one thread. Both are measured in processor time, in turns,
over the same pairs: with a core for each, the loader is no bottleneck where it gives more pairs than the step takes.
Without a frozen data set a few synthetic videos are made first. Results are stored in `results/loader.json`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from caption_boundaries.data.dataset import CaptionBoundaryDataset
from caption_boundaries.data.production import make_folders, seeds_of
from caption_boundaries.data.recipe import Recipe
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.pool import reader_pool
from caption_boundaries.models.preprocessing import MARGIN
from caption_boundaries.training.augmentation import augment
from caption_boundaries.training.batches import EpochPlan, training_batches
from caption_boundaries.training.config import TrainConfig
from caption_boundaries.training.pairs import NetworkPairs
from caption_boundaries.training.trainer import Trainer, TrainingData
from caption_boundaries.types import FrameRange
from machine import describe
from report import RESULTS, Figure, write_report

VIDEOS, SECONDS = 12, 20.0
"""What is made where no data set is given."""
CONFIG = TrainConfig(batch_size=32, micro_batch=32, precision="bfloat16")
STEP = "training step"


def main() -> int:
    """Measure, print and store."""
    options = _options()
    machine, console = describe(), Console()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-bench-") as name:
        data = _data(options, Path(name))
        figures = measure(data, Path(name) / "run", options)
    console.print(_table(figures))
    details = {"pairs": len(data), "videos": len(data.videos), "steps": options.steps, "rounds": options.rounds}
    path = write_report("loader", figures, machine=machine, details=details, folder=options.results)
    console.print(f"Stored in {path}")
    return 0


def measure(data: CaptionBoundaryDataset, run_dir: Path, options: argparse.Namespace) -> list[Figure]:
    """Return pairs per second of processor time: of the step, of the loader, and of each part of the loader's work."""
    pairs = NetworkPairs(data)
    config = replace(CONFIG, steps=options.steps, workers=1)
    plan = EpochPlan(pairs.labels, pairs.widths, config)
    batches = list(training_batches(pairs, plan, replace(config, workers=0), first_step=0))
    trainer = Trainer(config, TrainingData(pairs, pairs, ""), run_dir)
    numbers = [number for step in range(config.steps) for batch in plan.micro_batches(step) for _, number in batch]
    places = [(video.folder, int(first)) for video in data.videos for first in video.firsts]
    work: dict[str, Callable[[], float]] = {
        STEP: lambda: _seconds(lambda: [trainer._step(trainer.network, batch, 1e-4) for batch in batches]),
        "loader, one worker": lambda: _of_workers(pairs, plan, config),
        "of it: reading the crops": lambda: _seconds(lambda: [_read(*places[number]) for number in numbers]),
        "of it: and decoding them": lambda: _seconds(lambda: [data.surroundings(number, MARGIN) for number in numbers]),
        "of it: and preparing them": lambda: _seconds(lambda: [pairs.pair(number) for number in numbers]),
        "of it: augmenting alone": _augmenting([pairs.pair(number) for number in numbers]),
    }
    best = dict.fromkeys(work, float("inf"))
    for _ in range(options.rounds):
        for name, seconds in work.items():
            best[name] = min(best[name], seconds())
    count = len(numbers)
    return [_figure(name, count / best[name], count / best[STEP]) for name in work]


def _figure(name: str, speed: float, step: float) -> Figure:
    if name == STEP:
        return Figure(f"{STEP}, one thread", speed, "pairs/s")
    return Figure(name, speed, "pairs/s", step, STEP, ">= the training step" if name.startswith("loader") else "")


def _seconds(do: Callable[[], object]) -> float:
    started = time.process_time()
    do()
    return time.process_time() - started


def _of_workers(pairs: NetworkPairs, plan: EpochPlan, config: TrainConfig) -> float:
    """Return the processor time of the process that loads, its start and its sending included."""
    before = getrusage(RUSAGE_CHILDREN)
    for _ in training_batches(pairs, plan, config, first_step=0):
        pass
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _read(folder: Path, first: int) -> dict[int, bytes]:
    crops = CropReader(reader_pool().connection(folder, {"cropping"}))
    return crops.pictures(FrameRange(max(0, first - MARGIN), first + 1 + MARGIN))


def _augmenting(pairs: Sequence[np.ndarray]) -> Callable[[], float]:
    def augment_all() -> None:
        for number, pair in enumerate(pairs):
            augment(pair, np.random.default_rng([0, number]))

    return lambda: _seconds(augment_all)


def _data(options: argparse.Namespace, folder: Path) -> CaptionBoundaryDataset:
    if options.dataset is not None:
        return CaptionBoundaryDataset.from_frozen(options.dataset, folds=[options.fold])
    recipe = Recipe(seconds=SECONDS, empty_share=0, preset="ultrafast")
    made = make_folders(recipe, seeds_of(0, VIDEOS), folder / "videos")
    return CaptionBoundaryDataset.from_folders([one.folder for one in made])


def _table(figures: Sequence[Figure]) -> Table:
    table = Table(title="Pairs per second of processor time")
    for column in ("what", "pairs/s", "ms a pair", "beside the step"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for one in figures:
        beside = "" if one.ratio is None else f"{one.ratio:.1f} ×"
        table.add_row(one.name, f"{one.value:,.0f}", f"{1000 / one.value:.2f}", beside)
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, help="a frozen data set; a few synthetic videos unless given")
    parser.add_argument("--fold", type=int, default=0, help="which of its folds")
    parser.add_argument("--steps", type=int, default=12, help="training steps in a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the best counts")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
