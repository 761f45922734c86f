"""Planar pictures as video encoders take them, and the sprites that are laid over them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Floats = NDArray[np.float32]

_BT601 = (0.299, 0.114)
_BT709 = (0.2126, 0.0722)
"""Shares of red and blue in the luma."""
HD_WIDTH, SD_HEIGHT = 1280, 576
"""From here on players take colours as BT.709."""


@dataclass(frozen=True)
class Canvas:
    """A picture in YUV 4:2:0, limited range, as one array that an encoder takes as it is."""

    data: Plane
    """Shape (3 * height / 2, width): luma, then both chroma planes row by row."""
    width: int
    height: int

    @property
    def luma(self) -> Plane:
        """Shape (height, width); a view."""
        return self.data[: self.height]

    @property
    def chroma(self) -> tuple[Plane, Plane]:
        """Both planes, each of shape (height / 2, width / 2); views."""
        quarter = self.width * self.height // 4
        flat = self.data.reshape(-1)
        shape = (self.height // 2, self.width // 2)
        start = self.width * self.height
        return flat[start : start + quarter].reshape(shape), flat[start + quarter : start + 2 * quarter].reshape(shape)

    def copy(self) -> Canvas:
        """Return a picture of its own."""
        return Canvas(self.data.copy(), self.width, self.height)


def new_canvas(width: int, height: int) -> Canvas:
    """Return a picture of even width and height with nothing decided in it."""
    return Canvas(np.empty((height * 3 // 2, width), np.uint8), width, height)


@dataclass(frozen=True)
class Sprite:
    """Something with opacity that is laid over pictures; its place and size are even numbers of pixels."""

    left: int
    top: int
    luma: Floats
    """Luma times cover, shape (height, width)."""
    cover: Floats
    """0 to 1, shape (height, width)."""
    chroma: tuple[Floats, Floats]
    """Chroma times cover, shape (height / 2, width / 2)."""
    chroma_cover: Floats
    """0 to 1, shape (height / 2, width / 2)."""

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.cover.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.cover.shape[0])

    def lay(self, canvas: Canvas, opacity: float = 1.0, shift: int = 0) -> None:
        """Lay it over a picture, ``shift`` (even) pixels to the right; what stands out is cut off."""
        left = self.left + shift
        a, b = max(0, left), min(canvas.width, left + self.width)
        c, d = max(0, self.top), min(canvas.height, self.top + self.height)
        if a >= b or c >= d or opacity <= 0:
            return
        inner = (slice(c - self.top, d - self.top), slice(a - left, b - left))
        _blend(canvas.luma[c:d, a:b], self.luma[inner], self.cover[inner], opacity)
        half = tuple(slice(part.start // 2, part.stop // 2) for part in inner)
        for plane, ink in zip(canvas.chroma, self.chroma, strict=True):
            _blend(plane[c // 2 : d // 2, a // 2 : b // 2], ink[half], self.chroma_cover[half], opacity)


def sprite_of(rgba: NDArray[np.uint8], left: int, top: int, frame_size: tuple[int, int]) -> Sprite:
    """Return colours with opacity, shape (height, width, 4), as a sprite for frames of a size; edges become even."""
    height, width = rgba.shape[:2]
    before = (top & 1, left & 1)
    after = ((height + before[0]) & 1, (width + before[1]) & 1)
    padded = np.pad(rgba, ((before[0], after[0]), (before[1], after[1]), (0, 0)))
    cover: Floats = np.asarray(padded[:, :, 3] / 255, np.float32)
    planes = [np.asarray(plane * cover, np.float32) for plane in _yuv(padded[:, :, :3].astype(np.float32), frame_size)]
    half = (padded.shape[1] // 2, padded.shape[0] // 2)
    small = [cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (cover, *planes[1:])]
    blue, red = np.asarray(small[1], np.float32), np.asarray(small[2], np.float32)
    return Sprite(left & ~1, top & ~1, planes[0], cover, (blue, red), np.asarray(small[0], np.float32))


def canvas_of(rgb: NDArray[np.uint8]) -> Canvas:
    """Return colours, shape (height, width, 3), even height and width, as a picture."""
    height, width = rgb.shape[:2]
    canvas = new_canvas(width, height)
    planes = _yuv(rgb.astype(np.float32), (width, height))
    canvas.luma[:] = _bytes(planes[0])
    for target, plane in zip(canvas.chroma, planes[1:], strict=True):
        target[:] = _bytes(np.asarray(cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA)))
    return canvas


def _blend(target: Plane, ink: Floats, cover: Floats, opacity: float) -> None:
    target[:] = _bytes(target * (1 - opacity * cover) + opacity * ink)


def _yuv(rgb: Floats, frame_size: tuple[int, int]) -> list[Floats]:
    """Return luma and both chroma planes, limited range, all at full resolution."""
    kr, kb = _BT709 if frame_size[0] >= HD_WIDTH or frame_size[1] > SD_HEIGHT else _BT601
    red, green, blue = rgb[:, :, 0], rgb[:, :, 1], rgb[:, :, 2]
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    return [
        np.asarray(16 + luma * (219 / 255), np.float32),
        np.asarray(128 + (blue - luma) * (112 / 255 / (1 - kb)), np.float32),
        np.asarray(128 + (red - luma) * (112 / 255 / (1 - kr)), np.float32),
    ]


def _bytes(values: Floats) -> Plane:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
