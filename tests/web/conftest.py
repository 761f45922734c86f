"""What the tests of the pages share: a data root with small made-up videos, and an application to ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from caption_boundaries.web.app import create_app, create_context
from caption_boundaries.web.settings import WebSettings
from support.web_data import make_video
from support.web_server import Server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data root with one made-up video."""
    root = tmp_path / "data"
    make_video(root, frames=12)
    return root


@pytest.fixture
def server(data: Path) -> Iterator[Server]:
    """An application over ``data`` in which a session is open."""
    context = create_context(WebSettings(data=data, testing=True))
    app = create_app(context)
    with TestClient(app, base_url="http://127.0.0.1:8765") as client:
        made = Server(app, context, client)
        made.log_in()
        yield made


@pytest.fixture
def video_id(server: Server) -> str:
    """The id of the one video of ``data``."""
    (found,) = server.context.registry.all()
    return found
