"""The caption tool without a browser: texts, statuses, the queue, candidates, searching, files in and out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from caption_boundaries.captions.agreement import agreement, marks
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import RecognitionError
from caption_boundaries.export.formats import FORMATS
from caption_boundaries.recognition.registry import create_engine
from caption_boundaries.web.caption_queue import doubt
from support.caption_client import CaptionTool, open_caption_tool
from support.caption_data import SCRIPT, add_captions, made_script, make_caption_video

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "{{7*7}} ${7*7}",
    '=HYPERLINK("http://evil")',
    "'; DROP TABLE captions; --",
    "‮gnirts‬",
    "字幕、もう一度 🎬",
]


def test_a_text_is_settled_when_a_person_types_it(tool: CaptionTool):
    first = tool.ids()[0]
    tool.act("set-text", id=first, text="Good  morning\r\n\r\n there ", notes="check")
    row = tool.one(first)
    assert (row.text, row.text_status, row.text_pending, row.text_notes) == (
        "Good  morning\nthere",
        "valid_caption",
        0,
        "check",
    )
    assert row.text_read_from == "10-29"
    tool.act("set-text", id=first, text=None)
    assert (tool.one(first).text, tool.one(first).text_status) == (None, None)
    tool.act("no-text", ids=[first])
    assert (tool.one(first).text, tool.one(first).text_status, tool.one(first).text_pending) == ("", "confirmed", 0)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_looks_like_code_is_stored_and_sent_as_it_is(tool: CaptionTool, text: str):
    first = tool.ids()[0]
    answer = tool.act("set-text", id=first, text=text, notes=text)
    assert answer["rows"][0]["text"] == text == tool.one(first).text
    assert tool.rows()[1]["text_notes"] == text
    assert tool.post("search", {"find": text})["hits"][0]["text"] == text
    answer = tool.server.client.get(f"{tool.root}/export/json")
    assert answer.json()["captions"][0]["text"] == text


def test_a_text_is_looked_at_again_once_its_extents_move(tool: CaptionTool):
    first = tool.ids()[0]
    tool.act("confirm", ids=[first])
    tool.act("nudge", id=first, edge="end", ticks=-2)
    row = tool.one(first)
    assert (row.text_pending, row.text_status, row.text_read_from) == (1, "confirmed", "10-29")
    assert tool.server.get(f"{tool.root}/rows/{first}/candidates")["stale"]
    tool.act("confirm", ids=[first], what="text")
    assert (tool.one(first).text_pending, tool.one(first).text_read_from) == (0, "10-27")


def test_statuses_flags_and_notes(tool: CaptionTool):
    first, second, *_ = tool.ids()
    tool.act("set-status", ids=[first, second], boundary_state="issue", text_status="text_unclear", text_pending=1)
    assert [(row.boundary_state, row.text_status, row.text_pending) for row in (tool.one(first), tool.one(second))] == [
        ("issue", "text_unclear", 1)
    ] * 2
    tool.act("set-status", ids=[first], text_status=None, boundary_pending=1)
    assert (tool.one(first).text_status, tool.one(first).boundary_pending, tool.one(first).boundary_state) == (
        None,
        1,
        "issue",
    )
    tool.act("set-notes", id=first, notes="who says this?")
    assert tool.one(first).text_notes == "who says this?"
    tool.act("set-notes", id=first, notes="")
    assert tool.one(first).text_notes is None
    assert "taken away" in tool.act("set-status", 400, ids=[first], text_pending=None)["error"]["message"]


def queue(tool: CaptionTool, **query: str) -> list[int]:
    address = "&".join(f"{name}={value}" for name, value in query.items())
    ids: list[int] = tool.server.get(f"{tool.root}/queue?{address}")["ids"]
    return ids


def test_the_most_doubtful_captions_come_first(tool: CaptionTool):
    good, river, winter, silver, story = tool.ids()
    found = tool.server.get(f"{tool.root}/queue?order=uncertain&show=open")
    assert found["ids"] == [story, silver, winter, river, good]
    assert found["scores"] == sorted(found["scores"], reverse=True)
    tool.act("confirm", ids=[story])
    assert queue(tool, order="uncertain", show="open") == [silver, winter, river, good]
    assert queue(tool, order="uncertain", show="all")[-1] == story
    tool.act("nudge", id=good, edge="end", ticks=-1)
    assert queue(tool, order="work", show="all")[0] == good
    assert queue(tool, order="time", show="all") == tool.ids()


def test_the_queue_shows_what_is_asked_for(tool: CaptionTool):
    good, river, winter, silver, story = tool.ids()
    tool.act("add", start_frame_index=170, end_frame_index=172)
    short = tool.ids()[-1]
    tool.act("set-status", ids=[winter], text_status="ocr_error")
    tool.act("nudge", id=good, edge="end", ticks=-1)
    assert queue(tool, show="pending") == [good]
    assert queue(tool, show="unconfirmed", order="time") == [river, winter, silver, story]
    assert queue(tool, show="short", order="time") == [short]
    assert queue(tool, show="long") == []
    assert queue(tool, show="doubtful_text", order="time") == [good, winter, silver, story, short]
    gaps = [row.id for row in tool.stored() if row.boundary_state == "gap" and len(row.frames) > 10]
    assert queue(tool, show="gaps", order="time") == gaps
    assert queue(tool, show="imported") == []
    tool.act("set-notes", id=silver, notes="who is this?")
    assert queue(tool, show="noted") == [silver]


def test_what_is_settled_is_not_doubtful():
    settled = Caption(
        0, 9, "confirmed", text="a", text_status="confirmed", boundary_confidence=0.1, text_confidence=0.1
    )
    assert doubt(settled) == 0
    assert doubt(Caption(0, 9, text="a", boundary_confidence=0.9, text_confidence=0.9)) < doubt(
        Caption(0, 9, text="a", boundary_confidence=0.9, text_confidence=0.5)
    )
    assert doubt(Caption(0, 9)) > 0.3


@pytest.mark.parametrize(
    ("text", "readings", "expected"),
    [
        ("silver", ["silver"] * 5, "aaaaaa"),
        ("silver", ["silver", "si1ver", "si1ver", "silver", "silver"], "aadaaa"),
        ("silvers", ["silver"] * 5, "aaaaaan"),
        ("silver", ["a silver", "ilver", "", "silver."], "daaaaa"),
        ("silver", [], ""),
        ("字幕", ["字慕", "字幕", "字幕"], "ad"),
    ],
)
def test_letters_on_which_the_pictures_disagree_are_marked(text: str, readings: list[str], expected: str):
    assert marks(agreement(text, readings)) == expected


def test_the_stored_reading_is_a_candidate(tool: CaptionTool):
    first = tool.ids()[0]
    tool.act("set-text", id=first, text="Good morning")
    found = tool.server.get(f"{tool.root}/rows/{first}/candidates")
    assert [(item["text"], item["source"]) for item in found["candidates"]] == [
        ("Good morning", "text"),
        ("good morning", "stored"),
    ]
    assert found["stale"] is False
    gap = tool.stored()[0].id
    assert "no caption" in tool.server.get(f"{tool.root}/rows/{gap}/candidates", 404)["error"]["message"]


@pytest.fixture(scope="module")
def readable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video whose captions an engine can read."""
    root = tmp_path_factory.mktemp("readable")
    make_caption_video(root, seconds=5.0, script=SCRIPT[:2], engine="rapidocr")
    return root


