"""From the caption's lines to the parts of the frame to crop, with room for lines that were not sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from caption_boundaries.layout.lines import Bools, Ints, LineTable, wide_script_share
from caption_boundaries.layout.rows import Piece, count_distinct, find_anchor, join_pieces
from caption_boundaries.types import Anchor, Box

BLOCK_GAP = 1.2
"""Lines further apart than this, in line heights, are in different regions."""
PADDING = 0.3
"""Room above and below the lines, in line heights."""
EXTRA_LINE = 1.1
"""Room for a second line where only single lines were sampled, in line heights."""
MIN_WIDTH = 0.8
"""A centred region is at least this share of the frame's width."""
SIZE_RATIO = 1.25
"""Lines of two languages differ in height by at least this factor, or in script."""
STRAY_SHARE = 0.08
"""A group of lines seen less often than this, compared with all, is no region of its own."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together: one region of the frame."""

    lines: Ints
    """Its lines in the table."""
    pieces: tuple[Piece, ...]
    height: float
    """Usual height of a line in frame heights."""
    line_count: int
    """The most lines that one frame shows here."""
    anchor: Anchor
    anchor_x: float
    anchor_spread: float
    distinct: int


@dataclass(frozen=True, slots=True)
class Area:
    """A block and the part of the frame to crop for it."""

    block: Block
    box: Box


def find_blocks(table: LineTable, inside: Bools, trusted: Bools) -> list[Block]:
    """Group the caption's lines into regions, top to bottom.

    Args:
        table: All lines.
        inside: The lines of the caption, shape (n,).
        trusted: Lines that must not be dropped as strays, shape (n,).
    """
    lines = np.flatnonzero(inside)
    if not len(lines):
        return []
    groups = _split_by_gap(table, lines)
    frames = len(np.unique(table.frame[lines]))
    kept = [
        group
        for group in groups
        if trusted[group].any() or len(np.unique(table.frame[group])) >= max(1.0, STRAY_SHARE * frames)
    ]
    parts = [part for group in kept for part in _split_by_language(table, group)]
    return [_block(table, part) for part in parts]


def _split_by_gap(table: LineTable, lines: Ints) -> list[Ints]:
    """Split lines wherever a horizontal band of the frame, as tall as a line and a bit, holds none of them."""
    order = lines[np.argsort(table.top[lines], kind="stable")]
    reach = np.maximum.accumulate(table.bottom[order])
    height = float(np.median(table.height[order]))
    cuts = np.flatnonzero(table.top[order][1:] - reach[:-1] > BLOCK_GAP * height) + 1
    return [np.sort(part) for part in np.split(order, cuts)]


def _split_by_language(table: LineTable, lines: Ints) -> list[Ints]:
    """Split stacked lines of two scripts or sizes where a level separates them cleanly; else return them as one."""
    order = lines[np.argsort(table.center_y[lines], kind="stable")]
    y, height = table.center_y[order], float(np.median(table.height[order]))
    best: list[Ints] = [lines]
    for cut in np.flatnonzero(np.diff(y) > 0.3 * height) + 1:
        upper, lower = order[:cut], order[cut:]
        both = np.intersect1d(table.frame[upper], table.frame[lower])
        together = len(both) >= 0.6 * len(np.union1d(table.frame[upper], table.frame[lower]))
        if together and len(both) >= 2 and _differ(table, upper, lower):
            best = [np.sort(upper), np.sort(lower)]
    return best


def _differ(table: LineTable, upper: Ints, lower: Ints) -> bool:
    """Tell whether two groups of lines differ in script or, clearly, in size."""
    shares = [np.array([wide_script_share(table.texts[i]) for i in group]) for group in (upper, lower)]
    if min(np.mean(shares[0] > 0.5), np.mean(shares[1] < 0.5)) >= 0.8:
        return True
    if min(np.mean(shares[0] < 0.5), np.mean(shares[1] > 0.5)) >= 0.8:
        return True
    heights = [table.height[group] for group in (upper, lower)]
    small, large = sorted(heights, key=lambda values: float(np.median(values)))
    return bool(np.median(large) > SIZE_RATIO * np.median(small) and np.quantile(small, 0.9) < np.quantile(large, 0.1))


def _block(table: LineTable, lines: Ints) -> Block:
    height = float(np.median(table.height[lines]))
    levels = _levels(table, lines, height)
    pieces = tuple(piece for level in levels for piece in join_pieces(table, level))
    anchor, anchor_x, anchor_spread = find_anchor(pieces, height, table.aspect)
    return Block(
        lines=lines,
        pieces=pieces,
        height=height,
        line_count=_most_lines(pieces, height),
        anchor=anchor,
        anchor_x=anchor_x,
        anchor_spread=anchor_spread,
        distinct=count_distinct([piece.text for piece in sorted(pieces, key=lambda piece: piece.frame)]),
    )


