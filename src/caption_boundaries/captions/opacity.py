"""How much of a caption is there while it fades, seen from the pictures at the frame indices.

Strokes are there or not; the luma of the pictures, ten times a second, says how much of them is. What a caption
changes in a picture is the difference between pictures from inside and from outside of it, and how much of that
difference another picture shows is the caption's opacity.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.detector import CaptionPictures
from caption_boundaries.captions.strokes import Mask
from caption_boundaries.media.jpeg import decode_jpeg_gray
from caption_boundaries.types import GrayImage

PICTURES_KEPT = 32
"""Pictures that stay in memory: neighbouring captions look at the same ones."""
CLEAR = 5
"""So many frames from where a caption seems to begin, pictures are taken for those of its inside and outside."""
LEAST_CHANGE = 6.0
"""Steps of luma by which a caption has to change a picture, as a root mean square."""
LEAST_NOISE, MOST_NOISE = 0.06, 0.2
"""Errors of an opacity: none is surer than the first, and where the scene moves too much it says nothing."""


class Lumas:
    """The pictures of the caption region in gray, as small as the stroke masks; few are in memory."""

    def __init__(self, source: CaptionPictures) -> None:
        """Take pictures from ``source``; none is loaded yet."""
        self._source = source
        self._shown = source.strokes.shown_at(source.indices, source.rate_hz)
        self._kept: OrderedDict[int, GrayImage] = OrderedDict()

    def between(self, first: int, stop: int) -> list[tuple[int, GrayImage]]:
        """Return the pictures that show one of the source frames ``first`` to ``stop - 1``, each with its frame."""
        places = range(*np.searchsorted(self._shown, [first, stop]).tolist())
        return [(int(self._shown[place]), self._luma(place)) for place in places]

    def _luma(self, place: int) -> GrayImage:
        luma = self._kept.pop(place, None)
        if luma is None:
            (jpeg,) = self._source.jpegs([int(self._source.indices[place])])
            size = self._source.strokes.size[::-1]
            luma = np.asarray(cv2.resize(decode_jpeg_gray(jpeg), size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        self._kept[place] = luma
        if len(self._kept) > PICTURES_KEPT:
            self._kept.popitem(last=False)
        return luma


@dataclass(frozen=True, slots=True)
class Opacities:
    """How much of a caption some pictures show."""

    rows: NDArray[np.int64]
    """Which frames they show, counted from outside the caption to its inside."""
    values: NDArray[np.float64]
    """How much of the caption each of them shows: about 0 outside, 1 inside."""
    noise: float
    """By how much the values are usually wrong."""


def opacities(pictures: Sequence[tuple[int, GrayImage]], own: Mask, place: int) -> Opacities | None:
    """Return how much of a caption each picture shows, or None where they cannot tell.

    Args:
        pictures: Each with its row, counted from outside the caption to its inside.
        own: The caption's own strokes with the edges around them.
        place: About the first row that shows it.
    """
    inside = [luma for row, luma in pictures if row >= place + CLEAR]
    outside = [luma for row, luma in pictures if row < place - CLEAR]
    if not inside or not outside or not own.any():
        return None
    ground = np.mean([luma[own] for luma in outside], axis=0)
    change = np.mean([luma[own] for luma in inside], axis=0) - ground
    change -= change.mean()  # that the scene gets lighter or darker says nothing
    power = float(change @ change)
    if power < LEAST_CHANGE**2 * len(change):
        return None
    rows = np.array([row for row, _ in pictures], dtype=np.int64)
    values = np.array([float((luma[own] - ground) @ change) / power for _, luma in pictures])
    clear = np.concatenate([values[rows > place + CLEAR] - 1, values[rows < place - CLEAR - 1]])
    noise = max(LEAST_NOISE, float(np.sqrt((clear**2).mean())) if len(clear) else 0.0)
    return Opacities(rows, values, noise) if noise <= MOST_NOISE else None
