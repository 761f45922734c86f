"""Reading luma and colours out of a decoded picture, converting no more than what is asked for."""

from __future__ import annotations

import re
from typing import Any, cast

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from caption_boundaries.media.geometry import DisplayGeometry, cut
from caption_boundaries.types import GrayImage, PixelBox, RgbImage

_LUMA_FIRST = re.compile(r"(yuvj?|yuva|gray|nv|p0|p2|p4)(4\d\dp|12|16|21|24|42|1\d)?(9|10|12|14|16)?(le)?")
"""Pixel formats whose plane 0 is luma and nothing else."""
_PLANAR = re.compile(r"yuvj?4(20|22|44|40|11|10)p(?:(9|10|12|14|16)le)?")
"""Pixel formats of three planes, of which any part can be cut out."""
_CHROMA_SHIFTS = {"20": (1, 1), "22": (1, 0), "44": (0, 0), "40": (0, 1), "11": (2, 0), "10": (2, 2)}
_COLORSPACES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
"""From the number that a stream carries to the converter's."""
_HD_WIDTH, _SD_HEIGHT = 1280, 576


class PixelReader:
    """Reads displayed pixels out of the decoded pictures of one stream."""

    def __init__(self, geometry: DisplayGeometry) -> None:
        self._geometry = geometry
        self._converter = VideoReformatter()  # keeps its tables from picture to picture

    def luma(self, frame: av.VideoFrame, box: PixelBox | None = None) -> GrayImage:
        """Return the luma inside ``box`` (displayed pixels; None = all), 0 to 255, shape (height, width)."""
        plane = luma_plane(frame)
        if plane is None:
            return _uint8(cv2.cvtColor(self.rgb(frame, box), cv2.COLOR_RGB2GRAY))
        scaled = self._geometry.to_scaled(box or self._geometry.whole())
        part = self._orient(cut(self._scale(plane), scaled))
        part = to_eight_bits(part, luma_bits(frame.format.name))
        if not is_full_range(frame):
            part = expand_range(part)
        # The decoder takes the picture's memory back, so nothing may point into it.
        return np.array(part, order="C", copy=True) if np.shares_memory(part, plane) else part

    def rgb(self, frame: av.VideoFrame, box: PixelBox | None = None) -> RgbImage:
        """Return the colours inside ``box`` (displayed pixels; None = all), shape (height, width, 3)."""
        scaled = self._geometry.to_scaled(box or self._geometry.whole())
        planar = _PLANAR.fullmatch(frame.format.name)
        if box is not None and planar is not None and self._is_unscaled(frame):
            part = self._rgb_strip(frame, scaled, planar)
        else:
            part = cut(self._convert(frame, self._geometry.scaled_width, self._geometry.scaled_height), scaled)
        return np.ascontiguousarray(self._geometry.orientation.apply(part))

    def _is_unscaled(self, frame: av.VideoFrame) -> bool:
        return (frame.width, frame.height) == (self._geometry.scaled_width, self._geometry.scaled_height)

    def _scale(self, plane: NDArray[Any]) -> NDArray[Any]:
        size = (self._geometry.scaled_width, self._geometry.scaled_height)
        return plane if plane.shape == size[::-1] else cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)

    def _orient(self, part: NDArray[Any]) -> NDArray[Any]:
        # OpenCV reads no views that run backwards.
        oriented = self._geometry.orientation.apply(part)
        return oriented if oriented is part else np.ascontiguousarray(oriented)

    def _rgb_strip(self, frame: av.VideoFrame, box: PixelBox, planar: re.Match[str]) -> RgbImage:
        shift_x, shift_y = _CHROMA_SHIFTS[planar[1]]
        around = _widen(box, max(shift_x, 1), max(shift_y, 1), frame.width, frame.height)
        strip = av.VideoFrame(around.width, around.height, frame.format.name)
        strip.colorspace, strip.color_range = frame.colorspace, frame.color_range
        samples = 2 if planar[2] else 1
        for number, (source, target) in enumerate(zip(frame.planes, strip.planes, strict=True)):
            x, y = (shift_x, shift_y) if number else (0, 0)
            rows = slice(around.top >> y, -(-around.bottom >> y))
            columns = slice((around.left >> x) * samples, -(-around.right >> x) * samples)
            _rows_of(target)[:, : columns.stop - columns.start] = _rows_of(source)[rows, columns]
        picture = self._convert(strip, strip.width, strip.height, tall=frame.height, wide=frame.width)
        inner = PixelBox(box.left - around.left, box.top - around.top, box.right - around.left, box.bottom - around.top)
        return cut(picture, inner)

    def _convert(
        self, frame: av.VideoFrame, width: int, height: int, *, wide: int | None = None, tall: int | None = None
    ) -> RgbImage:
        converted = self._converter.reformat(
            frame,
            width=width,
            height=height,
            format="rgb24",
            src_colorspace=_colorspace(frame, wide or frame.width, tall or frame.height),
            src_color_range=ColorRange.JPEG if is_full_range(frame) else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )
        return _uint8(converted.to_ndarray())


