"""What the classifier sees of every box: geometry, alignment with other boxes, kind of text, and time.

A person's labels are never among the features, so that a wrong label can be found by its neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.layout.lines import Floats, Ints, LineTable, wide_script_share
from caption_boundaries.layout.overlays import places, same_texts, sliding
from caption_boundaries.layout.rows import stack_sizes
from caption_boundaries.layout.selection import Selection, select_lines

FEATURE_NAMES = (
    "center_x",  # fraction of the frame's width
    "center_y",  # fraction of the frame's height
    "width",  # log of the width in frame heights
    "height",  # log of the height in frame heights
    "aspect",  # log of width to height
    "off_middle",  # distance of the centre from the frame's middle, in frame widths
    "row_share",  # share of frames with a box at this level
    "row_height",  # log of the height to the usual height at this level
    "row_left",  # distance of the left edge from the usual one at this level, in line heights (log)
    "row_center",  # the same of the centre
    "row_right",  # the same of the right edge
    "stack",  # how many lines stand closely below each other here
    "neighbour",  # 1: another box stands beside it at its level
    "frame_lines",  # log of the number of boxes in its frame
    "length",  # log of the number of letters and digits
    "wide_script",  # share of letters of Chinese, Japanese or Korean script
    "digits",  # share of digits
    "capitals",  # share of letters that are capitals
    "confidence",  # as the engine says
    "place_share",  # share of frames with a box in exactly this place
    "text_share",  # share of frames with this text in this place
    "moving",  # 1: it slides sideways
    "time",  # position of its frame in the video, 0 to 1
    "rules",  # log odds of being a caption, as the rules see it without any label
)
"""Columns of the feature matrix, in order."""

_LEVELS = 200
"""Levels into which the frame's height is divided to look up what is usual there."""


def box_features(table: LineTable, rules: Selection | None = None) -> Floats:
    """Return the features of every line, shape (n, len(FEATURE_NAMES)).

    Args:
        table: All lines.
        rules: What the rules say without any label, if it is known already.
    """
    if not len(table):
        return np.zeros((0, len(FEATURE_NAMES)))
    if rules is None:
        nothing = np.zeros(len(table), dtype=bool)
        rules = select_lines(table, nothing, nothing)
    height = np.maximum(table.height, 1e-6)
    width = np.maximum(table.right - table.left, 1e-6)
    center_x = table.center_x / table.aspect
    place_share, text_share = _place_shares(table)
    columns = [
        center_x,
        table.center_y,
        np.log(width),
        np.log(height),
        np.log(width / height),
        np.abs(center_x - 0.5),
        *_row_features(table, height),
        np.minimum(stack_sizes(table, np.ones(len(table), dtype=bool)), 6).astype(float),
        _has_neighbour(table).astype(float),
        np.log1p(np.bincount(table.frame)[table.frame]),
        *_text_features(table.texts),
        table.confidence,
        place_share,
        text_share,
        sliding(table).astype(float),
        table.frame / max(1, table.frame_count - 1),
        rules.log_odds(),
    ]
    return np.column_stack(columns)


def _row_features(table: LineTable, height: Floats) -> list[Floats]:
    """Return how usual each line is among those at its level: share of frames, height, left, centre and right."""
    level = np.clip((table.center_y * _LEVELS).astype(int), 0, _LEVELS - 1)
    order = np.argsort(table.center_y, kind="stable")
    ordered_y = table.center_y[order]
    typical = float(np.median(height))
    out = np.zeros((5, len(table)))
    edges = (height, table.left, table.center_x, table.right)
    for one in np.unique(level):
        members = np.flatnonzero(level == one)
        y = (one + 0.5) / _LEVELS
        first, last = np.searchsorted(ordered_y, [y - 0.4 * typical, y + 0.4 * typical])
        row = np.union1d(order[first:last], members)
        usual = [float(np.median(values[row])) for values in edges]
        out[0, members] = len(np.unique(table.frame[row])) / table.frame_count
        out[1, members] = np.log(height[members] / usual[0])
        for i, values in enumerate(edges[1:], start=1):
            out[i + 1, members] = np.log1p(np.abs(values[members] - usual[i]) / height[members])
    return list(out)


def _has_neighbour(table: LineTable) -> NDArray[np.bool_]:
    """Tell for every line whether another one of its frame stands at its level."""
    order = np.lexsort((table.center_y, table.frame))
    y, frame, height = table.center_y[order], table.frame[order], table.height[order]
    close = (np.diff(frame) == 0) & (np.diff(y) < 0.4 * np.minimum(height[1:], height[:-1]))
    beside = np.zeros(len(table), dtype=bool)
    beside[order[1:][close]] = True
    beside[order[:-1][close]] = True
    return beside


def _text_features(texts: tuple[str, ...]) -> list[Floats]:
    known: dict[str, tuple[float, float, float, float]] = {text: _text_kind(text) for text in set(texts)}
    return list(np.array([known[text] for text in texts], dtype=np.float64).T)


def _text_kind(text: str) -> tuple[float, float, float, float]:
    """Return log length and the shares of wide letters, digits and capitals."""
    count = sum(c.isalnum() for c in text)
    letters = sum(c.isalpha() for c in text)
    digits = sum(c.isdigit() for c in text)
    capitals = sum(c.isupper() for c in text)
    return float(np.log1p(count)), wide_script_share(text), digits / max(1, count), capitals / max(1, letters)


def _place_shares(table: LineTable) -> tuple[Floats, Floats]:
    """Return for every line the share of frames that fill its place, and that fill it with its text."""
    place_share, text_share = np.zeros(len(table)), np.zeros(len(table))
    for place in places(table):
        place_share[place.lines] = _frames_of(table, place.lines) / table.frame_count
        for group in same_texts(place.lines, table.texts):
            text_share[group] = _frames_of(table, group) / table.frame_count
    return place_share, text_share


def _frames_of(table: LineTable, lines: list[int]) -> int:
    frames: Ints = table.frame[lines]
    return len(np.unique(frames))
