"""The caption tool of one video, as a page uses it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from caption_boundaries.database.captions import Caption
from caption_boundaries.web.app import create_app, create_context
from caption_boundaries.web.settings import WebSettings
from support.caption_data import captions_of
from support.web_server import Server

SESSION = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


class CaptionTool:
    """Sends what a page sends, and knows which revision it looks at."""

    def __init__(self, server: Server, video_id: str, actor: str = "ana", session: str = SESSION) -> None:
        self.server, self.root = server, f"/api/v1/videos/{video_id}/captions"
        self.who = {"actor": actor, "session": session}
        self.folder = server.context.registry.folder(video_id)
        self.revision: int | None = None

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.get(f"{self.root}/state?actor={self.who['actor']}")
        self.revision = found["revision"]
        return found

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the state, each by column."""
        state = self.state()
        return [dict(zip(state["columns"], row, strict=True)) for row in state["rows"]]

    def ids(self) -> list[int]:
        """The captions, gaps aside, in order."""
        return [row["id"] for row in self.rows() if row["boundary_state"] != "gap"]

    def act(self, kind: str, code: int = 200, *, sent: dict[str, Any] | None = None, **change: Any) -> Any:
        return self._send("actions", code, {**(sent or {}), "change": {"kind": kind, **change}})

    def undo(self, status: int = 200) -> Any:
        return self._send("undo", status, {})

    def redo(self, status: int = 200) -> Any:
        return self._send("redo", status, {})

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        return self.server.post(f"{self.root}/{path}", body, status)

    def preview(self, kind: str, status: int = 200, **change: Any) -> Any:
        return self.post("preview", {"change": {"kind": kind, **change}}, status)

    def stored(self) -> list[Caption]:
        return captions_of(self.folder)

    def one(self, row_id: int) -> Caption:
        return next(row for row in self.stored() if row.id == row_id)

    def _send(self, path: str, status: int, body: dict[str, Any]) -> Any:
        sent = {"uuid": str(uuid.uuid4()), "base_revision": self.revision, **self.who, **body}
        answer = self.server.post(f"{self.root}/{path}", sent, status)
        if status == 200:
            self.revision = answer["revision"]
        return answer


@contextmanager
def open_caption_tool(root: Path) -> Iterator[CaptionTool]:
    """Open the tool of the one video below ``root``, in an application of its own."""
    context = create_context(WebSettings(data=root, testing=True))
    app = create_app(context)
    with TestClient(app, base_url="http://127.0.0.1:8765") as client:
        server = Server(app, context, client)
        server.log_in()
        (video_id,) = context.registry.all()
        tool = CaptionTool(server, video_id)
        tool.state()
        yield tool
