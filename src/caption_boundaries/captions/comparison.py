"""Whether two neighbouring stretches show one and the same caption.

Where the engine reads the same in both, they do. Where it reads something else, either the caption has changed or the
engine has erred, and the strokes tell which: those of the letters in question are still there, or they are not. Over a
changing background strokes are less to be trusted: the background's may have stood between the letters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from caption_boundaries.captions.reading import Reading, in_box, presence
from caption_boundaries.captions.strokes import Mask, Share
from caption_boundaries.captions.text import differing_spans, folded, letter_edges, similarity
from caption_boundaries.types import TextLine

THERE = 0.75
"""Strokes of which this share is there are there."""
SURELY_THERE = 0.85
ALIKE = 0.5
"""Texts less alike than this are compared as a whole, not letter by letter."""
QUIET_SHARE = 0.005
"""Where less than this share of the picture beside the text has changed, the background has not."""
GONE = 0.3
"""A stroke seen in less than this share of the frames is not there."""
FEW = 0.01
"""Strokes of less area than this, in squared line heights, say nothing."""


@dataclass(frozen=True, slots=True)
class Look:
    """One of the two stretches."""

    reading: Reading
    ink: Mask
    """The strokes of its text."""
    share: Share
    """All strokes near the other stretch, by how often they are seen."""
    line_height: float
    """In mask pixels."""


def same_caption(before: Look, after: Look) -> bool:
    """Tell whether two stretches, both with text, show the same caption."""
    one, other = before.reading.lines, after.reading.lines
    if "".join(folded(line.text) for line in one) == "".join(folded(line.text) for line in other):
        return True
    pairs, only_one, only_other = _paired(one, other)
    if not pairs:
        return False
    if any(_line_presence(line, before, after) < THERE for line in only_one):
        return False
    if any(_line_presence(line, after, before) < THERE for line in only_other):
        return False
    quiet = _is_quiet(before, after)
    return all(_same_line(a, b, before, after, quiet=quiet) for a, b in pairs)


def _paired(
    one: tuple[TextLine, ...], other: tuple[TextLine, ...]
) -> tuple[list[tuple[TextLine, TextLine]], list[TextLine], list[TextLine]]:
    """Return the lines that stand in the same place, and those of each side that stand alone."""
    left = list(other)
    pairs, alone = [], []
    for line in one:
        match = next((candidate for candidate in left if _same_place(line, candidate)), None)
        if match is None:
            alone.append(line)
        else:
            left.remove(match)
            pairs.append((line, match))
    return pairs, alone, left


def _same_place(one: TextLine, other: TextLine) -> bool:
    a, b = one.box, other.box
    overlap = min(a.bottom, b.bottom) - max(a.top, b.top)
    return overlap > 0.5 * min(a.height, b.height) and min(a.right, b.right) > max(a.left, b.left)


def _same_line(one: TextLine, other: TextLine, before: Look, after: Look, *, quiet: bool) -> bool:
    """Tell whether two lines in the same place are the same, though they may read differently."""
    a, b = folded(one.text), folded(other.text)
    if a == b:
        return True
    kept, known = _line_presence(one, before, after), _line_presence(other, after, before)
    if similarity(a, b) < ALIKE:
        return min(kept, known) >= SURELY_THERE
    for forth, back in _letter_presences(one, other, before, after):
        moved = not quiet and max(forth, back) >= SURELY_THERE - 0.05 and max(kept, known) >= THERE
        if min(forth, back) < THERE and not moved:
            return False
    return True


def _line_presence(line: TextLine, own: Look, other: Look) -> float:
    """Return how much of a line's strokes the other stretch shows, too."""
    place = in_box(line, own.ink.shape)
    return presence(own.ink[place], other.share[place])


def _letter_presences(one: TextLine, other: TextLine, before: Look, after: Look) -> list[tuple[float, float]]:
    """Return for every stretch of letters that reads differently how much of its strokes stays, and was there."""
    height, width = before.ink.shape
    margin = 0.1 * before.line_height / width
    top = int(min(one.box.top, other.box.top) * height)
    bottom = int(max(one.box.bottom, other.box.bottom) * height) + 1
    result = []
    for span, other_span in differing_spans(one.text, other.text):
        edges = [*_edges(one, span), *_edges(other, other_span)]
        left = max(0, int((min(edges) - margin) * width))
        place = (slice(top, bottom), slice(left, int((max(edges) + margin) * width) + 1))
        result.append((_there(before, after, place), _there(after, before, place)))
    return result


def _edges(line: TextLine, span: tuple[int, int]) -> tuple[float, float]:
    edges = letter_edges(line.text)
    return tuple(line.box.left + line.box.width * edges[place] for place in span)  # type: ignore[return-value]


def _there(own: Look, other: Look, place: tuple[slice, slice]) -> float:
    strokes = own.ink[place]
    if strokes.sum() <= FEW * own.line_height**2:
        return 1.0
    return presence(strokes, other.share[place])


def _is_quiet(before: Look, after: Look) -> bool:
    """Tell whether the strokes beside the text are the same in both stretches."""
    beside = np.ones(before.ink.shape, dtype=np.bool_)
    for line in (*before.reading.lines, *after.reading.lines):
        beside[in_box(line, beside.shape, margin=3)] = False
    if not beside.any():
        return False
    high, low = 1 - (1 - THERE) / 2, GONE
    changed = ((before.share >= high) & (after.share < low)) | ((after.share >= high) & (before.share < low))
    return float(changed[beside].mean()) < QUIET_SHARE