def luma_plane(frame: av.VideoFrame) -> NDArray[Any] | None:
    """Return plane 0 as a view, uint8 or uint16 of shape (height, width); None where it is not luma."""
    if _LUMA_FIRST.fullmatch(frame.format.name) is None or frame.planes[0].line_size <= 0:
        return None
    rows = _rows_of(frame.planes[0])
    if luma_bits(frame.format.name) > 8:
        rows = rows.view("<u2")
    return rows[:, : frame.width]


def luma_bits(pixel_format: str) -> int:
    """Return how many bits the luma samples of a pixel format fill, counted from bit 0."""
    if pixel_format.startswith(("p0", "p2", "p4")):
        return 16  # these keep their bits at the upper end of 16
    found = re.search(r"(?:p|gray)(9|10|12|14|16)le$", pixel_format)
    return int(found[1]) if found else 8


def to_eight_bits(luma: NDArray[Any], bits: int) -> GrayImage:
    """Return samples of ``bits`` bits as eight bits; what has eight is returned as it is."""
    return luma if bits == 8 else (luma >> (bits - 8)).astype(np.uint8)


def expand_range(luma: GrayImage) -> GrayImage:
    """Return limited-range luma (16 to 235) as 0 to 255."""
    # Twice as fast as a table, and it stops at 0 and 255 by itself.
    return _uint8(cv2.addWeighted(luma, 255 / 219, luma, 0, -16 * 255 / 219))


def is_full_range(frame: av.VideoFrame) -> bool:
    """Tell whether luma runs from 0 to 255 rather than from 16 to 235."""
    if frame.color_range in (ColorRange.MPEG, ColorRange.JPEG):
        return frame.color_range == ColorRange.JPEG
    return frame.format.name.startswith(("yuvj", "gray")) or frame.format.is_rgb


def _uint8(picture: NDArray[Any]) -> NDArray[np.uint8]:
    return cast("NDArray[np.uint8]", picture)  # the libraries' annotations promise less than they do


def _colorspace(frame: av.VideoFrame, width: int, height: int) -> Colorspace:
    # What says nothing is taken as players take it: by its size.
    guess = Colorspace.ITU709 if width >= _HD_WIDTH or height > _SD_HEIGHT else Colorspace.ITU601
    return _COLORSPACES.get(frame.colorspace, guess)


def _rows_of(plane: Any) -> NDArray[np.uint8]:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)


def _widen(box: PixelBox, shift_x: int, shift_y: int, width: int, height: int) -> PixelBox:
    """Return ``box`` with its edges moved outwards to whole chroma samples, as far as the picture reaches."""
    x, y = (1 << shift_x) - 1, (1 << shift_y) - 1
    return PixelBox(box.left & ~x, box.top & ~y, min(width, (box.right + x) & ~x), min(height, (box.bottom + y) & ~y))
