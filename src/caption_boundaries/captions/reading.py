"""What stands in a stretch of the video: one picture made of several, and the lines that an engine reads in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.shelf import Keep, Load, in_memory
from caption_boundaries.captions.strokes import Mask, Share
from caption_boundaries.types import GrayImage, Polarity, Region, RgbImage, TextLine

PICTURES = 5
"""Pictures from which the one to read is made, at most: odd, so that the median is one of them."""
STABLE_SHARE = 0.85
"""A stroke that is there in this share of the frames stands still."""
CORE_QUANTILE = 0.95
GROUND_QUANTILE = 0.2
CORE_REACH = 0.4
"""The text's own pixels are at most so far from its brightest (of light text) on the way to its background's."""


@dataclass(frozen=True, slots=True)
class Patch:
    """The part of a picture that holds its lines, in mask pixels; a film has thousands of them."""

    rows: slice
    """Its rows in the mask."""
    columns: slice
    """Its columns in the mask."""
    load: Load
    """Returns its luma, and which pixels have the brightness of the text itself, eight of a row in a byte."""

    @classmethod
    def of(cls, rows: slice, columns: slice, luma: GrayImage, core: Mask, keep: Keep) -> Patch:
        """Cut a patch out of a whole picture and its text's pixels, and keep it."""
        part = luma[rows, columns].tobytes() + np.packbits(core[rows, columns], axis=1).tobytes()
        return cls(rows, columns, keep(part))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    @property
    def luma(self) -> GrayImage:
        """What it shows, shape (rows, columns)."""
        height, width = self.shape
        return np.frombuffer(self.load(), np.uint8, count=height * width).reshape(self.shape)

    @property
    def core(self) -> Mask:
        """Which of its pixels have the brightness of the text itself, shape (rows, columns)."""
        height, width = self.shape
        bits = np.frombuffer(self.load(), np.uint8, offset=height * width).reshape(height, -1)
        return np.unpackbits(bits, axis=1, count=width).astype(np.bool_)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one stretch of the video."""

    lines: tuple[TextLine, ...]
    """Top to bottom; boxes as fractions of the crop picture."""
    patch: Patch | None = None
    """What the lines look like; None without lines."""
    error: str | None = None
    """Why the engine failed here; None: it did not."""

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(line.text for line in self.lines)

    @property
    def confidence(self) -> float:
        """That of the least certain line, 0 to 1; 0 without lines."""
        return min((line.confidence for line in self.lines), default=0.0)


def chosen_indices(indices: Sequence[int]) -> list[int]:
    """Return the frame indices whose pictures are combined: spread evenly, away from both ends where possible."""
    inner = list(indices[1:-1]) if len(indices) > 3 else list(indices)
    count = min(len(inner), PICTURES)
    if count % 2 == 0 and count > 0:
        count -= 1
    return [inner[round(float(place))] for place in np.linspace(0, len(inner) - 1, count)]


def combine(pictures: Sequence[RgbImage]) -> RgbImage:
    """Return the pixel-wise median of an odd number of pictures: text stays, what moves is blurred."""
    layers = list(pictures)
    # Sorting the few layers against each other is fifty times as fast as a general median.
    for last in range(len(layers) - 1, 0, -1):
        for i in range(last):
            layers[i], layers[i + 1] = np.minimum(layers[i], layers[i + 1]), np.maximum(layers[i], layers[i + 1])
    return layers[len(layers) // 2]


def text_patch(
    picture: RgbImage,
    lines: Sequence[TextLine],
    size: tuple[int, int],
    regions: Sequence[Region],
    keep: Keep = in_memory,
) -> Patch | None:
    """Return what the lines of a picture look like; None without lines.

    Args:
        picture: The crop picture.
        lines: What was read in it.
        size: Height and width of the stroke masks.
        regions: What the picture shows, top to bottom; says whether the text is light.
        keep: Where the patch waits until it is looked at.
    """
    if not lines:
        return None
    height, width = size
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    luma = np.asarray(cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    places = [in_box(line, size) for line in lines]
    core = np.zeros(size, dtype=np.bool_)
    for line, place in zip(lines, places, strict=True):
        if luma[place].size:
            core[place] |= _text_brightness(luma[place], polarity_at(line.box.center[1], regions))
    rows, columns = _around(places, size)
    return Patch.of(rows, columns, luma, core, keep)


def _around(places: Sequence[tuple[slice, slice]], size: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns that hold all ``places``, with room for a letter more on either side."""
    rows, columns = [place[0] for place in places], [place[1] for place in places]
    letter = max(row.stop - row.start for row in rows)
    return (
        slice(min(row.start for row in rows), max(row.stop for row in rows)),
        slice(
            max(0, min(column.start for column in columns) - letter),
            min(size[1], max(column.stop for column in columns) + letter),
        ),
    )


def _text_brightness(luma: GrayImage, polarity: Polarity) -> Mask:
    """Return the pixels of a line that have the brightness of its text."""
    bright = 255.0 - luma if polarity == "dark" else luma.astype(np.float64)
    brightest, ground = np.quantile(bright, [CORE_QUANTILE, GROUND_QUANTILE])
    return np.asarray(bright >= brightest - CORE_REACH * (brightest - ground))


def polarity_at(y: float, regions: Sequence[Region]) -> Polarity:
    """Return whether text is light or dark at height ``y``, a fraction of the picture of the stacked regions."""
    return regions[region_at(y, regions)].polarity if regions else "light"


def region_at(y: float, regions: Sequence[Region]) -> int:
    """Return the number of the region that the picture of the stacked regions shows at height ``y``, a fraction."""
    heights = np.cumsum([region.box.height for region in regions])
    place = int(np.searchsorted(heights, y * heights[-1], side="right")) if len(heights) else 0
    return max(0, min(place, len(regions) - 1))


def ink(share: Share, reading: Reading) -> Mask:
    """Return the strokes that are the text's own: they stand still, in its lines, and have its brightness."""
    own = np.zeros(share.shape, dtype=np.bool_)
    if reading.patch is not None:
        for line in reading.lines:
            own[in_box(line, share.shape)] = True
        core = np.zeros(share.shape, dtype=np.bool_)
        core[reading.patch.rows, reading.patch.columns] = reading.patch.core
        own &= core & (share >= STABLE_SHARE)
    return own


def in_box(line: TextLine, size: tuple[int, ...], *, margin: int = 0) -> tuple[slice, slice]:
    """Return the rows and columns of a line's box in a mask of ``size`` (height, width), grown by a margin."""
    height, width = size
    box = line.box.to_pixels(width, height)
    rows = slice(max(0, box.top - margin), min(height, box.bottom + margin))
    return rows, slice(max(0, box.left - margin), min(width, box.right + margin))


def presence(strokes: Mask, share: Share | NDArray[np.float32]) -> float:
    """Return how much of ``strokes`` is there, 0 to 1, where each pixel is there for its share of the time."""
    return float(share[strokes].mean()) if strokes.any() else 0.0
