"""The caption tool for everybody: screen readers, keyboard alone, first visits; and pictures of the video itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page

from annotation_keys import Task, keys_for
from caption_boundaries.crop.step import STEP as CROP_STEP
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.layout import LayoutConfig, LayoutWriter, regions_to_json
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.ingest.register import register_video
from caption_boundaries.ingest.step import STEP as INGEST_STEP
from caption_boundaries.pipeline import run_steps
from caption_boundaries.types import Box, Region
from support.browser import only_listed, until, watched_page
from support.caption_browser import CaptionPage, ShownPicture
from support.caption_data import add_captions, captions_of
from support.caption_films import TALK, make_captioned
from support.clips import write_clip
from support.live_server import LiveServer


def spoken(folder: Path) -> list[tuple[int, int, str | None]]:
    """Return the captions as they are stored, gaps aside."""
    return [
        (row.start_frame_index, row.end_frame_index, row.text)
        for row in captions_of(folder)
        if row.boundary_state != "gap"
    ]


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{item['id']}: {[node['html'][:160] for node in item['nodes'][:3]]}" for item in found]


class TestAccessibility:
    @pytest.fixture
    def bypassed(self, browser: Browser, login: Any) -> Iterator[BrowserContext]:
        """A context in which axe may be put into the page, which the pages' own policy forbids."""
        size: Any = {"width": 1280, "height": 800}
        made = browser.new_context(viewport=size, storage_state=login, bypass_csp=True)
        yield made
        made.close()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_no_screen_and_no_dialog_has_a_violation(
        self, bypassed: BrowserContext, live: LiveServer, live_root: Path, scheme: Any
    ):
        folder = make_captioned(live_root, name=f"axe {scheme}.mp4")
        page = bypassed.new_page()
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        tool = CaptionPage(page, live.origin, folder.name).open()
        found: dict[str, list[str]] = {}
        tool.select("Where is the rabbit?")
        tool.wait("s.readings?.id === s.current")
        found["boundaries"] = violations(page)
        tool.press("Enter", "PageDown", "2")
        tool.saved()
        tool.wait("s.ghost !== null")
        page.get_by_text("History", exact=True).click()
        page.get_by_role("button", name="Confirmed").wait_for()
        found["strip, ghost, history"] = violations(page)
        tool.go(75)
        found["gap"] = violations(page)
        page.get_by_role("button", name="More tools").click()
        found["menu"] = violations(page)
        page.keyboard.press("Escape")
        tool.focus()
        for name, keys in (
            ("Keys", "?"),
            ("Search and replace", "Shift+R"),
            ("Export", "Shift+E"),
            ("Commands", "Control+k"),
        ):
            tool.press(keys)
            page.get_by_role("dialog", name=name).wait_for()
            if name == "Search and replace":
                page.locator("#find").fill("the")
                page.locator(".hits li").first.wait_for()
            found[name] = violations(page)
            page.keyboard.press("Escape")
            until(page, "!document.querySelector('dialog')")
        tool.more("Shift captions")
        found["Shift"] = violations(page)
        page.keyboard.press("Escape")
        with page.expect_file_chooser() as chooser:
            tool.more("Import")
        cue = b"1\n00:00:08,500 --> 00:00:11,000\nOver here!\n"
        chooser.value.set_files({"name": "x.srt", "mimeType": "text/plain", "buffer": cue})
        page.get_by_role("dialog", name="Import: what would change").wait_for()
        found["Import"] = violations(page)
        page.close()
        assert {name: notes for name, notes in found.items() if notes} == {}

    def test_a_small_job_by_keyboard_alone(self, page: Page, live: LiveServer, live_root: Path):
        folder = make_captioned(live_root, name="keyboard alone.mp4")
        page.goto(live.origin)
        page.locator("li.video").first.wait_for()
        page.keyboard.press("/")
        page.keyboard.type(folder.name)
        only_listed(page)
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("c")
        page.wait_for_url(re.compile("/captions"))
        tool = CaptionPage(page, live.origin, folder.name)
        tool.opened()
        tool.press("Enter")  # the first is right
        tool.press("f", "ArrowLeft", "ArrowLeft", "d")  # the second ends two frames earlier
        tool.write("Where is the hare?")
        tool.press("Enter", "Escape")
        tool.press("Control+k")
        page.keyboard.type("new caption")
        tool.press("Escape")
        for _ in range(6):
            tool.press("Enter")
        tool.saved()
        rows = captions_of(folder)
        captions = [row for row in rows if row.boundary_state != "gap"]
        assert all(row.boundary_state == "confirmed" and row.text_status == "confirmed" for row in captions)
        assert spoken(folder)[1] == (45, 67, "Where is the hare?")

    def test_forced_colours_and_zoom(self, browser: Browser, login: Any, live: LiveServer, live_root: Path):
        folder = make_captioned(live_root, name="forced colours.mp4")
        size: Any = {"width": 960, "height": 600}
        context = browser.new_context(
            storage_state=login, viewport=size, forced_colors="active", reduced_motion="reduce"
        )
        with watched_page(context, live.origin) as page:
            tool = CaptionPage(page, live.origin, folder.name).open()
            tool.select("Over there.")
            for name in ("stage", "timeline"):
                box = page.locator(f"#{name}").bounding_box()
                assert box is not None
                assert box["width"] > 200
                assert box["height"] > 60
            assert page.get_by_role("button", name="Confirm").is_visible()
        context.close()

    def test_the_first_visit_gives_a_hint_that_stays_away_once_read(
        self, page: Page, live: LiveServer, live_root: Path
    ):
        folder = make_captioned(live_root, name="first visit.mp4")
        page.goto(live.origin)
        page.evaluate("localStorage.removeItem('hint:captions')")
        tool = CaptionPage(page, live.origin, folder.name).open()
        page.get_by_role("button", name="Got it").click()
        page.reload()
        tool.opened()
        tool.wait("s.current >= 0")
        assert page.get_by_role("button", name="Got it").count() == 0


