"""Two people in the caption tool: what each would leave behind is shown, and nothing of either is lost."""

from __future__ import annotations

from typing import Any

import pytest

from caption_boundaries.database.paths import database_path
from support.caption_client import CaptionTool
from support.tool_client import OTHER


def test_two_people_who_change_the_same_get_both_versions(tool: CaptionTool):
    other = CaptionTool(tool.server, tool.folder.name, actor="ben", session=OTHER)
    other.state()
    first = tool.ids()[0]
    tool.act("set-text", id=first, text="ana's")
    refused = other.act("set-text", 409, id=first, text="ben's")["error"]
    assert (refused["kind"], refused["actor"], refused["rows"]) == ("ConflictError", "ana", [["captions", [first]]])
    assert [row["text"] for row in refused["mine"]] == ["ben's"]
    assert [row["text"] for row in refused["theirs"]] == ["ana's"]
    assert tool.one(first).text == "ana's", "nothing was applied"
    other.act("set-text", id=first, text="ben's", sent={"base_revision": None})
    assert tool.one(first).text == "ben's"


def test_changes_of_other_rows_are_merged_and_told(tool: CaptionTool):
    other = CaptionTool(tool.server, tool.folder.name, actor="ben", session=OTHER)
    other.state()
    first, second = tool.ids()[0], tool.ids()[3]
    tool.act("set-text", id=first, text="ana's")
    answer = other.act("set-text", id=second, text="ben's")
    assert {row["id"]: row["text"] for row in answer["rows"]} == {first: "ana's", second: "ben's"}
    assert answer["others"] == [first]
    told = tool.server.get(f"{tool.root}/changes?since=1&actor=ana&session={tool.who['session']}")
    assert [row["text"] for row in told["rows"]] == ["ben's"]
    assert (told["others"], told["revision"]) == ([second], 2)


def test_undo_is_refused_where_somebody_else_built_on_it(tool: CaptionTool):
    first = tool.ids()[0]
    tool.act("set-text", id=first, text="ana's")
    other = CaptionTool(tool.server, tool.folder.name, actor="ben", session=OTHER)
    other.state()
    other.act("set-text", id=first, text="ben's")
    refused = tool.undo(409)["error"]
    assert (refused["kind"], refused["actor"]) == ("ConflictError", "ben")
    assert [row["text"] for row in refused["theirs"]] == ["ben's"]


def test_a_caption_that_was_deleted_is_said_to_be_gone(tool: CaptionTool):
    first = tool.ids()[0]
    tool.act("delete", ids=[first])
    answer = tool.act("set-text", 404, id=first, text="late")
    assert answer["error"]["message"] == f"Caption {first} is gone."


@pytest.mark.parametrize("place", [0, 1], ids=["beside a gap", "between captions"])
@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"kind": "set-text", "text": "late"}, {"text": "late", "text_status": "valid_caption"}),
        ({"kind": "nudge", "edge": "end", "ticks": -2}, {"boundary_state": "confirmed", "boundary_pending": 1}),
        ({"kind": "set-status", "boundary_state": "issue"}, {"boundary_state": "issue"}),
    ],
    ids=lambda value: value.get("kind"),
)
def test_both_versions_are_kept_where_somebody_else_deleted_the_caption(
    tool: CaptionTool, place: int, change: dict[str, Any], left: dict[str, Any]
):
    other = CaptionTool(tool.server, tool.folder.name, actor="ben", session=OTHER)
    other.state()
    target = tool.ids()[place]
    other.act("delete", ids=[target])
    file = database_path(tool.folder, "captions")
    before = file.read_bytes()
    asked = {**change, **({"ids": [target]} if change["kind"] == "set-status" else {"id": target})}
    refused = tool.send("actions", 409, change=asked)["error"]
    assert (refused["kind"], refused["actor"], refused["revision"]) == ("ConflictError", "ben", 1)
    mine = next(row for row in refused["mine"] if row["id"] == target)
    assert left.items() <= mine.items()
    assert target not in [row["id"] for row in refused["theirs"] if row["boundary_state"] != "gap"]
    assert file.read_bytes() == before, "nothing was applied"


def test_there_is_nothing_to_choose_where_two_people_delete_the_same(tool: CaptionTool):
    other = CaptionTool(tool.server, tool.folder.name, actor="ben", session=OTHER)
    other.state()
    first = tool.ids()[0]
    other.act("delete", ids=[first])
    answer = tool.act("delete", 404, ids=[first])
    assert answer["error"]["message"] == f"Caption {first} is gone."
