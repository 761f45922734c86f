"""Asks the application without a network between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient
from starlette.types import ASGIApp

from caption_boundaries.web.app import create_app, create_context
from caption_boundaries.web.context import WebContext
from caption_boundaries.web.settings import WebSettings


@dataclass
class Server:
    """An application without a network, and how to ask it."""

    app: ASGIApp
    context: WebContext
    client: TestClient

    def log_in(self) -> str:
        """Open a session as a browser does and return its token."""
        key = self.context.sessions.new_key()
        answer = self.client.post("/session", json={"key": key})
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["token"]
        self.client.headers["x-token"] = token
        return token

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        answer = self.client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@contextmanager
def open_server(data: Path) -> Iterator[Server]:
    """Open an application over a data root in which a session is open."""
    context = create_context(WebSettings(data=data, testing=True))
    app = create_app(context)
    with TestClient(app, base_url="http://127.0.0.1:8765") as client:
        made = Server(app, context, client)
        made.log_in()
        yield made
