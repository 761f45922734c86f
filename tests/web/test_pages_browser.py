"""All pages in a real browser: the list, the way in, keys of one's own, other sites, hostile names, accessibility."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from caption_boundaries.database.full_ocr import OcrWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.types import Box, TextLine
from support.browser import LayoutPage, launch, only_listed, until, watched_page
from support.clips import write_clip
from support.live_server import LiveServer, start_server
from support.web_data import make_video


@pytest.fixture
def list_page(page: Page, live: LiveServer, video: Path) -> Page:
    """The list, the test's own video in view."""
    open_list(page, live, video)
    return page


def open_list(page: Page, live: LiveServer, video: Path) -> None:
    """Open the list with one video in it: how far a video is, is asked for when it comes into view."""
    page.goto(live.origin)
    page.get_by_label("Search the list").fill(video.name)
    only_listed(page)


class TestList:
    def test_a_video_shows_how_far_it_is(self, list_page: Page):
        row = list_page.locator("li.video")
        text = row.inner_text()
        assert "4:00 · 640 × 360" in text
        assert "Frames" in text
        assert row.get_by_role("link", name="Layout").count() == 1
        assert row.get_by_role("button", name="Captions").is_disabled()
        until(list_page, "document.querySelector('li.video img').naturalWidth > 0")

    def test_the_keys_of_the_list(self, page: Page, live: LiveServer, live_root: Path):
        for number in range(2):
            make_video(live_root, frames=2, name=f"keys of the list {number}.mp4")
        page.goto(live.origin)
        page.locator("li.video").first.wait_for()
        page.keyboard.press("/")
        page.keyboard.type("keys of the list")
        until(page, "document.querySelectorAll('li.video').length === 2")
        page.locator("h1").click()
        page.keyboard.press("ArrowUp")
        until(page, "document.querySelector('li.current h2')?.innerText.endsWith('0.mp4')")
        page.keyboard.press("ArrowDown")
        until(page, "document.querySelector('li.current h2').innerText.endsWith('1.mp4')")
        page.keyboard.press("ArrowUp")
        until(page, "document.querySelector('li.current h2').innerText.endsWith('0.mp4')")
        page.locator("li.current .chip").first.wait_for()
        page.keyboard.press("l")
        page.wait_for_url(re.compile("/layout"))

    def test_a_video_file_is_added_and_its_steps_run(self, page: Page, live: LiveServer, tmp_path: Path):
        clip = write_clip(
            tmp_path / "from the page.mp4", captions=[(0.5, 2.0, "Good morning")], size=(320, 180), fps=12, duration=3.0
        )
        page.goto(live.origin)
        page.locator("#files").set_input_files(clip.path)
        row = page.locator("li.video", has_text="from the page")
        row.wait_for()
        row.get_by_role("link", name="Layout").wait_for(timeout=120_000)
        row.get_by_role("link", name="Captions").wait_for(timeout=120_000)

    def test_steps_that_run_show_how_far_they_are(self, page: Page, live: LiveServer, video: Path):
        job = {"state": "running", "steps": ["crop", "captions"], "step": "crop", "done": 3, "total": 12}
        address = f"**/api/v1/videos/{video.name}"
        with page.expect_response(address) as summary:
            open_list(page, live, video)
        told = {**summary.value.json(), "job": {**job, "unit": "frames", "message": "", "finished": []}}
        page.route(address, lambda route: route.fulfill(json=told))
        open_list(page, live, video)
        row = page.locator("li.video")
        bar = row.get_by_role("progressbar", name="Steps of")
        assert bar.get_attribute("aria-valuenow") == "13"
        assert "Crops 3 of 12 frames" in row.inner_text()
        assert row.get_by_role("button", name="Stop").is_enabled()

    def test_what_is_no_video_is_refused_in_words(self, context: BrowserContext, live: LiveServer, tmp_path: Path):
        with watched_page(context, live.origin, "422", "400") as page:
            page.goto(live.origin)
            (tmp_path / "notes.txt").write_text("no video")
            (tmp_path / "broken.mp4").write_text("no video")
            page.locator("#files").set_input_files(tmp_path / "notes.txt")
            page.get_by_text("This is not the name of a video file.").wait_for()
            page.locator("#files").set_input_files(tmp_path / "broken.mp4")
            until(page, "document.querySelectorAll('main .notice.bad').length === 2")

    def test_an_empty_data_root_says_what_to_do(self, browser: Browser, tmp_path: Path):
        server = start_server(tmp_path / "new")
        context = browser.new_context()
        with watched_page(context, server.origin) as page:
            page.goto(server.link)
            page.get_by_text("No videos yet.").wait_for()
        context.close()
        server.stop()


