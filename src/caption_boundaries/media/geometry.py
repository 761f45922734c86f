"""How a stored picture becomes the picture that a viewer sees: pixel aspect ratio first, then turning and mirroring."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import PixelBox

Picture = NDArray[np.uint8]
"""Gray or colour, shape (height, width[, 3])."""

_TURNS = {(False, False, False): 0, (True, True, False): 90, (False, True, True): 180, (True, False, True): 270}


@dataclass(frozen=True, slots=True)
class Orientation:
    """A turn by quarters, perhaps mirrored, as three operations in this order."""

    swap: bool = False
    """Rows become columns."""
    mirror_x: bool = False
    """Then left and right change places."""
    mirror_y: bool = False
    """And top and bottom change places."""

    @property
    def rotation(self) -> int:
        """Degrees clockwise by which the stored picture is turned: 0, 90, 180 or 270 (of a mirrored one, the turn)."""
        turn = _TURNS.get((self.swap, self.mirror_x, self.mirror_y))
        return _TURNS[(self.swap, not self.mirror_x, self.mirror_y)] if turn is None else turn

    @classmethod
    def from_display_matrix(cls, data: bytes) -> Orientation:
        """Return the orientation nearest to a display matrix: nine 32-bit integers, rows (a b u), (c d v), (x y w)."""
        a, b, _, c, d = struct.unpack_from("=5i", data)
        swap = abs(b) > abs(a)
        return cls(swap, mirror_x=(c if swap else a) < 0, mirror_y=(b if swap else d) < 0)

    def apply(self, picture: NDArray[Any]) -> NDArray[Any]:
        """Return ``picture`` as a viewer sees it, as a view of the same pixels."""
        if self.swap:
            picture = picture.swapaxes(0, 1)
        return picture[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the width and height after turning."""
        return (height, width) if self.swap else (width, height)


@dataclass(frozen=True, slots=True)
class DisplayGeometry:
    """From stored pixels to displayed pixels, for all pictures of one stream."""

    scaled_width: int
    """Pixels after the pixel aspect ratio is made square, before turning."""
    scaled_height: int
    orientation: Orientation = Orientation()

    @classmethod
    def of(cls, width: int, height: int, pixel_aspect: Fraction, orientation: Orientation) -> DisplayGeometry:
        """Return the geometry of stored pictures of ``width`` by ``height`` pixels.

        Pictures only grow: pixels wider than high widen the picture, others make it higher.
        """
        if pixel_aspect > 1:
            width = round(width * pixel_aspect)
        elif pixel_aspect < 1:
            height = round(height / pixel_aspect)
        return cls(width, height, orientation)

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height in pixels as a viewer sees them."""
        return self.orientation.size(self.scaled_width, self.scaled_height)

    def whole(self) -> PixelBox:
        """Return the box of the whole displayed picture."""
        width, height = self.display_size
        return PixelBox(0, 0, width, height)

    def to_scaled(self, box: PixelBox) -> PixelBox:
        """Return where a box of the displayed picture lies in the scaled picture, before turning.

        Raises:
            ValueError: The box has no area or stands out of the picture.
        """
        width, height = self.display_size
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise ValueError(f"{box} has no area inside a picture of {width}x{height} pixels")
        if self.orientation.mirror_x:
            left, right = width - right, width - left
        if self.orientation.mirror_y:
            top, bottom = height - bottom, height - top
        return PixelBox(top, left, bottom, right) if self.orientation.swap else PixelBox(left, top, right, bottom)


def cut(picture: NDArray[Any], box: PixelBox) -> NDArray[Any]:
    """Return the part of ``picture`` inside ``box``, as a view."""
    return picture[box.top : box.bottom, box.left : box.right]
