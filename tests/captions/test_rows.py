"""From timed captions to the rows that are saved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.captions.extents import TimedText
from caption_boundaries.captions.rows import Unread, predicted_rows, tick
from caption_boundaries.captions.strokes import StrokeMasks
from caption_boundaries.database.captions import Caption
from caption_boundaries.types import FrameRange

TOTAL = FrameRange(0, 39)
FPS = 25.0


def strokes(seconds: float = 4.0, fps: float = FPS) -> StrokeMasks:
    count = round(seconds * fps)
    masks = np.zeros((count, 2, 2), np.bool_)
    return StrokeMasks([(0, np.arange(count) / fps)], lambda first: masks, 24)


def timed(first: int, stop: int, text: str = "Hello", *, boundary: float = 0.9, sure: float = 0.95) -> TimedText:
    return TimedText(first, stop, text, sure, boundary)


def person(start: int, end: int, state: str = "confirmed") -> Caption:
    return Caption(start, end, boundary_state=state, text="by hand")


def rows_of(
    *captions: TimedText, people: list[Caption] | None = None, unread: list[Unread] | None = None
) -> list[Caption]:
    return predicted_rows(tick(captions, strokes(), TOTAL, 10.0), people or [], TOTAL, unread=unread or [])


def spans(rows: list[Caption]) -> list[tuple[str, int, int]]:
    return [(row.boundary_state, row.start_frame_index, row.end_frame_index) for row in rows]


def test_captions_and_gaps_fill_the_video() -> None:
    rows = rows_of(timed(25, 50), timed(50, 80, "there"))
    assert spans(rows) == [("gap", 0, 9), ("predicted", 10, 19), ("predicted", 20, 31), ("gap", 32, 39)]
    first = rows[1]
    assert (first.text, first.text_ocr_combined, first.median_ocr_status) == ("Hello", "Hello", "complete")
    assert (first.start_seconds, first.end_seconds) == (1.0, 2.0)
    assert (first.boundary_confidence, first.text_confidence) == (0.9, 0.95)
    assert (first.boundary_pending, first.text_pending) == (0, 0)
    assert first.text_read_from == "10-19"
    assert not first.by_person
    assert rows[0].text is None


@pytest.mark.parametrize(
    ("first", "stop", "start", "end"),
    [
        (0, 25, 0, 9),
        (2, 25, 1, 9),
        (3, 26, 2, 10),
        (10, 100, 4, 39),
        (95, 100, 38, 39),
        (3, 5, 1, 1),
        (98, 100, 39, 39),
    ],
)
def test_an_index_belongs_to_the_caption_that_it_shows(first: int, stop: int, start: int, end: int) -> None:
    (ticked,) = tick([timed(first, stop)], strokes(), TOTAL, 10.0)
    assert ticked.frames == FrameRange(start, end)
    assert ticked.start_seconds == pytest.approx(first / FPS)
    assert ticked.end_seconds == pytest.approx(stop / FPS)


@pytest.mark.parametrize(
    ("boundary", "sure", "pending"), [(0.9, 0.95, (0, 0)), (0.3, 0.95, (1, 0)), (0.9, 0.6, (0, 1)), (0.0, 0.0, (1, 1))]
)
def test_doubtful_rows_are_pending(boundary: float, sure: float, pending: tuple[int, int]) -> None:
    row = rows_of(timed(25, 50, boundary=boundary, sure=sure))[1]
    assert (row.boundary_pending, row.text_pending) == pending


def test_no_captions_are_one_gap() -> None:
    assert spans(rows_of()) == [("gap", 0, 39)]


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([(10, 19)], [("gap", 0, 9), ("gap", 20, 39)]),
        ([(8, 12)], [("gap", 0, 7), ("predicted", 13, 19), ("gap", 20, 39)]),
        ([(17, 30)], [("gap", 0, 9), ("predicted", 10, 16), ("gap", 31, 39)]),
        ([(10, 16)], [("gap", 0, 9), ("gap", 17, 39)]),
        ([(12, 13)], [("gap", 0, 11), ("predicted", 14, 19), ("gap", 20, 39)]),
        ([(0, 39)], []),
    ],
    ids=["equal", "over the start", "over the end", "most of it", "inside", "everything"],
)
def test_predictions_keep_clear_of_a_persons_rows(
    people: list[tuple[int, int]], expected: list[tuple[str, int, int]]
) -> None:
    rows = rows_of(timed(25, 50), people=[person(*item) for item in people])
    assert sorted(spans(rows)) == sorted(expected)


def test_a_clipped_prediction_is_pending_and_has_no_time_where_it_was_cut() -> None:
    row = rows_of(timed(25, 50), people=[person(17, 30, "issue")])[1]
    assert (row.start_seconds, row.end_seconds, row.boundary_pending) == (1.0, None, 1)


def test_where_the_engine_failed_a_row_says_so() -> None:
    rows = rows_of(
        timed(25, 50), unread=[Unread(FrameRange(5, 12), "no memory"), Unread(FrameRange(25, 26), "no memory")]
    )
    failed = [row for row in rows if row.median_ocr_status == "error"]
    assert spans(failed) == [("predicted", 5, 9), ("predicted", 25, 26)]
    assert {(row.text, row.median_ocr_error, row.boundary_pending, row.text_pending) for row in failed} == {
        (None, "no memory", 1, 1)
    }


captions = st.lists(st.tuples(st.integers(0, 99), st.integers(1, 30)), max_size=8).map(
    lambda items: [timed(a, min(100, a + n)) for a, n in sorted(items)]
)


@given(captions=captions, people=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 9)), max_size=3))
def test_every_index_belongs_to_one_row(captions: list[TimedText], people: list[tuple[int, int]]) -> None:
    apart: list[TimedText] = []
    for caption in captions:
        first = max(caption.first, apart[-1].stop if apart else 0)
        if first < caption.stop:
            apart.append(replace(caption, first=first))
    rows_by_person: list[Caption] = []
    free = 0
    for start, length in sorted(people):
        if start >= free:
            rows_by_person.append(person(start, min(39, start + length)))
            free = start + length + 1
    rows = [*rows_of(*apart, people=rows_by_person), *rows_by_person]
    shown = sorted(f for row in rows for f in range(row.start_frame_index, row.end_frame_index + 1))
    assert shown == list(range(40))
