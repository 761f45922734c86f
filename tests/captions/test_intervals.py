"""How extents of captions push each other aside."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.captions.intervals import (
    Edit,
    Interval,
    Split,
    Trim,
    apply,
    save_range,
    subtract,
    uncovered,
)
from caption_boundaries.types import FrameRange

TOTAL = FrameRange(0, 99)


def caption(key: int, start: int, end: int) -> Interval:
    return Interval(FrameRange(start, end), is_gap=False, key=key)


def gap(key: int, start: int, end: int) -> Interval:
    return Interval(FrameRange(start, end), is_gap=True, key=key)


ROWS = [gap(1, 0, 9), caption(2, 10, 29), gap(3, 30, 39), caption(4, 40, 59), caption(5, 60, 79), gap(6, 80, 99)]


@pytest.mark.parametrize(
    ("frames", "key", "expected"),
    [
        ((82, 90), None, Edit((), (Trim(6, FrameRange(80, 81)),), (), (FrameRange(91, 99),))),
        ((30, 39), None, Edit((3,), (), (), ())),
        ((20, 45), None, Edit((3,), (Trim(2, FrameRange(10, 19)), Trim(4, FrameRange(46, 59))), (), ())),
        ((45, 50), None, Edit((), (Trim(4, FrameRange(40, 44)),), (Split(4, FrameRange(51, 59)),), ())),
        ((35, 65), None, Edit((4,), (Trim(3, FrameRange(30, 34)), Trim(5, FrameRange(66, 79))), (), ())),
        ((0, 99), None, Edit((1, 2, 3, 4, 5, 6), (), (), ())),
        ((10, 29), 2, Edit((), (), (), ())),
        ((15, 20), 2, Edit((), (Trim(1, FrameRange(0, 14)), Trim(3, FrameRange(21, 39))), (), ())),
        ((5, 33), 2, Edit((), (Trim(1, FrameRange(0, 4)), Trim(3, FrameRange(34, 39))), (), ())),
        (
            (70, 75),
            4,
            Edit((), (Trim(3, FrameRange(30, 59)), Trim(5, FrameRange(60, 69))), (Split(5, FrameRange(76, 79)),), ()),
        ),
    ],
    ids=[
        "in a gap",
        "a whole gap",
        "both sides",
        "inside",
        "over one",
        "all",
        "as it was",
        "shorter",
        "longer",
        "away",
    ],
)
def test_making_room(frames: tuple[int, int], key: int | None, expected: Edit) -> None:
    assert save_range(ROWS, FrameRange(*frames), TOTAL, key=key) == expected


@pytest.mark.parametrize("frames", [(0, 100), (100, 120)])
def test_a_range_beyond_the_video_is_refused(frames: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="beyond"):
        save_range(ROWS, FrameRange(*frames), TOTAL)


def test_rows_without_a_key_are_refused() -> None:
    with pytest.raises(ValueError, match="key"):
        save_range([Interval(FrameRange(0, 99), is_gap=True)], FrameRange(1, 2), TOTAL)


ranges = st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda pair: FrameRange(pair[0], pair[0] + pair[1]))


@st.composite
def whole_videos(draw: st.DrawFn) -> tuple[list[Interval], FrameRange]:
    """Rows that fill a video: no two gaps touch."""
    lengths = draw(st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=8))
    rows: list[Interval] = []
    start = 0
    for key, (length, wants_gap) in enumerate(lengths):
        is_gap = wants_gap and not (rows and rows[-1].is_gap)
        rows.append(Interval(FrameRange(start, start + length - 1), is_gap, key))
        start += length
    return rows, FrameRange(0, start - 1)


@given(video=whole_videos(), data=st.data())
def test_after_saving_the_rows_still_fill_the_video(
    video: tuple[list[Interval], FrameRange], data: st.DataObject
) -> None:
    rows, total = video
    start = data.draw(st.integers(0, total.end))
    frames = FrameRange(start, data.draw(st.integers(start, total.end)))
    captions = [row.key for row in rows if not row.is_gap]
    key = data.draw(st.sampled_from([None, *captions]))
    edit = save_range(rows, frames, total, key=key)
    after = apply(rows, frames, edit, key=key)

    assert [f for row in after for f in range(row.frames.start, row.frames.end + 1)] == list(range(total.end + 1))
    assert not any(a.is_gap and b.is_gap for a, b in itertools.pairwise(after)), "gaps that touch are one"
    assert Interval(frames, is_gap=False, key=key) in after
    before = {row.key: row for row in rows}
    for row in after:
        if row.key is not None and row.key != key:
            assert row.is_gap == before[row.key].is_gap
            if not row.is_gap:
                old = before[row.key].frames
                assert old.start <= row.frames.start <= row.frames.end <= old.end, "captions only shrink"
    named = [*edit.deleted, *(trim.key for trim in edit.trimmed)]
    assert len(named) == len(set(named))
    assert key not in named


@given(video=whole_videos(), data=st.data())
def test_saving_the_same_again_changes_nothing(video: tuple[list[Interval], FrameRange], data: st.DataObject) -> None:
    rows, total = video
    captions = [row for row in rows if not row.is_gap]
    if captions:
        row = data.draw(st.sampled_from(captions))
        assert save_range(rows, row.frames, total, key=row.key) == Edit((), (), (), ())


@given(frames=ranges, taken=st.lists(ranges, max_size=6))
def test_subtracting_leaves_what_is_not_taken(frames: FrameRange, taken: list[FrameRange]) -> None:
    left = subtract(frames, taken)
    expected = [f for f in range(frames.start, frames.end + 1) if not any(f in other for other in taken)]
    assert [f for part in left for f in range(part.start, part.end + 1)] == expected
    assert all(a.end + 1 < b.start for a, b in itertools.pairwise(left)), "parts that touch are one"


@given(covered=st.lists(ranges, max_size=6))
def test_gaps_and_what_is_covered_fill_the_video(covered: list[FrameRange]) -> None:
    total = FrameRange(0, 80)
    gaps = uncovered(covered, total)
    frames = {f for part in [*gaps, *covered] for f in range(part.start, part.end + 1)}
    assert frames >= set(range(81))
    assert not any(part.overlaps(other) for part in gaps for other in covered)