def test_the_keys_that_are_counted_lead_to_what_is_true(page: Page, live: LiveServer, live_root: Path):
    """What `benchmarks/annotation_oracle.py` counts: pressed in the tool, these keys make everything right."""
    truth = [(start, end, text) for start, end, text in TALK if text != "Oh!"]
    off = {0: (19, 43, "Good morning"), 3: (116, 138, "I cannot see it"), 4: (150, 179, "It ram into the forest")}
    predicted = [off.get(number, row) for number, row in enumerate(truth)]
    predicted.insert(4, (140, 145, "#"))
    folder = make_captioned(live_root, name="counted keys.mp4", talk=predicted)
    work = keys_for("test", predicted, truth)
    assert work.untouched == 4
    tool = CaptionPage(page, live.origin, folder.name).open()
    for task in sorted(work.tasks, key=lambda task: (task.predicted or (0, 0, ""))[0]):
        _do(tool, task)
    tool.saved()
    assert spoken(folder) == truth
    done = [row for row in captions_of(folder) if row.boundary_state != "gap"]
    assert all(row.boundary_state == "confirmed" and row.text_status == "confirmed" for row in done)


def _do(tool: CaptionPage, task: Task) -> None:
    assert task.predicted is not None
    assert tool.row()["ocr"] == task.predicted[2]
    keys = task.keys
    for key in keys:
        if len(key) == 1 and key not in "[]{}E":
            tool.page.keyboard.type(key)
        else:
            tool.press(key.lower() if key == "E" else key)
    if keys == ["Delete"]:
        tool.press("n")  # a deleted caption is a gap, which nothing leads on from by itself
    elif "E" in keys:
        tool.press("Escape")


FPS, SECONDS = 25, 8
CELL, BITS = 16, 8


def _number(draw: ImageDraw.ImageDraw, seconds: float) -> None:
    """Draw the number of the source picture into the caption region, as squares that a video codec leaves alone."""
    number = round(seconds * FPS)
    for bit in range(BITS):
        color = "white" if number >> bit & 1 else "black"
        draw.rectangle((64 + bit * CELL, 288, 64 + (bit + 1) * CELL - 1, 288 + CELL - 1), fill=color)


