"""What every address works with, handed to it by type."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from caption_boundaries.web.assets import Assets
from caption_boundaries.web.caption_desk import CaptionDesks
from caption_boundaries.web.caption_reading import CaptionReaders
from caption_boundaries.web.dbwriter import DatabaseWriters
from caption_boundaries.web.jobs import Jobs
from caption_boundaries.web.layout_desk import Desks
from caption_boundaries.web.presence import Presence
from caption_boundaries.web.registry import Registry
from caption_boundaries.web.sessions import Sessions
from caption_boundaries.web.settings import WebSettings
from caption_boundaries.web.source_pictures import SourcePictures
from caption_boundaries.web.summaries import Summaries


@dataclass(frozen=True)
class WebContext:
    """Everything that lives as long as the server."""

    settings: WebSettings
    sessions: Sessions
    registry: Registry
    writers: DatabaseWriters
    jobs: Jobs
    presence: Presence
    assets: Assets
    summaries: Summaries
    desks: Desks
    caption_desks: CaptionDesks
    caption_readers: CaptionReaders
    source_pictures: SourcePictures


def _context(request: Request) -> WebContext:
    context: WebContext = request.app.state.context
    return context


Web = Annotated[WebContext, Depends(_context)]
"""The server's context."""


def _folder(video_id: str, web: Web) -> Path:
    return web.registry.folder(video_id)


VideoFolder = Annotated[Path, Depends(_folder)]
"""The folder of the video whose id stands in the address."""