class TestWayIn:
    def test_without_the_link_the_page_says_so_and_the_link_leads_back(
        self, browser: Browser, live_root: Path, tmp_path: Path
    ):
        folder = make_video(tmp_path / "data", frames=2)
        server = start_server(tmp_path / "data")
        context = browser.new_context()
        with watched_page(context, server.origin, "401") as page:
            page.goto(f"{server.origin}/videos/{folder.name}/layout")
            page.get_by_text("Open the link that the server has printed.").wait_for()
            page.goto(server.link)
            page.wait_for_url(f"{server.origin}/")
            assert "key=" not in page.url
            page.goto(server.link)
            page.get_by_text("This link has been used already").wait_for()
        context.close()
        server.stop()

    def test_a_link_for_another_browser(self, page: Page, live: LiveServer, browser: Browser):
        page.goto(live.origin)
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("button", name="Link for another browser").click()
        url = page.get_by_label("Link", exact=True).input_value()
        other = browser.new_context()
        with watched_page(other, live.origin) as second:
            second.goto(url)
            second.wait_for_url(f"{live.origin}/")
            second.locator("h1", has_text="Videos").wait_for()
        other.close()

    def test_localhost_leads_to_the_name_that_has_the_session(self, context: BrowserContext, live: LiveServer):
        with watched_page(context, live.origin, "http://localhost") as page:
            page.goto(f"http://localhost:{live.port}/")
            page.wait_for_url(f"{live.origin}/")
            page.locator("h1", has_text="Videos").wait_for()


class _OtherSite(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>other</title>")

    def log_message(self, format: str, *args: object) -> None:
        pass


class TestOtherSites:
    @pytest.fixture
    def other_port(self) -> Iterator[int]:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _OtherSite)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
        server.server_close()

    def test_a_page_of_another_port_can_do_nothing(
        self, context: BrowserContext, live: LiveServer, other_port: int, video: Path
    ):
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{other_port}/")
        root = f"{live.origin}/api/v1/videos/{video.name}/layout"
        script = """async ([url, options]) => {
            try { const answer = await fetch(url, options); return answer.status || answer.type; }
            catch (error) { return 'blocked'; } }"""
        simple = {"method": "POST", "mode": "no-cors", "credentials": "include", "body": "{}"}
        json = {
            "method": "POST",
            "credentials": "include",
            "headers": {"content-type": "application/json"},
            "body": "{}",
        }
        read = {"mode": "no-cors", "credentials": "include"}
        for url, options in ((f"{root}/labels", simple), (f"{root}/labels", json), (f"{root}/state", read)):
            assert page.evaluate(script, [url, options]) == "blocked", options
        picture = f"{live.origin}/media/videos/{video.name}/full/0.jpg?v=x"
        loaded = page.evaluate(
            "(url) => new Promise((done) => { const image = new Image(); image.onload = () => done(true);"
            " image.onerror = () => done(false); image.src = url; })",
            picture,
        )
        assert loaded is False
        page.close()

    def test_a_foreign_name_for_this_machine_is_refused(self, playwright: Playwright, live: LiveServer):
        rebound = launch(playwright, "--host-resolver-rules=MAP evil.test 127.0.0.1")
        page = rebound.new_page()
        answer = page.goto(f"http://evil.test:{live.port}/")
        assert answer is not None
        assert answer.status == 403
        rebound.close()


