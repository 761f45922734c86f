"""Joining two people's work: every edit survives or is listed, and the rules of intervals hold."""

from __future__ import annotations

import json
import random
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caption_boundaries.captions.intervals import Interval, save_range
from caption_boundaries.database.actions import ActionLog, ActionRequest
from caption_boundaries.database.captions import BoundaryRun, Caption, CaptionReader, CaptionWriter
from caption_boundaries.database.layout import BoxLabel, LayoutConfig, LayoutReader, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.row_sets import Row
from caption_boundaries.types import FrameRange
from caption_boundaries.versioning.caption_merging import MergedCaptions, merge_captions
from caption_boundaries.versioning.layout_merging import merge_config, merge_labels
from caption_boundaries.versioning.merging import merge_databases
from support.databases import md5, new_folder, raw, rows
from support.repositories import cli

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


# --- layout ----------------------------------------------------------------------------------------------------------


def label(row_id: int, frame: int, word: str, source: str = "user", text: str = "hello") -> Row:
    return {
        "id": row_id,
        "annotation_source": "full_frame",
        "frame_index": frame,
        "box_index": 0,
        "box_text": text,
        "box_left": 1,
        "box_top": 2,
        "box_right": 3,
        "box_bottom": 4,
        "label": word,
        "label_source": source,
        "predicted_label": None,
        "labeled_at": AT,
    }


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected", "conflicts"),
    [
        ([], [label(1, 0, "in")], [label(1, 5, "out")], {0: "in", 5: "out"}, 0),
        ([label(1, 0, "in")], [label(1, 0, "out")], [label(1, 0, "in")], {0: "out"}, 0),
        ([label(1, 0, "in")], [label(1, 0, "in")], [], {}, 0),
        ([], [label(1, 0, "in")], [label(1, 0, "in")], {0: "in"}, 0),
        ([], [label(1, 0, "in")], [label(1, 0, "out")], {}, 1),
        ([], [label(1, 0, "in", "model")], [label(1, 0, "out")], {0: "out"}, 0),
        ([], [label(1, 0, "in")], [label(1, 0, "out", "model")], {0: "in"}, 0),
        ([label(1, 0, "in", "model")], [label(1, 0, "in")], [label(1, 0, "in", "model")], {0: "in"}, 0),
        ([label(1, 0, "in")], [], [label(1, 0, "out")], {}, 1),
    ],
)
def test_labels_are_joined_box_by_box(
    base: list[Row], ours: list[Row], theirs: list[Row], expected: dict[int, str], conflicts: int
) -> None:
    merged = merge_labels(base, ours, theirs, last_id=9)
    assert {r["frame_index"]: r["label"] for r in merged.rows} == expected
    assert len(merged.conflicts) == conflicts
    assert len({r["id"] for r in merged.rows}) == len(merged.rows)


@settings(max_examples=200, deadline=None)
@given(*(st.dictionaries(st.integers(0, 12), st.sampled_from(["in", "out"])) for _ in range(3)))
def test_no_label_is_lost(base: dict[int, str], ours: dict[int, str], theirs: dict[int, str]) -> None:
    sides = [
        [label(i + 1, frame, word) for i, (frame, word) in enumerate(side.items())] for side in (base, ours, theirs)
    ]
    merged = merge_labels(*sides, last_id=100)
    words = {r["frame_index"]: r["label"] for r in merged.rows}
    disputed = {int(conflict.key.rsplit(" ", 1)[1]) for conflict in merged.conflicts}
    for frame in range(13):
        we, they, was = ours.get(frame), theirs.get(frame), base.get(frame)
        expected = we if we == they or they == was else they if we == was else None
        assert (frame in disputed) == (len({we, they, was}) > 1 and we != they and was not in (we, they))
        assert words.get(frame) == expected


