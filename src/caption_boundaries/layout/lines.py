"""All text lines of a video's sampled frames as columns: the form in which the layout is worked out.

Distances are in frame heights on both axes, so that a line's width and height can be compared in any aspect ratio.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import Box, TextLine

UNREAD_WIDTH = 1.5
"""Line heights per letter: no letter of any font is as wide; one more is left to the box's margins."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class LineTable:
    """Text lines as columns of one length ``n``, in order of frame and box."""

    frame_indices: Ints
    """Frame index of every sampled frame, those without text too, ascending, shape (frames,)."""
    aspect: float
    """Frame width divided by frame height."""
    seconds_per_frame: float
    """Usual time between two sampled frames."""
    frame: Ints
    """Position of the line's frame in ``frame_indices``."""
    box_index: Ints
    """The line's number within its frame, from 0."""
    left: Floats
    """Left edge in frame heights from the frame's left side."""
    top: Floats
    """Upper edge in frame heights from the top."""
    right: Floats
    bottom: Floats
    confidence: Floats
    """0 to 1, as the engine says."""
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def frame_count(self) -> int:
        """Number of sampled frames."""
        return len(self.frame_indices)

    @cached_property
    def height(self) -> Floats:
        """Height of every line in frame heights."""
        return self.bottom - self.top

    @cached_property
    def center_x(self) -> Floats:
        """Horizontal centre of every line in frame heights."""
        return (self.left + self.right) / 2

    @cached_property
    def center_y(self) -> Floats:
        """Vertical centre of every line in frame heights."""
        return (self.top + self.bottom) / 2

    def box(self, line: int) -> Box:
        """Return the box of one line as fractions of the frame."""
        return Box(
            float(self.left[line] / self.aspect),
            float(self.top[line]),
            float(self.right[line] / self.aspect),
            float(self.bottom[line]),
        )

    def take(self, rows: Ints) -> LineTable:
        """Return a table of only the lines ``rows``."""
        return LineTable(
            self.frame_indices,
            self.aspect,
            self.seconds_per_frame,
            self.frame[rows],
            self.box_index[rows],
            self.left[rows],
            self.top[rows],
            self.right[rows],
            self.bottom[rows],
            self.confidence[rows],
            tuple(self.texts[row] for row in rows),
        )


def line_table(
    lines: Mapping[int, Sequence[TextLine]], frame_width: int, frame_height: int, rate_hz: float
) -> LineTable:
    """Return the lines of the sampled frames as a table.

    Args:
        lines: The lines of every sampled frame by frame index; frames without text have an empty list.
        frame_width: In pixels.
        frame_height: In pixels.
        rate_hz: Frame indices per second.
    """
    indices = sorted(lines)
    flat = [(position, number, line) for position, i in enumerate(indices) for number, line in enumerate(lines[i])]
    aspect = frame_width / frame_height
    boxes = np.array([(r.box.left, r.box.top, r.box.right, r.box.bottom) for _, _, r in flat], dtype=np.float64)
    left, top, right, bottom = boxes.reshape(-1, 4).T
    steps = np.diff(indices)
    return LineTable(
        frame_indices=np.array(indices, dtype=np.int64),
        aspect=aspect,
        seconds_per_frame=float(np.median(steps)) / rate_hz if len(steps) else 1 / rate_hz,
        frame=np.array([position for position, _, _ in flat], dtype=np.int64),
        box_index=np.array([number for _, number, _ in flat], dtype=np.int64),
        left=left * aspect,
        top=top,
        right=right * aspect,
        bottom=bottom,
        confidence=np.array([line.confidence for _, _, line in flat], dtype=np.float64),
        texts=tuple(line.text for _, _, line in flat),
    )


def wide_script_share(text: str) -> float:
    """Return the share of letters that are of a wide script (Chinese, Japanese, Korean), 0 to 1; 0 without letters."""
    letters = [c for c in text if c.isalpha()]
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in letters)
    return wide / len(letters) if letters else 0.0


def unread_lines(table: LineTable) -> Bools:
    """Tell for every line whether it is so wide for what was read that it must say more, shape (n,).

    Text in a script that the engine does not know comes out as a few signs.
    """
    letters = np.array([sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text) for text in table.texts])
    width = (table.right - table.left) / np.maximum(table.height, 1e-9)
    return np.asarray(width > UNREAD_WIDTH * np.maximum(letters, 1) + 1, dtype=np.bool_)


def spread(values: Floats) -> float:
    """Return the median absolute deviation from the median; 0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    return float(np.median(np.abs(values - np.median(values))))
