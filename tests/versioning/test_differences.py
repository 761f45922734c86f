"""What a session changed, as people say it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.database.captions import Caption, CaptionWriter
from caption_boundaries.database.layout import BoxLabel, LayoutConfig, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.versioning.costs import session_costs
from caption_boundaries.versioning.differences import VideoState, compare
from caption_boundaries.versioning.telling import lines
from caption_boundaries.versioning.wording import as_text, marked
from support.databases import raw
from support.repositories import VIDEOS, Team, add_caption, cli, label


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Where is the rabbit", "Where was the rabbit", "Where [-is-]{+was+} the rabbit"),
        ("你好世界", "你好，世界", "你好{+，+}世界"),
        ("", "new", "{+new+}"),
        ("gone", "", "[-gone-]"),
        ("same", "same", "same"),
    ],
)
def test_changed_words_are_marked(before: str, after: str, expected: str) -> None:
    assert as_text(marked(before, after)) == expected


@given(st.text(max_size=20), st.text(max_size=20))
def test_marks_hold_both_texts(before: str, after: str) -> None:
    parts = marked(before, after)
    assert "".join(p.text for p in parts if p.kind != "new") == before
    assert "".join(p.text for p in parts if p.kind != "gone") == after


CAPTION = Caption(10, 19, id=1, text="Hello there", boundary_state="confirmed")

CASES = {
    "added": ((), (CAPTION,), "added 0:01.00–0:02.00 {+Hello there+}"),
    "removed": ((CAPTION,), (), "removed 0:01.00–0:02.00 [-Hello there-]"),
    "retimed": (
        (CAPTION,),
        (replace(CAPTION, end_frame_index=24),),
        "retimed 0:01.00–0:02.00 → 0:01.00–0:02.50 Hello there",
    ),
    "refined": (
        (CAPTION,),
        (replace(CAPTION, start_seconds=1.04),),
        "retimed 0:01.00–0:02.00 → 0:01.04–0:02.00 Hello there",
    ),
    "moved": (
        (CAPTION,),
        (replace(CAPTION, start_frame_index=30, end_frame_index=39),),
        "moved 0:01.00–0:02.00 → 0:03.00–0:04.00 Hello there",
    ),
    "reworded": (
        (CAPTION,),
        (replace(CAPTION, text="Hello here"),),
        "reworded 0:01.00–0:02.00 Hello [-there-]{+here+}",
    ),
    "judged": ((CAPTION,), (replace(CAPTION, text_status="confirmed"),), "judged 0:01.00–0:02.00 Hello there"),
    "made again by a run": (
        (CAPTION,),
        (replace(CAPTION, id=77, text="Hello"),),
        "reworded 0:01.00–0:02.00 Hello[- there-]",
    ),
    "nothing": ((CAPTION,), (CAPTION,), None),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES)
def test_captions(before: tuple[Caption, ...], after: tuple[Caption, ...], expected: str | None) -> None:
    diff = compare(VideoState(before), VideoState(after))
    assert list(lines(diff)) == ([] if expected is None else [expected])
    assert diff.empty == (expected is None)


def test_labels_and_layout() -> None:
    one = BoxLabel(0, 0, "Hi", 0, 0, 1, 1, label="in", label_source="user")
    config = LayoutConfig(640, 360, crop_right=10, crop_bottom=10, anchor_type="left", has_captions=1)
    before = VideoState(labels=(one, replace(one, box_index=1), replace(one, box_index=2)), layout=config)
    after = VideoState(
        labels=(replace(one, label="out"), replace(one, box_index=2, box_text="Ho"), replace(one, box_index=3)),
        layout=replace(config, crop_left=4, layout_approved=1, anchor_type="center", has_captions=0),
        contents={"fullOCR": "other"},
    )
    diff = compare(before, after)
    assert diff.counts == {
        "labels flipped": 1,
        "labels unlabelled": 1,
        "labels relabelled": 1,
        "labels labelled": 1,
        "layout": 4,
        "fullOCR made anew": 1,
    }
    assert "crop moved from 0,0–10,10 to 4,0–10,10" in list(lines(diff))
    assert "label flipped: frame 0 “Hi”: in → out" in list(lines(diff))
    assert compare(VideoState(), after).layout == ("layout found",)
    assert compare(after, VideoState()).layout == ("layout removed",)
    regions = compare(VideoState(layout=config), VideoState(layout=replace(config, regions="[]")))
    assert regions.layout == ("regions changed",)


@pytest.fixture
def session(team: Team) -> Team:
    """A session on the first video: a caption added, one reworded, a label given; committed."""
    jpeg = encode_jpeg(_picture(), 80)
    raw_frames(team.video, jpeg)
    assert cli("snapshot", team.data, "-q", "-m", "Frames") == 0
    add_caption(team.video, 20, 30, "a <new> caption")
    with VideoDatabase(team.video, writes={"captions"}) as connection:
        connection.execute("UPDATE captions.captions SET text = 'Hello you' WHERE id = 1")
        CaptionWriter(connection).add(Caption(31, 40, boundary_state="gap"))
    label(team.video, 100, "out")
    label(team.video, 200, "in", box=1)
    assert cli("snapshot", team.data, "-q", "-m", "Session") == 0
    return team


def _picture() -> object:
    import numpy as np

    return np.full((360, 640, 3), 128, np.uint8)


def raw_frames(video: Path, jpeg: bytes) -> None:
    raw(video / "video.db", f"UPDATE full_frames SET image_data = x'{jpeg.hex()}', file_size = {len(jpeg)}")


def test_a_committed_session_is_shown(session: Team, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    html = tmp_path / "session.html"
    assert cli("diff", "HEAD~1", "HEAD", session.data, "--html", html) == 0
    told = capsys.readouterr().out
    assert "added 0:02.00–0:03.10 {+a <new> caption+}" in told
    assert "reworded 0:00.31–0:01.77 Hello{+ you+}" in told
    assert "label flipped: frame 100 “Hello”: in → out" in told or "label flipped: frame 100" in told
    assert "gap" not in told
    assert VIDEOS[1] not in told
    page = html.read_text()
    assert "a &lt;new&gt; caption" in page
    assert "<ins> you</ins>" in page
    assert page.count("data:image/jpeg;base64,") == 4
    assert 'class="box out"' in page


def test_what_is_not_committed_yet_is_shown(session: Team, capsys: pytest.CaptureFixture[str]) -> None:
    label(session.video, 100, "in")
    with VideoDatabase(session.video, writes={"layout"}) as connection:
        LayoutWriter(connection).save_config(LayoutConfig(640, 360, crop_left=5))
    capsys.readouterr()
    assert cli("diff", session.data, "--json") == 0
    (video,) = json.loads(capsys.readouterr().out)
    assert video["folder"] == "data/5f/5f2a"
    assert video["counts"] == {"labels flipped": 1, "layout": 1}
    assert cli("diff", "HEAD", session.data / VIDEOS[1]) == 0
    assert "Nothing changed." in capsys.readouterr().out


def test_the_log_counts_and_weighs_sessions(session: Team, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert cli("log", session.data, "--json") == 0
    newest, frames, *first = json.loads(capsys.readouterr().out)
    assert newest["counts"] == {
        "captions added": 1,
        "captions reworded": 1,
        "labels flipped": 1,
        "labels labelled": 1,
    }
    sizes = [(session.video / f"{name}.db").stat().st_size for name in ("captions", "layout")]
    assert newest["bytes"] == sum(sizes)
    assert frames["counts"] == {"video made anew": 1}
    assert {entry["video"] for entry in first} == {f"data/{video}" for video in VIDEOS}
    assert cli("log", session.data, "-n", 1) == 0
    assert newest["commit"][:8] in capsys.readouterr().out


def test_the_cost_is_compared_with_the_old_form(
    session: Team, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    plot = tmp_path / "cost.png"
    assert cli("cost", session.data, "--plot", plot, "--json") == 0
    *_, last = json.loads(capsys.readouterr().out)
    versioned = [(session.video / f"{name}.db").stat().st_size for name in ("video", "fullOCR", "layout", "captions")]
    assert last["old_form_bytes"] == sum(versioned) + (session.video / "cropping.db").stat().st_size
    assert last["bytes"] == sum(versioned[2:])
    assert 0 < last["saved"] < 1
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert cli("cost", session.data, "--plot", tmp_path / "cost.nothing") == 2
    assert cli("cost", session.data) == 0
    assert "Session" in capsys.readouterr().out
    assert session_costs([], {}) == []
