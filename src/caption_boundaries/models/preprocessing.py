"""What a boundary model sees of a crop picture: one definition for training and for inference.

Text becomes light on dark and about `LINE_HEIGHT` pixels high, whatever the video; nothing of the width is cut away.
Three channels: the luma, the strokes that stand out of it, and the strokes that are usual in this video, which tell
where captions stand and what a logo is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import GrayImage, Polarity, Region

VERSION = "2"
"""Changes whenever the same crops give another input."""
MARGIN = 1
"""Pictures that are seen on either side of a pair: they tell a fade's course, and what moves from what stands."""
WINDOW = 2 + 2 * MARGIN
"""Pictures that are seen to judge a pair; where the video begins or ends, the same one again."""
LINE_HEIGHT = 16.0
"""Pixels of the lowest text line in the input."""
CLOSER_LINE_HEIGHTS = (20.0, 24.0, 28.0)
"""The same where a doubtful pair is looked at more closely: thin strokes part there that are one here."""
MAX_WIDTH, MAX_HEIGHT = 768, 192
"""Pixels: wider or higher crops are made smaller as a whole."""
ALIGNMENT = 16
"""Sides of the input are multiples of this, so that the strides of a network divide them."""
KERNEL_SHARE = 0.3
"""Width of the top-hat's kernel in line heights: wider than a stroke, narrower than a letter."""
USUAL_SAMPLES = 24
"""Pictures from which is learnt what is usual."""
CHANNELS = ("luma", "strokes", "usual")

Picture = NDArray[np.uint8]
"""One input, shape (channels, height, width)."""


@dataclass(frozen=True, slots=True)
class Band:
    """One region's rows of the crop picture."""

    top: float
    """First row, as a fraction of the picture's height."""
    bottom: float
    """The row after its last, as a fraction."""
    line_height: float
    """Usual height of a text line, as a fraction of the picture's height."""
    polarity: Polarity = "light"


def bands_of(regions: Sequence[Region]) -> tuple[Band, ...]:
    """Return the rows that stacked regions take in the crop picture; one band over all of it without regions."""
    total = sum(region.box.height for region in regions)
    if total <= 0:
        return (Band(0.0, 1.0, 0.5),)
    bands, top = [], 0.0
    for region in sorted(regions, key=lambda region: region.box.top):
        bottom = top + region.box.height / total
        bands.append(Band(top, bottom, region.line_height / total, region.polarity))
        top = bottom
    return tuple(bands)


class Preprocessor:
    """Turns the crop pictures of one video into inputs of a network, all of one size."""

    def __init__(self, width: int, height: int, bands: Sequence[Band], line_height: float = LINE_HEIGHT) -> None:
        """Prepare for crop pictures of ``width`` by ``height`` pixels, lines being ``line_height`` at most."""
        lowest = min(band.line_height for band in bands) * height
        scale = min(1.0, line_height / max(lowest, 1.0), MAX_WIDTH / width, MAX_HEIGHT / height)
        self.width, self.height = max(1, round(width * scale)), max(1, round(height * scale))
        """Size in pixels of what is seen, without padding."""
        self.shape = (len(CHANNELS), _aligned(self.height), _aligned(self.width))
        """Shape of every input."""
        self._bands = [(round(b.top * self.height), round(b.bottom * self.height), b.polarity) for b in bands]
        side = max(3, round(lowest * scale * KERNEL_SHARE) | 1)
        self._kernel = np.ones((side, side), dtype=np.uint8)
        self._usual: GrayImage = np.zeros(self.shape[1:], dtype=np.uint8)

    def learn_usual(self, pictures: Iterable[GrayImage]) -> None:
        """Learn which strokes are usual from some of the video's pictures, best spread evenly over it."""
        total, count = np.zeros(self.shape[1:], dtype=np.uint32), 0
        for luma in pictures:
            total += self._strokes(self._light_text(luma))
            count += 1
        if count:
            self._usual = (total // count).astype(np.uint8)

    def __call__(self, luma: GrayImage) -> Picture:
        """Return the input for one crop picture, which may have been decoded at a reduced size."""
        light = self._light_text(luma)
        return np.stack([light, self._strokes(light), self._usual])

    def _light_text(self, luma: GrayImage) -> GrayImage:
        """Return the picture at the input's size with light text, its last rows and columns repeated as padding."""
        size = (self.width, self.height)
        seen = luma if luma.shape == size[::-1] else cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
        if any(polarity == "dark" for _, _, polarity in self._bands):
            seen = seen.copy()
            for top, bottom, polarity in self._bands:
                if polarity == "dark":
                    seen[top:bottom] = 255 - seen[top:bottom]
        below, right = self.shape[1] - self.height, self.shape[2] - self.width
        return np.asarray(cv2.copyMakeBorder(seen, 0, below, 0, right, cv2.BORDER_REPLICATE), dtype=np.uint8)

    def _strokes(self, light: GrayImage) -> GrayImage:
        return np.asarray(cv2.morphologyEx(light, cv2.MORPH_TOPHAT, self._kernel), dtype=np.uint8)


def sampled(count: int) -> list[int]:
    """Return the positions, of ``count`` pictures, from which is learnt what is usual."""
    places = np.linspace(0, count - 1, min(count, USUAL_SAMPLES))
    return list(dict.fromkeys(int(place) for place in places.round()))


def _aligned(pixels: int) -> int:
    return -(-pixels // ALIGNMENT) * ALIGNMENT