@pytest.fixture(scope="module")
def filmed(live_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real video of which every picture carries its number, its crops made by the crop step."""
    clip = write_clip(
        tmp_path_factory.mktemp("film") / "numbered.mp4",
        size=(640, 360),
        fps=FPS,
        duration=SECONDS,
        moving=False,
        overlay=_number,
    )
    folder = register_video(clip.path, live_root, known={}).video_dir
    list(run_steps(folder, [INGEST_STEP]))
    create_missing(folder)
    list(run_steps(folder, [CROP_STEP], force=True))
    add_captions(folder, [(10, 29, "one"), (30, 49, "two"), (55, 69, "three")], SECONDS * 10)
    return folder


class TestPicturesOfTheVideo:
    """Every picture of a real video carries its number: stored crops and single pictures show what they should."""

    @pytest.fixture
    def tool(self, page: Page, live: LiveServer, filmed: Path) -> CaptionPage:
        opened = CaptionPage(page, live.origin, filmed.name).open()
        opened.select("two")
        return opened

    def numbers(self, tool: CaptionPage) -> list[ShownPicture]:
        """Return the pictures on the canvas; what is read in them are numbers of the video's own pictures."""
        width, height = tool.state("[s.data.width, s.data.height]")
        return tool.pictures([((bit + 0.5) * CELL / width, (288 - 277 + CELL / 2) / height) for bit in range(BITS)])

    def test_stored_frames_show_the_picture_of_their_time(self, tool: CaptionPage):
        for frame in (0, 1, 37, 78, 79):
            tool.go(frame)
            tool.press("2")
            tool.wait("s.view === 'strip'")
            pictures = self.numbers(tool)
            assert frame in [picture.meant for picture in pictures]
            for picture in pictures:
                assert not picture.source
                assert picture.read == int(picture.meant / 10 * FPS + 1e-6)

    def test_single_pictures_are_exactly_those_of_the_video(self, tool: CaptionPage, filmed: Path):
        tool.press("1", "x")
        tool.wait("s.sources.start !== null && s.sources.end !== null")
        found = [picture for picture in self.numbers(tool) if picture.source]
        assert [picture.read for picture in found] == [picture.meant for picture in found]
        row = next(row for row in captions_of(filmed) if row.text == "two")
        first, gone = round((row.start_seconds or 0) * FPS), round((row.end_seconds or 0) * FPS)
        assert [picture.meant for picture in found] == [first - 1, first, gone - 1, gone]

    def test_an_edge_moves_by_one_picture_of_the_video(self, tool: CaptionPage, filmed: Path):
        tool.press("1")
        before = next(row for row in captions_of(filmed) if row.start_frame_index == 30)
        tool.press(".")
        tool.saved()
        tool.wait(f"s.sources.start !== null && s.sources.start.seconds > {before.start_seconds} + 0.03")
        row = next(row for row in captions_of(filmed) if row.text == "two")
        assert row.start_seconds == pytest.approx((before.start_seconds or 0) + 1 / FPS, abs=1e-3)
        found = [picture.read for picture in self.numbers(tool) if picture.source]
        first = round((row.start_seconds or 0) * FPS)
        assert found[:2] == [first - 1, first]
        tool.press("Control+z")
        tool.saved()


def create_missing(folder: Path) -> None:
    """Lay out the film by hand: where its numbers are."""
    create_databases(folder)
    region = Region(Box(0.1, 277 / 360, 0.9, 342 / 360), 0.055, 2)
    crop = region.box.to_pixels(640, 360)
    config = LayoutConfig(
        640, 360, crop.left, crop.top, crop.right, crop.bottom, regions=regions_to_json([region]), has_captions=1
    )
    with VideoDatabase(folder, writes={"layout"}, attach={"layout"}) as connection:
        LayoutWriter(connection).save_config(config)
