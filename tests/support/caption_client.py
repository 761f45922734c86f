"""The caption tool of one video, as a page uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from caption_boundaries.database.captions import Caption
from support.caption_data import captions_of
from support.tool_client import ToolClient
from support.web_server import open_server


class CaptionTool(ToolClient):
    """The caption tool."""

    tool = "captions"

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the state, each by column."""
        state = self.state()
        return [dict(zip(state["columns"], row, strict=True)) for row in state["rows"]]

    def ids(self) -> list[int]:
        """The captions, gaps aside, in order."""
        return [row["id"] for row in self.rows() if row["boundary_state"] != "gap"]

    def act(self, kind: str, code: int = 200, *, sent: dict[str, Any] | None = None, **change: Any) -> Any:
        return self.send("actions", code, **{**(sent or {}), "change": {"kind": kind, **change}})

    def undo(self, status: int = 200) -> Any:
        return self.send("undo", status)

    def redo(self, status: int = 200) -> Any:
        return self.send("redo", status)

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        return self.server.post(f"{self.root}/{path}", body, status)

    def preview(self, kind: str, status: int = 200, **change: Any) -> Any:
        return self.post("preview", {"change": {"kind": kind, **change}}, status)

    def stored(self) -> list[Caption]:
        return captions_of(self.folder)

    def one(self, row_id: int) -> Caption:
        return next(row for row in self.stored() if row.id == row_id)


@contextmanager
def open_caption_tool(root: Path) -> Iterator[CaptionTool]:
    """Open the tool of the one video below ``root``, in an application of its own."""
    with open_server(root) as server:
        (video_id,) = server.context.registry.all()
        tool = CaptionTool(server, video_id)
        tool.state()
        yield tool


def extents(tool: CaptionTool) -> list[tuple[str, int, int]]:
    """Return what is stored: each text, or the state of a row without one, with its first and last frame."""
    rows = tool.stored()
    return [(row.text or f"({row.boundary_state})", row.start_frame_index, row.end_frame_index) for row in rows]
