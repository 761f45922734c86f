"""Rows of text: lines at one height of the frame, and how much each row looks like captions.

A caption row says many different things, at one height, aligned at one side, away from the middle of the picture, with
little else around it. Every factor is soft, so that no single measure decides.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from rapidfuzz import fuzz

from caption_boundaries.layout.lines import Bools, Floats, Ints, LineTable, spread
from caption_boundaries.layout.overlays import scrolling, sliding
from caption_boundaries.types import Anchor

ROW_REACH = 0.4
"""Lines whose centres differ by less than this, in line heights, are in one row."""
ROW_HEIGHT_RATIO = 1.6
"""Heights within one row differ by less than this factor."""
PIECE_GAP = 3.0
"""Boxes of one row closer than this, in line heights, are pieces of one line."""
CANDIDATES = 400
"""Lines tried as the middle of a row: more add time and nothing else."""
MAX_ROWS = 40
PAGE_LINES = 5
"""This many lines closely below each other are a page, such as credits or a slide, not a caption."""
CROWD_LINES = 8
"""This many levels of text all over one frame are a page too, if they are aligned."""
CROWD_GAP = 0.2
"""Levels further apart than this share of the frame's height are not of one page."""
CROWD_SPREAD = 3.0
"""Lines of a page are usually this close to its axis, in line heights."""
SLIDING_SHARE = 0.3
"""A row in which this share of the lines moves sideways is a ticker."""
SCROLLING_SHARE = 0.6
"""A row in which this share moves up or down is part of credits; captions that roll up rest in between."""
MOVING_SCORE = 0.1
FREE_DISTINCT = 8
"""This many different texts are captions even where each stands elsewhere in the row, as it suits the speaker."""
FREE_OCCUPANCY = 0.8
"""But not where the row is filled more often than this: that is a ticker broken into pieces."""
FREE_ALIGNMENT = 0.45
SURELY_READ = 0.95
"""Patterns that look like a letter are read with less confidence."""
STACK_PITCH = 2.5
"""Lines whose centres are closer than this, in line heights, stand below each other."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of text, put together from the boxes into which the engine broke it."""

    frame: int
    """Position of its frame."""
    lines: tuple[int, ...]
    """Its boxes in the table, left to right."""
    left: float
    right: float
    center_y: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """Text at one height of the frame. Distances are in frame heights unless they say line heights."""

    pieces: tuple[Piece, ...]
    center_y: float
    height: float
    """Usual height of a line."""
    anchor: Anchor
    anchor_x: float
    anchor_spread: float
    """Usual distance of a line from the anchor, in line heights."""
    distinct: int
    """How many different texts were seen."""
    frames: frozenset[int]
    """Positions of the frames that hold text here."""
    factors: dict[str, float]
    """What the score is the product of, each 0 to 1."""

    @property
    def score(self) -> float:
        """How much the row looks like captions, 0 to 1."""
        return math.prod(self.factors.values())

    @property
    def lines(self) -> list[int]:
        """All its lines in the table."""
        return [line for piece in self.pieces for line in piece.lines]

    @property
    def left(self) -> float:
        """The leftmost edge of any line."""
        return min(piece.left for piece in self.pieces)

    @property
    def right(self) -> float:
        """The rightmost edge of any line."""
        return max(piece.right for piece in self.pieces)


def find_rows(table: LineTable, usable: Bools) -> list[Row]:
    """Return the rows among the ``usable`` lines, best score first; single stray lines are rows too."""
    still = _stillness(table)
    left = np.flatnonzero(usable)
    stacked = stack_sizes(table, usable)
    rows: list[Row] = []
    while len(left) and len(rows) < MAX_ROWS:
        members = _largest_row(table, left)
        rows.append(_describe(table, members, stacked, still))
        left = np.setdiff1d(left, members)
    return sorted(rows, key=lambda row: row.score, reverse=True)