def _levels(table: LineTable, lines: Ints, height: float) -> list[Ints]:
    """Split lines by the height at which they stand, so that pieces of one line can be joined."""
    order = lines[np.argsort(table.center_y[lines], kind="stable")]
    cuts = np.flatnonzero(np.diff(table.center_y[order]) > 0.25 * height) + 1
    return [part for part in np.split(order, cuts) if len(part)]


def _most_lines(pieces: Sequence[Piece], height: float) -> int:
    """Return the most lines that stand below each other in one frame."""
    by_frame: dict[int, list[float]] = {}
    for piece in pieces:
        by_frame.setdefault(piece.frame, []).append(piece.center_y)
    return max(1 + sum(b - a > 0.5 * height for a, b in pairwise(sorted(ys))) for ys in by_frame.values())


def crop_areas(table: LineTable, blocks: Sequence[Block], outside: Bools) -> list[Area]:
    """Return what to crop for every block, top to bottom, none overlapping the next.

    Args:
        table: All lines.
        blocks: The regions, top to bottom.
        outside: Lines of logos, tickers and the like, which the spare room must not take in, shape (n,).
    """
    if not blocks:
        return []
    left, right = _sides(table, blocks, outside)
    spans = [_rows(table, block, outside, left, right, alone=len(blocks) == 1) for block in blocks]
    areas = []
    for i, (block, (top, bottom)) in enumerate(zip(blocks, spans, strict=True)):
        if i and spans[i - 1][1] > top:
            top = _meeting_point(table, blocks[i - 1], block)
        if i + 1 < len(blocks) and spans[i + 1][0] < bottom:
            bottom = _meeting_point(table, block, blocks[i + 1])
        areas.append(Area(block, Box(left / table.aspect, top, right / table.aspect, bottom)))
    return areas


def _sides(table: LineTable, blocks: Sequence[Block], outside: Bools) -> tuple[float, float]:
    """Return the left and right edge, in frame heights, that hold the lines seen and longer ones."""
    edges = [_block_sides(table, block, outside) for block in blocks]
    return max(0.0, min(left for left, _ in edges)), min(table.aspect, max(right for _, right in edges))


def _block_sides(table: LineTable, block: Block, outside: Bools) -> tuple[float, float]:
    seen_left, seen_right = float(table.left[block.lines].min()), float(table.right[block.lines].max())
    # The fewer captions were seen, the longer may be those that were not.
    spare = block.height * (2.0 + 16.0 / block.distinct)
    if block.anchor == "center":
        half = max(block.anchor_x - seen_left, seen_right - block.anchor_x) + spare
        half = max(half, MIN_WIDTH * table.aspect / 2)
        left, right = block.anchor_x - half, block.anchor_x + half
    else:
        firm = block.height * (1.0 + 4.0 / block.distinct)
        wide = max(seen_right - seen_left + spare, MIN_WIDTH * table.aspect)
        left = seen_left - firm if block.anchor == "left" else seen_right - wide
        right = seen_right + firm if block.anchor == "right" else seen_left + wide
    near = block.height
    top, bottom = float(table.top[block.lines].min()), float(table.bottom[block.lines].max())
    beside = outside & (table.top < bottom) & (table.bottom > top)
    before = table.right[beside & (table.right < seen_left - near)]
    after = table.left[beside & (table.left > seen_right + near)]
    # A logo at the caption's height ends the room on its side, but never nearer than a line height to the text.
    left = max(left, float(before.max(initial=-np.inf)))
    right = min(right, float(after.min(initial=np.inf)))
    return min(left, seen_left - near), max(right, seen_right + near)


def _rows(
    table: LineTable, block: Block, outside: Bools, left: float, right: float, *, alone: bool
) -> tuple[float, float]:
    """Return the upper and lower edge of a block's area, in frame heights."""
    seen_top, seen_bottom = float(table.top[block.lines].min()), float(table.bottom[block.lines].max())
    pad = PADDING * block.height
    top, bottom = seen_top - pad, seen_bottom + pad
    below_middle = (seen_top + seen_bottom) / 2 > 0.5
    if block.line_count == 1 and alone:
        crossing = outside & (table.left < right) & (table.right > left)
        # A second line stands on the side of the picture's middle.
        if below_middle:
            above = table.bottom[crossing & (table.bottom <= seen_top)]
            top = max(seen_top - (PADDING + EXTRA_LINE) * block.height, float(above.max(initial=-np.inf)))
        else:
            below = table.top[crossing & (table.top >= seen_bottom)]
            bottom = min(seen_bottom + (PADDING + EXTRA_LINE) * block.height, float(below.min(initial=np.inf)))
    return max(0.0, min(top, seen_top - pad)), min(1.0, max(bottom, seen_bottom + pad))


def _meeting_point(table: LineTable, upper: Block, lower: Block) -> float:
    """Return the level between two blocks that touch."""
    return float(np.median(table.bottom[upper.lines]) + np.median(table.top[lower.lines])) / 2
