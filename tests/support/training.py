"""Pairs that are drawn and not stored, and a training on them that takes seconds."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from caption_boundaries.training.augmentation import Pair
from caption_boundaries.training.batches import PairData
from caption_boundaries.training.config import TrainConfig
from caption_boundaries.training.tracking import LocalTracker
from caption_boundaries.training.trainer import Trainer, TrainingData, TrainingResult

torch.set_num_threads(1)

CLASSES = 5
SHOWN = ((1, 1), (1, 4), (None, None), (None, 2), (2, None))
"""Where a block of text stands in both pictures of each class; None: nowhere."""


class DrawnPairs:
    """So many pairs of every class in turn, of two widths."""

    def __init__(self, count: int, seed: int) -> None:
        self.labels = np.arange(count, dtype=np.int64) % CLASSES
        self.widths = np.where(np.arange(count) % 3 == 0, 48, 64).astype(np.int64)
        self._seed = seed

    def pair(self, number: int) -> Pair:
        random = np.random.default_rng([self._seed, number])
        ground = random.integers(40, 90, (16, int(self.widths[number])), dtype=np.uint8)
        first, second = (_drawn(ground, place) for place in SHOWN[self.labels[number]])
        return np.stack([first, first, second, second])


def _drawn(ground: np.ndarray, place: int | None) -> np.ndarray:
    luma = ground.copy()
    if place is not None:
        luma[4:12, 4 + 8 * place : 12 + 8 * place] = 240
    strokes = np.where(luma > 200, 150, 0).astype(np.uint8)
    return np.stack([luma, strokes, np.zeros_like(luma)])


def drawn(count: int, seed: int) -> PairData:
    return DrawnPairs(count, seed)


TINY = TrainConfig(
    architecture="siamese-tiny",
    steps=24,
    batch_size=16,
    micro_batch=8,
    samples_per_class=16,
    learning_rate=1e-2,
    validate_every=6,
)


def tiny_data() -> TrainingData:
    return TrainingData(drawn(100, 1), drawn(40, 2), "hash of the data", {"luma_mean": 0.3, "luma_spread": 0.1})


class BrokenOffError(Exception):
    """Stands for a kill: nothing is saved any more."""


@dataclass
class Run:
    """A training that is over, or was broken off."""

    folder: Path
    data: TrainingData
    losses: dict[int, float]
    """Of every step that this call did."""
    result: TrainingResult | None = None


def train_tiny(folder: Path, config: TrainConfig = TINY, *, until: int | None = None) -> Run:
    """Train, or go on; ``until`` breaks off after so many steps, as a killed process would."""
    run = Run(folder, tiny_data(), {})

    def report(step: int, steps: int, figures: dict[str, float]) -> None:
        run.losses[step] = figures["train_loss"]
        if step == until:
            raise BrokenOffError

    trainer = Trainer(config, run.data, folder, report=report)
    trainer.tracker = LocalTracker(folder, first_step=trainer.progress.step)
    with suppress(BrokenOffError):
        run.result = trainer.fit()
    trainer.tracker.close()
    return run