def test_a_caption_is_read_anew_while_a_person_waits(readable: Path):
    with open_caption_tool(readable) as tool:
        first = tool.ids()[0]
        tool.act("set-text", id=first, text="good mourning")
        before = (tool.folder / "captions.db").read_bytes()
        found = tool.post(f"rows/{first}/read", {"frames": 2})
        assert (tool.folder / "captions.db").read_bytes() == before
        by_text = {item["text"]: item for item in found["candidates"]}
        assert by_text["good morning"]["source"] == "combined"
        assert by_text["good morning"]["marks"] == "a" * 12
        assert len(by_text["good morning"]["frames"]) == 2
        assert by_text["good mourning"]["marks"] == "aaaaaaanaaaaa"
        tool.act("nudge", id=first, edge="end", ticks=-1)
        tool.act("read", id=first)
        row = tool.one(first)
        assert (row.text, row.text_ocr_combined) == ("good mourning", "good morning"), "a person's text stays"
        assert (row.median_ocr_status, row.image_needs_regen) == ("complete", 0)
        tool.act("set-text", id=first, text=None)
        tool.act("read", id=first)
        assert (tool.one(first).text, tool.one(first).text_status) == ("good morning", None)


def test_an_engine_that_fails_says_so(tool: CaptionTool, monkeypatch: pytest.MonkeyPatch):
    engine = create_engine("null")

    def failing(image: object) -> list[object]:
        raise RecognitionError("The engine does not work.")

    monkeypatch.setattr(type(engine), "read", lambda self, image: failing(image))
    answer = tool.post(f"rows/{tool.ids()[0]}/read", {"frames": 0}, 502)
    assert answer["error"]["message"] == "The engine does not work."


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"find": "river"}, [("river and garden", [[0, 5]], None)]),
        ({"find": "WINTER", "replace": "summer"}, [("winter signal", [[0, 6]], "summer signal")]),
        ({"find": "WINTER", "match_case": True}, []),
        (
            {"find": "win", "replace": "x"},
            [("winter signal", [[0, 3]], "xter signal"), ("silver window", [[7, 10]], "silver xdow")],
        ),
        ({"find": "win", "whole_words": True}, []),
        ({"find": "r.*"}, []),
        ({"find": "and", "replace": "\\1&"}, [("river and garden", [[6, 9]], "river \\1& garden")]),
    ],
)
def test_searching(tool: CaptionTool, body: dict[str, object], expected: list[object]):
    found = tool.post("search", body)
    assert [(hit["text"], hit["spans"], hit["replaced"]) for hit in found["hits"]] == expected


