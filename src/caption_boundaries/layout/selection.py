"""Chooses by rules which lines are the caption: the best row, the rows that belong to it, and a second region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from caption_boundaries.layout.lines import Bools, Floats, Ints, LineTable, spread
from caption_boundaries.layout.overlays import static_overlays
from caption_boundaries.layout.rows import ROW_REACH, Row, find_rows
from caption_boundaries.types import Anchor

MIN_SCORE = 0.35
"""A row that scores less is no caption."""
TALLEST_LINE = 0.25
"""A box taller than this share of the frame's shorter side is no line of text."""
BLOCK_PITCH = 2.2
"""Rows whose centres are closer than this, in line heights, may be lines of one caption."""
BLOCK_RATIO = 2.0
"""Lines of one caption differ in height by less than this factor."""
ALIKE_RATIO = 1.33
"""Lines of one size differ in height by less than this factor."""
ALIKE_PITCH = 1.6
"""Lines of one size that belong together are closer than this, in line heights."""
ALIKE_OFF = 0.6
"""And are aligned as closely as this, in line heights."""
MANY_LINES = 8
"""From this many lines on it is known how tall they usually are, and how level."""
TALLER_RATIO = 1.4
"""A line taller than the usual one by this factor is something else."""
OTHER_LEVEL = 0.25
"""A line further than this from the usual level, in line heights, is something else, unless levels waver."""
MAX_BLOCK_ROWS = 4
SECOND_SHARE = 0.3
"""A second region says at least this share of what the first says, unless both speak at once."""
LEAST_SHARE = 0.01
"""Even what looks least like a caption is one now and then."""
LONE_CAPTION_SECONDS = 12.0
"""In a video no longer than this, one caption may stand from beginning to end."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which lines are the caption, and why the others are not."""

    inside: Bools
    """Per line."""
    reasons: tuple[str, ...]
    """Per line: empty for captions, else logo, ticker, unreadable, page, labelled, elsewhere or not
    aligned."""
    rows: tuple[Row, ...]
    """The rows chosen, the best first; empty when the video has no captions."""
    rejected: tuple[Row, ...]
    """The rows not chosen, the best first."""

    def log_odds(self) -> Floats:
        """Return for every line how likely it is part of a caption, as log odds, shape (n,).

        Rows that nearly were chosen, and rows that nearly were not, are the least sure.
        """
        share = np.full(len(self.inside), LEAST_SHARE)
        for row in self.rejected:
            share[row.lines] = np.clip(row.score, LEAST_SHARE, 0.45)
        for row in self.rows:
            share[row.lines] = 0.55 + 0.44 * row.score
        share = np.where(self.inside, np.maximum(share, 0.55), np.minimum(share, 0.45))
        return np.asarray(np.log(share / (1 - share)), dtype=np.float64)


def select_lines(table: LineTable, wanted: Bools, unwanted: Bools) -> Selection:
    """Choose the caption lines of a video by rules.

    Args:
        table: All lines of the sampled frames.
        wanted: Lines that a person calls captions, shape (n,): their rows are chosen, and no others.
        unwanted: Lines that a person has ruled out, shape (n,).
    """
    unreadable = _unreadable(table)
    static = static_overlays(table) & ~unreadable
    rows = find_rows(table, ~unreadable & ~static & ~unwanted | wanted)
    chosen = [row for row in rows if wanted[row.lines].any()] if wanted.any() else _choose(rows)
    if not chosen and table.frame_count * table.seconds_per_frame <= LONE_CAPTION_SECONDS:
        chosen = _lone_caption(table, static)
    rejected = tuple(row for row in rows if row not in chosen)
    inside = np.zeros(len(table), dtype=bool)
    for row in chosen:
        inside[_aligned_lines(row, table)] = True
    inside |= _companions(inside, chosen, table)
    inside = (inside | wanted) & ~unwanted
    reasons = _reasons(inside, unreadable, static, unwanted, rejected)
    return Selection(inside, reasons, tuple(chosen), rejected)


def _unreadable(table: LineTable) -> Bools:
    tall = table.height > TALLEST_LINE * min(1.0, table.aspect)
    return np.asarray(tall | np.array([not text.strip() for text in table.texts], dtype=bool))


def _choose(rows: list[Row]) -> list[Row]:
    """Return the rows of the caption among ``rows`` (best first), the best first; none when no row will do."""
    if not rows or rows[0].score < MIN_SCORE:
        return []
    chosen = _with_block(rows[0], rows)
    second = next((row for row in rows if row not in chosen and _is_second_region(row, chosen)), None)
    return chosen + [row for row in _with_block(second, rows) if row not in chosen] if second else chosen


def _with_block(first: Row, rows: list[Row]) -> list[Row]:
    """Return ``first`` and the rows that are further lines of the same captions."""
    block = [first]
    for row in sorted(rows, key=lambda row: abs(row.center_y - first.center_y)):
        if row is not first and len(block) < MAX_BLOCK_ROWS and _belongs(row, block):
            block.append(row)
    return block


