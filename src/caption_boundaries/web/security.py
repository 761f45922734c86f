"""The guard before every address: nothing is answered that has not passed it.

In order: the Host header (against rebinding), the size, the origin (against other sites and other ports), the session.
Every address needs a session except the few in `OPEN_PATHS`; one that is added later is closed by itself.
"""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from caption_boundaries.web.sessions import Session, Sessions
from caption_boundaries.web.settings import WebSettings

OPEN_PATHS: Final = frozenset({"/health", "/login", "/login.js", "/login.css", "/icon.svg", "/session"})
"""What needs no session: they show no data. Exchanging a link's secret for a session needs the secret."""
API_PREFIX: Final = "/api/"
"""Below it everything needs the token too."""
UPLOAD_PATH: Final = "/api/v1/uploads"
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
TOKEN_HEADER: Final = "x-token"  # noqa: S105 - the name of a header

CONTENT_SECURITY_POLICY: Final = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' blob:",
        "style-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types lit-html",
    ]
)
RESPONSE_HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Refusal(HTTPException):
    """A request that is not let through."""


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, settings: WebSettings, sessions: Sessions) -> None:
        self._app = app
        self._settings = settings
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})  # no address takes web sockets
            return
        send = _with_headers(send)
        headers = Headers(scope=scope)
        try:
            self._check_host(headers)
            limit = self._check_size(scope, headers)
            self._check_origin(scope, headers)
            if scope["path"] not in OPEN_PATHS:
                self._check_session(scope, headers)
            await self._app(scope, _limited(receive, limit), send)
        except Refusal as refusal:
            await self._refuse(refusal, scope, headers, send)

    def _check_host(self, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._settings.allowed_hosts:
            raise Refusal(403, "This server does not answer to that name.")

    def _check_size(self, scope: Scope, headers: Headers) -> int:
        settings = self._settings
        limit = settings.upload_limit if scope["path"] == UPLOAD_PATH else settings.body_limit
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise Refusal(400, "The request has no valid length.")
        if int(length) > limit:
            raise Refusal(413, "The request is too large.")
        return limit

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        site = headers.get("sec-fetch-site")
        safe = scope["method"] in SAFE_METHODS
        # A link on another site may open a page; nothing of ours may be embedded there or called from there.
        opens_page = safe and headers.get("sec-fetch-mode") == "navigate" and not scope["path"].startswith(API_PREFIX)
        if site not in (None, "same-origin", "none") and not opens_page:
            raise Refusal(403, "Requests from other sites are refused.")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != headers["host"]:
            raise Refusal(403, "Requests from other sites are refused.")
        if not safe:
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            wanted = "application/octet-stream" if scope["path"] == UPLOAD_PATH else "application/json"
            if kind != wanted:
                raise Refusal(415, f"The content type must be {wanted}.")

    def _check_session(self, scope: Scope, headers: Headers) -> Session:
        session = self._sessions.find(_cookie(headers, self._settings.cookie_name))
        if session is None:
            raise Refusal(401, "Open the link that the server has printed.")
        if scope["path"].startswith(API_PREFIX):
            if not self._sessions.owns(session, headers.get(TOKEN_HEADER, "")):
                raise Refusal(401, "Open the link that the server has printed.")
        elif scope["method"] not in SAFE_METHODS:
            raise Refusal(405, "Only reading is possible here.")
        return session

    async def _refuse(self, refusal: Refusal, scope: Scope, headers: Headers, send: Send) -> None:
        if refusal.status_code == 401 and _is_page(scope, headers):
            location = self._way_in(scope, headers["host"])
            await _respond(send, 303, b"", [(b"location", location.encode())])
            return
        body = json.dumps({"error": {"kind": "Refusal", "message": refusal.detail, "hint": ""}}).encode()
        await _respond(send, refusal.status_code, body, [(b"content-type", b"application/json")])

    def _way_in(self, scope: Scope, host: str) -> str:
        """Return where a browser without a session goes: to the name that has its cookie, or to the login page."""
        path = quote(scope["path"], safe="/")
        if self._settings.is_loopback_alias(host):
            return self._settings.origin + "/" + path.lstrip("/")
        return f"/login?next={path}"


def _is_page(scope: Scope, headers: Headers) -> bool:
    return headers.get("sec-fetch-dest") == "document" and not scope["path"].startswith(API_PREFIX)


def _cookie(headers: Headers, name: str) -> str:
    for pair in headers.get("cookie", "").split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            return value
    return ""


def _limited(receive: Receive, limit: int) -> Receive:
    """Refuse a body that turns out longer than it may be."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise Refusal(413, "The request is too large.")
        return message

    return limited


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in RESPONSE_HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return send_with_headers


async def _respond(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
