"""What the caption tool stands on: crops, the layout, runs of the captions step, and the video file."""

from __future__ import annotations

from pathlib import Path

from caption_boundaries.database.layout import LayoutReader, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from support.caption_client import CaptionTool, extents, open_caption_tool
from support.caption_data import SCRIPT, add_captions
from support.tool_client import OTHER
from support.web_data import make_video


def test_crops_that_are_older_than_the_layout_are_told(tool: CaptionTool):
    with VideoDatabase(tool.folder, writes={"layout"}, attach={"layout"}) as connection:
        config = LayoutReader(connection).config()
        assert config is not None
        LayoutWriter(connection).save_config(
            type(config)(config.frame_width, config.frame_height, crop_bounds_version=9)
        )
    (notice,) = tool.state()["notices"]
    assert "older than the layout" in notice


def test_a_new_run_of_the_captions_step_is_noticed(tool: CaptionTool):
    who = {"actor": "ana", "session": OTHER}
    before = tool.state()["stamp"]
    tool.act("nudge", id=tool.ids()[0], edge="end", ticks=-1)
    assert tool.post("presence", who)["stamp"] == before, "what people do is no reason to load everything again"
    add_captions(tool.folder, SCRIPT[:3], 200)
    assert tool.post("presence", who)["stamp"] == tool.state()["stamp"] != before


def test_a_video_without_crops_and_captions_can_be_given_some(tmp_path: Path):
    make_video(tmp_path, frames=4, step=50)
    with open_caption_tool(tmp_path) as tool:
        state = tool.state()
        assert (state["rows"], state["last_index"], state["crops"]["ranges"]) == ([], 199, [])
        assert "no pictures" in state["notices"][0]
        tool.act("add", start_frame_index=20, end_frame_index=39, text="by hand")
        assert extents(tool) == [("(gap)", 0, 19), ("by hand", 20, 39), ("(gap)", 40, 199)]
        assert tool.server.get(f"{tool.root}/tracks") == {"first_index": 0, "likelihood": "", "difference": ""}
        tool.undo()
        assert tool.stored() == []


def test_the_pictures_of_the_video_around_a_moment(tool: CaptionTool):
    found = tool.server.get(f"{tool.root}/source-frames?around=0.97&before=1&after=2")
    assert found == {
        "frames": [
            {"number": 23, "seconds": 0.92, "index": 10},
            {"number": 24, "seconds": 0.96, "index": 10},
            {"number": 25, "seconds": 1.0, "index": 10},
            {"number": 26, "seconds": 1.04, "index": 11},
        ],
        "current": 24,
    }
    assert tool.server.get(f"{tool.root}/source-frames?number=499&before=0")["current"] == 499
    tool.server.get(f"{tool.root}/source-frames", 400)
    answer = tool.server.client.get(f"/media/videos/{tool.folder.name}/source/24.jpg?v=1")
    assert answer.status_code == 422
    assert "is gone" in answer.json()["error"]["message"]
    assert tool.server.client.get(f"/media/videos/{tool.folder.name}/source/500.jpg?v=1").status_code == 404
