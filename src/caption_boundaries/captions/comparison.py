"""Whether two neighbouring stretches show one and the same caption.

Where the engine reads the same in both, they do. Where it reads something else, either the caption has changed or the
engine has erred, and the pictures tell which: the letters in question look as they did, or they do not. How much alike
the same letters look while the background changes is seen from the letters that read the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.reading import Patch, Reading, in_box, presence
from caption_boundaries.captions.strokes import Mask, Share
from caption_boundaries.captions.text import differing_spans, folded, letter_edges, similarity
from caption_boundaries.types import TextLine

THERE = 0.75
"""Strokes of which this share is there are there."""
ALIKE_TEXTS = 0.5
"""Texts less alike than this are compared as a whole, not letter by letter."""
MOSTLY = 0.75
"""Texts that are alike to this degree differ in a few letters."""
ALIKE_PICTURES = 0.8
"""Pictures that correlate so well show the same, where there is nothing to compare with."""
WORSE, WORSE_IN_MOTION = 0.15, 0.35
"""A letter is another one when it correlates so much worse than those that read the same, over a background that stays
and over one that does not."""
WINDOW = 0.4
"""Width of what is compared at a time, in line heights: about a narrow letter's."""
LETTER_INK = 0.3
"""A window with less strokes than this share of the most lies between letters."""
MOVED = 0.45
"""Letters that read the same but correlate worse than this stand elsewhere: the line is another one."""
QUIET_SHARE = 0.005
"""Where less than this share of the picture beside the text has changed, the background has not."""
SEEN, UNSEEN = 0.85, 0.3
"""A stroke seen in this share of the frames is there, one seen in less than that is not."""
FLAT = 6.0
"""Pictures whose luma varies by less than this show nothing."""

Luma = NDArray[np.float64]
Place = tuple[slice, slice]
"""Rows and columns of the masks."""
SpanPair = tuple[tuple[int, int], tuple[int, int]]
"""Stretches (start, stop) of the letters of two lines."""


@dataclass(frozen=True, slots=True)
class Look:
    """One of the two stretches."""

    reading: Reading
    ink: Mask
    """The strokes of its text."""
    share: Share
    """All strokes near the other stretch, by how often they are seen."""
    brief: bool = False
    """Whether it is too short to be a caption of its own that differs from its neighbour in a few letters."""


def same_caption(before: Look, after: Look) -> bool:
    """Tell whether two stretches, both with text that reads differently, show the same caption."""
    one, other = before.reading.lines, after.reading.lines
    pairs, only_one, only_other = _paired(one, other)
    if not pairs:
        return False
    if any(_line_presence(line, before, after) < THERE for line in only_one):
        return False
    if any(_line_presence(line, after, before) < THERE for line in only_other):
        return False
    quiet = _is_quiet(before, after)
    return all(_same_line(a, b, before, after, quiet=quiet) for a, b in pairs)


def same_letters(before: Look, after: Look) -> bool:
    """Tell whether two stretches that read the same look the same, too, as far as can be told.

    A letter that has changed looks less alike than all others do. Where strokes beside the text come or go, too, that
    says nothing: there the reading is believed.
    """
    pairs, only_one, only_other = _paired(before.reading.lines, after.reading.lines)
    if not pairs or only_one or only_other:
        return False
    return not _is_quiet(before, after) or all(_same_letters(*lines, before, after) for lines in pairs)


