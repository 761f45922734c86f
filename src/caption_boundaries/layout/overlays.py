"""Tells logos, watermarks and tickers from captions: text that stays in one place, or slides along one row.

A caption comes and goes; what a station lays over its picture does not. All distances are in heights of the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, pairwise

import numpy as np
from rapidfuzz import fuzz

from caption_boundaries.layout.lines import Bools, Ints, LineTable

SAME_PLACE = 0.6
"""Edges that differ by less than this, in line heights, are the same place: engines waver by a third."""
SAME_TEXT = 60.0
"""Likeness (0 to 100) from which two readings are of one text: logos are read differently from frame to frame."""
PERSISTENT_SHARE = 0.5
"""A text on this share of all sampled frames is an overlay, once it stays for PERSISTENT_SECONDS."""
ALWAYS_SHARE = 0.85
"""A text on this share of all sampled frames is an overlay even in the shortest video."""
PERSISTENT_SECONDS = 8.0
LONG_SECONDS = 30.0
"""No caption stands this long: a text that does, without a break, is an overlay."""
RECURRENT_SHARE = 0.15
"""A text that comes back in one place on this share of at least RECURRENT_FRAMES frames is an overlay."""
RECURRENT_FRAMES = 12
WINDOW_SHARE = 0.6
"""A place that holds text of one extent this often, always another one, is a window: of a ticker, a clock, a score."""
CHANGING_SHARE = 0.6
"""The text in a window changes from frame to frame at least this often."""

RETURNS_AT_MOST = 0.8
"""Of captions that follow each other, this share of the changes brings one that was not there before."""
STAYS_FRAMES = 1.5
"""Each of them stays for so many sampled frames on average."""
CUT_REACH = 1.0
"""A text ends at the frame's side when it comes so close to it, in line heights: the rest of it may be outside."""
COMMON_PART = 0.5
"""Two readings of a text that is cut off have in common this share of the shorter one."""
MOVED = 1.0
"""By so many line heights the common part of two readings has moved; a reading says no more exactly where it stands."""
_DIGITS = re.compile(r"\d")


@dataclass(slots=True)
class Place:
    """A box that is filled again and again."""

    lines: list[int]
    """Lines of the table that fill it."""


def places(table: LineTable) -> list[Place]:
    """Group the lines whose boxes coincide, whatever they say."""
    found: list[Place] = []
    edges = np.empty((len(table), 4))
    boxes = np.stack([table.left, table.top, table.right, table.bottom], axis=1)
    for line, box in enumerate(boxes):
        tolerance = SAME_PLACE * (box[3] - box[1])
        near = np.flatnonzero((np.abs(edges[: len(found)] - box) < tolerance).all(axis=1))
        if len(near):
            found[int(near[0])].lines.append(line)
        else:
            edges[len(found)] = box
            found.append(Place([line]))
    return found


def static_overlays(table: LineTable) -> Bools:
    """Tell for every line whether it belongs to a logo, a watermark or another text that stays, shape (n,)."""
    static = np.zeros(len(table), dtype=bool)
    for place in places(table):
        for group in same_texts(place.lines, table.texts):
            if len(group) >= 3 and stays(np.unique(table.frame[group]), table):
                static[group] = not follow_each_other([table.texts[line] for line in group])
        if is_window(place.lines, table):
            static[place.lines] = True
    return static


def same_texts(lines: Sequence[int], texts: Sequence[str]) -> list[list[int]]:
    """Group lines that read alike; each is compared with the first of every group."""
    groups: list[list[int]] = []
    for line in lines:
        for group in groups:
            if fuzz.ratio(texts[group[0]], texts[line]) >= SAME_TEXT:
                group.append(line)
                break
        else:
            groups.append([line])
    return groups


def follow_each_other(texts: Sequence[str]) -> bool:
    """Tell whether texts that are much alike come one after the other, each for a while and then no more.

    So do captions that differ in a word. Misreadings of a logo change from frame to frame, or come back. The digits of
    a clock are no words.
    """
    runs = [text for text, _ in groupby(_DIGITS.sub("0", text) for text in texts)]
    return len(runs) >= 3 and len(set(runs)) >= RETURNS_AT_MOST * len(runs) and len(texts) >= STAYS_FRAMES * len(runs)


def stays(frames: Ints, table: LineTable) -> bool:
    """Tell whether a text seen on ``frames`` (positions, ascending) stays longer than any caption does."""
    share = len(frames) / table.frame_count
    seconds = (frames[-1] - frames[0] + 1) * table.seconds_per_frame
    longest = max(len(run) for run in np.split(frames, np.flatnonzero(np.diff(frames) > 2) + 1))
    return bool(
        share >= ALWAYS_SHARE
        or (share >= PERSISTENT_SHARE and seconds > PERSISTENT_SECONDS)
        or (longest >= 3 and longest * table.seconds_per_frame >= LONG_SECONDS)
        or (share >= RECURRENT_SHARE and len(frames) >= RECURRENT_FRAMES)
    )


