"""Where the caption regions lie in the frame and in the crop picture, and the way between the two.

The crop picture is the regions' bands stacked top to bottom. All bands are as wide as the widest needs, so that a
column of the crop picture is always a column of the frame:

    frame                        crop picture
    ┌──────────────────────┐     ┌──────────────┐
    │   ┌──────────────┐   │     │ band 0       │  bounds.left .. bounds.right
    │   │ band 0       │   │     ├──────────────┤
    │   └──────────────┘   │     │ band 1       │
    │   ┌──────────────┐   │     └──────────────┘
    │   │ band 1       │   │
    └───┴──────────────┴───┘
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.errors import UsageError
from caption_boundaries.types import Box, PixelBox, Polarity, Region

Picture = NDArray[np.uint8]
"""Gray or colour, shape (height, width[, 3])."""


@dataclass(frozen=True, slots=True)
class Band:
    """One region's part of the crop picture."""

    region: Region
    source: PixelBox
    """What it covers of the displayed frame, in pixels."""
    top: int
    """Its first row in the crop picture."""

    @property
    def bottom(self) -> int:
        """The row below its last in the crop picture."""
        return self.top + self.source.height


@dataclass(frozen=True, slots=True)
class CropGeometry:
    """The crop picture of a video: its bands, and the mapping between frame and crop."""

    frame_width: int
    frame_height: int
    bands: tuple[Band, ...]
    """Top to bottom, all with the same left and right, none overlapping the next."""

    @property
    def bounds(self) -> PixelBox:
        """The box around every band, in pixels of the frame."""
        first, last = self.bands[0].source, self.bands[-1].source
        return PixelBox(first.left, first.top, first.right, last.bottom)

    @property
    def width(self) -> int:
        """Width of the crop picture in pixels."""
        return self.bands[0].source.width

    @property
    def height(self) -> int:
        """Height of the crop picture in pixels."""
        return self.bands[-1].bottom

    @property
    def spans(self) -> tuple[tuple[PixelBox, Polarity], ...]:
        """The parts of the frame to read, top to bottom: bands that touch and look alike are one part."""
        spans: list[tuple[PixelBox, Polarity]] = []
        for band in self.bands:
            box, polarity = band.source, band.region.polarity
            if spans and spans[-1][0].bottom == box.top and spans[-1][1] == polarity:
                box = PixelBox(box.left, spans.pop()[0].top, box.right, box.bottom)
            spans.append((box, polarity))
        return tuple(spans)

    def line_height_px(self, band: Band) -> float:
        """Return the usual height of a text line in ``band``, in pixels."""
        return band.region.line_height * self.frame_height

    def cut(self, frame: Picture) -> Picture:
        """Return the crop picture of a whole displayed frame, shape (height, width[, 3])."""
        return stack(tuple(frame[b.top : b.bottom, b.left : b.right] for b in (band.source for band in self.bands)))

    def band_at_row(self, y: float) -> Band:
        """Return the band that holds row ``y`` of the crop picture; rows outside go to the nearest band."""
        return next((band for band in self.bands if y < band.bottom), self.bands[-1])

    def nearest_band(self, y: float) -> Band:
        """Return the band that lies nearest to row ``y`` of the frame."""
        return min(self.bands, key=lambda band: max(band.source.top - y, y - band.source.bottom, 0.0))

    def to_frame(self, x: float, y: float) -> tuple[float, float]:
        """Return the frame's point (pixels) that the crop picture shows at (x, y) pixels."""
        band = self.band_at_row(y)
        return x + band.source.left, y - band.top + band.source.top

    def to_crop(self, x: float, y: float) -> tuple[float, float]:
        """Return where the crop picture shows the frame's point (x, y), all in pixels.

        A point that no band covers comes out at its nearest band's edge, or beyond the sides of the picture.
        """
        band = self.nearest_band(y)
        row = min(max(y, band.source.top), band.source.bottom)
        return x - band.source.left, row - band.source.top + band.top

    def box_to_frame(self, box: Box) -> Box:
        """Return a box given as fractions of the crop picture as fractions of the frame.

        The box is taken to lie in the band that holds its centre.
        """
        band = self.band_at_row(box.center[1] * self.height)
        shift = band.source.top - band.top
        return Box(
            (box.left * self.width + band.source.left) / self.frame_width,
            (box.top * self.height + shift) / self.frame_height,
            (box.right * self.width + band.source.left) / self.frame_width,
            (box.bottom * self.height + shift) / self.frame_height,
        )

    def box_to_crop(self, box: Box) -> Box:
        """Return a box given as fractions of the frame as fractions of the crop picture (may stand out of it)."""
        band = self.nearest_band(box.center[1] * self.frame_height)
        shift = band.top - band.source.top
        return Box(
            (box.left * self.frame_width - band.source.left) / self.width,
            (box.top * self.frame_height + shift) / self.height,
            (box.right * self.frame_width - band.source.left) / self.width,
            (box.bottom * self.frame_height + shift) / self.height,
        )


def stack(pictures: Sequence[Picture]) -> Picture:
    """Return pictures of one width below each other; a single one is returned as it is."""
    if len(pictures) == 1:
        return pictures[0]
    return np.concatenate(pictures)


def crop_geometry(regions: Sequence[Region], frame_width: int, frame_height: int) -> CropGeometry:
    """Return the crop picture that shows ``regions`` of a frame of the given size in pixels.

    Edges move outwards to even pixels where the frame has room, so that chroma samples are never cut. Rows that two
    regions share belong to the upper one.

    Raises:
        UsageError: There is no region, or one has no area inside the frame.
    """
    boxes = [_even(region.box.to_pixels(frame_width, frame_height), frame_width, frame_height) for region in regions]
    if not boxes or any(box.width <= 0 or box.height <= 0 for box in boxes):
        raise UsageError("There is no caption region with an area inside the frame.", hint="Run the layout step first.")
    left, right = min(box.left for box in boxes), max(box.right for box in boxes)
    bands: list[Band] = []
    used, row = 0, 0
    for region, box in sorted(zip(regions, boxes, strict=True), key=lambda pair: (pair[1].top, pair[1].bottom)):
        source = PixelBox(left, max(box.top, used), right, box.bottom)
        if source.height > 0:
            bands.append(Band(region, source, row))
            used, row = source.bottom, row + source.height
    return CropGeometry(frame_width, frame_height, tuple(bands))


def _even(box: PixelBox, width: int, height: int) -> PixelBox:
    """Return ``box`` with its edges moved outwards to even pixels, as far as the frame reaches."""
    return PixelBox(box.left & ~1, box.top & ~1, min(width, (box.right + 1) & ~1), min(height, (box.bottom + 1) & ~1))
