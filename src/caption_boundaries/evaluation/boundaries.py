"""Boundaries in frame indices against the truth, one to one, within a tolerance.

The convention is that of TRECVID's shot boundary task: each true boundary counts for one found boundary at most, and a
found one within the tolerance of a true one is a hit. A boundary lies between two neighbouring pictures where a
caption comes, goes or becomes another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.evaluation.matching import count_boundary_matches
from caption_boundaries.evaluation.metrics import PairCount
from caption_boundaries.evaluation.pairs import CHANGES, Labels, summary
from caption_boundaries.types import (
    BOUNDARY_CLASSES,
    DIFFERENT,
    EMPTY_EMPTY,
    EMPTY_VALID,
    SAME,
    VALID_EMPTY,
    BoundaryProbabilities,
    FrameRange,
)

TOLERANCES = (0, 1, 2)
"""Frame indices."""
NOBODY = -1
"""Owner of a picture without a caption."""


@dataclass(frozen=True)
class BoundaryScore:
    """What is measured of the pairs of a video, or of several together."""

    boundaries: dict[int, PairCount]
    """By tolerance in frame indices."""
    intervals: tuple[float, ...]
    """For each true caption the largest share of time that a found one shares with it (intersection over union)."""
    labels: Labels
    probabilities: BoundaryProbabilities = field(repr=False)

    def __add__(self, other: BoundaryScore) -> BoundaryScore:
        return BoundaryScore(
            {tolerance: count + other.boundaries[tolerance] for tolerance, count in self.boundaries.items()},
            (*self.intervals, *other.intervals),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.probabilities, other.probabilities]),
        )

    def as_dict(self) -> dict[str, float]:
        """Return the figures by name."""
        figures: dict[str, float] = {"pairs": len(self.labels), "boundaries": self.boundaries[0].truth}
        for tolerance, count in self.boundaries.items():
            figures[f"precision_{tolerance}"] = count.precision
            figures[f"recall_{tolerance}"] = count.recall
            figures[f"f1_{tolerance}"] = count.f1
        figures["interval_iou"] = float(np.mean(self.intervals)) if self.intervals else 1.0
        return figures | (summary(self.labels, self.probabilities) if len(self.labels) else {})


def owners_of(captions: Sequence[FrameRange], indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the caption that each frame index shows; `NOBODY` where there is none."""
    owners = np.full(len(indices), NOBODY, dtype=np.int64)
    for number, frames in enumerate(captions):
        owners[(indices >= frames.start) & (indices <= frames.end)] = number
    return owners


def labels_of(owners: NDArray[np.int64]) -> Labels:
    """Return the class of every two neighbours, shape (indices - 1,)."""
    before, after = owners[:-1] == NOBODY, owners[1:] == NOBODY
    stays = np.where(owners[:-1] == owners[1:], SAME, DIFFERENT)
    labels = np.select(
        [before & after, before & ~after, ~before & after], [EMPTY_EMPTY, EMPTY_VALID, VALID_EMPTY], stays
    )
    return labels.astype(np.int64)


def score_pairs(
    owners: NDArray[np.int64], found: Sequence[tuple[int, int]], probabilities: BoundaryProbabilities
) -> BoundaryScore:
    """Return how well the captions of a sequence of pictures were found.

    Args:
        owners: The truth; see `owners_of`.
        found: First and last picture (inclusive) of every caption that was found.
        probabilities: Of every two neighbours.
    """
    labels = labels_of(owners)
    guess = np.full(len(owners), NOBODY, dtype=np.int64)
    for number, (first, last) in enumerate(found):
        guess[first : last + 1] = number
    true_places, found_places = _places(labels), _places(labels_of(guess))
    boundaries = {tolerance: _count(true_places, found_places, tolerance) for tolerance in TOLERANCES}
    return BoundaryScore(boundaries, tuple(_intervals(owners, found)), labels, probabilities)


def total(scores: Iterable[BoundaryScore]) -> BoundaryScore:
    """Return the figures of several videos together."""
    nothing = np.zeros((0, len(BOUNDARY_CLASSES)), dtype=np.float32)
    counts = {tolerance: PairCount(0, 0, 0) for tolerance in TOLERANCES}
    together = BoundaryScore(counts, (), np.zeros(0, dtype=np.int64), nothing)
    for score in scores:
        together += score
    return together


def _places(labels: Labels) -> list[float]:
    return [float(place) for place in np.flatnonzero(np.isin(labels, CHANGES))]


def _count(truth: Sequence[float], found: Sequence[float], tolerance: int) -> PairCount:
    return PairCount(len(truth), len(found), count_boundary_matches(truth, found, float(tolerance)))


def _intervals(owners: NDArray[np.int64], found: Sequence[tuple[int, int]]) -> Iterable[float]:
    for number in np.unique(owners[owners != NOBODY]):
        places = np.flatnonzero(owners == number)
        first, last = int(places[0]), int(places[-1])
        shares = [
            (min(last, end) - max(first, start) + 1) / (max(last, end) - min(first, start) + 1)
            for start, end in found
            if start <= last and end >= first
        ]
        yield max(shares, default=0.0)
