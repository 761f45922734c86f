"""Joining two people's captions: every edit survives or is listed, and the rules of intervals hold."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caption_boundaries.captions.intervals import Interval, save_range
from caption_boundaries.database.row_sets import Row
from caption_boundaries.types import FrameRange
from caption_boundaries.versioning.caption_merging import MergedCaptions, merge_captions

TOTAL = FrameRange(0, 199)
AT = "2026-01-01"


def row(row_id: int, start: int, end: int, text: str | None = None, state: str = "confirmed") -> Row:
    return {
        "id": row_id,
        "start_frame_index": start,
        "end_frame_index": end,
        "boundary_state": state,
        "boundary_pending": 0,
        "boundary_updated_at": AT,
        "text": text,
        "text_pending": 0,
        "text_status": None,
        "text_notes": None,
        "text_updated_at": None,
        "image_needs_regen": 0,
        "median_ocr_status": "pending",
        "created_at": AT,
        "start_seconds": None,
        "end_seconds": None,
        "boundary_confidence": None,
        "text_confidence": None,
        "run_id": None,
    }


def full(*captions: Row) -> list[Row]:
    """Return captions with the gaps between them."""
    from caption_boundaries.captions.intervals import uncovered

    gaps = uncovered([frames(caption) for caption in captions], TOTAL)
    used = {caption["id"] for caption in captions}
    ids = [1000 + gap.start if 1000 + gap.start not in used else 3000 + gap.start for gap in gaps]
    return [*captions, *(row(key, gap.start, gap.end, state="gap") for key, gap in zip(ids, gaps, strict=True))]


def frames(caption: Row) -> FrameRange:
    return FrameRange(int(caption["start_frame_index"]), int(caption["end_frame_index"]))  # type: ignore[arg-type]


BASE = full(row(1, 10, 19, "one"), row(2, 20, 29, "two"), row(3, 50, 69, "three"))


def changed(key: int, **values: object) -> list[Row]:
    return [{**r, **values} if r["id"] == key else r for r in BASE]  # type: ignore[dict-item]


def without(key: int) -> list[Row]:
    return full(*(r for r in BASE if r["id"] != key and r["boundary_state"] != "gap"))


def added(*captions: Row) -> list[Row]:
    return full(*(r for r in BASE if r["boundary_state"] != "gap"), *captions)


def merge(ours: list[Row], theirs: list[Row], base: list[Row] = BASE) -> MergedCaptions:
    return merge_captions(base, ours, theirs, last_id=5000)


def told(merged: MergedCaptions) -> list[tuple[int, int, object]]:
    return [(*_pair(r), r["text"]) for r in merged.rows if r["boundary_state"] != "gap"]


def _pair(caption: Row) -> tuple[int, int]:
    return frames(caption).start, frames(caption).end


def check_rules(merged: MergedCaptions) -> None:
    """No two rows overlap, every frame is covered once, no two gaps touch, and ids are used once."""
    covered = sorted(merged.rows, key=frames)
    assert frames(covered[0]).start == TOTAL.start
    assert frames(covered[-1]).end == TOTAL.end
    for one, other in pairwise(covered):
        assert frames(one).end + 1 == frames(other).start
        assert not (one["boundary_state"] == other["boundary_state"] == "gap")
    assert len({r["id"] for r in merged.rows}) == len(merged.rows)


ONE, TWO, THREE = (10, 19, "one"), (20, 29, "two"), (50, 69, "three")

CLEAN = {
    "nobody changed anything": (BASE, BASE, [ONE, TWO, THREE]),
    "only they did": (BASE, changed(2, text="2"), [ONE, (20, 29, "2"), THREE]),
    "different captions": (changed(1, text="1"), changed(3, text="3"), [(10, 19, "1"), TWO, (50, 69, "3")]),
    "timing and text of one": (
        full(row(1, 10, 19, "one"), row(2, 20, 35, "two"), row(3, 50, 69, "three")),
        changed(2, text="2"),
        [ONE, (20, 35, "2"), THREE],
    ),
    "start and end of one": (
        full(row(1, 10, 19, "one"), row(2, 20, 29, "two"), row(3, 45, 69, "three")),
        full(row(1, 10, 19, "one"), row(2, 20, 29, "two"), row(3, 50, 75, "three")),
        [ONE, TWO, (45, 75, "three")],
    ),
    "the same change": (changed(1, text="1"), changed(1, text="1"), [(10, 19, "1"), TWO, THREE]),
    "both added, elsewhere": (
        added(row(4, 80, 89, "ours")),
        added(row(4, 100, 109, "theirs")),
        [ONE, TWO, THREE, (80, 89, "ours"), (100, 109, "theirs")],
    ),
    "both added the same": (
        added(row(4, 80, 89, "new")),
        added(row(5, 80, 89, "new")),
        [ONE, TWO, THREE, (80, 89, "new")],
    ),
    "one removed, nobody minds": (without(2), BASE, [ONE, THREE]),
    "both removed": (without(2), without(2), [ONE, THREE]),
    "a gap became a caption for both": (
        full(row(1, 10, 19, "one"), row(2, 20, 29, "two"), row(1030, 30, 39, "a"), row(3, 50, 69, "three")),
        full(row(1, 10, 19, "one"), row(2, 20, 29, "two"), row(3, 50, 69, "three"), row(1030, 90, 99, "b")),
        [ONE, TWO, (30, 39, "a"), THREE, (90, 99, "b")],
    ),
}

CONFLICTS = {
    "text": (changed(1, text="1"), changed(1, text="I"), [(10, 19, "1"), TWO, THREE]),
    "end": (
        full(row(1, 10, 19, "one"), row(2, 20, 31, "two"), row(3, 50, 69, "three")),
        full(row(1, 10, 19, "one"), row(2, 20, 33, "two"), row(3, 50, 69, "three")),
        [ONE, (20, 31, "two"), THREE],
    ),
    "removed and reworded": (without(2), changed(2, text="2"), [ONE, (20, 29, "2"), THREE]),
    "reworded and removed": (changed(2, text="2"), without(2), [ONE, (20, 29, "2"), THREE]),
    "both added, overlapping": (
        added(row(4, 80, 95, "ours")),
        added(row(4, 90, 99, "theirs")),
        [ONE, TWO, THREE, (80, 95, "ours"), (96, 99, "theirs")],
    ),
    "theirs around ours": (
        added(row(4, 85, 90, "ours")),
        added(row(4, 80, 99, "theirs")),
        [ONE, TWO, THREE, (80, 84, "theirs"), (85, 90, "ours"), (91, 99, "theirs")],
    ),
    "theirs inside ours": (
        added(row(4, 80, 99, "ours")),
        added(row(4, 85, 90, "theirs")),
        [ONE, TWO, THREE, (80, 99, "ours")],
    ),
    "moved past each other": (
        full(row(1, 10, 19, "one"), row(2, 28, 29, "two"), row(3, 50, 69, "three")),
        full(row(1, 10, 19, "one"), row(2, 20, 24, "two"), row(3, 50, 69, "three")),
        [ONE, (28, 29, "two"), THREE],
    ),
}


@pytest.mark.parametrize(("ours", "theirs", "expected"), CLEAN.values(), ids=CLEAN)
def test_what_does_not_meet_is_joined(ours: list[Row], theirs: list[Row], expected: list[object]) -> None:
    for one, other in ((ours, theirs), (theirs, ours)):
        merged = merge(one, other)
        assert merged.conflicts == []
        assert told(merged) == expected
        check_rules(merged)


@pytest.mark.parametrize(("ours", "theirs", "expected"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_meets_is_one_conflict_and_waits(ours: list[Row], theirs: list[Row], expected: list[object]) -> None:
    merged = merge(ours, theirs)
    assert len(merged.conflicts) == 1
    assert told(merged) == expected
    assert any(r["boundary_pending"] or r["text_pending"] for r in merged.rows)
    check_rules(merged)


def test_predictions_yield_to_people() -> None:
    """One ran the detector again, the other confirmed captions of the run before."""
    base = full(row(1, 10, 19, "one", "predicted"), row(2, 20, 29, "two", "predicted"))
    ours = full(row(1, 10, 21, "One.", "confirmed"), row(2, 22, 29, "two", "predicted"))
    run = [row(7, 10, 19, "one!", "predicted"), row(8, 20, 29, "two!", "predicted")]
    theirs = full(*({**r, "run_id": 2} for r in run))
    for one, other in ((ours, theirs), (theirs, ours)):
        merged = merge(one, other, base)
        assert merged.conflicts == []
        assert (10, 21, "One.") in told(merged)
        assert told(merged)[1][:2] == (22, 29)
        check_rules(merged)


@st.composite
def scripts(draw: st.DrawFn) -> list[tuple[str, int, int, str]]:
    kinds = st.sampled_from(["save", "retime", "reword", "delete"])
    steps = st.tuples(kinds, st.integers(0, 199), st.integers(0, 25), st.sampled_from("abcdefgh"))
    return draw(st.lists(steps, max_size=8))


def edited(start: list[Row], script: list[tuple[str, int, int, str]]) -> tuple[list[Row], dict[int, set[str]]]:
    """Edit as the caption tool does; returns the rows and what was said of each row by a person's own hand."""
    current, next_id, said = {int(r["id"]): dict(r) for r in start}, 5000, {}  # type: ignore[call-overload]
    for kind, at, length, word in script:
        captions = [r for r in current.values() if r["boundary_state"] != "gap"]
        target = captions[at % len(captions)] if captions else None
        if kind == "reword" and target is not None:
            target["text"] = word
            said.setdefault(int(target["id"]), set()).add("text")
        elif kind == "delete" and target is not None:
            current = _saved(current, None, frames(target), delete=int(target["id"]))
        elif kind in ("save", "retime"):
            wanted = FrameRange(at, min(at + length, TOTAL.end))
            key = int(target["id"]) if kind == "retime" and target is not None else None
            next_id += 1
            current = _saved(current, key, wanted, new_id=next_id, text=word)
            said.setdefault(key or next_id, set()).add("frames")
    return list(current.values()), {key: parts for key, parts in said.items() if key in current}


