"""The caption tool without a browser: extents, history, pictures, and which files it writes."""

from __future__ import annotations

import base64
import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from support.caption_client import CaptionTool, extents, open_caption_tool
from support.caption_data import SCRIPT, captions_of, crop_index, make_caption_video
from support.tool_client import OTHER


def _frames(row: Any) -> tuple[int, int]:
    return row.start_frame_index, row.end_frame_index


def test_the_state_holds_every_row_and_what_the_page_needs(tool: CaptionTool):
    state = tool.state()
    rows = tool.rows()
    shown = [(row["start_frame_index"], row["end_frame_index"], row["text"]) for row in rows if row["text"]]
    assert shown == list(SCRIPT)
    assert [row["id"] for row in rows] == [row.id for row in tool.stored()]
    assert (state["first_index"], state["last_index"], state["rate_hz"]) == (0, 199, 10.0)
    assert state["crops"] | {"version": ""} == {"version": "", "width": 320, "height": 72, "ranges": [[0, 199]]}
    assert state["counts"] == {
        "captions": 5,
        "gaps": 5,
        "extents_done": 0,
        "text_done": 0,
        "pending": 0,
        "frames_settled": 0,
        "frames": 200,
    }
    assert (state["can_undo"], state["can_redo"], state["read_only"], state["notices"]) == (False, False, "", [])
    assert state["source"]["available"] is False
    assert "is gone" in state["source"]["reason"]
    assert state["source"]["frame_count"] == 500


def test_the_tracks_show_where_captions_start_and_end(tool: CaptionTool):
    tracks = tool.server.get(f"{tool.root}/tracks")
    for name in ("likelihood", "difference"):
        values = np.frombuffer(base64.b64decode(tracks[name]), dtype="<u2") / 65535
        assert len(values) == 200
        peaks = set(np.flatnonzero(values > 0.1).tolist())
        edges = {first for first, _, _ in SCRIPT} | {last + 1 for _, last, _ in SCRIPT}
        assert peaks == edges, name


@pytest.mark.parametrize("index", [0, 1, 77, 198, 199])
def test_the_picture_of_an_index_is_that_of_this_index(tool: CaptionTool, index: int):
    version = tool.state()["crops"]["version"]
    answer = tool.server.client.get(f"/media/videos/{tool.folder.name}/crop/{index}.jpg?v={version}")
    assert crop_index(answer.content) == index
    assert "immutable" in answer.headers["cache-control"]
    assert tool.server.client.get(f"/media/videos/{tool.folder.name}/crop/200.jpg?v={version}").status_code == 404


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": "set-edge", "edge": "start", "frame_index": 12}, (12, 29)),
        ({"kind": "set-edge", "edge": "end", "frame_index": 25}, (10, 25)),
        ({"kind": "nudge", "edge": "start", "ticks": -1}, (9, 29)),
        ({"kind": "nudge", "edge": "end", "ticks": 2}, (10, 31)),
        ({"kind": "set-extents", "start_frame_index": 4, "end_frame_index": 8}, (4, 8)),
        ({"kind": "set-edge", "edge": "start", "seconds": 0.4}, (4, 29)),
        ({"kind": "set-edge", "edge": "end", "seconds": 2.0}, (10, 19)),
    ],
)
def test_extents_are_moved(tool: CaptionTool, change: dict[str, Any], expected: tuple[int, int]):
    row_id = tool.ids()[0]
    answer = tool.act(**change, id=row_id)
    assert (answer["kind"], answer["focus"]) == (change["kind"], {"id": row_id, "frame_index": expected[0]})
    (row,) = [row for row in answer["rows"] if row["id"] == row_id]
    assert (row["start_frame_index"], row["end_frame_index"]) == expected
    stored = tool.one(row_id)
    assert _frames(stored) == expected
    assert (stored.boundary_state, stored.boundary_pending, stored.text_pending) == ("confirmed", 1, 1)
    assert (stored.image_needs_regen, stored.median_ocr_status) == (1, "pending")


def test_an_edge_that_is_moved_back_is_exact_again(tool: CaptionTool):
    row_id = tool.ids()[0]
    assert tool.one(row_id).start_seconds == 0.96
    tool.act("nudge", id=row_id, edge="start", ticks=2)
    assert tool.one(row_id).start_seconds is None, "no strokes come there, so the index stands for itself"
    tool.act("nudge", id=row_id, edge="start", ticks=-2)
    assert tool.one(row_id).start_seconds == 0.96