def _largest_row(table: LineTable, lines: Ints) -> Ints:
    """Return those of ``lines`` that lie in the row that the most frames have."""
    y, height = table.center_y[lines], table.height[lines]
    tried = np.linspace(0, len(lines) - 1, min(len(lines), CANDIDATES)).astype(int)
    near = np.abs(y[tried, None] - y) < ROW_REACH * np.minimum(height[tried, None], height)
    ratio = height[tried, None] / height
    near &= (ratio < ROW_HEIGHT_RATIO) & (ratio > 1 / ROW_HEIGHT_RATIO)
    return np.asarray(lines[near[int(near.sum(axis=1).argmax())]])


def stack_sizes(table: LineTable, usable: Bools) -> Ints:
    """Return for every line how many levels of usable text stand closely below each other where it is, shape (n,).

    In a frame that is a page from top to bottom, all its levels count.
    """
    sizes = np.zeros(len(table), dtype=np.int64)
    for lines in np.split(np.arange(len(table)), np.flatnonzero(np.diff(table.frame)) + 1):
        ordered = lines[usable[lines]]
        ordered = ordered[np.argsort(table.center_y[ordered], kind="stable")]
        if len(ordered):
            sizes[ordered] = _stack_sizes(table, ordered)
    return sizes


def _stack_sizes(table: LineTable, ordered: Ints) -> Ints:
    """Return the stack sizes of the lines of one frame, given from top to bottom."""
    height = table.height[ordered]
    steps = np.diff(table.center_y[ordered])
    new_level = np.concatenate([[True], steps > ROW_REACH * height[1:]])
    stack = np.concatenate([[0], np.cumsum(steps > STACK_PITCH * np.maximum(height[1:], height[:-1]))])
    levels = np.bincount(stack, weights=new_level)
    if new_level.sum() >= CROWD_LINES and steps.max() < CROWD_GAP:
        edges = (table.left[ordered], table.center_x[ordered], table.right[ordered])
        if min(spread(values) for values in edges) < CROWD_SPREAD * float(np.median(height)):
            levels[:] = new_level.sum()
    return np.asarray(levels[stack], dtype=np.int64)


def join_pieces(table: LineTable, lines: Ints) -> list[Piece]:
    """Join lines of one row that stand closely side by side in one frame."""
    pieces: list[Piece] = []
    order = lines[np.lexsort((table.left[lines], table.frame[lines]))]
    run: list[int] = []
    for line in order:
        near = run and table.frame[line] == table.frame[run[-1]]
        if near and table.left[line] - table.right[run[-1]] < PIECE_GAP * table.height[line]:
            run.append(int(line))
            continue
        if run:
            pieces.append(_piece(table, run))
        run = [int(line)]
    return [*pieces, _piece(table, run)] if run else pieces


def _piece(table: LineTable, lines: Sequence[int]) -> Piece:
    # Mostly one line, seldom more than three: plain numbers are several times as quick as arrays.
    return Piece(
        frame=int(table.frame[lines[0]]),
        lines=tuple(lines),
        left=min(float(table.left[line]) for line in lines),
        right=max(float(table.right[line]) for line in lines),
        center_y=sum(float(table.center_y[line]) for line in lines) / len(lines),
        height=float(median(float(table.height[line]) for line in lines)),
        text=" ".join(table.texts[i] for i in lines),
    )


def _describe(table: LineTable, members: Ints, stacked: Ints, still: Callable[[Ints], float]) -> Row:
    pieces = tuple(join_pieces(table, members))
    height = float(np.median([piece.height for piece in pieces]))
    center_y = float(np.median([piece.center_y for piece in pieces]))
    anchor, anchor_x, anchor_spread = find_anchor(pieces, height, table.aspect)
    # A page is full of different lines that are no captions, so it proves nothing.
    distinct = count_distinct([piece.text for piece in pieces if stacked[piece.lines[0]] < PAGE_LINES])
    frames = frozenset(piece.frame for piece in pieces)
    factors = {
        "variety": distinct / (distinct + 1),
        "presence": min(1.0, math.sqrt(distinct / (0.05 * table.frame_count))),
        "alignment": max(
            _alignment(anchor, anchor_x, anchor_spread, distinct, height, table.aspect),
            FREE_ALIGNMENT * (distinct >= FREE_DISTINCT and len(frames) <= FREE_OCCUPANCY * table.frame_count),
        ),
        "position": _position(center_y),
        "size": _size(height, table.aspect),
        "text": _text(pieces, table),
        "reading": float(np.interp(np.median(table.confidence[members]), [0.0, 0.5, 0.8], [0.3, 0.6, 1.0])),
        "alone": 1.0 - 0.95 * float(np.mean(stacked[members] >= PAGE_LINES)),
        "still": still(members),
    }
    return Row(pieces, center_y, height, anchor, anchor_x, anchor_spread, distinct, frames, factors)


