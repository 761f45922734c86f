"""The caption tool over a real video file, and over a folder of the old form."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from starlette.testclient import TestClient

from caption_boundaries.ingest.register import register_video
from caption_boundaries.pipeline import run_steps, select_steps
from caption_boundaries.web import source_pictures
from caption_boundaries.web.app import create_app, create_context
from caption_boundaries.web.settings import WebSettings
from support.caption_client import CaptionTool, open_caption_tool
from support.clips import Clip, write_clip
from support.old_folders import old_folder
from support.web_server import Server


@pytest.fixture
def real(stages: dict[str, Path], clip: Clip, tmp_path: Path) -> Iterator[CaptionTool]:
    """The tool over a small real video that has been through every step."""
    root = tmp_path / "data"
    shutil.copytree(stages["captions"], root / "video")
    with open_caption_tool(root) as tool:
        yield tool


def picture(tool: CaptionTool, kind: str, number: int) -> np.ndarray:
    answer = tool.server.client.get(f"/media/videos/{_id(tool)}/{kind}/{number}.jpg?v=1")
    assert answer.status_code == 200, answer.text
    found: np.ndarray = simplejpeg.decode_jpeg(answer.content, "RGB").astype(np.int64)
    return found


def _id(tool: CaptionTool) -> str:
    return tool.root.split("/")[4]


def test_pictures_of_the_video_are_decoded_one_by_one(real: CaptionTool, clip: Clip):
    state = real.state()
    assert state["source"]["available"], state["source"]["reason"]
    assert state["source"]["frame_count"] == clip.frame_count
    # The crop at an index shows the last picture that is not later than its tick.
    for index in (0, 7, 21, 49):
        seconds = index / 10
        shown = real.server.get(f"{real.root}/source-frames?around={seconds}&before=0&after=0")["current"]
        assert shown == max(n for n, moment in enumerate(clip.frame_seconds) if moment <= seconds + 1e-6)
        same, other = picture(real, "source", shown), picture(real, "crop", index)
        assert same.shape == other.shape == (state["crops"]["height"], state["crops"]["width"], 3)
        assert np.abs(same - other).mean() < 1
    answer = real.server.client.get(f"/media/videos/{_id(real)}/source/3.jpg?v={state['source']['version']}")
    assert "immutable" in answer.headers["cache-control"]


def test_the_picture_before_a_caption_starts_does_not_show_it_and_the_next_does(real: CaptionTool, clip: Clip):
    first = real.rows()[1]
    truth = clip.captions[0]
    assert first["start_seconds"] == pytest.approx(truth.start_seconds, abs=1e-3)
    number = real.server.get(f"{real.root}/source-frames?around={truth.start_seconds}&before=1")["current"]
    assert number == truth.first_frame
    without, first_with, later = (picture(real, "source", n) for n in (number - 1, number, number + 1))
    assert np.abs(first_with - later).mean() * 3 < np.abs(first_with - without).mean()


def test_a_boundary_that_is_moved_away_and_back_is_refined_again(real: CaptionTool):
    row_id = real.ids()[0]
    before = real.one(row_id)
    real.act("nudge", id=row_id, edge="end", ticks=-3)
    assert real.one(row_id).end_seconds is None
    real.act("nudge", id=row_id, edge="end", ticks=3)
    assert real.one(row_id).end_seconds == before.end_seconds
    real.act("nudge", id=row_id, edge="start", source_frames=-1)
    assert real.one(row_id).start_seconds == pytest.approx((before.start_seconds or 0) - 1 / 24, abs=1e-3)


def test_a_file_without_seeking_is_read_only_near_its_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = write_clip(tmp_path / "a.ts", duration=3.0, size=(320, 180), captions=[(0.5, 2.5, "Hello there")])
    folder = register_video(made.path, tmp_path / "data", known={}).video_dir
    list(run_steps(folder, select_steps(only=["ingest", "ocr", "layout", "crop"])))
    with open_caption_tool(tmp_path / "data") as tool:
        assert picture(tool, "source", 60).shape[2] == 3
        tool.server.context.source_pictures.__init__()  # type: ignore[misc]
        monkeypatch.setattr(source_pictures, "LONGEST_READ_SECONDS", 1.0)
        assert picture(tool, "source", 2).shape[2] == 3
        answer = tool.server.client.get(f"/media/videos/{_id(tool)}/source/60.jpg?v=1")
        assert answer.status_code == 422
        assert "from its beginning" in answer.json()["error"]["message"]


def test_without_the_video_file_the_reason_is_told(real: CaptionTool):
    for path in real.folder.iterdir():
        if path.suffix == ".mp4":
            path.unlink()
    source = real.state()["source"]
    assert not source["available"]
    assert "is gone" in source["reason"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_old_form_is_shown_and_never_changed(tmp_path: Path):
    root = tmp_path / "data"
    folder = old_folder(root / "3f")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    context = create_context(WebSettings(data=root))
    app = create_app(context)
    server = Server(app, context, TestClient(app, base_url="http://127.0.0.1:8765"))
    server.log_in()
    tool = CaptionTool(server, context.registry.id_of(folder))
    state = tool.state()
    assert "caption-boundaries migrate" in state["read_only"]
    with sqlite3.connect(next(folder.glob("*.db"))) as old:
        assert len(state["rows"]) == old.execute("SELECT count(*) FROM captions").fetchone()[0] > 0
    old.close()
    row_id = tool.ids()[0]
    for address in ("tracks", "queue?show=all", "history", f"rows/{row_id}/candidates", "source-frames?around=1"):
        server.get(f"{tool.root}/{address}")
    tool.post("search", {"find": "a"})
    assert server.client.get(f"{tool.root}/export/srt").status_code == 200
    index = state["crops"]["ranges"][0][0]
    assert server.client.get(f"/media/videos/{_id(tool)}/crop/{index}.jpg?v=1").status_code == 200
    body = {"uuid": str(uuid.uuid4()), **tool.who, "change": {"kind": "delete", "ids": [row_id]}}
    assert "migrate" in tool.post("actions", body, 409)["error"]["hint"]
    assert "migrate" in tool.undo(409)["error"]["hint"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