def is_window(lines: Sequence[int], table: LineTable) -> bool:
    """Tell whether a place is filled so often that its extent, not its text, is what stays.

    Captions of like length fill one place too, but each of them stays for a while where frames are close together.
    """
    frames = np.unique(table.frame[list(lines)])
    seconds = (frames[-1] - frames[0] + 1) * table.seconds_per_frame
    if len(frames) < max(8, WINDOW_SHARE * table.frame_count) or seconds <= PERSISTENT_SECONDS:
        return False
    texts = [table.texts[line] for line in lines]
    changes = sum(fuzz.ratio(before, after) < SAME_TEXT for before, after in pairwise(texts))
    return changes >= CHANGING_SHARE * (len(texts) - 1)


def sliding(table: LineTable) -> Bools:
    """Tell for every line whether its text moves sideways towards the next sampled frame, or came from there."""
    return _moving(table, _slides)


def scrolling(table: LineTable) -> Bools:
    """Tell for every line whether its text moves up or down towards the next sampled frame, or came from there."""
    return _moving(table, _scrolls)


def _moving(table: LineTable, moves: Callable[[LineTable, int, int], bool]) -> Bools:
    """Tell for every line whether ``moves`` says so of it and a line of the next or the last frame."""
    moving = np.zeros(len(table), dtype=bool)
    starts = np.searchsorted(table.frame, np.arange(table.frame_count + 1))
    for position in range(table.frame_count - 1):
        here = range(starts[position], starts[position + 1])
        there = range(starts[position + 1], starts[position + 2])
        for a in here:
            for b in there:
                if moves(table, a, b):
                    moving[[a, b]] = True
    return moving


def _scrolls(table: LineTable, a: int, b: int) -> bool:
    """Tell whether line ``b`` is line ``a``, moved up or down by at least a quarter of a line height."""
    height = float(table.height[a])
    if max(abs(table.left[a] - table.left[b]), abs(table.right[a] - table.right[b])) > SAME_PLACE * height:
        return False
    if abs(table.center_y[a] - table.center_y[b]) < 0.25 * height or min(len(table.texts[a]), len(table.texts[b])) < 4:
        return False
    return fuzz.ratio(table.texts[a], table.texts[b]) >= 75


def _slides(table: LineTable, a: int, b: int) -> bool:
    """Tell whether line ``b`` is line ``a``, moved sideways by at least half a line height."""
    height = table.height[a]
    if abs(table.center_y[a] - table.center_y[b]) > 0.4 * height or min(len(table.texts[a]), len(table.texts[b])) < 5:
        return False
    shift_left = float(table.left[b] - table.left[a]) / height
    shift_right = float(table.right[b] - table.right[a]) / height
    if shift_left * shift_right > 0 and min(abs(shift_left), abs(shift_right)) > 0.5:
        return fuzz.ratio(table.texts[a], table.texts[b]) >= 75
    if _ends_at_side(table, a) or _ends_at_side(table, b):
        return _common_part_moves(table, a, b)
    if max(abs(shift_left), abs(shift_right)) > 1.0:
        return False
    # Both ends stand still: the text slides behind a window, and a common part is found at another place in it.
    part = fuzz.partial_ratio_alignment(table.texts[a][2:-2], table.texts[b], score_cutoff=85)
    whole = fuzz.ratio(table.texts[a], table.texts[b])
    return part is not None and whole < 90 and abs(part.dest_start - part.src_start - 2) >= 2


def _ends_at_side(table: LineTable, line: int) -> bool:
    reach = CUT_REACH * table.height[line]
    return bool(table.left[line] < reach or table.right[line] > table.aspect - reach)


def _common_part_moves(table: LineTable, a: int, b: int) -> bool:
    """Tell whether what two readings have in common stands elsewhere in the second, as in a text that runs in."""
    one, other = table.texts[a], table.texts[b]
    match = SequenceMatcher(None, one, other, autojunk=False).find_longest_match()
    if match.size < max(5, COMMON_PART * min(len(one), len(other))):
        return False
    middle = match.a + match.size / 2, match.b + match.size / 2
    widths = table.right[[a, b]] - table.left[[a, b]]
    x = table.left[[a, b]] + widths * np.array(middle) / np.array([len(one), len(other)])
    return bool(abs(x[1] - x[0]) > MOVED * table.height[a])
