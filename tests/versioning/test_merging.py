"""Joining two people's work: labels box by box, and whole files with their logs."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caption_boundaries.database.actions import ActionLog, ActionRequest
from caption_boundaries.database.captions import BoundaryRun, Caption, CaptionReader, CaptionWriter
from caption_boundaries.database.layout import BoxLabel, LayoutConfig, LayoutReader, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.row_sets import Row
from caption_boundaries.versioning.layout_merging import merge_config, merge_labels
from caption_boundaries.versioning.merging import merge_databases
from support.databases import md5, new_folder, raw, rows
from support.repositories import cli

AT = "2026-01-01"


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
