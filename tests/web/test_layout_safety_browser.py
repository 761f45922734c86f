"""The layout tool in a real browser: work that is never lost, two people, a server that goes away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from caption_boundaries.database.paths import all_databases
from support.browser import LayoutPage, lose_first_answer, until, watched_page
from support.layout_data import stored_labels
from support.live_server import LiveServer, start_server, steady_port
from support.web_data import make_video

SIZE = (640, 360)


class TestSafety:
    def test_work_is_there_after_a_reload_and_can_be_undone(self, layout_page: LayoutPage, video: Path):
        layout_page.press("ArrowDown", "i", "ArrowDown", "o")
        layout_page.saved()
        layout_page.page.reload()
        until(layout_page.page, "Boolean(window.__test && __test.state().canUndo)")
        assert layout_page.labels()[:2] == [2, 1]
        layout_page.press("Control+z", "Control+z")
        layout_page.saved()
        assert stored_labels(video) == {}

    def test_it_says_when_nothing_is_saved_and_saves_when_it_can(
        self, context: BrowserContext, live: LiveServer, video: Path
    ):
        with watched_page(context, live.origin, "ERR_INTERNET_DISCONNECTED", "Failed to load resource") as page:
            tool = LayoutPage(page, live.origin, video.name).open()
            context.set_offline(True)
            tool.press("ArrowDown", "i")
            tool.wait("s.labels[0] === 2 && s.save.state === 'unsaved'")
            assert "NOT SAVED" in page.locator("#save").inner_text()
            tool.press("ArrowDown", "o")
            context.set_offline(False)
            tool.saved()
        assert stored_labels(video) == {(0, 0): "in", (0, 1): "out"}

    def test_what_the_server_refuses_is_no_longer_shown(self, context: BrowserContext, live: LiveServer, video: Path):
        with watched_page(context, live.origin, "400") as page:
            tool = LayoutPage(page, live.origin, video.name).open()
            refusal = {"error": {"kind": "UsageError", "message": "Not like this.", "hint": "Do it otherwise."}}
            page.route("**/layout/labels", lambda route: route.fulfill(status=400, json=refusal))
            tool.press("ArrowDown", "i")
            page.locator(".toast.bad", has_text="Not like this. Do it otherwise.").wait_for()
            tool.saved()
            assert set(tool.labels()) == {0}

    def test_unsent_work_survives_a_reload(self, context: BrowserContext, live: LiveServer, video: Path):
        with watched_page(context, live.origin, "ERR_FAILED", "Failed to load resource") as page:
            tool = LayoutPage(page, live.origin, video.name).open()
            page.route("**/layout/labels", lambda route: route.abort())
            tool.press("ArrowDown", "i")
            tool.wait("s.save.state === 'unsaved'")
            page.on("dialog", lambda dialog: dialog.accept())
            page.unroute("**/layout/labels")
            page.reload()
            until(page, "Boolean(window.__test)")
            tool.saved()
            assert tool.labels()[0] == 2
        assert stored_labels(video) == {(0, 0): "in"}

    def test_an_answer_that_gets_lost_is_not_applied_twice(
        self, context: BrowserContext, live: LiveServer, video: Path
    ):
        with watched_page(context, live.origin, "ERR_FAILED", "Failed to load resource") as page:
            tool = LayoutPage(page, live.origin, video.name).open()
            lost = lose_first_answer(page, "**/layout/labels")
            tool.press("ArrowDown", "i")
            tool.wait("s.labels[0] === 2 && s.save.state === 'saved' && s.revision === 1")
            assert len(set(lost)) == 1
            assert len(lost) >= 2
        assert stored_labels(video) == {(0, 0): "in"}

    def test_two_people_on_one_video(self, browser: Browser, login: Any, live: LiveServer, video: Path):
        contexts = [browser.new_context(storage_state=login, viewport={"width": 1280, "height": 800}) for _ in range(2)]
        with (
            watched_page(contexts[0], live.origin, "409") as first,
            watched_page(contexts[1], live.origin, "409") as second,
        ):
            for name, page in (("ana", first), ("ben", second)):
                page.goto(live.origin)
                page.evaluate(f"localStorage.setItem('actor', '{name}')")
            ana, ben = (LayoutPage(page, live.origin, video.name).open() for page in (first, second))
            for tool in (ben, ana):
                tool.look_up()
            first.get_by_text("ben is here too").wait_for()
            for tool in (ben, ana):
                tool.unaware()
            ana.press("ArrowDown", "i")
            ana.saved()
            ben.press("ArrowDown", "o")
            dialog = second.get_by_role("dialog", name="Changed by somebody else")
            dialog.wait_for()
            text = dialog.inner_text()
            assert "ana" in text
            assert all(part in text for part in ("NEWS 7", "out", "in"))
            dialog.get_by_role("button", name="Take theirs").click()
            ben.wait("s.labels[0] === 2 && s.save.state === 'saved'")
            ben.press("o")  # having seen it, ben may change it
            ben.saved()
            assert stored_labels(video) == {(0, 0): "out"}
            ana.press("x")
            dialog = first.get_by_role("dialog", name="Changed by somebody else")
            dialog.wait_for()
            dialog.get_by_role("button", name="Keep mine").click()
            ana.saved()
            assert stored_labels(video) == {}
            for tool in (ben, ana):
                tool.page.unroute("**/presence")
                tool.look_up()
            ben.wait("s.labels[0] === 0")
        for context in contexts:
            context.close()

    def test_a_restarted_server_goes_on_where_it_was(self, browser: Browser, tmp_path: Path):
        folder = make_video(tmp_path / "data", frames=4)
        server = start_server(tmp_path / "data", port=steady_port())
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        with watched_page(context, server.origin, "ERR_CONNECTION", "Failed to load", "401") as page:
            page.goto(server.link)
            page.wait_for_url(f"{server.origin}/")
            tool = LayoutPage(page, server.origin, folder.name).open()
            tool.press("ArrowDown", "i")
            tool.saved()
            server.kill()
            tool.press("ArrowDown", "o")
            tool.wait("s.save.state === 'unsaved'")
            again = start_server(tmp_path / "data", port=server.port)
            other = context.new_page()
            other.goto(again.link)  # the new link, opened in another tab of the same browser
            other.wait_for_url(f"{again.origin}/")
            tool.saved()
            other.close()
        assert stored_labels(folder) == {(0, 0): "in", (0, 1): "out"}
        context.close()
        again.stop()

    def test_only_layout_db_is_touched(self, layout_page: LayoutPage, video: Path):
        others = {name: path for name, path in all_databases(video).items() if name != "layout"}
        before = {name: path.read_bytes() for name, path in others.items()}
        layout_page.press("Enter", "Enter", "u", "i", "h", "3", "1", "Control+Enter", "Control+z")
        layout_page.saved()
        assert {name: path.read_bytes() for name, path in others.items()} == before