def _same_letters(one: TextLine, other: TextLine, before: Look, after: Look) -> bool:
    places = in_box(one, before.ink.shape), in_box(other, after.ink.shape)
    rows, columns = (slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(*places, strict=True))
    width = max(4, round(WINDOW * (rows.stop - rows.start)))
    windows = [
        slice(i, i + width) for i in range(columns.start, max(columns.start + 1, columns.stop - width), width // 2)
    ]
    inked = np.array([np.count_nonzero(before.ink[rows, window] | after.ink[rows, window]) for window in windows])
    letters = [window for window, pixels in zip(windows, inked, strict=True) if pixels > LETTER_INK * inked.max()]
    if not letters:  # none of the text's strokes stood still
        return True
    alike = [resemblance(before, after, (rows, window)) for window in letters]
    usual = float(np.median(alike))
    return usual >= MOVED and min(alike) >= usual - WORSE_IN_MOTION


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
    edges, other_edges = _letters(one, before), _letters(other, after)
    rows = in_box(one, before.ink.shape)[0], in_box(other, after.ink.shape)[0]
    whole = _place(rows, edges, other_edges, ((0, len(one.text)), (0, len(other.text))))
    alike = similarity(a, b)
    if alike < ALIKE_TEXTS:
        return resemblance(before, after, whole) >= ALIKE_PICTURES
    spans = differing_spans(one.text, other.text)
    if alike >= MOSTLY and (before.brief or after.brief) and not quiet and all(_is_added(span) for span in spans):
        return True
    places = [_place(rows, edges, other_edges, span) for span in spans]
    usual = _resemblance_beside(before, after, whole, places)
    if usual < MOVED:
        return False
    least = usual - (WORSE if quiet else WORSE_IN_MOTION)
    for (span, other_span), place in zip(spans, places, strict=True):
        if _worst_window(before, after, place, whole) >= least:
            continue
        # Over a new background a speck beside the text may read as a letter more; the text itself has not moved then.
        beside = _is_added((span, other_span)) and _is_at_end((span, other_span), len(one.text), len(other.text))
        if quiet or not beside or max(_line_presence(one, before, after), _line_presence(other, after, before)) < THERE:
            return False
    return True


def _is_added(span: SpanPair) -> bool:
    """Tell whether only one of two lines has letters in a stretch."""
    (start, stop), (other_start, other_stop) = span
    return start == stop or other_start == other_stop


def _is_at_end(span: SpanPair, length: int, other_length: int) -> bool:
    """Tell whether a stretch of two lines of so many letters is at the beginning of both, or at the end of both."""
    (start, stop), (other_start, other_stop) = span
    return (start == 0 and other_start == 0) or (stop == length and other_stop == other_length)


def _letters(line: TextLine, look: Look) -> list[float]:
    """Return the mask column at which each letter of a line begins, and where the last ends."""
    _, columns = place = in_box(line, look.ink.shape)
    inked = np.flatnonzero(look.ink[place].any(axis=0))
    first, stop = (int(inked[0]), int(inked[-1]) + 1) if len(inked) else (0, columns.stop - columns.start)
    return [columns.start + first + (stop - first) * share for share in letter_edges(line.text)]


def _place(rows: tuple[slice, slice], edges: list[float], other_edges: list[float], span: SpanPair) -> Place:
    """Return the rows and columns that hold stretches of the letters of two lines."""
    (start, stop), (other_start, other_stop) = span
    columns = edges[start], edges[stop], other_edges[other_start], other_edges[other_stop]
    left = max(0, round(min(columns)))
    top, bottom = min(part.start for part in rows), max(part.stop for part in rows)
    return slice(top, bottom), slice(left, max(left + 2, round(max(columns))))


def _line_presence(line: TextLine, own: Look, other: Look) -> float:
    """Return how much of a line's strokes the other stretch shows, too."""
    place = in_box(line, own.ink.shape)
    return presence(own.ink[place], other.share[place])


def resemblance(before: Look, after: Look, place: Place) -> float:
    """Return how well two pictures correlate in a place, -1 to 1."""
    return _correlation(*_common(before.reading.patch, after.reading.patch, place))


def _resemblance_beside(before: Look, after: Look, whole: Place, places: list[Place]) -> float:
    """Return how well a line correlates away from ``places``; what is usual for lines where too little is left."""
    patches = before.reading.patch, after.reading.patch
    kept = [part for part in _columns_between(whole, places) if part[1].stop - part[1].start > 1]
    if sum(columns.stop - columns.start for _, columns in kept) < whole[0].stop - whole[0].start:
        return ALIKE_PICTURES + WORSE
    both = [_common(*patches, part) for part in kept]
    return _correlation(np.hstack([one for one, _ in both]), np.hstack([other for _, other in both]))


def _worst_window(before: Look, after: Look, place: Place, whole: Place) -> float:
    """Return how well the least alike stretch of a place, and a little of its line around it, correlates.

    Where a letter stands is only known about, and a narrow one may be all that differs.
    """
    rows, columns = place
    width = max(4, round(WINDOW * (rows.stop - rows.start)))
    left, right = max(whole[1].start, columns.start - width), min(whole[1].stop, columns.stop + width)
    wide = rows, slice(left, max(left + width, right))
    one, other = _common(before.reading.patch, after.reading.patch, wide)
    starts = range(max(1, one.shape[1] - width + 1))
    return min(_correlation(one[:, i : i + width], other[:, i : i + width]) for i in starts)


def _columns_between(whole: Place, places: list[Place]) -> list[Place]:
    """Return what is left of a line beside some of its places, ascending."""
    rows, columns = whole
    left, parts = columns.start, []
    for _, taken in sorted(places, key=lambda place: (place[1].start, place[1].stop)):
        parts.append((rows, slice(left, max(left, taken.start))))
        left = max(left, taken.stop)
    return [*parts, (rows, slice(left, max(left, columns.stop)))]


def _common(one: Patch | None, other: Patch | None, place: Place) -> tuple[Luma, Luma]:
    """Return what two patches show in a place, as far as both reach: the same rows and columns of both."""
    if one is None or other is None:
        return np.zeros((0, 0)), np.zeros((0, 0))
    rows, columns = (_overlap(place[i], (one.rows, one.columns)[i], (other.rows, other.columns)[i]) for i in (0, 1))
    return _cut(one, rows, columns), _cut(other, rows, columns)


def _overlap(*spans: slice) -> slice:
    start = max(span.start for span in spans)
    return slice(start, max(start, min(span.stop for span in spans)))


def _cut(patch: Patch, rows: slice, columns: slice) -> Luma:
    top, left = patch.rows.start, patch.columns.start
    part = patch.luma[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return part.astype(np.float64)


def _correlation(one: Luma, other: Luma) -> float:
    if one.size == 0:
        return 0.0
    one, other = one - one.mean(), other - other.mean()
    spread, other_spread = float(one.std()), float(other.std())
    if max(spread, other_spread) < FLAT:
        return 1.0
    if min(spread, other_spread) < FLAT / 4:
        return 0.0
    return float((one * other).mean() / (spread * other_spread))


def _is_quiet(before: Look, after: Look) -> bool:
    """Tell whether the strokes beside the text are the same in both stretches."""
    beside = np.ones(before.ink.shape, dtype=np.bool_)
    for line in (*before.reading.lines, *after.reading.lines):
        beside[in_box(line, beside.shape, margin=3)] = False
    if not beside.any():
        return False
    one, other = before.share, after.share
    changed = ((one >= SEEN) & (other < UNSEEN)) | ((other >= SEEN) & (one < UNSEEN))
    return float(changed[beside].mean()) < QUIET_SHARE
