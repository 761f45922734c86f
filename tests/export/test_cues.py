"""Rows of the captions table as cues."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import DatabaseCorruptError
from caption_boundaries.export.cues import Cue, cues_of
from caption_boundaries.types import FrameRange


def times(*rows: Caption, rate: float = 10.0) -> list[tuple[float, float]]:
    return [(cue.start, cue.end) for cue in cues_of(rows, rate)]


def row(first: int, last: int, start: float | None = None, end: float | None = None, text: str = "x") -> Caption:
    return Caption(first, last, text=text, start_seconds=start, end_seconds=end)


TIMES = {
    "from indices, end-exclusive": ([row(10, 19)], [(1.0, 2.0)]),
    "a single frame": ([row(10, 10)], [(1.0, 1.1)]),
    "refined": ([row(10, 19, 1.042, 1.958)], [(1.042, 1.958)]),
    "only the start refined": ([row(10, 19, 1.042)], [(1.042, 2.0)]),
    "only the end refined": ([row(10, 19, None, 1.958)], [(1.0, 1.958)]),
    "refined to nothing": ([row(10, 19, 1.5, 1.5)], [(1.0, 2.0)]),
    "ordered by time": ([row(30, 39), row(10, 19)], [(1.0, 2.0), (3.0, 4.0)]),
    "neighbours meet where the refined end is": ([row(10, 19, 1.0, 2.04), row(20, 29)], [(1.0, 2.04), (2.04, 3.0)]),
    "neighbours meet where the refined start is": ([row(10, 19), row(20, 29, 1.96, 3.0)], [(1.0, 1.96), (1.96, 3.0)]),
    "two refined that contradict": ([row(10, 19, 1, 2.1), row(20, 29, 2.05, 3)], [(1.0, 2.05), (2.05, 3.0)]),
    "an end beyond the next caption": ([row(10, 19, 1, 9.0), row(20, 29)], [(1.0, 2.0), (2.0, 3.0)]),
    "a start before the caption before": ([row(10, 19), row(20, 29, 0.5, 3)], [(1.0, 2.0), (0.5, 3.0)]),
    "overlapping indices stay": ([row(10, 19), row(15, 29)], [(1.0, 2.0), (1.5, 3.0)]),
}


@pytest.mark.parametrize(("rows", "expected"), TIMES.values(), ids=TIMES)
def test_times(rows: list[Caption], expected: list[tuple[float, float]]) -> None:
    assert times(*rows) == [pytest.approx(pair) for pair in expected]


def test_the_rate_of_the_video_counts() -> None:
    assert times(row(24, 47), rate=24.0) == [(1.0, 2.0)]


LEFT_OUT = {
    "gap": Caption(0, 9, boundary_state="gap"),
    "gap with text": Caption(0, 9, boundary_state="gap", text="x"),
    "issue": Caption(0, 9, boundary_state="issue", text="x"),
    "not annotated": Caption(0, 9, boundary_state="confirmed"),
    "no caption": Caption(0, 9, boundary_state="confirmed", text=""),
    "only spaces": Caption(0, 9, text=" \n"),
}


@pytest.mark.parametrize("caption", LEFT_OUT.values(), ids=LEFT_OUT)
def test_rows_without_a_caption_are_passed_over(caption: Caption) -> None:
    assert cues_of([caption], 10.0) == []


def test_predictions_can_be_left_out() -> None:
    rows = [Caption(0, 9, text="p"), Caption(10, 19, boundary_state="confirmed", text="c")]
    assert [cue.text for cue in cues_of(rows, 10.0)] == ["p", "c"]
    assert [cue.text for cue in cues_of(rows, 10.0, include_predicted=False)] == ["c"]


def test_everything_known_is_carried() -> None:
    caption = Caption(3, 5, text="a\nb", boundary_confidence=0.5, text_confidence=0.75, id=9)
    assert cues_of([caption], 10.0) == [Cue(0.3, 0.6, "a\nb", 9, FrameRange(3, 5), "predicted", 0.5, 0.75)]


@pytest.mark.parametrize(("first", "last"), [(5, 4), (-1, 4)])
def test_impossible_rows_are_named(first: int, last: int) -> None:
    with pytest.raises(DatabaseCorruptError, match="Caption 7"):
        cues_of([Caption(first, last, text="x", id=7)], 10.0)


@given(
    lengths=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30)), min_size=1, max_size=8),
    shifts=st.lists(st.one_of(st.none(), st.floats(-0.049, 0.049)), min_size=16, max_size=16),
)
def test_refinement_within_half_an_index_never_makes_overlaps(
    lengths: list[tuple[int, int]], shifts: list[float | None]
) -> None:
    rows, at = [], 1
    for number, (length, pause) in enumerate(lengths):
        first, last = at, at + length - 1
        start, end = shifts[2 * number : 2 * number + 2]
        rows.append(
            row(
                first,
                last,
                None if start is None else first / 10 + start,
                None if end is None else (last + 1) / 10 + end,
            )
        )
        at = last + 1 + pause
    cues = cues_of(rows, 10.0)
    assert all(cue.start < cue.end for cue in cues)
    assert all(one.end <= two.start for one, two in pairwise(cues))
