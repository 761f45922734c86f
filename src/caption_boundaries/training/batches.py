"""Which pairs make up which step: a pure function of the seed, so that a run can stop and go on anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from caption_boundaries.errors import TrainingError
from caption_boundaries.evaluation.pairs import Labels
from caption_boundaries.training.augmentation import Pair, augment
from caption_boundaries.training.config import TrainConfig
from caption_boundaries.types import BOUNDARY_CLASSES

SORTED_BATCHES = 16
"""Pairs of so many batches are put in order of width, so that little padding is needed."""
Place = tuple[int, int]
"""The epoch and the number of a pair."""


class PairData(Protocol):
    """Labelled pairs of some videos."""

    @property
    def labels(self) -> Labels:
        """The class of every pair."""

    @property
    def widths(self) -> NDArray[np.int64]:
        """The width of every pair's input in pixels."""

    def pair(self, number: int) -> Pair:
        """Return the inputs of a pair between its neighbours, shape (WINDOW, channels, height, width)."""


class EpochPlan:
    """The order of pairs in every epoch."""

    def __init__(self, labels: Labels, widths: NDArray[np.int64], config: TrainConfig) -> None:
        """Prepare the plan.

        Raises:
            TrainingError: A class has no pair, or there are too few for one step.
        """
        counts = np.bincount(labels, minlength=len(BOUNDARY_CLASSES))
        if missing := [name for name, count in zip(BOUNDARY_CLASSES, counts, strict=True) if count == 0]:
            raise TrainingError(
                f"There is no pair of class {', '.join(missing)} to train on.",
                hint="Add videos that show it, such as synthetic ones, and build the data set again.",
            )
        self._by_class = [np.flatnonzero(labels == number) for number in range(len(BOUNDARY_CLASSES))]
        self._widths, self._config = widths, config
        drawn = int(sum(min(len(places), config.samples_per_class) for places in self._by_class))
        self.steps = drawn // config.batch_size
        """Steps in an epoch."""
        if self.steps == 0:
            raise TrainingError(
                f"There are {drawn} pairs to train on, fewer than one batch of {config.batch_size}.",
                hint="Add videos, or choose a smaller batch size.",
            )

    def micro_batches(self, step: int) -> list[list[Place]]:
        """Return the micro-batches of a step, counted from 0."""
        epoch, place = divmod(step, self.steps)
        per_step = self._config.micro_batches
        return self._epoch(epoch)[place * per_step : (place + 1) * per_step]

    def _epoch(self, epoch: int) -> list[list[Place]]:
        if epoch != getattr(self, "_known_epoch", None):
            self._known, self._known_epoch = self._draw(epoch), epoch
        return self._known

    def _draw(self, epoch: int) -> list[list[Place]]:
        random = np.random.default_rng([self._config.seed, epoch])
        cap, size = self._config.samples_per_class, self._config.micro_batch
        chosen = np.concatenate([random.permutation(places)[:cap] for places in self._by_class])
        order = random.permutation(chosen)[: self.steps * self._config.batch_size]
        window = size * SORTED_BATCHES
        parts = [order[start : start + window] for start in range(0, len(order), window)]
        batches = [
            part[start : start + size]
            for part in (part[np.argsort(self._widths[part], kind="stable")] for part in parts)
            for start in range(0, len(part), size)
        ]
        return [[(epoch, int(number)) for number in batches[i]] for i in random.permutation(len(batches))]


class AugmentedPairs(Dataset[tuple[Pair, int]]):
    """The pairs to train on, each looking different in every epoch."""

    def __init__(self, data: PairData, config: TrainConfig) -> None:
        """Take pairs from ``data``."""
        self._data, self._config = data, config

    def __getitem__(self, place: Place) -> tuple[Pair, int]:
        """Return the pair and its class."""
        epoch, number = place
        random = np.random.default_rng([self._config.seed, epoch, number])
        pair = augment(self._data.pair(number), random, self._config.augment)
        return pair, int(self._data.labels[number])


def training_batches(
    data: PairData, plan: EpochPlan, config: TrainConfig, *, first_step: int, rank: int = 0, world: int = 1
) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """Yield, for every step from ``first_step`` on, the micro-batches that this process works on."""
    share = range(rank, config.micro_batches, world)
    wanted = (plan.micro_batches(step)[number] for step in range(first_step, config.steps) for number in share)
    loader = DataLoader(
        AugmentedPairs(data, config),
        batch_sampler=wanted,
        collate_fn=collate,
        num_workers=config.workers,
        persistent_workers=False,
    )
    stream = iter(loader)
    for _ in range(first_step, config.steps):
        yield [next(stream) for _ in share]


def collate(samples: Sequence[tuple[Pair, int]]) -> tuple[Tensor, Tensor]:
    """Return pairs as one tensor, the smaller ones continued at their edges, and their classes."""
    height = max(pair.shape[2] for pair, _ in samples)
    width = max(pair.shape[3] for pair, _ in samples)
    pairs = np.stack([_padded(pair, height, width) for pair, _ in samples])
    return torch.from_numpy(pairs), torch.tensor([label for _, label in samples], dtype=torch.long)


def _padded(pair: Pair, height: int, width: int) -> Pair:
    below, right = height - pair.shape[2], width - pair.shape[3]
    if below == right == 0:
        return pair
    return np.pad(pair, ((0, 0), (0, 0), (0, below), (0, right)), mode="edge")