def _saved(
    current: dict[int, Row], key: int | None, wanted: FrameRange, *, new_id: int = 0, text: str = "", delete: int = 0
) -> dict[int, Row]:
    """Apply the rules of intervals to rows."""
    counter = [max(current) + 20000]

    def fresh() -> int:
        counter[0] += 1
        return counter[0]

    if delete:
        kept = [r for r in current.values() if r["boundary_state"] != "gap" and r["id"] != delete]
        return {int(r["id"]): r for r in _with_gaps(kept, fresh)}  # type: ignore[call-overload]
    intervals = [Interval(frames(r), r["boundary_state"] == "gap", i) for i, r in current.items()]
    edit = save_range(intervals, wanted, TOTAL, key=key)
    after = {i: dict(r) for i, r in current.items() if i not in edit.deleted}
    for split in edit.split:
        new = fresh()
        after[new] = {**after[split.key], "id": new, **_extent(split.frames)}
    for trim in edit.trimmed:
        after[trim.key] |= _extent(trim.frames)
    if key is not None:
        after[key] |= _extent(wanted)
    else:
        after[new_id] = row(new_id, wanted.start, wanted.end, text)
    kept = [r for r in after.values() if r["boundary_state"] != "gap"]
    return {int(r["id"]): r for r in _with_gaps(kept, fresh)}  # type: ignore[call-overload]


