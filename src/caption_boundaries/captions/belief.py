"""What a detector that knows captions says of those that were read: whether they are any, and how sure their ends are.

Clocks, plates and letters on a wall read as well as a caption does. Where a detector that has seen many videos is sure
that no caption is shown, there is none; and an end at which it sees no change is to be looked at by a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.decoding import change_probability
from caption_boundaries.captions.detector import Detection
from caption_boundaries.captions.rows import TickedText

UNBELIEVED = 0.002
"""A caption that the detector gives no more than this probability in any of its pictures is none."""
NEAR_PAIRS = 2
"""Pairs on either side of an end within which the detector may see the change."""


def believed(ticked: Sequence[TickedText], detection: Detection, indices: NDArray[np.int64]) -> list[TickedText]:
    """Return the captions that the detector does not rule out, no end surer than the detector is of a change there.

    Args:
        ticked: Captions with their frame indices.
        detection: What the detector said; one that cannot tell captions from other strokes changes nothing.
        indices: The frame indices that have a picture, ascending.
    """
    if detection.caption is None or not len(detection.probabilities):
        return list(ticked)
    change = change_probability(detection.probabilities)
    kept = []
    for item in ticked:
        first, stop = np.searchsorted(indices, (item.frames.start, item.frames.end + 1)).tolist()
        if first < stop and float(detection.caption[first:stop].max()) <= UNBELIEVED:
            continue
        sure = min(_seen(change, first - 1), _seen(change, stop - 1))
        caption = replace(item.caption, boundary_confidence=min(item.caption.boundary_confidence, sure))
        kept.append(replace(item, caption=caption))
    return kept


def _seen(change: NDArray[np.float32], pair: int) -> float:
    """Return how probable it is that something changes at or near a pair; sure at either end of the video."""
    if not 0 <= pair < len(change):
        return 1.0
    return min(1.0, float(change[max(0, pair - NEAR_PAIRS) : pair + NEAR_PAIRS + 1].sum()))
