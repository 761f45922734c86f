"""What a detector that knows captions says of those that were read: how sure their ends are.

Clocks, plates and letters on a wall read as well as a caption does. An end at which a detector that has seen many
videos sees no change is to be looked at by a person. Nothing is dropped for it: where a video looks like none that the
detector has learnt from, that would cost captions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.decoding import change_probability
from caption_boundaries.captions.detector import Detection
from caption_boundaries.captions.rows import TickedText

NEAR_PAIRS = 2
"""Pairs on either side of an end within which the detector may see the change."""


def limit_confidence(
    ticked: Sequence[TickedText], detection: Detection, indices: NDArray[np.int64]
) -> list[TickedText]:
    """Return the captions, no end surer than the detector is of a change there.

    Args:
        ticked: Captions with their frame indices.
        detection: What the detector said; one that cannot tell captions from other strokes changes nothing.
        indices: The frame indices that have a picture, ascending.
    """
    if detection.caption is None or not len(detection.probabilities):
        return list(ticked)
    change = change_probability(detection.probabilities)
    limited = []
    for item in ticked:
        first, stop = np.searchsorted(indices, (item.frames.start, item.frames.end + 1)).tolist()
        sure = min(item.caption.boundary_confidence, _seen(change, first - 1), _seen(change, stop - 1))
        limited.append(replace(item, caption=replace(item.caption, boundary_confidence=sure)))
    return limited


def _seen(change: NDArray[np.float32], pair: int) -> float:
    """Return how probable it is that something changes at or near a pair; sure at either end of the video."""
    if not 0 <= pair < len(change):
        return 1.0
    return min(1.0, float(change[max(0, pair - NEAR_PAIRS) : pair + NEAR_PAIRS + 1].sum()))