def _extent(part: FrameRange) -> Row:
    return {"start_frame_index": part.start, "end_frame_index": part.end}


def _with_gaps(kept: list[Row], fresh: object) -> list[Row]:
    from caption_boundaries.captions.intervals import uncovered

    gaps = uncovered([frames(r) for r in kept], TOTAL)
    return [*kept, *(row(fresh(), gap.start, gap.end, state="gap") for gap in gaps)]  # type: ignore[operator]


@settings(max_examples=150, deadline=None)
@given(scripts(), scripts())
def test_no_edit_is_lost_and_no_rule_is_broken(
    our_script: list[tuple[str, int, int, str]], their_script: list[tuple[str, int, int, str]]
) -> None:
    ours, _ = edited(BASE, our_script)
    theirs, _ = edited(BASE, their_script)
    merged = merge_captions(BASE, ours, theirs, last_id=10**6)
    check_rules(merged)
    everything = "\n".join(
        [*(f"{_pair(r)} {r['text']} {r['text_notes']}" for r in merged.rows), *(str(c) for c in merged.conflicts)]
    )
    result = {int(r["id"]): r for r in merged.rows if r["boundary_state"] != "gap"}  # type: ignore[call-overload]
    old = {r["id"]: r for r in BASE}
    for side in (ours, theirs):
        for r in side:
            if r["boundary_state"] == "gap":
                continue
            was = old.get(r["id"])
            key = merged.new_ids.get(int(r["id"]), int(r["id"])) if side is theirs else int(r["id"])  # type: ignore[call-overload]
            now = result.get(key)
            for column in ("text", "start_frame_index", "end_frame_index"):
                if was is not None and was[column] == r[column]:
                    continue
                kept = now is not None and now[column] == r[column]
                value = r[column]
                told_as = {"text": f"“{value}”", "start_frame_index": rf"\b{value}–", "end_frame_index": rf"–{value}\b"}
                assert kept or re.search(told_as[column], everything), (column, r, everything)
