"""What the tests of the pages share: a data root with small made-up videos, and an application to ask."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from support.browser import CHROMIUM, LayoutPage, launch, watched_page
from support.caption_browser import CaptionPage
from support.caption_client import CaptionTool, open_caption_tool
from support.caption_data import make_caption_video
from support.caption_films import make_captioned
from support.data import REPOSITORY
from support.live_server import LiveServer, start_server
from support.web_data import make_video
from support.web_server import Server, open_server

sys.path.insert(0, str(REPOSITORY / "benchmarks"))  # the simulated annotator is tried on the real pages


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data root with one made-up video."""
    root = tmp_path / "data"
    make_video(root, frames=12)
    return root


@pytest.fixture
def server(data: Path) -> Iterator[Server]:
    """An application over ``data`` in which a session is open."""
    with open_server(data) as made:
        yield made


@pytest.fixture
def video_id(server: Server) -> str:
    """The id of the one video of ``data``."""
    (found,) = server.context.registry.all()
    return found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright, where there is a browser for it: in CI there must be one."""
    if CHROMIUM is None:
        reason = "there is no Chromium on this machine (apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser for all tests of a file; each has a context of its own."""
    started = launch(playwright)
    yield started
    started.close()


@pytest.fixture(scope="module")
def live_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data root of the live server: each test adds its own videos."""
    root = tmp_path_factory.mktemp("live") / "data"
    root.mkdir()
    return root


@pytest.fixture(scope="module")
def live(live_root: Path) -> Iterator[LiveServer]:
    """A server in a process of its own."""
    started = start_server(live_root)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def login(live: LiveServer, browser: Browser) -> Any:
    """What a browser keeps after it has opened the link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(live.link)
    page.wait_for_url(f"{live.origin}/")
    for screen in ("list", "layout", "captions"):
        page.evaluate(f"localStorage.setItem('hint:{screen}', 'seen')")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def context(browser: Browser, login: Any) -> Iterator[BrowserContext]:
    """A browser window that has a session."""
    made = browser.new_context(viewport={"width": 1280, "height": 800}, storage_state=login)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, live: LiveServer) -> Iterator[Page]:
    """A page on which nothing may go wrong."""
    with watched_page(context, live.origin) as made:
        yield made


@pytest.fixture
def video(live_root: Path, request: pytest.FixtureRequest) -> Path:
    """A made-up video of the test's own on the live server."""
    return make_video(live_root, frames=24, name=f"{request.node.name[:60]}.mp4")


@pytest.fixture
def layout_page(page: Page, live: LiveServer, video: Path) -> LayoutPage:
    """The layout tool with the test's video."""
    return LayoutPage(page, live.origin, video.name).open()


@pytest.fixture(scope="session")
def caption_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with one video that has captions; tests copy it."""
    root = tmp_path_factory.mktemp("captions") / "data"
    make_caption_video(root)
    return root


@pytest.fixture
def tool(caption_template: Path, tmp_path: Path) -> Iterator[CaptionTool]:
    """The caption tool over a copy of the template in which a session is open."""
    root = tmp_path / "captions"
    shutil.copytree(caption_template, root)
    with open_caption_tool(root) as made:
        yield made


@pytest.fixture
def film(live_root: Path, request: pytest.FixtureRequest) -> Path:
    """A made-up video with captions of the test's own on the live server."""
    return make_captioned(live_root, name=f"{request.node.name[:60]}.mp4")


@pytest.fixture
def caption_page(page: Page, live: LiveServer, film: Path) -> CaptionPage:
    """The caption tool with the test's video."""
    opened = CaptionPage(page, live.origin, film.name).open()
    opened.focus()
    return opened


@pytest.fixture(scope="module")
def looked_at(browser: Browser, login: Any, live: LiveServer, live_root: Path) -> Iterator[CaptionPage]:
    """One page for the tests that change nothing."""
    folder = make_captioned(live_root, name="looked at.mp4")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, storage_state=login)
    with watched_page(context, live.origin) as page:
        yield CaptionPage(page, live.origin, folder.name).open()
    context.close()


@pytest.fixture
def seen(looked_at: CaptionPage) -> CaptionPage:
    """The shared page in its boundary view."""
    looked_at.focus()
    looked_at.press("Escape", "1")
    looked_at.wait("s.view === 'boundary' && !s.flicker && !s.loupe")
    return looked_at