def _belongs(row: Row, block: list[Row]) -> bool:
    """Tell whether ``row`` holds further lines of the captions in ``block``."""
    first = block[0]
    pitch = min(abs(row.center_y - other.center_y) / max(row.height, other.height) for other in block)
    ratio = max(row.height, first.height) / min(row.height, first.height)
    if pitch > BLOCK_PITCH or ratio > BLOCK_RATIO or row.factors["still"] < 1:
        return False
    together = len(row.frames & frozenset().union(*(other.frames for other in block))) / len(row.frames)
    off = _off_anchor(row, first)
    if len(row.frames) == 1:  # anything may stand near a caption once
        return bool(together) and ratio < ALIKE_RATIO and pitch < ALIKE_PITCH and off < ALIKE_OFF
    if off > max(1.0, 3 * first.anchor_spread):
        # Song texts stand at the left in one line and at the right in the next.
        alike = ratio < ALIKE_RATIO and row.distinct >= 0.5 * first.distinct
        return alike and together >= 0.5 and row.score >= MIN_SCORE
    return together >= 0.5 or row.score >= MIN_SCORE


def _sides(row: Row, anchor: Anchor) -> Floats:
    """Return where each line of ``row`` has the side ``anchor``, in frame heights."""
    left = np.array([piece.left for piece in row.pieces])
    right = np.array([piece.right for piece in row.pieces])
    sides: dict[Anchor, Floats] = {"left": left, "right": right, "center": (left + right) / 2}
    return sides[anchor]


def _off_anchor(row: Row, first: Row) -> float:
    """Return within how many line heights most of ``row`` keeps to where ``first`` is aligned."""
    return float(np.quantile(np.abs(_sides(row, first.anchor) - first.anchor_x), 0.7)) / first.height


def _is_second_region(row: Row, chosen: list[Row]) -> bool:
    """Tell whether a row apart from the first block holds captions of its own."""
    first = chosen[0]
    if row.score < MIN_SCORE or _off_anchor(row, first) > 2.0:
        return False
    shared = len(row.frames & first.frames) / min(len(row.frames), len(first.frames))
    needed = 2.0 if shared >= 0.7 else max(2.0, SECOND_SHARE * first.distinct)
    return row.distinct >= needed and 1 / BLOCK_RATIO < row.height / first.height < BLOCK_RATIO


def _lone_caption(table: LineTable, static: Bools) -> list[Row]:
    """Return the rows of the one caption that stands all through a short clip, if it stands where captions do."""
    rows = find_rows(table, static)
    for row in rows:
        if row.factors["position"] == 1.0 and row.factors["alignment"] > 0.9 and row.factors["text"] == 1.0:
            return _with_block(row, rows)
    return []


def _aligned_lines(row: Row, table: LineTable) -> Ints:
    """Return the lines of a caption row without what stands at its height by chance."""
    deviation = np.abs(_sides(row, row.anchor) - row.anchor_x)
    limit = max(2.0 * row.height, 4.0 * row.anchor_spread * row.height, 0.1 * table.aspect)
    near = zip(row.pieces, deviation <= limit, strict=True)
    lines = np.array([line for piece, good in near if good for line in piece.lines], dtype=np.int64)
    if len(lines) < MANY_LINES:
        return lines
    levels = table.center_y[lines]
    level = np.abs(levels - row.center_y) <= max(OTHER_LEVEL * row.height, 6.0 * spread(levels))
    return np.asarray(lines[level & (table.height[lines] <= TALLER_RATIO * row.height)])


def _companions(inside: Bools, chosen: list[Row], table: LineTable) -> Bools:
    """Return the lines of caption rows that stand right above or below a caption's line, wherever that puts them.

    Where captions are centred on one level, single lines stand between the levels of double ones.
    """
    found = np.zeros(len(table), dtype=bool)
    taken = np.flatnonzero(inside)
    for line in (line for row in chosen for line in row.lines if not inside[line]):
        beside = taken[table.frame[taken] == table.frame[line]]
        height = np.maximum(table.height[beside], table.height[line])
        pitch = np.abs(table.center_y[beside] - table.center_y[line]) / height
        ratio = height / np.minimum(table.height[beside], table.height[line])
        off = np.abs(table.center_x[beside] - table.center_x[line]) / height
        left = np.abs(table.left[beside] - table.left[line]) / height
        aligned = np.minimum(off, left) < ALIKE_OFF
        found[line] = ((pitch < ALIKE_PITCH) & (pitch > ROW_REACH) & (ratio < ALIKE_RATIO) & aligned).any()
    return found


def _reasons(
    inside: Bools, unreadable: Bools, static: Bools, unwanted: Bools, rejected: tuple[Row, ...]
) -> tuple[str, ...]:
    reasons = np.full(len(inside), "not aligned", dtype=object)
    for row in rejected:
        page = row.factors["alone"] < 0.6
        reasons[row.lines] = "ticker" if row.factors["still"] < 1 else "page" if page else "elsewhere"
    reasons[static] = "logo"
    reasons[unreadable] = "unreadable"
    reasons[unwanted] = "labelled"
    reasons[inside] = ""
    return tuple(str(reason) for reason in reasons)
