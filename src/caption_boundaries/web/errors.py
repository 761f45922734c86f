"""Every error as one JSON shape, `{"error": {"kind", "message", "hint", ...}}`, or as a page for a person."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from caption_boundaries.errors import CaptionBoundariesError, ConflictError
from caption_boundaries.web.security import API_PREFIX

_log = logging.getLogger(__name__)


def add_error_handlers(app: FastAPI) -> None:
    """Tell the application how each kind of error is answered."""
    app.add_exception_handler(CaptionBoundariesError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, CaptionBoundariesError)
    details: dict[str, Any] = {}
    if isinstance(error, ConflictError):
        details = {
            "rows": [[table, list(key)] for table, key in error.rows],
            "actor": error.actor,
            "at": error.at,
            "revision": error.revision,
            **error.versions,
        }
    return _told(request, error.http_status, type(error).__name__, error.message, error.hint, **details)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _told(request, error.status_code, "HTTPError", str(error.detail))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return _told(request, 422, "ValidationError", f"{where}: {first['msg']}")


async def _unforeseen(request: Request, error: Exception) -> Response:
    _log.error("unforeseen error on %s", request.url.path, exc_info=error)
    return _told(request, 500, type(error).__name__, "Something unforeseen went wrong.", "The server's log has more.")


def _told(request: Request, status: int, kind: str, message: str, hint: str = "", **details: Any) -> Response:
    """Return an error as a page where a person has opened one, else as the pages expect it."""
    opened = request.headers.get("sec-fetch-dest") == "document" and not request.url.path.startswith(API_PREFIX)
    if not opened:
        return JSONResponse({"error": {"kind": kind, "message": message, "hint": hint, **details}}, status)
    values = {"message": message, "hint": hint}
    page: Response = request.app.state.templates.TemplateResponse(request, "problem.html", values, status)
    return page
