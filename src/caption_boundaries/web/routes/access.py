"""Getting in: the link, the session, and whether the server is there."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from caption_boundaries.web.context import Web
from caption_boundaries.web.models import Link, SessionBody, SessionToken

router = APIRouter()


@router.get("/health")
def health() -> dict[str, str]:
    """Say that the server is there."""
    return {"status": "ok"}


@router.post("/session")
def open_session(body: SessionBody, web: Web) -> Response:
    """Exchange the secret of a link for a session; each works once."""
    session = web.sessions.redeem(body.key)
    if session is None:
        raise HTTPException(401, "This link has been used already, or belongs to an earlier start of the server.")
    response = JSONResponse(SessionToken(token=session.token).model_dump())
    response.set_cookie(web.settings.cookie_name, session.cookie, httponly=True, samesite="strict", path="/")
    return response


@router.post("/api/v1/links")
def new_link(web: Web) -> Link:
    """Return a link for another browser or another person; it works once, within ten minutes."""
    return Link(url=login_url(web.settings.origin, web.sessions.new_key()))


@router.get("/login")
def login_page(request: Request) -> Response:
    """Show the page that takes the secret out of the link's fragment, which browsers never send."""
    response: Response = request.app.state.templates.TemplateResponse(request, "login.html", {})
    return response


@router.get("/login.js")
@router.get("/login.css")
@router.get("/icon.svg")
def login_asset(request: Request, web: Web) -> Response:
    """Serve what the login page is made of."""
    asset = web.assets.get(request.url.path.removeprefix("/"))
    if asset is None:
        raise HTTPException(404, "Not found.")
    return asset.answer(request)


def login_url(origin: str, key: str) -> str:
    """Return the link that opens a session."""
    return f"{origin}/login#key={key}"
