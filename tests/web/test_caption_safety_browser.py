"""The caption tool in a real browser: work that is never lost, two people, files that change, hostile texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from support.browser import lose_first_answer, until, watched_page
from support.caption_browser import CaptionPage, caption_at
from support.caption_films import crop_picture, make_captioned
from support.live_server import LiveServer
from support.old_folders import old_folder

REFUSED = {"error": {"kind": "UsageError", "message": "Not like this.", "hint": "Do it otherwise."}}


@pytest.fixture
def tool(caption_page: CaptionPage) -> CaptionPage:
    """The caption tool with a film of the test's own."""
    return caption_page


class TestSafety:
    def test_work_is_there_after_a_reload_and_undo_goes_to_what_it_changed(self, tool: CaptionPage, film: Path):
        tool.select("Over there.")
        tool.press("[", "Enter")
        tool.saved()
        tool.page.reload()
        until(tool.page, "Boolean(window.__test && __test.state().canUndo)")
        tool.focus()
        tool.press("Home")
        tool.press("Control+z")
        tool.wait("s.rows.find((r) => r.id === s.current)?.ocr === 'Over there.'")
        tool.press("Control+z")
        tool.saved()
        row = caption_at(film, 90)
        assert (row.start_frame_index, row.boundary_state) == (85, "predicted")

    def test_what_the_server_refuses_is_no_longer_shown(self, context: BrowserContext, live: LiveServer, film: Path):
        with watched_page(context, live.origin, "400") as page:
            tool = CaptionPage(page, live.origin, film.name).open()
            tool.select("Over there.")
            before = tool.rows()
            page.route("**/captions/actions", lambda route: route.fulfill(status=400, json=REFUSED))
            tool.press("[")
            page.locator(".toast.bad", has_text="Not like this. Do it otherwise.").wait_for()
            tool.saved()
            assert tool.rows() == before

    def test_it_says_when_nothing_is_saved_and_saves_when_it_can(
        self, context: BrowserContext, live: LiveServer, film: Path
    ):
        with watched_page(context, live.origin, "ERR_INTERNET_DISCONNECTED", "Failed to load resource") as page:
            tool = CaptionPage(page, live.origin, film.name).open()
            tool.select("Over there.")
            context.set_offline(True)
            tool.press("[", "e", "Control+a")
            page.keyboard.type("Typed offline")
            tool.press("Enter")
            tool.wait(
                "s.save.state === 'unsaved' && s.rows.some((row) => row.text === 'Typed offline' && row.start === 84)"
            )
            assert "NOT SAVED" in page.locator("#save").inner_text()
            context.set_offline(False)
            tool.saved()
        row = caption_at(film, 90)
        assert (row.text, row.boundary_state, row.start_frame_index) == ("Typed offline", "confirmed", 84)

    def test_unsent_work_survives_a_reload(self, context: BrowserContext, live: LiveServer, film: Path):
        with watched_page(context, live.origin, "ERR_FAILED", "Failed to load resource") as page:
            tool = CaptionPage(page, live.origin, film.name).open()
            page.route("**/captions/actions", lambda route: route.abort())
            tool.select("Over there.")
            tool.press("Enter")
            tool.wait("s.save.state === 'unsaved'")
            page.on("dialog", lambda dialog: dialog.accept())
            page.unroute("**/captions/actions")
            page.reload()
            until(page, "Boolean(window.__test)")
            tool.saved()
        assert caption_at(film, 90).boundary_state == "confirmed"

    def test_an_answer_that_gets_lost_is_not_applied_twice(self, context: BrowserContext, live: LiveServer, film: Path):
        with watched_page(context, live.origin, "ERR_FAILED", "Failed to load resource") as page:
            tool = CaptionPage(page, live.origin, film.name).open()
            lost = lose_first_answer(page, "**/captions/actions")
            tool.select("Over there.")
            tool.press("[")
            tool.wait("s.save.state === 'saved' && s.revision === 1")
            assert len(set(lost)) == 1
            assert len(lost) >= 2
            assert tool.extents() == (84, 109)
        assert caption_at(film, 90).start_frame_index == 84

    @pytest.fixture
    def two(self, browser: Browser, login: Any, live: LiveServer, film: Path) -> Iterator[list[CaptionPage]]:
        """Two people with the same video."""
        contexts = [browser.new_context(storage_state=login, viewport={"width": 1280, "height": 800}) for _ in range(2)]
        with (
            watched_page(contexts[0], live.origin, "409") as first,
            watched_page(contexts[1], live.origin, "409") as second,
        ):
            tools = []
            for name, page in (("ana", first), ("ben", second)):
                page.goto(live.origin)
                page.evaluate(f"localStorage.setItem('actor', '{name}')")
                tools.append(CaptionPage(page, live.origin, film.name).open())
            yield tools
        for context in contexts:
            context.close()

    def test_two_people_change_the_same_caption(self, two: list[CaptionPage], film: Path):
        ana, ben = two
        for tool in (ben, ana):
            tool.look_up()
        ana.page.get_by_text("ben is here too").wait_for()
        ana.unaware()
        for tool, words in ((ana, "Over here."), (ben, "Up there.")):
            tool.select("Over there.")
            tool.write(words)
        ana.press("Enter")
        ana.saved()
        ben.press("Enter")
        dialog = ben.dialog("Changed by somebody else")
        dialog.wait_for()
        text = dialog.inner_text()
        assert all(part in text for part in ("ana", "Over here.", "Up there."))
        dialog.get_by_role("button", name="Keep mine").click()
        ben.saved()
        assert caption_at(film, 90).text == "Up there."
        ana.go(85)
        ana.press("w")
        ana.page.keyboard.type("mine")
        ana.press("Escape")
        dialog = ana.dialog("Changed by somebody else")
        dialog.get_by_role("button", name="Take theirs").click()
        ana.saved()
        ana.wait("s.rows.some((row) => row.text === 'Up there.' && row.notes === '')")
        assert caption_at(film, 90).text_notes is None

    @pytest.mark.parametrize("told", [False, True], ids=["not yet seen", "seen while typing"])
    def test_a_caption_is_deleted_while_somebody_types_its_text(self, two: list[CaptionPage], film: Path, told: bool):
        ana, ben = two
        ana.unaware()
        ana.select("Over there.")
        ana.write("Over here.")
        ben.select("Over there.")
        ben.press("Delete")
        ben.saved()
        if told:
            ana.page.unroute("**/presence")
            ana.look_up()
        else:
            ana.press("Enter")
        dialog = ana.dialog("Changed by somebody else")
        dialog.wait_for()
        assert all(part in dialog.inner_text() for part in ("ben", "Over here.", "removed"))
        dialog.get_by_role("button", name="Keep mine").click()
        ana.saved()
        row = caption_at(film, 90)
        assert (row.start_frame_index, row.end_frame_index, row.text) == (85, 109, "Over here.")
        assert ana.row()["text"] == "Over here."

    def test_changes_of_others_are_shown_where_nothing_collides(self, two: list[CaptionPage], film: Path):
        ana, ben = two
        ben.unaware()
        ana.select("Over there.")
        ana.press("[")
        ana.saved()
        ben.select("It ran into the forest")
        ben.press("]")
        ben.saved()
        ben.wait("s.rows.some((row) => row.start === 84)")
        ben.page.locator(".toast", has_text="changed by somebody else").wait_for()
        ana.look_up()
        ana.wait("s.rows.some((row) => row.start === 151)")

    def test_files_that_change_underneath_are_loaded_again_and_told(self, tool: CaptionPage, film: Path):
        tool.select("Over there.")
        with VideoDatabase(film, writes={"cropping"}, attach={"cropping"}) as connection:
            other = (crop_picture(199, "Over there."),)
            connection.execute("UPDATE cropping.cropped_frames SET image_data = ? WHERE frame_index = 85", other)
        before = tool.state("s.data.pictures")
        tool.look_up()
        tool.page.locator(".toast", has_text="The files have changed underneath").wait_for()
        assert tool.state("s.data.pictures") != before
        tool.wait("s.data.likelihood !== null")
        assert tool.row()["ocr"] == "Over there.", "where the person was, they are"
        shown = {picture.meant: picture.read for picture in tool.pictures()}
        assert (shown[84], shown[85]) == (84, 199), "the pictures are the new ones"

    def test_only_captions_db_is_touched(self, tool: CaptionPage, film: Path):
        others = {name: path for name, path in all_databases(film).items() if name != "captions"}
        before = {name: path.read_bytes() for name, path in others.items()}
        tool.select("Over there.")
        for keys in (
            ["[", "}", ","],
            ["f", "ArrowRight", "d"],
            ["Shift+ArrowLeft", "b"],
            ["m"],
            ["Enter"],
            ["g"],
            ["i"],
        ):
            tool.press(*keys)
            tool.saved()
        tool.press("Control+z", "Control+z", "Control+y")
        tool.saved()
        assert {name: path.read_bytes() for name, path in others.items()} == before

    def test_an_old_folder_is_shown_and_cannot_be_changed(
        self, context: BrowserContext, live: LiveServer, live_root: Path
    ):
        folder = old_folder(live_root / "3f")
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        with watched_page(context, live.origin) as page:
            page.goto(live.origin)
            page.get_by_label("Search the list").fill(folder.name)
            row = page.locator("li.video", has_text="migrate")
            row.get_by_role("link", name="Captions").click()
            tool = CaptionPage(page, live.origin, "")
            until(page, "Boolean(window.__test)")
            tool.wait("s.readOnly !== ''")
            page.locator("#notices").get_by_text("migrate").wait_for()
            assert page.get_by_role("button", name="Confirm").is_disabled()
            tool.focus()
            tool.press("Enter", "[", "g", "Delete")
            assert tool.state("s.save.state") == "saved"
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


HOSTILE = '<img src=x onerror="window.hacked=1">'


def test_captions_are_shown_and_never_run(page: Page, live: LiveServer, live_root: Path):
    name = f"hostile {HOSTILE}.mp4"
    folder = make_captioned(
        live_root, name=name, talk=[(10, 40, HOSTILE), (60, 90, "</textarea><script>window.hacked=1</script>")]
    )
    tool = CaptionPage(page, live.origin, folder.name).open()
    tool.select("img src")
    assert page.locator("#text").input_value() == HOSTILE
    tool.press("w")
    page.keyboard.type(HOSTILE)
    tool.press("Escape")
    tool.saved()
    tool.more("Search and replace")
    page.locator("#find").fill("<")
    page.locator(".hits li").nth(1).wait_for()
    assert page.evaluate("window.hacked") is None
    tool.press("Escape")
