"""The pages themselves, and the files that they are made of."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from caption_boundaries import __version__
from caption_boundaries.library import load_video
from caption_boundaries.web.context import VideoFolder, Web, WebContext
from caption_boundaries.web.keymap import raw_keymap

router = APIRouter()

TOOLS = {"layout": "Layout", "captions": "Captions"}
"""The tools of a video by the last part of their address, with their titles."""


@router.get("/")
def list_page(request: Request, web: Web) -> Response:
    """Show the list of videos."""
    return _page(request, web, screen="list", title="Videos", data={})


@router.get("/videos/{video_id}/{tool}")
def tool_page(request: Request, video_id: str, tool: str, folder: VideoFolder, web: Web) -> Response:
    """Show a tool for one video."""
    if tool not in TOOLS:
        raise HTTPException(404, "There is no such tool.")
    name = load_video(folder).name
    return _page(request, web, screen=tool, title=f"{name} – {TOOLS[tool]}", data={"video": video_id, "name": name})


@router.get("/static/{path:path}")
def static_file(request: Request, path: str, web: Web) -> Response:
    """Serve a file of the pages."""
    asset = web.assets.get(path)
    if asset is None:
        raise HTTPException(404, "Not found.")
    return asset.answer(request)


def _page(request: Request, web: WebContext, *, screen: str, title: str, data: dict[str, Any]) -> Response:
    entry = f"{screen}/page.js"
    boot = {
        "screen": screen,
        "version": __version__,
        "actor": web.settings.actor,
        "testing": web.settings.testing,
        "keymap": raw_keymap(),
        **data,
    }
    values = {
        "screen": screen,
        "title": title,
        "modules": web.assets.modules_of(entry) if web.assets.get(entry) else [],
        "stylesheets": [f"css/{name}.css" for name in (("tool", screen) if screen in TOOLS else (screen,))],
        # "<" would end the element that holds it; JSON may write it otherwise.
        "boot": json.dumps(boot, ensure_ascii=False).replace("<", "\\u003c"),
    }
    response: Response = request.app.state.templates.TemplateResponse(request, "page.html", values)
    return response