def test_nudging_by_one_picture_of_the_video_moves_the_moment_only(tool: CaptionTool):
    first, second = tool.ids()[:2]
    answer = tool.act("nudge", id=first, edge="end", source_frames=1)
    assert {row["id"]: (row["start_seconds"], row["end_seconds"]) for row in answer["rows"]} == {
        first: (0.96, 3.0),
        second: (3.0, 4.96),
    }, "the caption that touches it meets it"
    assert _frames(tool.one(first)) == (10, 29)
    assert tool.one(first).text_pending == 0, "the same indices show the same text"
    tool.act("nudge", id=first, edge="start", source_frames=-2)
    assert tool.one(first).start_seconds == 0.88
    assert _frames(tool.one(first)) == (9, 29)


def test_a_settled_neighbour_stops_a_moment_too(tool: CaptionTool):
    first, second = tool.ids()[:2]
    tool.act("confirm", ids=[second])
    answer = tool.act("nudge", id=first, edge="end", source_frames=1)
    assert answer["message"] == "Stopped at a confirmed caption."
    assert (tool.one(first).end_seconds, tool.one(second).start_seconds) == (2.96, 2.96)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "set-edge", "edge": "start", "frame_index": 30}, "at least one frame"),
        ({"kind": "set-edge", "edge": "end", "frame_index": 200}, "beyond the end"),
        ({"kind": "set-edge", "edge": "end", "seconds": 0.5}, "at least one frame"),
        ({"kind": "set-extents", "start_frame_index": 9, "end_frame_index": 8}, "at least one frame"),
        ({"kind": "split", "frame_index": 10}, "only inside"),
        ({"kind": "split", "frame_index": 30}, "only inside"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(tool: CaptionTool, change: dict[str, Any], said: str):
    before = (tool.folder / "captions.db").read_bytes()
    answer = tool.act(**change, id=tool.ids()[0], code=400)
    assert said in answer["error"]["message"]
    assert (tool.folder / "captions.db").read_bytes() == before


@pytest.mark.parametrize(
    ("policy", "expected", "said"),
    [
        ("protect", [("good morning", 10, 29), ("river and garden", 30, 49)], "Stopped at a confirmed caption."),
        ("trim", [("good morning", 10, 34), ("river and garden", 35, 49)], ""),
        ("push", [("good morning", 10, 34), ("river and garden", 35, 54)], ""),
    ],
)
def test_the_policy_says_how_neighbours_make_room(
    tool: CaptionTool, policy: str, expected: list[tuple[str, int, int]], said: str
):
    first, second = tool.ids()[:2]
    tool.act("confirm", ids=[second])
    change = {"id": first, "edge": "end", "frame_index": 34, "policy": policy}
    ghost = tool.preview("set-edge", **change)
    before = tool.stored()
    assert ghost["message"] == said
    assert ghost["hurt"] == ([] if policy == "protect" else [second])
    answer = tool.act("set-edge", **change)
    assert answer["message"] == said
    assert [item for item in extents(tool) if item[0] != "(gap)"][:2] == expected
    assert tool.one(second).boundary_pending == (policy != "protect")
    shown = {row["id"]: (row["start_frame_index"], row["end_frame_index"]) for row in ghost["rows"]}
    assert shown == {row.id: _frames(row) for row in tool.stored() if row not in before}


def test_the_ghost_writes_nothing_and_new_rows_have_ids_below_zero(tool: CaptionTool):
    before = (tool.folder / "captions.db").read_bytes()
    ghost = tool.preview("add", start_frame_index=65, end_frame_index=70, policy="trim")
    assert sorted(row["id"] < 0 for row in ghost["rows"]) == [False, True, True]
    assert (tool.folder / "captions.db").read_bytes() == before
    assert "preview of its own" in tool.preview("read", 400, id=1)["error"]["message"]


def test_adding_splitting_merging_clearing_and_deleting(tool: CaptionTool):
    good, river, winter, _, story = tool.ids()
    added = tool.act("add", start_frame_index=95, end_frame_index=100, text=" a new\r\none ")
    assert tool.one(added["focus"]["id"]).text == "a new\none"
    second = tool.act("split", id=winter, frame_index=75, texts=["winter", "signal"])["focus"]["id"]
    assert (tool.one(winter).text, tool.one(second).text, tool.one(second).text_pending) == ("winter", "signal", 0)
    assert _frames(tool.one(second)) == (75, 89)
    tool.act("merge", groups=[[good, river], [winter, second]])
    assert (tool.one(good).text, _frames(tool.one(good))) == ("good morning\nriver and garden", (10, 49))
    assert tool.one(winter).text == "winter\nsignal"
    tool.act("merge", groups=[[winter, added["focus"]["id"]]], text="all of it")
    assert (tool.one(winter).text, _frames(tool.one(winter))) == ("all of it", (60, 100))
    tool.act("clear", start_frame_index=20, end_frame_index=24)
    assert extents(tool)[1:4] == [
        ("good morning\nriver and garden", 10, 19),
        ("(gap)", 20, 24),
        ("good morning\nriver and garden", 25, 49),
    ]
    answer = tool.act("delete", ids=[story])
    assert answer["focus"] == {"id": None, "frame_index": 150}
    assert extents(tool)[-1] == ("(gap)", 140, 199)
    assert tool.state()["counts"]["captions"] == 4


def test_several_captions_are_shifted_together(tool: CaptionTool):
    good, river = tool.ids()[:2]
    tool.act("shift", ids=[good, river], ticks=5)
    assert extents(tool)[:4] == [
        ("(gap)", 0, 14),
        ("good morning", 15, 34),
        ("river and garden", 35, 54),
        ("(gap)", 55, 59),
    ]
    assert "start of the video" in tool.act("shift", 400, ids=[good], ticks=-16)["error"]["message"]


def test_gaps_have_no_ends_of_their_own(tool: CaptionTool):
    gap = next(row for row in tool.stored() if row.boundary_state == "gap")
    for change in ({"kind": "nudge", "id": gap.id, "edge": "end", "ticks": 1}, {"kind": "delete", "ids": [gap.id]}):
        assert "gap" in tool.act(**change, code=400)["error"]["message"]


def test_confirming_settles_extents_and_text_with_what_was_typed(tool: CaptionTool):
    first = tool.ids()[0]
    answer = tool.act("confirm", ids=[first], text="Good morning!", start_frame_index=11, notes="a note")
    row = tool.one(first)
    assert (_frames(row), row.text, row.text_notes) == ((11, 29), "Good morning!", "a note")
    assert (row.boundary_state, row.boundary_pending, row.text_status, row.text_pending) == (
        "confirmed",
        0,
        "confirmed",
        0,
    )
    assert row.text_read_from == "11-29"
    assert answer["revision"] == 1, "one step to undo"
    counts = tool.state()["counts"]
    assert (counts["extents_done"], counts["text_done"], counts["frames_settled"]) == (1, 1, 19)
    tool.act("confirm", ids=tool.ids(), what="extents")
    assert all(row.boundary_state in ("gap", "confirmed") for row in tool.stored())
    assert [row.text_status for row in tool.stored() if row.text] == ["confirmed", None, None, None, None]


def test_undo_and_redo_say_what_changed_and_where(tool: CaptionTool):
    before = tool.stored()
    first, *_, last = tool.ids()
    tool.act("nudge", id=first, edge="end", ticks=3)
    tool.act("delete", ids=[last])
    done = tool.stored()
    undone = tool.undo()
    assert (undone["kind"], undone["focus"]) == ("undo", {"id": last, "frame_index": 150})
    assert (undone["can_undo"], undone["can_redo"]) == (True, True)
    assert tool.undo()["focus"] == {"id": first, "frame_index": 10}
    assert tool.stored() == before
    assert "nothing to undo" in tool.undo(409)["error"]["message"]
    tool.redo()
    assert tool.redo()["focus"]["frame_index"] == 150
    assert tool.stored() == done


def test_undo_works_after_the_server_was_started_again(tool: CaptionTool):
    first = tool.ids()[0]
    tool.act("nudge", id=first, edge="end", ticks=-3)
    tool.server.context.caption_desks.__init__()  # type: ignore[misc]
    again = CaptionTool(tool.server, tool.folder.name, session=OTHER)
    assert again.state()["can_undo"]
    assert again.undo()["rows"][0]["end_frame_index"] == 29


def test_the_same_request_again_is_applied_once(tool: CaptionTool):
    first = tool.ids()[0]
    sent = {"uuid": str(uuid.uuid4())}
    one = tool.act("nudge", id=first, edge="end", ticks=-1, sent=sent)
    again = tool.act("nudge", id=first, edge="end", ticks=-1, sent=sent)
    assert one["revision"] == again["revision"] == 1
    assert _frames(tool.one(first)) == (10, 28)
    assert again["kind"] == "nudge"


def test_a_change_that_changes_nothing_is_not_logged(tool: CaptionTool):
    before = (tool.folder / "captions.db").read_bytes()
    answer = tool.act("set-edge", id=tool.ids()[0], edge="start", frame_index=10)
    assert (answer["kind"], answer["revision"], answer["rows"]) == ("", 0, [])
    assert (tool.folder / "captions.db").read_bytes() == before


def test_the_history_tells_who_did_what_where(tool: CaptionTool):
    tool.act("delete", ids=[tool.ids()[-1]])
    tool.undo()
    shown = tool.server.get(f"{tool.root}/history")["entries"]
    assert [(e["kind"], e["actor"], e["frame_index"], e["undoes"]) for e in shown] == [
        ("undo", "ana", 150, 1),
        ("delete", "ana", 150, None),
    ]


def test_the_history_leads_to_the_caption_that_was_edited_not_to_those_that_made_room(tool: CaptionTool):
    good, river = tool.ids()[:2]
    tool.act("nudge", id=river, edge="start", ticks=-5, policy="trim")
    tool.act("nudge", id=good, edge="start", ticks=-2)
    shown = tool.server.get(f"{tool.root}/history")["entries"]
    assert [entry["frame_index"] for entry in shown] == [8, 25]
    assert tool.undo()["focus"] == {"id": good, "frame_index": 10}
    assert tool.undo()["focus"] == {"id": river, "frame_index": 30}


def test_only_captions_db_is_written(tool: CaptionTool):
    def contents() -> dict[str, bytes]:
        return {name: path.read_bytes() for name, path in all_databases(tool.folder).items() if name != "captions"}

    before = contents()
    first, second, *_ = tool.ids()
    tool.act("nudge", id=first, edge="end", source_frames=1)
    tool.act("split", id=second, frame_index=40)
    tool.act("add", start_frame_index=91, end_frame_index=99)
    tool.act("read", id=first)
    tool.act("review", status="complete")
    tool.undo()
    tool.preview("clear", start_frame_index=0, end_frame_index=50)
    tool.state()
    assert contents() == before
    assert sorted(path.name for path in tool.folder.iterdir()) == sorted(
        path.name for path in all_databases(tool.folder).values()
    )


def test_the_review_of_the_texts_is_noted_and_can_be_taken_back(tool: CaptionTool):
    assert tool.act("review", status="complete")["review"] == "complete"
    assert tool.state()["review"] == "complete"
    assert tool.undo()["review"] == "pending"


def test_a_video_without_stroke_masks_can_be_edited_too(tmp_path: Path):
    folder = make_caption_video(tmp_path, masks=False, seconds=6.0, script=SCRIPT[:2])
    with VideoDatabase(folder, readonly=True, attach={"cropping"}) as connection:
        assert CropReader(connection).signal_times() == []
    with open_caption_tool(tmp_path) as tool:
        assert tool.state()["source"]["frame_count"] == 0
        first = tool.ids()[0]
        tool.act("nudge", id=first, edge="start", ticks=-2)
        assert captions_of(folder)[1].start_seconds is None
        assert "not known" in tool.act("nudge", 400, id=first, edge="end", source_frames=1)["error"]["message"]
        assert tool.server.get(f"{tool.root}/tracks")["difference"] == ""
        assert tool.server.get(f"{tool.root}/source-frames?around=1") == {"frames": [], "current": None}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "nothing"},
        {"kind": "set-edge", "id": 2, "edge": "middle", "frame_index": 1},
        {"kind": "set-edge", "id": 2, "edge": "start"},
        {"kind": "set-edge", "id": 2, "edge": "start", "frame_index": 1, "seconds": 1},
        {"kind": "nudge", "id": 2, "edge": "start"},
        {"kind": "set-edge", "id": 2, "edge": "start", "frame_index": -1},
        {"kind": "set-edge", "id": -2, "edge": "start", "frame_index": 1},
        {"kind": "set-edge", "id": 2, "edge": "start", "seconds": "NaN"},
        {"kind": "delete", "ids": []},
        {"kind": "merge", "groups": [[2]]},
        {"kind": "set-text", "id": 2, "text": "a" * 2001},
        {"kind": "set-text", "id": 2, "text": "a", "text_status": "fine"},
        {"kind": "set-status", "ids": [2], "boundary_state": "gap"},
        {"kind": "set-status", "ids": [2], "boundary_pending": 2},
        {"kind": "set-notes", "id": 2, "notes": "a", "more": 1},
        {"kind": "confirm", "ids": [2, 3], "text": "both"},
        {"kind": "set-text", "id": 2, "text": "\ud800"},
    ],
    ids=str,
)
def test_requests_that_make_no_sense_are_refused(tool: CaptionTool, change: dict[str, Any]):
    body = {"uuid": str(uuid.uuid4()), "base_revision": None, **tool.who, "change": change}
    headers = {"content-type": "application/json"}
    answer = tool.server.client.post(f"{tool.root}/actions", content=json.dumps(body), headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["error"]["message"]
