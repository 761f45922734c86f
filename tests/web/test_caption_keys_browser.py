"""Every key of the caption tool does what the table of keys says, and undo takes back what it did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from caption_boundaries.web.keymap import keymap
from support.browser import until, watched_page
from support.caption_browser import CaptionPage
from support.caption_films import TALK, make_captioned
from support.caption_keys import CHECKS
from support.keys import presses
from support.live_server import LiveServer


@pytest.fixture(scope="module")
def shared(browser: Browser, login: Any, live: LiveServer, live_root: Path) -> Iterator[CaptionPage]:
    """One page for all keys: each key starts from the same rows, since undo brings them back."""
    folder = make_captioned(live_root, name="keys.mp4")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, storage_state=login)
    with watched_page(context, live.origin, "422") as page:
        yield CaptionPage(page, live.origin, folder.name).open()
    context.close()


@pytest.fixture
def tool(shared: CaptionPage) -> Iterator[CaptionPage]:
    """The shared page; afterwards everything is undone, and the rows are as they were."""
    shared.focus()
    before = shared.rows()
    yield shared
    if shared.page.locator("dialog[open]").count():
        shared.press("Escape")
        until(shared.page, "!document.querySelector('dialog')")
    shared.page.evaluate("document.activeElement.blur()")
    shared.press("Escape")
    while shared.state("s.canUndo"):
        done = shared.state("s.revision")
        shared.press("Control+z")
        shared.wait(f"s.revision > {done}")
        shared.saved()
    assert shared.rows() == before
    shared.press("1")
    shared.wait("s.view === 'boundary' && s.playing === 0")


def test_every_command_of_the_table_is_tested():
    assert set(CHECKS) == {key.command for key in keymap("captions")}


def test_no_key_calls_two_commands():
    keys = [combination for key in keymap("captions") for combination in key.keys]
    assert len(keys) == len(set(keys))


RESERVED = ("Tab", "Alt+ArrowLeft", "Alt+ArrowRight", *(f"Ctrl+{letter}" for letter in "NTWDFLP"))


def test_no_key_is_taken_from_the_browser():
    assert not {combination for key in keymap("captions") for combination in key.keys} & set(RESERVED)


def test_the_test_video_has_eight_captions(tool: CaptionPage):
    assert tool.state("s.rows.filter((r) => r.state !== 'gap').length") == len(TALK)


@pytest.mark.parametrize(
    ("command", "combination"),
    [(key.command, combination) for key in keymap("captions") for combination in key.keys],
)
def test_the_key_does_what_the_table_says(tool: CaptionPage, command: str, combination: str):
    CHECKS[command](tool, presses(combination))


class TestWhatAKeyCannotDo:
    """A key that can do nothing here says so; nothing is sent, and nothing on the page changes."""

    @pytest.mark.parametrize("key", ["e", "Control+e", "t", "w", "r", "s", "d", "[", "}", ",", ">", "b"])
    def test_what_needs_a_caption_says_so_in_a_gap(self, seen: CaptionPage, key: str):
        before = seen.rows()
        seen.go(75)
        assert self.answer(seen, key) == "This is a gap: make a caption of it first."
        assert seen.rows() == before
        assert seen.state("s.save.state") == "saved"

    def test_enter_in_a_gap_only_goes_on(self, seen: CaptionPage):
        before = seen.rows()
        seen.go(75)
        seen.press("Enter")
        seen.wait("s.rows.find((r) => r.id === s.current).ocr === 'Over there.'")
        assert seen.rows() == before

    @pytest.mark.parametrize(
        ("at", "key", "said"), [(0, "Control+ArrowLeft", "first"), (299, "Control+ArrowRight", "last")]
    )
    def test_beyond_the_boundaries_there_is_none(self, seen: CaptionPage, at: int, key: str, said: str):
        seen.go(at)
        assert self.answer(seen, key) == f"That was the {said} boundary."

    def test_there_is_no_other_reading(self, seen: CaptionPage):
        seen.page.route("**/candidates", lambda route: route.fulfill(json={"candidates": [], "stale": False}))
        seen.go(95)
        assert self.answer(seen, "Alt+ArrowDown") == "There is no other reading."
        seen.page.unroute("**/candidates")

    @pytest.mark.parametrize(
        ("text", "edge", "mark", "key", "said"),
        [("Good morning", "Home", "s", "[", "starts"), ("Then we follow", "End", "d", "}", "ends")],
    )
    def test_an_edge_stays_within_the_video(
        self, tool: CaptionPage, text: str, edge: str, mark: str, key: str, said: str
    ):
        tool.select(text)
        tool.press(edge, mark)
        tool.saved()
        before = tool.rows()
        assert self.answer(tool, key) == f"The video {said} here."
        assert tool.rows() == before

    def answer(self, tool: CaptionPage, key: str) -> str:
        """Press a key and return what the page says to it."""
        tool.focus()
        tool.page.evaluate("document.getElementById('announcements').textContent = ''")
        tool.press(key)
        return str(until(tool.page, "document.getElementById('announcements').textContent"))