def test_a_crop_that_both_moved_has_to_be_approved_again() -> None:
    base: Row = {"id": 1, **dict.fromkeys(_config_columns()), "crop_left": 0, "crop_bounds_version": 1}
    ours = base | {"crop_left": 5, "crop_bounds_version": 2, "layout_approved": 1}
    theirs = base | {"crop_left": 9, "crop_bounds_version": 3, "layout_approved": 1}
    merged, conflicts = merge_config(base, ours, theirs)
    assert merged is not None
    assert (merged["crop_left"], merged["layout_approved"], merged["crop_bounds_version"]) == (5, 0, 4)
    assert len(conflicts) == 1
    assert merge_config(base, base, theirs) == (theirs, [])
    assert merge_config(None, None, theirs) == (theirs, [])
    assert merge_config(None, ours, theirs)[1] != []


def _config_columns() -> list[str]:
    import dataclasses

    edges = ("top_edge_std", "bottom_edge_std", "horizontal_std_slope", "horizontal_std_intercept")
    named = [field.name for field in dataclasses.fields(LayoutConfig)]
    return [*named, *edges, "updated_at", "ocr_visualization_image"]


# --- whole files -----------------------------------------------------------------------------------------------------


@pytest.fixture
def three(tmp_path: Path) -> dict[str, Path]:
    """Folders of the base and of two people."""
    import shutil

    base = new_folder(tmp_path / "base")
    with VideoDatabase(base, writes={"captions"}) as conn:
        for i in range(20):
            CaptionWriter(conn).add(Caption(i * 10, i * 10 + 9, text=f"caption {i}"))
    with VideoDatabase(base, writes={"layout"}) as conn:
        LayoutWriter(conn).save_config(LayoutConfig(640, 360))
        LayoutWriter(conn).save_box_labels(_label(i, "in") for i in range(20))
    return {"base": base, **{name: Path(shutil.copytree(base, tmp_path / name)) for name in ("ours", "theirs")}}


def _label(frame: int, word: str) -> BoxLabel:
    return BoxLabel(frame, 0, "x", 0, 0, 1, 1, label=word, label_source="user")


def _reword(folder: Path, actor: str, texts: dict[int, str]) -> None:
    """Reword as the caption tool does: each an action in the log."""
    with VideoDatabase(folder, writes={"captions"}) as conn:
        log = ActionLog(conn, "captions")
        for key, text in texts.items():
            request = ActionRequest(f"{actor}-{key}", actor, actor, "reword")
            log.perform(
                request,
                lambda: raw_update(conn, key, text),  # noqa: B023 - called at once
            )


def raw_update(conn: object, key: int, text: str) -> None:
    conn.execute("UPDATE captions.captions SET text = ? WHERE id = ?", (text, key))  # type: ignore[attr-defined]


def _texts(path: Path) -> dict[object, object]:
    return dict(rows(path, "SELECT id, text FROM captions"))  # type: ignore[arg-type]


