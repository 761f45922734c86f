"""One tool of one video, as a page uses it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from support.web_server import Server

SESSION = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
"""Two windows."""


class ToolClient:
    """Sends what a page sends, and knows which revision it looks at."""

    tool: ClassVar[str]
    """As it stands in the addresses."""

    def __init__(self, server: Server, video_id: str, actor: str = "ana", session: str = SESSION) -> None:
        self.server, self.root = server, f"/api/v1/videos/{video_id}/{self.tool}"
        self.who = {"actor": actor, "session": session}
        self.folder = server.context.registry.folder(video_id)
        self.revision: int | None = None

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.get(f"{self.root}/state?actor={self.who['actor']}")
        self.revision = found["revision"]
        return found

    def send(self, path: str, status: int = 200, **body: Any) -> Any:
        """Send an action; what it answers is what the page looks at from then on."""
        sent = {"uuid": str(uuid.uuid4()), "base_revision": self.revision, **self.who, **body}
        answer = self.server.post(f"{self.root}/{path}", sent, status)
        if status == 200:
            self.revision = answer["revision"]
        return answer


class LayoutTool(ToolClient):
    """The layout tool."""

    tool = "layout"
