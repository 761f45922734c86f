"""A real browser on a real server, and the layout tool as a person uses it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route

CHROMIUM = next(
    (p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if Path(p).exists()), None
)
ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


PATIENCE = 60.0
"""Seconds after which what a test waits for will not come any more: a machine may be busy with other things."""


def launch(playwright: Playwright, *extra: str) -> Browser:
    """Start the system's Chromium."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *extra])


MAY_BE_GONE = "/candidates"
"""Asked about a caption that may have been deleted meanwhile; the page takes that for no answer."""


class Watcher:
    """Notes everything that must not happen on a page: errors, refused requests, requests to elsewhere."""

    def __init__(self, page: Page, origin: str) -> None:
        self.found: list[str] = []
        self.allowed: tuple[str, ...] = ("willReadFrequently",)
        """Parts of notes that the test expects; the tests themselves read the canvas."""
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("console", lambda message: self._console(message))
        page.on("response", lambda response: self._response(response))
        page.on("request", lambda request: self._request(request, origin))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.location.get("url", "").endswith(MAY_BE_GONE):
            self.found.append(f"console: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 400 and not (response.status == 404 and response.url.endswith(MAY_BE_GONE)):
            self.found.append(f"{response.status}: {response.url}")

    def _request(self, request: Any, origin: str) -> None:
        if not request.url.startswith((origin, "blob:")):
            self.found.append(f"request to elsewhere: {request.url}")

    def complaints(self) -> list[str]:
        return [note for note in self.found if not any(part in note for part in self.allowed)]


@contextmanager
def watched_page(context: BrowserContext, origin: str, *allowed: str) -> Iterator[Page]:
    """A page that fails the test when something goes wrong on it, but for what is allowed."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    watcher = Watcher(page, origin)
    watcher.allowed += allowed
    yield page
    assert not watcher.complaints(), watcher.complaints()
    page.close()


def until(page: Page, expression: str, argument: Any = None, *, seconds: float = PATIENCE) -> Any:
    """Wait until a JavaScript expression is true, and return what it is then.

    Playwright's own wait evaluates text within the page, which the pages forbid.
    """
    deadline = time.monotonic() + seconds
    while not (found := page.evaluate(expression, argument)):
        if time.monotonic() > deadline:
            raise AssertionError(f"this did not come true: {expression}")
        page.wait_for_timeout(15)
    return found


def first_of(page: Page, held: Sequence[Any]) -> Any:
    """Wait until a route has noted something, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not held:
        if time.monotonic() > deadline:
            raise AssertionError("the page did not ask")
        page.wait_for_timeout(15)
    return held[0]


def lose_first_answer(page: Page, address: str) -> list[str]:
    """Let the first action that is sent reach the server, but not its answer the page; return the numbers sent."""
    sent: list[str] = []

    def pass_on(route: Route) -> None:
        sent.append(route.request.post_data_json["uuid"])
        if len(sent) == 1:
            route.fetch()  # the server gets it and does it
            route.abort()
        else:
            route.continue_()

    page.route(address, pass_on)
    return sent


def only_listed(page: Page) -> None:
    """Wait until the list shows one video, and how far it is."""
    until(page, "document.querySelectorAll('li.video').length === 1 && document.querySelector('li.video .chip')")


class ToolPage:
    """A page of one of the tools, with what both have in common.

    A page changes its state at once and draws it with the next picture. So what is read off the page is read when it
    has drawn its state, in the same moment: between two looks it may draw again.
    """

    page: Page

    def state(self, expression: str = "s") -> Any:
        """Return a part of the page's state: a JavaScript expression over ``s``."""
        return self.page.evaluate(f"(() => {{ const s = __test.state(); return {expression}; }})()")

    def wait(self, condition: str) -> None:
        """Wait until a condition over the state ``s`` holds and the page shows it."""
        self.shown(condition)

    def shown(self, expression: str, argument: Any = None) -> Any:
        """Wait until a JavaScript expression over ``s`` and ``given`` is true of what the page shows; return it."""
        script = f"(given) => {{ const s = __test.state(); return __test.painted() && ({expression}); }}"
        return until(self.page, script, argument)

    def saved(self) -> None:
        """Wait until everything is saved, and the page says so."""
        self.page.evaluate("__test.settled()")
        self.wait("s.save.state === 'saved'")

    def look_up(self) -> None:
        """Let the page ask what others do, as it does when a person comes back to it, and wait for the answer."""
        with self.page.expect_response("**/presence"):
            self.page.evaluate("window.dispatchEvent(new Event('focus'))")

    def unaware(self) -> None:
        """Keep what others do from the page, which would ask for it every now and then."""
        known = {"revision": 0, "stamp": self.state("s.stamp"), "others": []}
        self.page.route("**/presence", lambda route: route.fulfill(json=known))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


class LayoutPage(ToolPage):
    """The layout tool."""

    def __init__(self, page: Page, origin: str, video_id: str) -> None:
        self.page = page
        self.url = f"{origin}/videos/{video_id}/layout"

    def open(self, suffix: str = "") -> LayoutPage:
        self.page.goto(self.url + suffix)
        self.opened()
        self.wait("__test.shownIndex() >= 0 && (s.suggested.length > 0 || s.data.count === 0)")
        return self

    def opened(self) -> None:
        """Wait until the page has loaded what it works on."""
        until(self.page, "Boolean(window.__test && __test.state().odds)")

    def labels(self) -> list[int]:
        return list(self.state("[...s.labels]"))

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a part of the frame is on the page."""
        at = self.shown(f"__test.point({x}, {y})")
        return at["x"], at["y"]

    def box(self, number: int) -> tuple[float, float]:
        """Return where the middle of a box is on the page."""
        left, top, right, bottom = self.state(f"[...s.data.edges.slice(4 * {number}, 4 * {number} + 4)]")
        return self.point((left + right) / 2, (top + bottom) / 2)

    def click_box(self, number: int, **options: Any) -> None:
        self.page.mouse.click(*self.box(number), **options)

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], *, before_up: Callable[[], None] = lambda: None
    ) -> None:
        """Drag over the frame, from and to fractions of it."""
        self.drag_points(self.point(*start), self.point(*end), before_up=before_up)

    def drag_points(
        self, start: tuple[float, float], end: tuple[float, float], *, before_up: Callable[[], None] = lambda: None
    ) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        mouse.move(*end)
        before_up()
        mouse.up()

    def confirm(self, name: str) -> str:
        """Say yes to a dialog and return its text."""
        dialog = self.page.locator("dialog[open]")
        text = dialog.inner_text()
        dialog.get_by_role("button", name=name, exact=True).click()
        until(self.page, "!document.querySelector('dialog')")
        return text

    def shown_index(self, bits: int, cell: int, size: tuple[int, int]) -> int:
        """Read the frame's index out of the pixels of the canvas."""
        width, height = size
        points = [((bit * cell + cell / 2) / width, cell / 2 / height) for bit in range(bits)]
        found = self.shown(
            "__test.shownIndex() === s.data.frames[s.frame] && given.map(([x, y]) => __test.pixel(x, y)[0] > 127)",
            points,
        )
        return sum(int(bit) << place for place, bit in enumerate(found))
