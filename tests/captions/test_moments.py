"""Exact times of captions that a person has moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caption_boundaries.captions.editing import Sheet
from caption_boundaries.captions.moments import (
    end_index,
    exact_end,
    exact_start,
    refine_moved,
    seconds_of,
    set_exact,
    start_index,
)
from caption_boundaries.captions.strokes import StrokeMasks
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import UsageError
from caption_boundaries.types import FrameRange
from support.films import Film

RATE = 10.0


@pytest.fixture(scope="module")
def strokes() -> StrokeMasks:
    """Eight seconds at 25 pictures per second: a caption from 1.48 s to 2.96 s, and one that follows until 4.96 s."""
    return Film(200, fps=25.0).show("good morning", 37, 74).show("river and garden", 74, 124).strokes()


@pytest.mark.parametrize(
    ("seconds", "first", "last"), [(0.0, 0, -1), (1.0, 10, 9), (1.04, 11, 10), (0.96, 10, 9), (2.0000001, 20, 19)]
)
def test_the_indices_that_belong_to_a_moment(seconds: float, first: int, last: int) -> None:
    assert start_index(seconds, RATE) == first
    assert end_index(seconds, RATE) == last


@pytest.mark.parametrize(
    ("frames", "start", "end"),
    [
        ((15, 29), 1.48, 2.96),
        ((30, 49), 2.96, 4.96),
        ((14, 29), None, 2.96),
        ((16, 28), None, None),
        ((15, 40), 1.48, None),
        ((60, 70), None, None),
        ((0, 5), None, None),
        ((30, 30), None, None),
    ],
)
def test_an_end_is_exact_where_the_strokes_come_or_go(
    strokes: StrokeMasks, frames: tuple[int, int], start: float | None, end: float | None
) -> None:
    found = FrameRange(*frames)
    if frames == (30, 30):
        assert exact_end(strokes, found, RATE) is None
        return
    assert exact_start(strokes, found, RATE) == start
    assert exact_end(strokes, found, RATE) == end


def caption(row_id: int, start: int, end: int, *, confirmed: bool = False) -> Caption:
    state = "confirmed" if confirmed else "predicted"
    return Caption(start, end, state, id=row_id, text="a", start_seconds=start / 10 - 0.02, end_seconds=end / 10 + 0.08)


def sheet(*, confirmed: bool = False) -> Sheet:
    """Two captions that touch, 10-29 and 30-49."""
    return Sheet([caption(1, 10, 29), caption(2, 30, 49, confirmed=confirmed)], FrameRange(10, 49))


def test_moved_ends_are_looked_for_and_captions_that_touch_meet(strokes: StrokeMasks) -> None:
    edited = Sheet([caption(1, 10, 31), caption(2, 32, 49)], FrameRange(10, 49))
    edited.save(2, FrameRange(30, 49), "trim")
    refine_moved(edited, strokes, RATE)
    assert (edited.caption(1).end_seconds, edited.caption(2).start_seconds) == (2.96, 2.96)
    assert edited.caption(1).start_seconds == 0.98, "what was not moved stays"


def test_without_stroke_masks_the_indices_stand() -> None:
    edited = sheet()
    edited.save(2, FrameRange(28, 49), "trim")
    refine_moved(edited, None, RATE)
    assert (edited.caption(1).end_seconds, edited.caption(2).start_seconds) == (None, None)
    assert seconds_of(edited.caption(2), RATE) == (2.8, 4.98)


def test_a_caption_that_touches_gives_way_to_an_exact_time_unless_it_is_settled() -> None:
    free = sheet()
    assert not set_exact(free, 1, "end", 3.0, RATE, "protect")
    assert (free.caption(1).end_seconds, free.caption(2).start_seconds) == (3.0, 3.0)
    settled = sheet(confirmed=True)
    assert set_exact(settled, 1, "end", 3.0, RATE, "protect")
    assert (settled.caption(1).end_seconds, settled.caption(2).start_seconds) == (2.98, 2.98)
    trimmed = sheet(confirmed=True)
    assert not set_exact(trimmed, 1, "end", 3.0, RATE, "trim")
    assert trimmed.caption(2).start_seconds == 3.0


def test_a_caption_never_ends_before_it_starts() -> None:
    edited = Sheet([replace(caption(1, 10, 10), start_seconds=0.96, end_seconds=1.04)], FrameRange(0, 20))
    with pytest.raises(UsageError, match="start before it ends"):
        set_exact(edited, 1, "start", 1.04, RATE, "trim")
