"""Makes the pictures of docs/annotating.md from the real pages, in a real browser.

    make demo
    python scripts/make_screenshots.py demo/data

Works on a copy of the data, so nothing is changed. With ``--look FOLDER`` it takes every screen in both colours and in
two sizes instead, for looking through. Needs the ``test`` extra (Playwright, Pillow) and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
SIZE, LARGE = (1280, 800), (1920, 1080)
COLOURS = 160
"""Of the pictures in the documentation: enough for pages and a few crops, and a fifth of the bytes."""


@dataclass(frozen=True)
class Shot:
    """One picture: a page, and what is done on it before it is taken."""

    name: str
    tool: str
    """Last part of the page's address; empty: the list."""
    prepare: Callable[[Page], None]
    for_docs: bool = True


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="data root of the demo")
    parser.add_argument("--look", type=Path, help="take every screen, light and dark, in two sizes, into this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(shutil.copytree(arguments.data, Path(temporary) / "data"))
        with serving(data) as link, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            if arguments.look:
                look(browser, link, arguments.look)
            else:
                illustrate(browser, link)
            browser.close()


@contextmanager
def serving(data: Path) -> Iterator[str]:
    """Run the server over ``data`` and give the link that opens it."""
    command = [sys.executable, "-u", "-m", "caption_boundaries", "serve", str(data), "--no-browser", "--testing"]
    process = subprocess.Popen([*command, "--port", "0", "--name", "ana"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield next(line.strip() for line in process.stdout if "/login#key=" in line)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def illustrate(browser: Browser, link: str) -> None:
    """Take the pictures of the documentation."""
    page = opened(browser, link, SIZE, "light")
    for shot in SHOTS:
        if shot.for_docs:
            save(take(page, link, shot), IMAGES / f"{shot.name}.png")


def look(browser: Browser, link: str, folder: Path) -> None:
    """Take every screen in both colours and two sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    page = opened(browser, link, SIZE, "light")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in (SIZE, LARGE):
            page.set_viewport_size({"width": width, "height": height})
            for shot in SHOTS:
                (folder / f"{shot.name}-{scheme}-{width}.png").write_bytes(take(page, link, shot))


def opened(browser: Browser, link: str, size: tuple[int, int], scheme: str) -> Page:
    """Return a page on which the link was opened and the hints were read."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(link)
    page.locator("li.video .chip").first.wait_for()
    for screen in ("list", "layout", "captions"):
        page.evaluate(f"localStorage.setItem('hint:{screen}', 'seen')")
    return page


def take(page: Page, link: str, shot: Shot) -> bytes:
    """Open a screen, prepare it, and return its picture."""
    origin = link.partition("/login")[0]
    page.goto(origin)
    page.locator("li.video .chip").first.wait_for()
    page.wait_for_timeout(400)
    if shot.tool:
        video = page.locator("li.video").first.get_attribute("data-id")
        page.goto(f"{origin}/videos/{video}/{shot.tool}")
    shot.prepare(page)
    page.wait_for_timeout(500)
    picture = page.screenshot()
    page.keyboard.press("Escape")
    return picture


def save(picture: bytes, path: Path) -> None:
    """Write a picture with few colours."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression holds; the pages forbid what Playwright's own wait does."""
    for _ in range(400):
        if page.evaluate(f"Boolean({expression})"):
            return
        page.wait_for_timeout(25)
    raise SystemExit(f"this did not come true: {expression}")


def on_list(page: Page) -> None:
    """Wait for the thumbnails."""
    until(page, "document.querySelector('li.video img')?.naturalWidth > 0")


def on_layout(*keys: str) -> Callable[[Page], None]:
    """Return what presses keys in the layout tool once it shows a frame with captions."""

    def prepare(page: Page) -> None:
        until(page, "window.__test && __test.state().odds && __test.shownIndex() >= 0")
        page.evaluate("location.hash = `frame=${__test.state().data.frames[3] ?? 0}`")
        page.locator("#canvas").focus()
        press(page, *keys)
        until(page, "__test.painted() && __test.shownIndex() >= 0")

    return prepare


def on_captions(*keys: str, number: int = 1) -> Callable[[Page], None]:
    """Return what presses keys in the caption tool once a caption is in focus and its pictures are shown."""

    def prepare(page: Page) -> None:
        until(page, "window.__test && __test.slots().length > 0 && __test.state().data.likelihood")
        page.locator(".caption").nth(number).click()
        page.locator("#stage").focus()
        press(page, *keys)
        until(page, "!__test.state().fine || (__test.state().sources.start && __test.state().sources.end)")
        until(page, "__test.painted() && __test.slots().every((slot) => slot.frame < 0 || slot.shown === slot.frame)")

    return prepare


def searching(page: Page) -> None:
    """Open search and replace with something found."""
    on_captions("Shift+R")(page)
    page.locator("#find").fill("the")
    page.locator("#replacement").fill("a")
    page.locator(".hits li").first.wait_for()


def press(page: Page, *keys: str) -> None:
    """Press keys one after the other."""
    for key in keys:
        page.keyboard.press(key)


SHOTS = (
    Shot("annotating-list", "", on_list),
    Shot("annotating-layout", "layout", on_layout("ArrowDown")),
    Shot("annotating-density", "layout", on_layout("h"), for_docs=False),
    Shot("annotating-contact", "layout", on_layout("3"), for_docs=False),
    Shot("annotating-captions", "captions", on_captions()),
    Shot("annotating-strip", "captions", on_captions("f", "ArrowRight", "ArrowRight", "ArrowRight")),
    Shot("annotating-exact", "captions", on_captions("x"), for_docs=False),
    Shot("annotating-replace", "captions", searching),
    Shot("annotating-keys", "captions", on_captions("?"), for_docs=False),
)


if __name__ == "__main__":
    main()