HOSTILE = '<img src=x onerror="window.hacked=1">'


class TestHostileNames:
    def test_names_and_texts_are_shown_and_never_run(self, page: Page, live: LiveServer, live_root: Path):
        name = f"hostile {HOSTILE} </script><script>window.hacked=1</script>.mp4"
        folder = make_video(live_root, frames=3, name=name)
        with VideoDatabase(folder, writes={"fullOCR"}, attach={"fullOCR"}) as connection:
            connection.execute("DELETE FROM fullOCR.full_frame_ocr_status WHERE frame_index = 0")
            connection.execute("DELETE FROM fullOCR.full_frame_ocr WHERE frame_index = 0")
            OcrWriter(connection).add_frame(0, [TextLine(Box(0.1, 0.1, 0.6, 0.2), HOSTILE, 0.9)], 0.0)
        page.goto(live.origin)
        page.get_by_label("Search the list").fill("hostile")
        only_listed(page)
        assert HOSTILE in page.locator("li.video h2").inner_text()
        tool = LayoutPage(page, live.origin, folder.name).open()
        assert HOSTILE in page.locator("h1").inner_text()
        assert HOSTILE in page.title()
        tool.press("ArrowDown", "i")
        tool.saved()
        assert HOSTILE in page.locator("#boxes").inner_text()
        assert page.evaluate("window.hacked") is None


class TestOwnKeys:
    def test_a_command_is_bound_anew_and_the_sheet_tells_conflicts(self, layout_page: LayoutPage):
        page = layout_page.page
        layout_page.press("?")
        sheet = page.get_by_role("dialog", name="Keys")
        sheet.get_by_role("button", name="Mark as caption (in): I. Bind anew").click()
        page.keyboard.press("o")
        sheet.get_by_text("Used twice: O").wait_for()
        sheet.get_by_role("button", name="Mark as caption (in): O. Bind anew").click()
        page.keyboard.press("m")
        sheet.get_by_text("Used twice").wait_for(state="detached")
        sheet.get_by_role("button", name="Close").click()
        layout_page.press("ArrowDown", "i")
        assert layout_page.labels()[0] == 0
        layout_page.press("m")
        layout_page.wait("s.labels[0] === 2")
        layout_page.press("?")
        sheet.get_by_role("button", name="Usual keys").click()
        sheet.get_by_role("button", name="Mark as caption (in): I. Bind anew").wait_for()

    def test_single_keys_can_be_switched_off(self, layout_page: LayoutPage):
        page = layout_page.page
        layout_page.press("?")
        page.get_by_label("Single letters and symbols act as keys").uncheck()
        page.get_by_role("button", name="Close").click()
        layout_page.press("ArrowDown", "i")
        layout_page.wait("s.cursor === 0")
        assert layout_page.labels()[0] == 0
        layout_page.press("Control+k")
        page.keyboard.type("mark as caption")
        layout_page.press("Enter")
        layout_page.wait("s.labels[0] === 2")

    def test_letters_belong_to_fields_and_to_characters_being_put_together(self, layout_page: LayoutPage):
        page = layout_page.page
        layout_page.press("ArrowDown")
        page.get_by_label("Only frames with this text").focus()
        page.keyboard.type("io")
        assert layout_page.labels()[0] == 0
        page.locator("#canvas").focus()
        page.evaluate(
            "document.getElementById('canvas').dispatchEvent("
            "new KeyboardEvent('keydown', {key: 'i', bubbles: true, isComposing: true}))"
        )
        assert layout_page.labels()[0] == 0
        prevented = page.evaluate(
            "!document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key: 'f', ctrlKey: true, bubbles: true, cancelable: true}))"
        )
        assert not prevented, "Ctrl+F is the browser's"


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{item['id']}: {[node['html'][:160] for node in item['nodes'][:3]]}" for item in found]


