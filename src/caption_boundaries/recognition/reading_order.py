"""Puts boxes and lines into the order in which a person reads them, and fragments of one line together."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from caption_boundaries.types import Box, TextLine

MAX_GAP = 1.0
"""Fragments of one row belong together when they stand no further apart than this many line heights."""

MIN_OVERLAP = 0.6
"""Two boxes share a row when they overlap by this part of the lower one's height."""

MAX_HEIGHT_RATIO = 1.8
"""Fragments whose heights differ by more than this are parts of one line only when the lower one is a mark."""

MAX_MARK_GAP = 0.6
"""Quotes, dots and dashes beside a line belong to it when they stand no further away than this many line heights."""

CJK_SPACE_GAP = 0.5
"""Scripts without word spaces: a gap of this many line heights is a space that was set on purpose."""


def in_reading_order(lines: Iterable[TextLine]) -> list[TextLine]:
    """Return ``lines`` row by row from top to bottom, each row from left to right."""
    listed = list(lines)
    return [listed[index] for row in _rows([line.box for line in listed]) for index in row]


def line_groups(boxes: Sequence[Box], *, aspect: float, max_gap: float = MAX_GAP) -> list[list[int]]:
    """Tell which boxes are fragments of the same line.

    Args:
        boxes: Fractions of the picture.
        aspect: Width of the picture divided by its height, so that widths and heights can be compared.
        max_gap: Largest gap inside a line, in line heights.

    Returns:
        Indices into ``boxes``: one list per line, left to right; the lines in reading order.
    """
    groups: list[list[int]] = []
    for row in _rows(boxes):
        groups.append([row[0]])
        for index in row[1:]:
            if _continues(boxes, groups[-1], index, aspect, max_gap):
                groups[-1].append(index)
            else:
                groups.append([index])
    return groups


def join_lines(lines: Sequence[TextLine], *, aspect: float, max_gap: float = MAX_GAP) -> list[TextLine]:
    """Return the lines in reading order with the fragments of each line joined; arguments as :func:`line_groups`."""
    groups = line_groups([line.box for line in lines], aspect=aspect, max_gap=max_gap)
    return [_joined([lines[index] for index in group], aspect) for group in groups]


def union_of(boxes: Iterable[Box]) -> Box:
    """Return the smallest box that covers all ``boxes``; there must be one at least."""
    first, *others = boxes
    for box in others:
        first = first.union(box)
    return first


def is_cjk(character: str) -> bool:
    """Tell whether ``character`` belongs to a script that is written without spaces between words."""
    code = ord(character)
    return (
        0x2E80 <= code <= 0x9FFF  # radicals, kana, ideographs and their marks
        or 0xF900 <= code <= 0xFAFF
        or 0xFE30 <= code <= 0xFE4F
        or 0xFF00 <= code <= 0xFFEF
        or 0x20000 <= code <= 0x323AF
        or character in "…—·“”‘’"
    )


def is_ideograph(character: str) -> bool:
    """Tell whether ``character`` is a Chinese character, not a mark, a letter or a digit."""
    code = ord(character)
    return 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x323AF


def _rows(boxes: Sequence[Box]) -> list[list[int]]:
    """Return indices by row: rows top to bottom, each left to right.

    A box joins the row whose first box it overlaps most in height; taking boxes from the top down keeps two lines that
    nearly touch apart.
    """
    rows: list[list[int]] = []
    for index in sorted(range(len(boxes)), key=lambda i: (boxes[i].center[1], boxes[i].left, i)):
        shared = [_overlap(boxes[row[0]], boxes[index]) for row in rows]
        best = max(range(len(rows)), key=lambda i: shared[i], default=-1)
        if best >= 0 and shared[best] >= MIN_OVERLAP:
            rows[best].append(index)
        else:
            rows.append([index])
    rows.sort(key=lambda row: min(boxes[i].center[1] for i in row))
    return [sorted(row, key=lambda i: (boxes[i].left, boxes[i].right, i)) for row in rows]


def _overlap(first: Box, second: Box) -> float:
    """Return the shared height as a fraction of the lower box's height."""
    shared = min(first.bottom, second.bottom) - max(first.top, second.top)
    return shared / max(min(first.height, second.height), 1e-9)


def _continues(boxes: Sequence[Box], group: Sequence[int], index: int, aspect: float, max_gap: float) -> bool:
    """Tell whether the box ``index`` goes on where the group's boxes end."""
    line, box = union_of(boxes[i] for i in group), boxes[index]
    low, high = sorted((line, box), key=lambda b: b.height)
    gap = (box.left - line.right) * aspect
    if high.height <= MAX_HEIGHT_RATIO * max(low.height, 1e-9):
        return gap <= max_gap * high.height
    is_mark = low.width * aspect <= high.height
    return is_mark and gap <= min(max_gap, MAX_MARK_GAP) * high.height


def _joined(fragments: Sequence[TextLine], aspect: float) -> TextLine:
    """Return the fragments, ordered left to right, as one line; its confidence is the mean over characters."""
    text = fragments[0].text
    for before, after in itertools.pairwise(fragments):
        gap = (after.box.left - before.box.right) * aspect / max(before.box.height, after.box.height, 1e-9)
        text += _separator(before.text, after.text, gap) + after.text
    weights = [max(1, len(fragment.text)) for fragment in fragments]
    total = sum(weight * fragment.confidence for weight, fragment in zip(weights, fragments, strict=True))
    confidence = min(1.0, max(0.0, total / sum(weights)))
    return TextLine(union_of(fragment.box for fragment in fragments), text, confidence)


def _separator(before: str, after: str, gap: float) -> str:
    """Return what stands between two fragments that are ``gap`` line heights apart."""
    if not before or not after:
        return ""
    without_spaces = is_cjk(before[-1]) and is_cjk(after[0])
    return "" if without_spaces and gap < CJK_SPACE_GAP else " "
