"""What a detector that knows captions says of source frames and of pairs: where one caption becomes another.

What reads the same may have changed in a letter that the engine does not tell, and what reads otherwise may be the
moment in which one caption fades into the next: a detector that has learnt both is asked.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.decoding import Segment, change_probability
from caption_boundaries.captions.detector import Detection
from caption_boundaries.types import DIFFERENT, EMPTY_VALID, SAME, VALID_EMPTY

SURELY_ANOTHER = 0.7
"""Where a pair shows two captions with this probability, what is on either side is never taken for one; nor are a
caption and the pause beside it where a pair shows that it comes or goes."""
SURELY_THE_SAME = 0.05
"""Where three pairs together show anything else with less than this probability, a caption stays what it is."""
LIKELY_THE_SAME = 0.5
"""Where they show anything else with less than this, it likely does."""
NEAR_PAIRS = 2
"""Pairs on either side of an end within which the detector may see the change."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What a detector knows of the source frames at which stretches begin, whatever was read there."""

    parted: Container[int] = ()
    """There another caption begins."""
    united: Container[int] = ()
    """Around these a caption stays what it is."""
    lasting: Container[int] = ()
    """Around these text may come or go, but does not become other text."""
    likely_united: Container[int] = ()
    """Around these a caption likely stays what it is."""
    coming: Container[int] = ()
    """There a caption comes or goes."""


NO_HINTS = Hints()


class Belief:
    """Where a detector sees captions come, go and become others; one that cannot tell them says nothing."""

    def __init__(self, detection: Detection, shown: NDArray[np.int64]) -> None:
        """Take what a detector said.

        Args:
            detection: What the detector said.
            shown: The source frame that each of its indices shows.
        """
        self.says_something = detection.caption is not None and len(detection.probabilities) > 0
        """Whether the detector can tell captions from other strokes, and has seen any pair."""
        self._different = detection.probabilities[:, DIFFERENT]
        self._not_same = 1 - detection.probabilities[:, SAME]
        self._comes_or_goes = detection.probabilities[:, [EMPTY_VALID, VALID_EMPTY]].sum(axis=1)
        self._changes = change_probability(detection.probabilities)
        self._shown = shown

    def hints(self, stretches: Sequence[Segment]) -> Hints:
        """Return what is known of the source frames at which stretches begin; nothing if the detector says nothing."""
        if not self.says_something:
            return NO_HINTS
        begins = np.array([stretch.first for stretch in stretches], dtype=np.int64)
        return Hints(
            parted=self._nearest(begins, self._different),
            coming=self._nearest(begins, self._comes_or_goes),
            united=self._around(begins, self._not_same, SURELY_THE_SAME),
            lasting=self._around(begins, self._different, SURELY_THE_SAME),
            likely_united=self._around(begins, self._not_same, LIKELY_THE_SAME),
        )

    def _nearest(self, begins: NDArray[np.int64], seen: NDArray[np.float32]) -> frozenset[int]:
        """Return where stretches begin nearest to the middle of pairs that surely show something."""
        found = set()
        for pair in np.flatnonzero(seen >= SURELY_ANOTHER).tolist():
            last, first = int(self._shown[pair]), int(self._shown[pair + 1])
            inside = begins[(begins > last) & (begins <= first)]
            if len(inside):
                found.add(int(inside[np.argmin(np.abs(2 * inside - last - first))]))
        return frozenset(found)

    def _around(self, begins: NDArray[np.int64], doubt: NDArray[np.float32], limit: float) -> frozenset[int]:
        """Return where stretches begin with less doubt than ``limit`` in the pair there and in both beside it."""
        pairs = np.searchsorted(self._shown, begins) - 1
        together = np.convolve(np.pad(doubt, 1), np.ones(3), mode="valid")
        within = (pairs >= 0) & (pairs < len(together))
        return frozenset(begins[within][together[pairs[within]] < limit].tolist())

    def others(self, first: int, stop: int) -> float | None:
        """Return how many times one caption is expected to become another between two source frames; None: unknown."""
        if not self.says_something:
            return None
        begin = int(np.searchsorted(self._shown, first, side="right")) - 1
        end = int(np.searchsorted(self._shown, stop))
        return float(self._different[max(0, begin) : end].sum())

    def change_near(self, pair: int) -> float:
        """Return how probable it is that something changes at or near a pair; sure at either end of the video."""
        if not self.says_something or not 0 <= pair < len(self._changes):
            return 1.0
        return min(1.0, float(self._changes[max(0, pair - NEAR_PAIRS) : pair + NEAR_PAIRS + 1].sum()))