def test_replacing_changes_the_ticked_captions_in_one_step(tool: CaptionTool):
    before = tool.stored()
    winter, silver = (hit["id"] for hit in tool.post("search", {"find": "win"})["hits"])
    tool.act("confirm", ids=[winter])
    answer = tool.act("replace", ids=[winter, silver], find="win", replace="Win")
    assert {row["text"] for row in answer["rows"]} == {"Winter signal", "silver Window"}
    assert (tool.one(winter).text_status, tool.one(silver).text_status) == ("confirmed", "valid_caption")
    assert answer["revision"] == 2
    tool.undo()
    tool.undo()
    assert tool.stored() == before


@pytest.mark.parametrize("name", list(FORMATS))
def test_every_format_is_exported_and_comes_back_unchanged(tool: CaptionTool, name: str):
    tool.act("set-text", id=tool.ids()[1], text="two\nlines <b>&amp;")
    answer = tool.server.client.get(f"{tool.root}/export/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''Made%20up.{name}"
    diff = tool.post("import-preview", {"format": name, "content": answer.text})
    assert (diff["items"], diff["same"], diff["cues"]) == ([], 5, 5)
    assert tool.post("import-preview", {"content": answer.text, "name": f"film.{name}"})["format"] == name


def test_only_confirmed_captions_can_be_exported(tool: CaptionTool):
    tool.act("confirm", ids=[tool.ids()[2]])
    answer = tool.server.client.get(f"{tool.root}/export/json?confirmed=1")
    assert [caption["text"] for caption in answer.json()["captions"]] == ["winter signal"]
    assert "There is no format" in tool.server.get(f"{tool.root}/export/doc", 400)["error"]["message"]


FILE = """1
00:00:01,000 --> 00:00:03,000
Good morning

2
00:00:06,000 --> 00:00:09,400
winter signal

3
00:00:15,000 --> 00:00:15,400
story

4
00:00:18,000 --> 00:00:19,000
the end
"""


def test_a_file_is_compared_first_and_then_taken_over_in_one_step(tool: CaptionTool):
    before = tool.stored()
    good, river, winter, silver, story = tool.ids()
    tool.act("confirm", ids=[silver])
    diff = tool.post("import-preview", {"format": "srt", "content": FILE})
    shown = [(item["op"], item["row_id"], item["moves"], item["retexts"], item["confirmed"]) for item in diff["items"]]
    assert shown == [
        ("change", good, True, True, False),
        ("remove", river, False, False, False),
        ("change", winter, True, False, False),
        ("remove", silver, False, False, True),
        ("change", story, True, False, False),
        ("add", None, True, True, False),
    ]
    assert diff["items"][0]["before"] == {"start_frame_index": 10, "end_frame_index": 29, "text": "good morning"}
    answer = tool.act("import", format="srt", content=FILE, ticked=[0, 1, 2, 4, 5])
    assert answer["kind"] == "import"
    found = [(row.text, row.start_frame_index, row.end_frame_index) for row in tool.stored() if row.text]
    assert found == [
        ("Good morning", 10, 29),
        ("winter signal", 60, 93),
        ("silver window", 110, 139),
        ("story", 150, 153),
        ("the end", 180, 189),
    ]
    assert (tool.one(winter).start_seconds, tool.one(winter).end_seconds) == (6.0, 9.4)
    assert tool.one(winter).boundary_pending == 1
    assert set(queue(tool, show="imported", order="time")) >= {good, winter, story, tool.ids()[-1]}
    assert silver not in queue(tool, show="imported")
    tool.undo()
    tool.undo()
    assert tool.stored() == before


def test_an_import_stops_at_confirmed_captions(tool: CaptionTool):
    silver = tool.ids()[3]
    tool.act("confirm", ids=[silver])
    content = "1\n00:00:10,500 --> 00:00:11,500\nahead of it\n\n2\n00:00:12,000 --> 00:00:13,000\nwithin it\n"
    diff = tool.post("import-preview", {"format": "srt", "content": content})
    ticked = [item["number"] for item in diff["items"] if item["op"] == "add"]
    answer = tool.act("import", format="srt", content=content, ticked=ticked)
    assert "met confirmed ones" in answer["message"]
    assert [(row.text, row.start_frame_index, row.end_frame_index) for row in tool.stored() if row.text][3:5] == [
        ("ahead of it", 105, 109),
        ("silver window", 110, 139),
    ]


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"format": "json", "content": "{"}, 400, "no JSON"),
        ({"format": "doc", "content": ""}, 400, "no format"),
        ({"content": "", "name": "a.doc"}, 400, "names no format"),
        ({"format": "csv", "content": "a,b\n1,2\n"}, 400, "no column"),
    ],
)
def test_files_that_cannot_be_read(tool: CaptionTool, body: dict[str, str], code: int, said: str):
    assert said in tool.post("import-preview", body, code)["error"]["message"]


