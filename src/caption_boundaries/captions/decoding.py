"""From pair probabilities to the stretches of a video in which nothing changes, and what the text adds to them.

Pairs overlap: the second picture of one is the first picture of the next. A picture shows a caption or it does not, so
the classes of neighbouring pairs have to fit. With the pairs' probabilities as weights of the transitions between
these two states, `most_likely` finds the best sequence (Viterbi) and `smoothed` how likely each class of each pair is
over all sequences (forward and backward sums).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.detector import Detection
from caption_boundaries.types import (
    DIFFERENT,
    EMPTY_EMPTY,
    EMPTY_VALID,
    SAME,
    VALID_EMPTY,
    BoundaryProbabilities,
)

CHANGES = (DIFFERENT, EMPTY_VALID, VALID_EMPTY)
"""Classes of pairs between which a caption comes, goes or becomes another."""
LEAST = 1e-6
"""No class is less likely than this: a single sure mistake must not forbid a sequence."""
CHANGE_PROBABILITY = 0.2
"""A pair that shows a change with this probability is worth a look: reading once more costs little."""
SURELY_EMPTY = 0.001
"""Where no picture of a stretch shows a caption with more than this probability, reading it is spared."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the video in which nothing seems to change."""

    first: int
    """Its first source frame."""
    stop: int
    """The source frame after its last."""
    indices: NDArray[np.int64]
    """The frame indices that show one of its source frames; there may be none."""

    def __len__(self) -> int:
        return self.stop - self.first


