"""Values that every layer shares: boxes, frame ranges and times. Nothing here touches a file.

Conventions, decided once:

* Boxes are fractions of the displayed frame, origin top-left.
* ``frame_index`` counts ticks of ``index_framerate_hz`` (10 Hz unless the video says otherwise).
* Ranges of frame indices are inclusive on both ends; times that follow from them are end-exclusive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

GrayImage = NDArray[np.uint8]
"""Luma, shape (height, width), 0 = black."""

RgbImage = NDArray[np.uint8]
"""Colours, shape (height, width, 3), order red, green, blue."""

DEFAULT_INDEX_RATE_HZ = 10.0
"""Frame indices per second where a video does not say otherwise."""

BOUNDARY_CLASSES = ("same", "different", "empty_empty", "empty_valid", "valid_empty")
"""What two neighbouring frame indices show; of the pairs, the first word is the earlier one."""
SAME, DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, VALID_EMPTY = range(5)

BoundaryProbabilities = NDArray[np.float32]
"""Shape (pairs, 5), columns in the order of `BOUNDARY_CLASSES`, rows sum to 1."""


@dataclass(frozen=True, slots=True)
class PixelBox:
    """A rectangle in pixels, origin top-left, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle as fractions of the frame, origin top-left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width as a fraction of the frame's width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height as a fraction of the frame's height."""
        return self.bottom - self.top

    @property
    def center(self) -> tuple[float, float]:
        """Centre as (x, y) fractions."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def to_pixels(self, width: int, height: int) -> PixelBox:
        """Return the smallest whole-pixel box that covers this one in a frame of the given size."""
        return PixelBox(
            left=max(0, math.floor(self.left * width + 1e-9)),
            top=max(0, math.floor(self.top * height + 1e-9)),
            right=min(width, math.ceil(self.right * width - 1e-9)),
            bottom=min(height, math.ceil(self.bottom * height - 1e-9)),
        )

    @classmethod
    def from_pixels(cls, box: PixelBox, width: int, height: int) -> Box:
        """Return ``box`` as fractions of a frame of ``width`` by ``height`` pixels."""
        return cls(box.left / width, box.top / height, box.right / width, box.bottom / height)

    def union(self, other: Box) -> Box:
        """Return the smallest box that covers both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def contains_point(self, x: float, y: float) -> bool:
        """Tell whether the point lies inside (edges count)."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text that an engine saw in a picture."""

    box: Box
    """Where it stands, as fractions of the picture."""
    text: str
    confidence: float
    """0 to 1, as the engine says."""


Anchor = Literal["left", "center", "right"]
"""The side at which the lines of a caption are aligned."""

Polarity = Literal["light", "dark"]
"""Whether the strokes of the text are lighter or darker than what surrounds them."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the frame in which captions appear."""

    box: Box
    """What to crop, as fractions of the frame."""
    line_height: float
    """Usual height of one text line, as a fraction of the frame's height."""
    line_count: int
    """The most lines that a caption has here."""
    anchor: Anchor = "center"
    polarity: Polarity = "light"


@dataclass(frozen=True, slots=True)
class FrameTime:
    """The true presentation time of a source picture."""

    pts: int
    """Presentation time stamp in units of ``time_base``, counted from the start of the stream's clock."""
    time_base: Fraction
    """Seconds per unit of ``pts``."""

    @property
    def seconds(self) -> float:
        """Presentation time in seconds."""
        return float(self.pts * self.time_base)


@dataclass(frozen=True, slots=True, order=True)
class FrameRange:
    """A range of frame indices, inclusive ``[start, end]``; one frame is legal."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.start < 0 or self.end < self.start:
            raise ValueError(f"frame range must satisfy 0 <= start <= end, got {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start + 1

    def __contains__(self, frame_index: int) -> bool:
        return self.start <= frame_index <= self.end

    def overlaps(self, other: FrameRange) -> bool:
        """Tell whether the two share a frame."""
        return self.start <= other.end and other.start <= self.end

    def seconds(self, rate_hz: float) -> tuple[float, float]:
        """Return (start, end) in seconds, end-exclusive, at ``rate_hz`` indices per second."""
        return self.start / rate_hz, (self.end + 1) / rate_hz


def index_of_time(seconds: float, rate_hz: float) -> int:
    """Return the frame index whose tick ``[index / rate, (index + 1) / rate)`` holds ``seconds``."""
    # The tolerance keeps k / rate * rate from falling just below k.
    return max(0, math.floor(seconds * rate_hz + 1e-6))


def time_of_index(frame_index: int, rate_hz: float) -> float:
    """Return the moment in seconds at which ``frame_index`` begins."""
    return frame_index / rate_hz
