"""What a person's edits do to the other captions: a table of cases, and what holds for every sequence of edits."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caption_boundaries.captions.editing import Policy, Sheet
from caption_boundaries.captions.row_edits import RowEdits, new_caption
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import UsageError
from caption_boundaries.types import FrameRange

TOTAL = FrameRange(0, 99)


def caption(row_id: int, start: int, end: int, *, confirmed: bool = False, text: str | None = "words") -> Caption:
    return Caption(
        start,
        end,
        id=row_id,
        text=text,
        boundary_state="confirmed" if confirmed else "predicted",
        start_seconds=start / 10 - 0.02,
        end_seconds=(end + 1) / 10 - 0.02,
        median_ocr_status="complete",
        text_read_from=f"{start}-{end}",
    )


def gap(row_id: int, start: int, end: int) -> Caption:
    return Caption(start, end, boundary_state="gap", id=row_id)


def rows() -> list[Caption]:
    """gap 0-9 · caption 10-29 · gap 30-39 · caption 40-59 · confirmed caption 60-79 · gap 80-99"""
    return [
        gap(1, 0, 9),
        caption(2, 10, 29),
        gap(3, 30, 39),
        caption(4, 40, 59),
        caption(5, 60, 79, confirmed=True),
        gap(6, 80, 99),
    ]


def shown(sheet: Sheet) -> str:
    """Every row as its id, with its extents; new rows have no id, gaps are in brackets, * is to be looked at again."""
    edits = sheet.edits()
    after = {row.id: row for row in rows() if row.id not in edits.deleted} | {row.id: row for row in edits.kept}
    parts = []
    for row in sorted(after.values(), key=lambda row: row.frames):
        name = "new" if (row.id or 0) < 0 else str(row.id)
        name = f"({name})" if row.boundary_state == "gap" else name
        parts.append(f"{name} {row.start_frame_index}-{row.end_frame_index}{'*' if row.boundary_pending else ''}")
    return " · ".join(parts)


@pytest.mark.parametrize(
    ("row_id", "frames", "policy", "expected"),
    [
        (2, (15, 29), "protect", "(1) 0-14 · 2 15-29* · (3) 30-39 · 4 40-59 · 5 60-79 · (6) 80-99"),
        (2, (5, 33), "protect", "(1) 0-4 · 2 5-33* · (3) 34-39 · 4 40-59 · 5 60-79 · (6) 80-99"),
        (2, (10, 45), "protect", "(1) 0-9 · 2 10-45* · 4 46-59* · 5 60-79 · (6) 80-99"),
        (4, (40, 65), "protect", "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-59 · 5 60-79 · (6) 80-99"),
        (4, (35, 90), "protect", "(1) 0-9 · 2 10-29 · (3) 30-34 · 4 35-59* · 5 60-79 · (6) 80-99"),
        (4, (40, 65), "trim", "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-65* · 5 66-79* · (6) 80-99"),
        (4, (40, 85), "trim", "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-85* · (6) 86-99"),
        (4, (40, 65), "push", "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-65* · 5 66-85* · (6) 86-99"),
        (4, (25, 65), "push", "(1) 0-4 · 2 5-24* · 4 25-65* · 5 66-85* · (6) 86-99"),
        (5, (55, 79), "push", "(1) 0-9 · 2 10-29 · (3) 30-34 · 4 35-54* · 5 55-79 · (6) 80-99"),
        (2, (10, 29), "trim", "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-59 · 5 60-79 · (6) 80-99"),
        (2, (0, 99), "trim", "2 0-99*"),
        (2, (85, 90), "trim", "(1) 0-39 · 4 40-59 · 5 60-79 · (6) 80-84 · 2 85-90* · (new) 91-99"),
        (4, (12, 20), "trim", "(1) 0-9 · 2 10-11* · 4 12-20* · new 21-29* · (3) 30-59 · 5 60-79 · (6) 80-99"),
    ],
)
def test_giving_a_caption_other_extents(row_id: int, frames: tuple[int, int], policy: Policy, expected: str) -> None:
    sheet = Sheet(rows(), TOTAL)
    sheet.save(row_id, FrameRange(*frames), policy)
    assert shown(sheet) == expected


def test_protected_neighbours_stop_a_caption_and_it_says_so() -> None:
    sheet = Sheet(rows(), TOTAL)
    assert sheet.save(4, FrameRange(40, 70), "protect").stopped
    assert not sheet.save(4, FrameRange(38, 59), "protect").stopped
    with pytest.raises(UsageError, match="confirmed caption stands there"):
        sheet.add(new_caption(FrameRange(62, 70)), "protect")


@pytest.mark.parametrize(("row_id", "frames"), [(4, (40, 85)), (5, (30, 79))])
def test_pushing_stops_at_the_ends_of_the_video(row_id: int, frames: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="no room"):
        Sheet(rows(), TOTAL).save(row_id, FrameRange(*frames), "push")


@pytest.mark.parametrize(
    ("frames", "policy", "expected"),
    [
        (
            (82, 90),
            "protect",
            "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-59 · 5 60-79 · (6) 80-81 · new 82-90 · (new) 91-99",
        ),
        ((30, 39), "protect", "(1) 0-9 · 2 10-29 · new 30-39 · 4 40-59 · 5 60-79 · (6) 80-99"),
        ((25, 65), "protect", "(1) 0-9 · 2 10-24* · new 25-59 · 5 60-79 · (6) 80-99"),
        ((45, 50), "trim", "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-44* · new 45-50 · new 51-59* · 5 60-79 · (6) 80-99"),
        ((35, 44), "push", "(1) 0-9 · 2 10-29 · (3) 30-34 · new 35-44 · 4 45-64* · 5 65-84* · (6) 85-99"),
    ],
)
def test_adding_a_caption(frames: tuple[int, int], policy: Policy, expected: str) -> None:
    sheet = Sheet(rows(), TOTAL)
    sheet.add(new_caption(FrameRange(*frames)), policy)
    assert shown(sheet) == expected


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([2], "(1) 0-39 · 4 40-59 · 5 60-79 · (6) 80-99"),
        ([4], "(1) 0-9 · 2 10-29 · (3) 30-59 · 5 60-79 · (6) 80-99"),
        ([5, 4], "(1) 0-9 · 2 10-29 · (3) 30-99"),
        ([2, 4, 5], "(1) 0-99"),
    ],
)
def test_deleting_captions_leaves_one_gap(ids: list[int], expected: str) -> None:
    sheet = Sheet(rows(), TOTAL)
    sheet.delete(ids)
    assert shown(sheet) == expected


@pytest.mark.parametrize(
    ("frames", "policy", "expected"),
    [
        (
            (15, 19),
            "protect",
            "(1) 0-9 · 2 10-14* · (new) 15-19 · new 20-29* · (3) 30-39 · 4 40-59 · 5 60-79 · (6) 80-99",
        ),
        ((50, 70), "protect", "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-49* · (new) 50-59 · 5 60-79 · (6) 80-99"),
        ((50, 70), "trim", "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-49* · (new) 50-70 · 5 71-79* · (6) 80-99"),
        ((0, 99), "trim", "(new) 0-99"),
        ((3, 7), "trim", "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-59 · 5 60-79 · (6) 80-99"),
    ],
)
def test_making_a_gap(frames: tuple[int, int], policy: Policy, expected: str) -> None:
    sheet = Sheet(rows(), TOTAL)
    sheet.clear(FrameRange(*frames), policy)
    assert shown(sheet) == expected


def test_splitting_keeps_the_text_in_both_and_asks_to_look_again() -> None:
    sheet = Sheet(rows(), TOTAL)
    second = sheet.split(5, 70)
    assert shown(sheet) == "(1) 0-9 · 2 10-29 · (3) 30-39 · 4 40-59 · 5 60-69 · new 70-79 · (6) 80-99"
    first, other = sheet.caption(5), sheet.caption(second)
    assert (first.text, other.text, first.text_pending, other.text_pending) == ("words", "words", 1, 1)
    assert (first.start_seconds, first.end_seconds) == (5.98, None)
    assert (other.start_seconds, other.end_seconds) == (None, 7.98)


@pytest.mark.parametrize("place", [60, 80, 10])
def test_a_caption_is_split_only_inside_it(place: int) -> None:
    with pytest.raises(UsageError, match="only inside"):
        Sheet(rows(), TOTAL).split(5, place)


def test_merging_takes_in_the_gap_between_and_joins_the_texts() -> None:
    sheet = Sheet([gap(1, 0, 9), caption(2, 10, 29, text="one"), gap(3, 30, 39), caption(4, 40, 99, text="two")], TOTAL)
    sheet.merge([4, 2])
    merged = sheet.caption(2)
    assert merged.frames == FrameRange(10, 99)
    assert (merged.text, merged.text_pending, merged.boundary_pending) == ("one\ntwo", 1, 1)
    assert (merged.start_seconds, merged.end_seconds) == (0.98, 9.98)
    assert sheet.edits().deleted == (3, 4)


def test_merging_equal_texts_keeps_one() -> None:
    sheet = Sheet([caption(1, 0, 49, confirmed=True), caption(2, 50, 99, confirmed=True)], TOTAL)
    sheet.merge([1, 2])
    assert (sheet.caption(1).text, sheet.caption(1).boundary_pending) == ("words", 0)


@pytest.mark.parametrize(("ids", "said"), [([2, 5], "Another caption"), ([2], "Two captions"), ([2, 3], "no such")])
def test_what_cannot_be_merged(ids: list[int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Sheet(rows(), TOTAL).merge(ids)


def test_what_was_read_is_of_other_pictures_once_the_extents_move() -> None:
    sheet = Sheet(rows(), TOTAL)
    sheet.save(2, FrameRange(10, 45), "trim")
    for row in (sheet.caption(2), sheet.caption(4)):
        assert (row.text, row.text_pending, row.image_needs_regen, row.median_ocr_status) == ("words", 1, 1, "pending")
    assert sheet.caption(2).start_seconds == 0.98, "the end that did not move keeps its exact time"
    assert sheet.caption(2).end_seconds is None
    assert sheet.caption(4).start_seconds is None


def test_edits_of_one_end_make_the_caption_a_persons_but_do_not_settle_it() -> None:
    sheet = Sheet(rows(), TOTAL)
    sheet.save(2, FrameRange(12, 29), "protect")
    sheet.save(5, FrameRange(61, 79), "protect")
    assert (sheet.caption(2).boundary_state, sheet.caption(2).boundary_pending) == ("confirmed", 1)
    assert (sheet.caption(5).boundary_state, sheet.caption(5).boundary_pending) == ("confirmed", 0)


def test_rows_of_an_old_database_that_overlap_can_be_edited() -> None:
    sheet = Sheet([caption(1, 0, 30), caption(2, 20, 40), caption(3, 10, 15)], TOTAL)
    sheet.save(2, FrameRange(35, 40), "protect")
    sheet.delete([3])
    assert [row.frames for row in sheet.captions()] == [FrameRange(0, 30), FrameRange(35, 40)]


@st.composite
def whole_videos(draw: st.DrawFn) -> tuple[list[Caption], FrameRange]:
    lengths = draw(st.lists(st.tuples(st.integers(1, 9), st.sampled_from("gpc")), min_size=1, max_size=12))
    made: list[Caption] = []
    start = 0
    for number, (length, kind) in enumerate(lengths, start=1):
        is_gap = kind == "g" and not (made and made[-1].boundary_state == "gap")
        end = start + length - 1
        made.append(gap(number, start, end) if is_gap else caption(number, start, end, confirmed=kind == "c"))
        start += length
    return made, FrameRange(0, start - 1)


def one_edit(sheet: Sheet, total: FrameRange, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, total.end))
    frames = FrameRange(start, draw.draw(st.integers(start, total.end)))
    policy = draw.draw(st.sampled_from(["protect", "push", "trim"]))
    ids = [row.id or 0 for row in sheet.captions()]
    kind = draw.draw(
        st.sampled_from(["save", "split", "merge", "delete"] if ids else ["add"]) | st.sampled_from(["add", "clear"])
    )
    if kind == "save":
        sheet.save(draw.draw(st.sampled_from(ids)), frames, policy)
    elif kind == "split":
        sheet.split(draw.draw(st.sampled_from(ids)), start)
    elif kind == "merge":
        place = draw.draw(st.integers(0, len(ids) - 1))
        sheet.merge(ids[place : place + draw.draw(st.integers(2, 3))])
    elif kind == "delete":
        sheet.delete(draw.draw(st.lists(st.sampled_from(ids), unique=True, max_size=3)))
    elif kind == "add":
        sheet.add(new_caption(frames), policy)
    else:
        sheet.clear(frames, policy)


def applied(before: list[Caption], edits: RowEdits) -> list[Caption]:
    after = {row.id: row for row in before if row.id not in edits.deleted}
    after |= {row.id: row for row in edits.kept}
    return sorted(after.values(), key=lambda row: row.frames)


@settings(max_examples=300, deadline=None)
@given(video=whole_videos(), draw=st.data())
def test_rows_fill_the_video_after_every_edit(video: tuple[list[Caption], FrameRange], draw: st.DataObject) -> None:
    before, total = video
    sheet = Sheet(before, total)
    for _ in range(draw.draw(st.integers(1, 5))):
        try:
            one_edit(sheet, total, draw)
        except UsageError:
            sheet = Sheet(before, total)  # what is refused is never saved
    edits = sheet.edits()
    after = applied(before, edits)
    assert [f for row in after for f in range(row.start_frame_index, row.end_frame_index + 1)] == list(
        range(len(total))
    )
    assert not any(a.boundary_state == b.boundary_state == "gap" for a, b in itertools.pairwise(after))
    assert {row.id for row in edits.updated} <= {row.id for row in before}
    assert all((row.id or 0) < 0 for row in edits.added)
    for row in edits.kept:
        assert row.image_needs_regen == 0 or row.median_ocr_status == "pending"


@settings(max_examples=150, deadline=None)
@given(video=whole_videos(), draw=st.data())
def test_protected_captions_never_change_but_by_their_own_edit(
    video: tuple[list[Caption], FrameRange], draw: st.DataObject
) -> None:
    before, total = video
    ids = [row.id or 0 for row in before if row.boundary_state != "gap"]
    start = draw.draw(st.integers(0, total.end))
    frames = FrameRange(start, draw.draw(st.integers(start, total.end)))
    own = draw.draw(st.sampled_from([None, *ids]))
    sheet = Sheet(before, total)
    try:
        if own is None:
            sheet.add(new_caption(frames), "protect")
        else:
            sheet.save(own, frames, "protect")
    except UsageError:
        pass
    edits = sheet.edits()
    settled = {row.id for row in before if row.boundary_state == "confirmed" and row.id != own}
    assert not settled & {row.id for row in edits.updated}
    assert not settled & set(edits.deleted)


@settings(max_examples=150, deadline=None)
@given(video=whole_videos(), draw=st.data())
def test_pushed_captions_keep_their_length_and_their_order(
    video: tuple[list[Caption], FrameRange], draw: st.DataObject
) -> None:
    before, total = video
    captions = [row for row in before if row.boundary_state != "gap"]
    if not captions:
        return
    own = draw.draw(st.sampled_from(captions))
    start = draw.draw(st.integers(0, own.end_frame_index))
    frames = FrameRange(start, draw.draw(st.integers(max(start, own.start_frame_index), total.end)))
    sheet = Sheet(before, total)
    try:
        sheet.save(own.id or 0, frames, "push")
    except UsageError:
        return
    after = sheet.captions()
    assert [row.id for row in after] == [row.id for row in captions]
    assert [len(row.frames) for row in after if row.id != own.id] == [
        len(row.frames) for row in captions if row.id != own.id
    ]