class TestAccessibility:
    @pytest.fixture(params=["light", "dark"])
    def themed(self, request: pytest.FixtureRequest, page: Page) -> Page:
        page.emulate_media(color_scheme=request.param)
        return page

    @pytest.fixture
    def bypassed(self, browser: Browser, login: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
        """A context in which axe may be put into the page, which the pages' own policy forbids."""
        made = browser.new_context(viewport={"width": 1280, "height": 800}, storage_state=login, bypass_csp=True)
        yield made
        made.close()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_no_screen_has_a_violation(self, bypassed: BrowserContext, live: LiveServer, video: Path, scheme: Any):
        page = bypassed.new_page()
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found: dict[str, list[str]] = {}
        page.goto(live.origin)
        page.locator("li.video .chip").first.wait_for()
        found["list"] = violations(page)
        page.get_by_role("button", name="Menu").click()
        found["menu"] = violations(page)
        tool = LayoutPage(page, live.origin, video.name).open()
        tool.press("ArrowDown", "i")
        tool.saved()
        found["layout"] = violations(page)
        tool.press("h")
        tool.wait("s.view === 'heat'")
        found["density"] = violations(page)
        tool.press("3")
        page.locator(".sheet").first.wait_for()
        found["contact"] = violations(page)
        tool.press("?")
        page.get_by_role("dialog", name="Keys").wait_for()
        found["keys"] = violations(page)
        page.keyboard.press("Escape")
        until(page, "!document.querySelector('dialog')")
        tool.press("Control+k")
        page.get_by_role("dialog", name="Commands").wait_for()
        found["palette"] = violations(page)
        page.goto(f"{live.origin}/login")
        page.get_by_text("Open the link").wait_for()
        found["login"] = violations(page)
        page.close()
        assert {name: notes for name, notes in found.items() if notes} == {}

    def test_a_small_job_by_keyboard_alone(self, page: Page, live: LiveServer, video: Path):
        page.goto(live.origin)
        page.locator("li.video").first.wait_for()
        page.keyboard.press("/")
        page.keyboard.type(video.name)
        only_listed(page)
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("l")
        page.wait_for_url(re.compile("/layout"))
        tool = LayoutPage(page, live.origin, video.name)
        tool.opened()
        tool.press("ArrowDown", "o", "e", "o")
        page.keyboard.press("Enter")  # the question names the count; its answer has the focus
        tool.wait("s.stats.labelled === 24")
        for _ in range(3):
            tool.press("Enter")
        tool.press("Control+Enter")
        tool.saved()
        assert tool.state("s.crop.approved")

    def test_forced_colours_and_zoom(self, browser: Browser, login: Any, live: LiveServer, video: Path):
        context = browser.new_context(
            storage_state=login, viewport={"width": 960, "height": 600}, forced_colors="active", reduced_motion="reduce"
        )
        with watched_page(context, live.origin) as page:
            tool = LayoutPage(page, live.origin, video.name).open()
            tool.press("ArrowDown", "i")
            tool.saved()
            box = page.locator("#canvas").bounding_box()
            assert box is not None
            assert box["width"] > 200
        context.close()

    def test_the_first_visit_gives_a_hint_that_stays_away_once_read(
        self, browser: Browser, login: Any, live: LiveServer, video: Path
    ):
        context = browser.new_context(storage_state=login)
        with watched_page(context, live.origin) as page:
            page.goto(live.origin)
            page.evaluate("localStorage.removeItem('hint:layout')")
            tool = LayoutPage(page, live.origin, video.name).open()
            page.get_by_role("button", name="Got it").click()
            page.reload()
            tool.opened()
            tool.wait("__test.shownIndex() >= 0")
            assert page.get_by_role("button", name="Got it").count() == 0
        context.close()
