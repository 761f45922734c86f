"""The application: all addresses behind one guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from jinja2 import Environment, PackageLoader
from starlette.middleware.gzip import GZipMiddleware
from starlette.templating import Jinja2Templates
from starlette.types import ASGIApp

from caption_boundaries.web.assets import load_assets
from caption_boundaries.web.caption_desk import CaptionDesks
from caption_boundaries.web.caption_reading import CaptionReaders
from caption_boundaries.web.context import WebContext
from caption_boundaries.web.dbwriter import DatabaseWriters
from caption_boundaries.web.errors import add_error_handlers
from caption_boundaries.web.jobs import Jobs, Work, run_pipeline
from caption_boundaries.web.layout_desk import Desks
from caption_boundaries.web.presence import Presence
from caption_boundaries.web.registry import Registry
from caption_boundaries.web.routes import access, captions, history, layout, media, pages, videos
from caption_boundaries.web.security import Guard
from caption_boundaries.web.sessions import Sessions
from caption_boundaries.web.settings import WebSettings
from caption_boundaries.web.source_pictures import SourcePictures
from caption_boundaries.web.summaries import Summaries

ROUTERS = (access.router, pages.router, videos.router, media.router, history.router, layout.router, captions.router)
"""Everything that is answered; a tool adds its own here."""


def create_context(settings: WebSettings, *, work: Work = run_pipeline) -> WebContext:
    """Return what lives as long as the server."""
    return WebContext(
        settings=settings,
        sessions=Sessions(),
        registry=Registry(settings.data),
        writers=DatabaseWriters(),
        jobs=Jobs(work),
        presence=Presence(),
        assets=load_assets(),
        summaries=Summaries(),
        desks=Desks(),
        caption_desks=CaptionDesks(),
        caption_readers=CaptionReaders(),
        source_pictures=SourcePictures(),
    )


def create_routes(context: WebContext) -> FastAPI:
    """Return the application without its guard, as tests look through it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        context.jobs.close()

    # The generated documentation pages would load scripts from elsewhere.
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.context = context
    environment = Environment(loader=PackageLoader("caption_boundaries.web"), autoescape=True)
    app.state.templates = Jinja2Templates(env=environment)
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=4)
    add_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    return app


def create_app(context: WebContext) -> ASGIApp:
    """Return the whole application."""
    return Guard(create_routes(context), settings=context.settings, sessions=context.sessions)