def test_five_overlapping_edits_are_five_conflicts(three: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    _reword(three["ours"], "anna", {i: f"anna {i}" for i in range(1, 11)})
    _reword(three["theirs"], "ben", {i: f"ben {i}" for i in range(6, 16)})
    paths = [three[side] / "captions.db" for side in ("base", "ours", "theirs")]
    before = [md5(path) for path in paths]
    output = three["ours"].parent / "merged.db"
    assert cli("merge", *paths, "--output", output, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert len(report["conflicts"]) == 5
    assert [md5(path) for path in paths] == before
    texts = _texts(output)
    assert [texts[i] for i in range(1, 21)] == (
        [f"anna {i}" for i in range(1, 11)]
        + [f"ben {i}" for i in range(11, 16)]
        + [f"caption {i}" for i in range(15, 20)]
    )
    waiting = rows(output, "SELECT id, text_notes FROM captions WHERE text_pending = 1 ORDER BY id")
    assert [key for key, _ in waiting] == [6, 7, 8, 9, 10]
    assert all(f"ben {key}" in str(note) for key, note in waiting)
    actors = rows(output, "SELECT actor, count(*) FROM action_log GROUP BY actor ORDER BY actor")
    assert actors == [("anna", 10), ("ben", 10), ("merge", 1)]


def test_disjoint_edits_all_survive(three: dict[str, Path]) -> None:
    for side, words in (("ours", range(10)), ("theirs", range(10, 20))):
        with VideoDatabase(three[side], writes={"layout"}) as conn:
            LayoutWriter(conn).save_box_labels([*(_label(i, "out") for i in words), _label(100 + words[0], "in")])
    done = merge_databases(*(three[side] / "layout.db" for side in ("base", "ours", "theirs", "ours")))
    assert done.conflicts == ()
    with VideoDatabase(three["ours"], readonly=True) as conn:
        labels = {r.frame_index: r.label for r in LayoutReader(conn).box_labels()}
    assert labels == {**dict.fromkeys(range(20), "out"), 100: "in", 110: "in"}


def test_their_actions_can_be_undone_here(three: dict[str, Path]) -> None:
    for side, actor in (("ours", "anna"), ("theirs", "ben")):
        with VideoDatabase(three[side], writes={"captions"}) as conn:
            start = 300 if side == "ours" else 400
            request = ActionRequest(f"add-{actor}", actor, actor, "add")
            ActionLog(conn, "captions").perform(
                request,
                lambda: CaptionWriter(conn).add(Caption(start, start + 9, text=actor)),  # noqa: B023
            )
    merge_databases(*(three[side] / "captions.db" for side in ("base", "ours", "theirs", "ours")))
    with VideoDatabase(three["ours"], writes={"captions"}) as conn:
        log = ActionLog(conn, "captions")
        log.undo(ActionRequest("undo-merge", "merge", "x"))  # the merge itself is an action
        log.redo(ActionRequest("redo-merge", "merge", "x"))
        log.undo(ActionRequest("undo-ben", "ben", "x"))
        texts = [r.text for r in CaptionReader(conn).captions() if r.start_frame_index >= 300]
    assert [text for text in texts if text] == ["anna"]


def test_a_run_of_theirs_comes_along(three: dict[str, Path]) -> None:
    import numpy as np

    run = BoundaryRun("d", "1", "{}", "hash", 0, np.zeros((3, 5), np.float16), tuple("abcde"), AT)
    with VideoDatabase(three["theirs"], writes={"captions"}) as conn:
        CaptionWriter(conn).replace_predictions([Caption(0, 9), Caption(10, 199, boundary_state="gap")], run)
    merge_databases(*(three[side] / "captions.db" for side in ("base", "ours", "theirs", "ours")))
    with VideoDatabase(three["ours"], readonly=True) as conn:
        assert CaptionReader(conn).run() is not None


def test_merging_is_repeatable_and_needs_no_base(three: dict[str, Path], tmp_path: Path) -> None:
    _reword(three["theirs"], "ben", {1: "ben"})
    ours, theirs = three["ours"] / "captions.db", three["theirs"] / "captions.db"
    done = merge_databases(None, ours, theirs, tmp_path / "out.db")
    assert len(done.conflicts) == 1  # both added caption 1, in other words
    for _ in range(2):
        merge_databases(three["base"] / "captions.db", ours, theirs, ours)
    assert _texts(ours)[1] == "ben"


@pytest.mark.parametrize("other", ["video.db", "layout.db", "nothing"])
def test_other_files_are_refused(three: dict[str, Path], other: str) -> None:
    (three["theirs"] / "nothing").write_bytes(b"nothing")
    ours = three["ours"] / "captions.db"
    before = md5(ours)
    assert cli("merge", three["base"] / "captions.db", ours, three["theirs"] / other) == 2
    assert md5(ours) == before


def test_an_older_schema_is_brought_up_first(three: dict[str, Path]) -> None:
    random.seed(0)
    raw(three["theirs"] / "captions.db", "UPDATE captions SET text = 'theirs' WHERE id = 3")
    done = merge_databases(*(three[side] / "captions.db" for side in ("base", "ours", "theirs", "ours")))
    assert (done.changed, done.actions) == (1, 0)