def change_frames(detection: Detection, shown: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the source frames at which something may have changed.

    Args:
        detection: What a detector said.
        shown: The source frame that each of its indices shows.
    """
    if detection.change_frames is not None:
        return detection.change_frames
    return np.unique(shown[1:][change_probability(detection.probabilities) >= CHANGE_PROBABILITY])


def change_probability(probabilities: BoundaryProbabilities) -> NDArray[np.float32]:
    """Return how probable it is that something changes in each pair, shape (pairs,)."""
    return np.asarray(probabilities[:, CHANGES].sum(axis=1), dtype=np.float32)


def segments(
    frames: NDArray[np.int64], frame_count: int, indices: NDArray[np.int64], shown: NDArray[np.int64]
) -> list[Segment]:
    """Cut a video of ``frame_count`` source frames before each of ``frames``.

    Args:
        frames: Where to cut, ascending.
        frame_count: Source frames of the video.
        indices: The frame indices that have a picture, ascending.
        shown: The source frame that each of them shows.
    """
    cuts = [0, *(int(frame) for frame in frames if 0 < frame < frame_count), frame_count]
    edges = np.searchsorted(shown, cuts)
    return [
        Segment(first, stop, indices[edges[i] : edges[i + 1]])
        for i, (first, stop) in enumerate(itertools.pairwise(cuts))
        if stop > first
    ]


def surely_empty(detection: Detection, indices: NDArray[np.int64], stretches: Sequence[Segment]) -> NDArray[np.bool_]:
    """Tell of each stretch whether the detector is sure that none of its pictures shows a caption.

    Args:
        detection: What a detector said.
        indices: The frame indices that have a picture, ascending.
        stretches: Parts of the video.
    """
    if detection.caption is None:
        return np.zeros(len(stretches), dtype=np.bool_)
    likely = _by_stretch(detection.caption, indices, stretches)
    return np.array([len(values) > 0 and bool(values.max() < SURELY_EMPTY) for values in likely], dtype=np.bool_)


def caption_likelihood(
    detection: Detection, indices: NDArray[np.int64], stretches: Sequence[Segment]
) -> tuple[float, ...]:
    """Return how probable it is that each stretch shows a caption; nothing if the detector cannot tell.

    Args:
        detection: What the detector said.
        indices: The frame indices that have a picture, ascending.
        stretches: Parts of the video; one without pictures may show a caption or not.
    """
    if detection.caption is None:
        return ()
    likely = _by_stretch(detection.caption, indices, stretches)
    return tuple(float(values.mean()) if len(values) else 0.5 for values in likely)


def _by_stretch(
    caption: NDArray[np.float32], indices: NDArray[np.int64], stretches: Sequence[Segment]
) -> list[NDArray[np.float32]]:
    return [caption[np.searchsorted(indices, stretch.indices)] for stretch in stretches]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring pictures that show the same caption, or none."""

    first: int
    """Number of its first picture."""
    last: int
    """Number of its last picture, inclusive."""
    shows_caption: bool
    confidence: float
    """How probable the less certain of its ends is, 0 to 1."""


def most_likely(probabilities: BoundaryProbabilities) -> list[Stretch]:
    """Return the stretches of the likeliest sequence: in order, none overlapping the next, covering every picture.

    Args:
        probabilities: Of every two neighbouring pictures, shape (pairs, 5); there is one picture more.
    """
    states, changed = _best_path(probabilities)
    sure = smoothed(probabilities)
    change = change_probability(sure)
    starts = [0, *(pair + 1 for pair in np.flatnonzero(changed).tolist())]
    stops = [*starts[1:], len(states)]
    ends = [1.0, *(float(change[start - 1]) for start in starts[1:]), 1.0]
    return [
        Stretch(start, stop - 1, bool(states[start]), min(ends[i], ends[i + 1]))
        for i, (start, stop) in enumerate(zip(starts, stops, strict=True))
    ]


def _best_path(probabilities: BoundaryProbabilities) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether each picture shows a caption, and whether each pair is a change, in the likeliest sequence."""
    weights = np.log(np.maximum(probabilities.astype(np.float64), LEAST))
    stays = np.maximum(weights[:, SAME], weights[:, DIFFERENT])
    empty = caption = 0.0
    came_from = np.zeros((len(weights), 2), dtype=np.bool_)
    steps = np.stack([weights[:, EMPTY_EMPTY], weights[:, VALID_EMPTY], weights[:, EMPTY_VALID], stays], axis=1)
    for pair, (to_empty, goes, comes, to_caption) in enumerate(steps.tolist()):
        came_from[pair] = caption + goes > empty + to_empty, caption + to_caption >= empty + comes
        empty, caption = max(empty + to_empty, caption + goes), max(empty + comes, caption + to_caption)
    states = np.zeros(len(weights) + 1, dtype=np.bool_)
    states[-1] = caption > empty
    for pair in range(len(weights) - 1, -1, -1):
        states[pair] = came_from[pair, int(states[pair + 1])]
    both = states[:-1] & states[1:]
    changed = (states[:-1] != states[1:]) | (both & (weights[:, DIFFERENT] > weights[:, SAME]))
    return states, changed


def smoothed(probabilities: BoundaryProbabilities) -> BoundaryProbabilities:
    """Return how probable each class of each pair is over all sequences that fit together; same shape."""
    weights = np.maximum(probabilities.astype(np.float64), LEAST)
    caption = weights[:, SAME] + weights[:, DIFFERENT]
    steps = np.stack([weights[:, EMPTY_EMPTY], weights[:, EMPTY_VALID], weights[:, VALID_EMPTY], caption], axis=1)
    ahead = _sums(steps)
    # Backwards, coming and going are exchanged.
    behind = _sums(steps[::-1, [0, 2, 1, 3]])[::-1]
    before, after = ahead[:-1], behind[1:]
    joint = np.empty_like(weights)
    joint[:, SAME] = before[:, 1] * weights[:, SAME] * after[:, 1]
    joint[:, DIFFERENT] = before[:, 1] * weights[:, DIFFERENT] * after[:, 1]
    joint[:, EMPTY_EMPTY] = before[:, 0] * weights[:, EMPTY_EMPTY] * after[:, 0]
    joint[:, EMPTY_VALID] = before[:, 0] * weights[:, EMPTY_VALID] * after[:, 1]
    joint[:, VALID_EMPTY] = before[:, 1] * weights[:, VALID_EMPTY] * after[:, 0]
    return np.asarray(joint / joint.sum(axis=1, keepdims=True), dtype=np.float32)


def _sums(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the normalised weight of all sequences that end empty, and with a caption, at each picture.

    Args:
        steps: Weights of the transitions empty-empty, empty-caption, caption-empty, caption-caption; shape (pairs, 4).
    """
    empty = caption = 0.5
    sums = [(empty, caption)]
    for stays_empty, comes, goes, stays in steps.tolist():
        empty, caption = empty * stays_empty + caption * goes, empty * comes + caption * stays
        total = empty + caption
        empty, caption = empty / total, caption / total
        sums.append((empty, caption))
    return np.array(sums)


def caption_probability(probabilities: BoundaryProbabilities) -> NDArray[np.float32]:
    """Return how probable it is that each picture shows a caption, shape (pairs + 1,), from smoothed pairs."""
    if not len(probabilities):
        return np.full(1, 0.5, dtype=np.float32)
    shows_after = probabilities[:, [SAME, DIFFERENT, EMPTY_VALID]].sum(axis=1)
    first = probabilities[0, [SAME, DIFFERENT, VALID_EMPTY]].sum()
    return np.concatenate([[first], shows_after]).astype(np.float32)


def fuse(probabilities: BoundaryProbabilities, caption: NDArray[np.float32]) -> BoundaryProbabilities:
    """Return pair probabilities together with what reading the pictures said.

    Args:
        probabilities: What the detector said of every pair.
        caption: How probable it is that each index shows a caption, shape (pairs + 1,).
    """
    before, after = caption[:-1], caption[1:]
    evidence = np.empty_like(probabilities)
    evidence[:, SAME] = evidence[:, DIFFERENT] = before * after
    evidence[:, EMPTY_EMPTY] = (1 - before) * (1 - after)
    evidence[:, EMPTY_VALID] = (1 - before) * after
    evidence[:, VALID_EMPTY] = before * (1 - after)
    joint = probabilities * evidence
    total = joint.sum(axis=1, keepdims=True)
    return np.where(total > 0, joint / np.where(total > 0, total, 1), probabilities).astype(np.float32)