def _stillness(table: LineTable) -> Callable[[Ints], float]:
    """Return a function that says how much the lines of a row stand still: 1, or MOVING_SCORE."""
    aside, along = sliding(table), scrolling(table)

    def still(members: Ints) -> float:
        moves = np.mean(aside[members]) >= SLIDING_SHARE or np.mean(along[members]) >= SCROLLING_SHARE
        return MOVING_SCORE if moves else 1.0

    return still


def find_anchor(pieces: Sequence[Piece], height: float, aspect: float) -> tuple[Anchor, float, float]:
    """Return the side at which lines are aligned, where it is, and the usual distance from it in line heights.

    Lines that are aligned at the centre of the frame count as centred unless another side is clearly sharper: few
    lines of like length fit every side.
    """
    left = np.array([piece.left for piece in pieces])
    right = np.array([piece.right for piece in pieces])
    sides: dict[Anchor, Floats] = {"center": (left + right) / 2, "left": left, "right": right}
    spreads = {side: spread(values) / height for side, values in sides.items()}
    best = min(spreads, key=lambda side: spreads[side])
    near_middle = abs(float(np.median(sides["center"])) - aspect / 2) < 1.0 * height
    if near_middle and spreads["center"] < max(0.5, 1.5 * spreads[best]):
        best = "center"
    return best, float(np.median(sides[best])), spreads[best]


def count_distinct(texts: Sequence[str]) -> int:
    """Return how many different texts there are; readings of one text that differ a little count once."""
    seen: list[str] = []
    for text in texts:
        if all(fuzz.ratio(text, other) < 70 for other in seen[-8:]):
            seen.append(text)
    return len(seen)


def _alignment(
    anchor: Anchor, anchor_x: float, anchor_spread: float, distinct: int, height: float, aspect: float
) -> float:
    """Return how well the lines are aligned; a single text is measured by its distance from the frame's middle."""
    off_middle = abs(anchor_x - aspect / 2) / height
    centred = math.exp(-((off_middle / 3.0) ** 2)) if anchor == "center" else 0.0
    aligned = math.exp(-((anchor_spread / 2.0) ** 2))
    # One or two texts are aligned by chance, unless it is at the middle.
    return aligned * (0.3 + 0.7 * centred if distinct < 3 else 0.8 + 0.2 * centred)


def _position(center_y: float) -> float:
    """Return how usual a caption is at this height of the frame: the lower third, else the top, seldom the middle."""
    knots = [0.0, 0.25, 0.35, 0.6, 0.75, 1.0]
    return float(np.interp(center_y, knots, [0.9, 0.9, 0.5, 0.5, 1.0, 1.0]))


def _size(height: float, aspect: float) -> float:
    """Return how usual a line height is, measured by the frame's shorter side."""
    share = height / min(1.0, aspect)
    return float(np.interp(share, [0.012, 0.025, 0.11, 0.16, 0.25], [0.1, 1.0, 1.0, 0.6, 0.1]))


def _text(pieces: Sequence[Piece], table: LineTable) -> float:
    """Return how much the text is like speech: a letter or two is more often a misread pattern, if not surely read."""
    sure = np.array([table.confidence[list(piece.lines)].min() >= SURELY_READ for piece in pieces])
    lengths = np.array([_letters(piece.text) for piece in pieces])
    return float(np.interp(np.median(lengths * np.where(sure, 2, 1)), [0, 2, 4, 8], [0.05, 0.4, 0.75, 1.0]))


def _letters(text: str) -> int:
    """Return how many letters and digits a text has; those of wide scripts say as much as two."""
    return sum(c.isalnum() * (2 if unicodedata.east_asian_width(c) in "WF" else 1) for c in text)
