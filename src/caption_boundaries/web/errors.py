"""Every error as one JSON shape: `{"error": {"kind", "message", "hint", ...}}`."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from caption_boundaries.errors import CaptionBoundariesError, ConflictError

_log = logging.getLogger(__name__)


def add_error_handlers(app: FastAPI) -> None:
    """Tell the application how each kind of error is answered."""
    app.add_exception_handler(CaptionBoundariesError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)


def error_response(status: int, kind: str, message: str, hint: str = "", **details: Any) -> JSONResponse:
    """Return an error as the pages expect it."""
    return JSONResponse({"error": {"kind": kind, "message": message, "hint": hint, **details}}, status)


async def _ours(request: Request, error: Exception) -> JSONResponse:
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
    return error_response(error.http_status, type(error).__name__, error.message, error.hint, **details)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return error_response(error.status_code, "HTTPError", str(error.detail))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return error_response(422, "ValidationError", f"{where}: {first['msg']}")


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    _log.error("unforeseen error on %s", request.url.path, exc_info=error)
    return error_response(500, type(error).__name__, "Something unforeseen went wrong.", "The server's log has more.")
