"""At which source frame a change lies that was seen between two neighbouring frame indices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.strokes import StrokeMasks


def place_changes(strokes: StrokeMasks, shown: NDArray[np.int64], pairs: Sequence[int]) -> NDArray[np.int64]:
    """Return the source frame of the change in each of ``pairs``: where most strokes come or go.

    Args:
        strokes: The stroke masks.
        shown: The source frame that each index shows, ascending.
        pairs: Numbers of pairs, ascending; those whose indices show the same frame have no place and are left out.
    """
    frames = [
        _strongest(strokes, int(shown[pair]), int(shown[pair + 1])) for pair in pairs if shown[pair] < shown[pair + 1]
    ]
    return np.array(sorted(set(frames)), dtype=np.int64)


def _strongest(strokes: StrokeMasks, before: int, last: int) -> int:
    """Return the frame after ``before``, up to ``last``, that differs most from the one before it."""
    masks = strokes.masks(before, last + 1)
    changed = np.count_nonzero(masks[1:] ^ masks[:-1], axis=(1, 2))
    return before + 1 + int(np.argmax(changed))
