"""From pair probabilities to the stretches of a video in which nothing changes, and what the text adds to them."""

from __future__ import annotations

import itertools
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

CHANGE_PROBABILITY = 0.2
"""A pair that shows a change with this probability is worth a look: reading once more costs little."""


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
    probabilities = detection.probabilities
    change = probabilities[:, DIFFERENT] + probabilities[:, EMPTY_VALID] + probabilities[:, VALID_EMPTY]
    return np.unique(shown[1:][change >= CHANGE_PROBABILITY])


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
