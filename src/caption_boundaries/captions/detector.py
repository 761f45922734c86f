"""The interface of everything that says where captions change, and the detector that needs no training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions import changes as rules
from caption_boundaries.captions.changes import Change, find_changes
from caption_boundaries.captions.strokes import StrokeMasks
from caption_boundaries.types import BoundaryProbabilities, Region


class CaptionPictures(Protocol):
    """The caption region of a video, as pictures at every frame index and as stroke masks of every source frame."""

    @property
    def rate_hz(self) -> float:
        """Frame indices per second."""

    @property
    def indices(self) -> NDArray[np.int64]:
        """The frame indices that have a picture, ascending."""

    @property
    def regions(self) -> Sequence[Region]:
        """What the pictures show, top to bottom."""

    @property
    def strokes(self) -> StrokeMasks:
        """The stroke masks of every source frame."""

    def jpegs(self, indices: Sequence[int]) -> Iterator[bytes]:
        """Yield the pictures at ascending frame indices as they are stored, one after the other."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector says of a video."""

    probabilities: BoundaryProbabilities
    """For every two neighbouring entries of the pictures' ``indices``."""
    change_frames: NDArray[np.int64] | None = None
    """Source frames at which something may have changed, from detectors that look at every one; else None."""
    caption: NDArray[np.float32] | None = None
    """How probable it is that each index shows a caption; None: the detector cannot tell."""
    findings: tuple[Mapping[str, object], ...] = ()
    """What looks wrong, for the record of the run."""


class BoundaryDetector(Protocol):
    """Says what every two neighbouring frame indices show."""

    @property
    def name(self) -> str:
        """Name for the record of a run."""

    @property
    def version(self) -> str:
        """Version of the rules, or a model's hash."""

    def settings(self) -> Mapping[str, float | str]:
        """Return every setting that can change the result."""

    def detect(self, source: CaptionPictures) -> Detection:
        """Return what every pair shows. Too many changes are no harm: the text decides; a missing one is."""


class StrokeDetector:
    """Finds changes from the strokes that come and go; needs no training.

    It can't tell text from other strokes, so it leaves open whether a frame shows a caption at all.
    """

    name = "strokes"
    version = "1"

    def settings(self) -> Mapping[str, float | str]:
        """Return the constants of the rules."""
        return {
            "stands_seconds": rules.STANDS_SECONDS,
            "away_seconds": rules.AWAY_SECONDS,
            "usual_seconds": rules.USUAL_SECONDS,
            "min_strength": rules.MIN_STRENGTH,
        }

    def detect(self, source: CaptionPictures) -> Detection:
        """Return the changes of the stroke masks, and what they say of every pair."""
        changes = find_changes(source.strokes)
        shown = source.strokes.shown_at(source.indices, source.rate_hz)
        frames = np.array([change.frame for change in changes], dtype=np.int64)
        return Detection(pair_probabilities(changes, shown), frames)


UNSEEN_CHANGE = 0.02
"""How probable a change is where no stroke came or went."""


def pair_probabilities(changes: Sequence[Change], shown: NDArray[np.int64]) -> BoundaryProbabilities:
    """Return what changes of strokes say of neighbouring frame indices.

    Args:
        changes: In order.
        shown: The source frame that each index shows, shape (indices,).
    """
    change = np.full(max(0, len(shown) - 1), UNSEEN_CHANGE, dtype=np.float32)
    for item in changes:
        pair = int(np.searchsorted(shown, item.frame, side="left")) - 1
        if 0 <= pair < len(change):
            change[pair] = max(change[pair], item.strength / (item.strength + rules.MIN_STRENGTH))
    stays = (1 - change) / 2
    part = change / 3
    return np.stack([stays, part, stays, part, part], axis=1)