def test_a_comparison_that_no_longer_holds_is_refused(tool: CaptionTool):
    answer = tool.act("import", 400, format="srt", content=FILE, ticked=[99])
    assert "changed since" in answer["error"]["message"]
    digest = tool.post("import-preview", {"format": "srt", "content": FILE})["digest"]
    tool.act("delete", ids=[tool.ids()[1]])
    answer = tool.act("import", 400, format="srt", content=FILE, ticked=[0, 1], digest=digest)
    assert "changed since" in answer["error"]["message"]
    digest = tool.post("import-preview", {"format": "srt", "content": FILE})["digest"]
    assert tool.act("import", format="srt", content=FILE, ticked=[0, 1], digest=digest)["kind"] == "import"


def test_thousands_of_captions_are_answered_with_what_changed(tmp_path: Path):
    script, count = made_script(6000)
    folder = make_caption_video(tmp_path, seconds=2.0, script=[], masks=False)
    add_captions(folder, script, count)
    with open_caption_tool(tmp_path) as tool:
        assert tool.state()["counts"]["captions"] == 6000
        middle = tool.ids()[3000]
        answer = tool.act("nudge", id=middle, edge="end", ticks=-1)
        assert len(answer["rows"]) == 2
        assert len(json.dumps(answer)) < 3000
        content = tool.server.client.get(f"{tool.root}/export/srt").text.replace("river", "lake")
        diff = tool.post("import-preview", {"format": "srt", "content": content})
        answer = tool.act("import", format="srt", content=content, ticked=[item["number"] for item in diff["items"]])
        assert len(answer["rows"]) == len(diff["items"]) > 500
