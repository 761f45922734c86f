"""The caption tool in a real browser: the mouse, exact pictures, text, queue, files, and work that is never lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from caption_boundaries.database.captions import Caption, CaptionReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from support.browser import until, watched_page
from support.caption_browser import CaptionPage
from support.caption_films import make_captioned
from support.live_server import LiveServer
from support.old_folders import old_folder


@pytest.fixture
def video(live_root: Path, request: pytest.FixtureRequest) -> Path:
    """A made-up video with captions of the test's own on the live server."""
    return make_captioned(live_root, name=f"{request.node.name[:60]}.mp4")


@pytest.fixture
def tool(page: Page, live: LiveServer, video: Path) -> CaptionPage:
    """The caption tool with the test's video."""
    opened = CaptionPage(page, live.origin, video.name).open()
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


def stored(folder: Path) -> list[Caption]:
    with VideoDatabase(folder, readonly=True, attach={"captions"}) as connection:
        return CaptionReader(connection).captions()


def at(folder: Path, frame: int) -> Caption:
    return next(row for row in stored(folder) if row.start_frame_index <= frame <= row.end_frame_index)


class TestTimeline:
    def test_an_edge_is_dragged_and_snaps_to_where_much_changes(self, tool: CaptionPage, video: Path):
        tool.select("Over there.")
        tool.press("[", "[", "[", "]")
        tool.saved()
        assert tool.extents() == (83, 109)
        near = tool.boundary(86)
        tool.drag(tool.boundary(83), (near[0] - 2, near[1]), release=False)
        tool.wait("s.ghost?.rows.some((row) => row.start === 85 && row.end === 109)")
        tool.page.mouse.up()
        tool.saved()
        assert tool.extents() == (85, 109)
        assert at(video, 85).end_frame_index == 109

    def test_the_ghost_names_confirmed_captions_that_would_change(self, tool: CaptionPage, video: Path):
        tool.select("Where is the rabbit?")
        tool.press("Enter")
        tool.saved()
        tool.press("o", "o")  # trim
        tool.select("Good morning")
        tool.drag(tool.boundary(45), tool.boundary(55), release=False)
        tool.page.get_by_text("1 confirmed caption would change.").wait_for()
        tool.press("Escape")
        tool.page.mouse.up()
        tool.wait("s.ghost === null")
        assert at(video, 50).start_frame_index == 45, "cancelled: nothing was changed"
        tool.press("o")  # protect
        tool.drag(tool.boundary(45), tool.boundary(55))
        tool.saved()
        assert at(video, 44).end_frame_index == 44, "stopped at the confirmed caption"

    def test_a_caption_is_dragged_with_shift(self, tool: CaptionPage):
        tool.select("Over there.")
        tool.page.keyboard.down("Shift")
        tool.drag(tool.boundary(95), tool.boundary(98))
        tool.page.keyboard.up("Shift")
        tool.saved()
        assert tool.extents() == (88, 112)

    def test_a_click_chooses_and_a_drag_over_the_ruler_moves_the_cursor(self, seen: CaptionPage):
        tool = seen
        x, y = tool.boundary(120)
        tool.page.mouse.click(x + 1, y)
        tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'I cannot see it' && s.frame === 120")
        tool.drag((x, y - 36), (tool.boundary(90)[0] + 1, y - 36))
        tool.wait("s.frame === 90")
        assert tool.row()["ocr"] == "I cannot see it", "the caption in focus stays"

    def test_the_wheel_zooms_where_the_pointer_is(self, seen: CaptionPage):
        tool = seen
        x, y = tool.boundary(100)
        tool.page.mouse.move(x, y)
        before = tool.page.evaluate("__test.scale().perFrame")
        tool.page.mouse.wheel(0, -500)
        until(tool.page, f"__test.scale().perFrame > {1.3 * before}")
        assert tool.boundary(100)[0] == pytest.approx(x, abs=1.5)
        tool.page.keyboard.down("Shift")
        tool.page.mouse.wheel(0, 200)
        tool.page.keyboard.up("Shift")
        until(tool.page, f"__test.boundaryPoint(100).x < {x - 50}")

    def test_the_cursor_shows_what_the_keys_would_do(self, tool: CaptionPage):
        tool.select("Over there.")
        tool.press("f", "ArrowRight", "ArrowRight")
        tool.wait("s.ghost?.rows.some((row) => row.start === 85 && row.end === 111)")
        tool.press("d")
        tool.saved()
        assert tool.extents() == (85, 111)


class TestExactPictures:
    """Every crop carries its index as a pattern: what is on the canvas for index i is i, on every way to it."""

    def check(self, tool: CaptionPage, frame: int | None = None) -> None:
        if frame is not None:
            tool.wait(f"s.frame === {frame} && __test.slots().some((slot) => slot.frame === {frame})")
        pictures = tool.pictures()
        assert [read for read, _ in pictures] == [meant for _, meant in pictures]
        assert pictures
        if frame is not None:
            assert (frame, frame) in pictures

    def test_the_boundary_view_of_every_caption(self, seen: CaptionPage):
        tool = seen
        tool.go(20)
        for start, end in ((20, 44), (45, 69), (85, 109), (115, 139), (140, 141)):
            tool.wait(f"s.frame === {start}")
            self.check(tool)
            assert tool.shown_indices() == [start - 1, start, end, end + 1, (start + end) // 2]
            tool.press("n")

    def test_first_last_step_and_jump(self, seen: CaptionPage):
        tool = seen
        steps = (("Home", 0), ("ArrowRight", 1), ("Shift+ArrowRight", 11), ("PageDown", 61), ("End", 299))
        for key, frame in (*steps, ("ArrowLeft", 298), ("PageUp", 248), ("Control+ArrowLeft", 240)):
            tool.press(key)
            self.check(tool, frame)

    def test_fast_repeat(self, seen: CaptionPage):
        tool = seen
        tool.go(0)
        for _ in range(60):
            tool.page.keyboard.down("ArrowRight")
        tool.page.keyboard.up("ArrowRight")
        self.check(tool, 60)

    def test_drag_click_list_and_address(self, seen: CaptionPage):
        tool = seen
        tool.press("0")
        x, y = tool.boundary(40)
        tool.drag((x, y - 36), (tool.boundary(233)[0] + 1, y - 36))
        self.check(tool, 233)
        slot = tool.page.evaluate("__test.slotPlace(0)")
        frame = tool.page.evaluate("__test.slots()[0].frame")
        tool.page.mouse.click(slot["x"] + slot["width"] / 2, slot["y"] + slot["height"] / 2)
        self.check(tool, frame)
        tool.select("It ran into the forest")
        self.check(tool)
        tool.go(177)
        tool.press("2")
        self.check(tool, 177)

    def test_playing(self, seen: CaptionPage):
        tool = seen
        tool.go(100)
        tool.press("l")
        tool.wait("s.frame > 103")
        tool.press("k")
        self.check(tool)

    def test_every_step_of_the_strip(self, seen: CaptionPage):
        tool = seen
        tool.go(120)
        tool.press("2")
        group = tool.page.get_by_role("group", name="Which frames the strip shows")
        for label, by in (("2", 2), ("5", 5), ("1", 1)):
            group.get_by_role("button", name=label, exact=True).click()
            tool.wait(f"s.step === { ({1: 'every', 2: 'second', 5: 'fifth'}[by])!r}")
            until(tool.page, f"__test.slots()[1].frame - __test.slots()[0].frame === {by}")
            self.check(tool, 120)
        group.get_by_role("button", name="≠").click()
        until(tool.page, "__test.slots().some((slot) => slot.frame === 115)")
        self.check(tool, 120)

    def test_never_another_frame_while_the_right_one_is_on_its_way(self, tool: CaptionPage):
        held: list[Any] = []
        tool.page.route("**/crop/199.jpg*", lambda route: held.append(route))
        tool.go(199)
        tool.press("2")
        until(tool.page, "__test.slots().some((slot) => slot.current && slot.frame === 199 && slot.place === 'beside')")
        place = tool.page.evaluate("__test.slots().findIndex((slot) => slot.current)")
        assert tool.page.evaluate(f"__test.slots()[{place}].shown") == -1
        assert max(tool.page.evaluate(f"__test.pixel({place}, 0.5, 0.2)")[:3]) < 70, "a placeholder, no picture"
        held[0].continue_()
        self.check(tool, 199)

    def test_on_a_screen_with_two_pixels_per_point(self, browser: Browser, login: Any, live: LiveServer, video: Path):
        size: Any = {"width": 1280, "height": 800}
        context = browser.new_context(storage_state=login, device_scale_factor=2, viewport=size)
        with watched_page(context, live.origin) as page:
            tool = CaptionPage(page, live.origin, video.name).open("#frame=150")
            self.check(tool)
        context.close()

    def test_the_difference_is_dark_where_nothing_changes_and_bright_where_text_comes(self, seen: CaptionPage):
        tool = seen
        tool.select("Over there.")
        until(tool.page, "__test.slots().every((slot) => slot.shown === slot.frame)")
        kinds = tool.page.evaluate("__test.slots().map((slot) => slot.kind)")
        place = kinds.index("difference")
        assert max(tool.page.evaluate(f"__test.pixel({place}, 0.05, 0.9)")[:3]) < 60
        brightest = tool.page.evaluate(
            f"Math.max(...[...Array(60).keys()].map((i) => __test.pixel({place}, 0.35 + i / 200, 0.62)[1]))"
        )
        assert brightest > 150

    def test_two_frames_take_turns(self, seen: CaptionPage):
        tool = seen
        tool.select("Over there.")
        tool.press("v")
        until(tool.page, "__test.slots()[0].frame === 84")
        until(tool.page, "__test.slots()[0].frame === 85")
        self.check(tool)


class TestText:
    def test_enter_in_the_field_confirms_and_goes_on_and_shift_enter_breaks_the_line(
        self, tool: CaptionPage, video: Path
    ):
        tool.select("Over there.")
        tool.press("e")
        tool.page.keyboard.type("Over")
        tool.press("Shift+Enter")
        tool.page.keyboard.type("there")
        tool.press("Enter")
        tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'I cannot see it'")
        until(tool.page, "document.activeElement.id === 'text'")
        assert tool.page.locator("#text").input_value() == "I cannot see it"
        tool.saved()
        row = at(video, 90)
        assert (row.text, row.text_status, row.boundary_state) == ("Over\nthere", "confirmed", "confirmed")

    def test_keys_are_letters_in_the_field_and_composing_confirms_nothing(self, tool: CaptionPage, video: Path):
        tool.select("Over there.")
        tool.press("e")
        tool.page.keyboard.type("asdf[]gbm?")
        tool.page.locator("#text").evaluate(
            "(field) => field.dispatchEvent(new KeyboardEvent('keydown',"
            " {key: 'Enter', bubbles: true, cancelable: true, isComposing: true}))"
        )
        assert tool.page.locator("#text").input_value() == "asdf[]gbm?"
        tool.press("Control+a")
        selected = "document.activeElement.selectionEnd - document.activeElement.selectionStart"
        assert tool.page.evaluate(selected) == 10, "Ctrl+A selects text"
        tool.press("Escape")
        tool.saved()
        assert at(video, 90).boundary_state == "predicted"
        assert at(video, 90).text == "asdf[]gbm?"

    def test_what_was_typed_is_saved_when_another_caption_is_chosen(self, tool: CaptionPage, video: Path):
        tool.select("Over there.")
        tool.press("e")
        tool.page.keyboard.type("Not there.")
        tool.page.locator(".caption", has_text="I cannot see it").click()
        tool.saved()
        assert at(video, 90).text == "Not there."

    def test_readings_are_offered_and_their_doubts_marked(self, tool: CaptionPage):
        answer = {
            "candidates": [
                {"text": "Over there.", "source": "combined", "frames": [90, 95], "confidence": 0.9}
                | {"agreement": [1.0] * 11, "marks": "aaaadaaaaan"},
                {"text": "Oven there", "source": "frames", "frames": [99], "confidence": 0.5}
                | {"agreement": [None] * 10, "marks": ""},
            ],
            "stale": True,
        }
        tool.page.route("**/candidates", lambda route: route.fulfill(json=answer))
        tool.select("Over there.")
        tool.page.locator(".marks mark.n").wait_for()
        assert tool.page.locator(".marks mark.d").inner_text().strip() == ""  # the space after "Over"
        tool.page.get_by_text("read from other frames").wait_for()
        tool.page.get_by_role("button", name="Oven there").click()
        until(tool.page, "document.getElementById('text').value === 'Oven there'")

    def test_status_and_notes(self, tool: CaptionPage, video: Path):
        tool.select("Over there.")
        tool.page.locator("#status").select_option("text_unclear")
        tool.page.get_by_label("Notes").fill("hard to read")
        tool.press("Escape")
        tool.saved()
        row = at(video, 90)
        assert (row.text_status, row.text_notes) == ("text_unclear", "hard to read")
        assert "✎" in tool.page.locator(".caption.current").inner_text()
        tool.page.get_by_role("button", name="! Issue").click()
        tool.page.get_by_role("button", name="Look again").click()
        tool.saved()
        assert (at(video, 90).boundary_state, at(video, 90).boundary_pending) == ("issue", 1)

    def test_the_same_text_elsewhere_is_counted_and_shown(self, seen: CaptionPage):
        tool = seen
        tool.select("Good morning")
        tool.page.get_by_text("1 other caption reads the same").wait_for()
        tool.page.get_by_role("button", name="show", exact=True).click()
        until(tool.page, "document.querySelectorAll('.caption').length === 2")

    def test_the_text_review_is_completed(self, tool: CaptionPage):
        tool.page.get_by_role("button", name="Text review complete").click()
        tool.saved()
        tool.wait("s.review === 'complete'")


class TestButtons:
    """Every button does what its key does."""

    def test_edges(self, tool: CaptionPage):
        tool.select("Over there.")
        for name in ("Start one frame earlier", "End one frame later"):
            tool.page.get_by_role("button", name=name).click()
        tool.saved()
        assert tool.extents() == (84, 110)
        for name in ("Start one frame later", "End one frame earlier"):
            tool.page.get_by_role("button", name=name).click()
        tool.saved()
        assert tool.extents() == (85, 109)
        tool.page.get_by_label("End frame").fill("105")
        tool.press("Tab")
        tool.saved()
        assert tool.extents() == (85, 105)
        before = tool.row()["endSeconds"]
        tool.page.get_by_role("button", name="End one picture of the video earlier").click()
        tool.saved()
        assert tool.row()["endSeconds"] < (before or 10.6)
        tool.page.get_by_role("button", name="End one picture of the video later").click()
        tool.page.get_by_role("button", name="Start one picture of the video later").click()
        tool.page.get_by_role("button", name="Start one picture of the video earlier").click()
        tool.saved()
        assert tool.extents() == (85, 105)

    def test_at_the_cursor(self, tool: CaptionPage):
        tool.select("Over there.")
        bar = tool.page.get_by_role("toolbar", name="At the cursor")
        bar.get_by_title("Go to the last frame").click()
        tool.wait("s.frame === 109")
        tool.focus()
        tool.press("ArrowLeft")
        bar.get_by_role("button", name="Ends here").click()
        tool.saved()
        assert tool.extents() == (85, 108)
        bar.get_by_title("Go to the first frame").click()
        tool.wait("s.frame === 85")
        tool.focus()
        tool.press("ArrowRight")
        bar.get_by_role("button", name="Starts here").click()
        tool.saved()
        assert tool.extents() == (86, 108)
        tool.focus()
        tool.press("PageDown")
        bar.get_by_role("button", name="This one").click()
        tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'I cannot see it'")
        bar.get_by_role("button", name="Confirm").click()
        tool.saved()
        tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'Oh!'")

    def test_of_the_panel(self, tool: CaptionPage, video: Path):
        cases = {"Split": [(85, 94), (95, 109)], "Merge": [(85, 139)], "Gap": [(70, 114)], "Delete": [(70, 114)]}
        for name, rows in cases.items():
            tool.select("Over there.")
            tool.press("f", *["ArrowLeft"] * 4, "Shift+ArrowLeft")
            tool.wait("s.frame === 95")
            tool.page.locator("#panel").get_by_role("button", name=name).click()
            tool.saved()
            found = {(row.start_frame_index, row.end_frame_index) for row in stored(video)}
            assert set(rows) <= found, name
            tool.focus()
            tool.press("Control+z")
            tool.saved()

    def test_a_new_caption_in_a_gap(self, tool: CaptionPage, video: Path):
        tool.go(285)
        tool.page.get_by_role("button", name="New caption here").click()
        tool.saved()
        assert at(video, 285).boundary_state == "confirmed"

    def test_no_text_and_undo_and_redo(self, tool: CaptionPage, video: Path):
        tool.select("Over there.")
        tool.page.get_by_role("button", name="No text").click()
        tool.saved()
        assert at(video, 90).text == ""
        tool.page.get_by_role("button", name="Undo").click()
        tool.saved()
        assert at(video, 90).text == "Over there."
        tool.page.get_by_role("button", name="Redo").click()
        tool.saved()
        assert at(video, 90).text == ""

    def test_views_and_zoom(self, seen: CaptionPage):
        tool = seen
        bar = tool.page.get_by_role("toolbar", name="Views and tools")
        bar.get_by_role("button", name="Strip").click()
        tool.wait("s.view === 'strip'")
        bar.get_by_role("button", name="Boundaries").click()
        for name, field in (
            ("Difference", "difference"),
            ("Flicker", "flicker"),
            ("Exact", "fine"),
            ("Loupe", "loupe"),
        ):
            before = tool.state(f"s.{field}")
            bar.get_by_role("button", name=name).click()
            tool.wait(f"s.{field} !== {str(before).lower()}")
            bar.get_by_role("button", name=name).click()
        for name, policy in (("Push", "push"), ("Trim", "trim"), ("Protect", "protect")):
            bar.get_by_role("button", name=name).click()
            tool.wait(f"s.policy === {policy!r}")
        timeline = tool.page.get_by_role("group", name="Timeline")
        timeline.get_by_role("button", name="Show the whole timeline").click()
        whole = tool.page.evaluate("__test.scale().perFrame")
        timeline.get_by_role("button", name="Zoom in").click()
        until(tool.page, f"__test.scale().perFrame > {whole}")
        timeline.get_by_role("button", name="Zoom out").click()
        until(tool.page, f"__test.scale().perFrame < {whole * 1.01}")
        timeline.get_by_role("button", name="Play in a loop").click()
        tool.wait("s.playing === 'loop'")
        timeline.get_by_role("button", name="Stop").click()
        tool.wait("s.playing === 0")

    def test_the_history_tells_what_was_done_and_goes_there(self, tool: CaptionPage):
        tool.select("Over there.")
        tool.press("[")
        tool.saved()
        tool.press("Home")
        tool.page.get_by_text("History", exact=True).click()
        tool.page.get_by_role("button", name="Nudged an edge").click()
        tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'Over there.'")


class TestQueue:
    def test_the_least_certain_come_first(self, tool: CaptionPage):
        tool.page.get_by_label("Order of the captions").select_option("uncertain")
        tool.wait("s.queue?.ids.length === 8")
        first = tool.page.locator(".caption").first
        assert "55 %" in first.inner_text()
        first.click()
        tool.focus()
        tool.press("Enter")
        tool.wait("s.rows.find((r) => r.id === s.current).sure < 0.6")
        tool.saved()

    def test_only_what_is_wanted_is_listed(self, seen: CaptionPage):
        wanted = seen.page.get_by_label("Which captions are shown")
        counts = {"open": 8, "pending": 0, "unconfirmed": 8, "gaps": 3, "short": 1, "long": 0, "imported": 0}
        for show, count in counts.items():
            wanted.select_option(show)
            seen.wait(f"s.show === {show!r} && s.queue?.ids.length === {count}")
            until(seen.page, f"document.querySelectorAll('.caption').length === {count}")
        wanted.select_option("all")
        until(seen.page, "document.querySelectorAll('.caption').length === 8")

    def test_a_pass_over_the_extents_alone(self, tool: CaptionPage, video: Path):
        tool.page.get_by_label("What Enter settles").select_option("extents")
        tool.select("Over there.")
        tool.press("Enter")
        tool.saved()
        assert (at(video, 90).boundary_state, at(video, 90).text_status) == ("confirmed", None)
        tool.page.get_by_label("What Enter settles").select_option("text")
        tool.select("Over there.")
        tool.press("Enter")
        tool.saved()
        assert at(video, 90).text_status == "confirmed"

    def test_captions_are_found_by_their_text(self, seen: CaptionPage):
        tool = seen
        tool.press("/")
        tool.page.keyboard.type("rabbit")
        until(tool.page, "document.querySelectorAll('.caption').length === 1")
        tool.press("Enter")
        tool.page.locator("#search").fill("")
        assert tool.state("s.save.state") == "saved", "Enter in the search confirms nothing"

    def test_the_list_says_what_the_canvases_show(self, seen: CaptionPage):
        tool = seen
        tool.select("Over there.")
        box = tool.page.get_by_role("listbox", name="Captions")
        active = box.get_attribute("aria-activedescendant")
        option = tool.page.locator(f"#{active}")
        label = option.get_attribute("aria-label") or ""
        assert label == "0:08.5, 2.5 seconds, Over there., predicted"
        assert option.get_attribute("aria-posinset") == "3"


def dialog_of(tool: CaptionPage, name: str) -> Locator:
    return tool.page.get_by_role("dialog", name=name)


class TestBulk:
    def test_search_and_replace_changes_what_is_ticked_in_one_step(self, tool: CaptionPage, video: Path):
        tool.more("Search and replace")
        dialog = dialog_of(tool, "Search and replace")
        dialog.get_by_label("Search for").fill("good morning")
        dialog.get_by_label("Replace with").fill("Good evening")
        dialog.locator("li").nth(1).wait_for()
        until(tool.page, "[...document.querySelectorAll('.hits img')].every((image) => image.naturalWidth > 0)")
        assert dialog.locator("li b").all_inner_texts() == ["Good evening"] * 2
        dialog.locator("li input").first.uncheck()
        dialog.get_by_text("2 captions, 1 ticked").wait_for()
        dialog.get_by_role("button", name="Replace ticked").click()
        tool.wait("s.rows.some((row) => row.text === 'Good evening')")
        tool.saved()
        assert [at(video, frame).text for frame in (30, 250)] == ["Good morning", "Good evening"]
        tool.focus()
        tool.press("Control+z")
        tool.saved()
        assert at(video, 250).text == "Good morning"

    def test_case_and_whole_words_matter_where_wanted(self, seen: CaptionPage):
        tool = seen
        tool.more("Search and replace")
        dialog = dialog_of(tool, "Search and replace")
        dialog.get_by_label("Search for").fill("the")
        dialog.get_by_text("4 captions").wait_for()
        dialog.get_by_label("Whole words").check()
        dialog.get_by_text("3 captions").wait_for()
        dialog.get_by_label("Search for").fill("THE")
        dialog.get_by_text("3 captions").wait_for()
        dialog.get_by_label("Match case").check()
        dialog.get_by_text("0 captions").wait_for()
        dialog.get_by_role("button", name="Close").click()

    def test_captions_are_shifted(self, tool: CaptionPage, video: Path):
        tool.go(200)
        tool.more("Shift captions")
        dialog = dialog_of(tool, "Shift captions")
        dialog.get_by_label("By how many frames").fill("3")
        dialog.get_by_label("Which captions").select_option("on")
        dialog.get_by_role("button", name="Shift").click()
        tool.wait("s.rows.some((row) => row.start === 243)")
        tool.saved()
        assert [at(video, frame).start_frame_index for frame in (160, 200, 250)] == [150, 193, 243]

    def test_repeated_captions_are_merged(self, tool: CaptionPage, video: Path):
        tool.go(95)
        tool.press("b")
        tool.saved()
        tool.select("Over there.", 1) if tool.page.locator(".caption", has_text="Over there.").count() > 1 else None
        tool.more("Merge repeated captions")
        dialog = tool.page.locator("dialog[open]")
        dialog.get_by_role("button", name="Merge", exact=True).click()
        tool.wait("s.rows.some((row) => row.start === 85 && row.end === 109)")
        tool.saved()
        assert at(video, 85).end_frame_index == 109


SRT = """1
00:00:02,000 --> 00:00:04,500
Good morning

2
00:00:08,500 --> 00:00:11,500
Over here!

3
00:00:27,500 --> 00:00:29,000
The end
"""


class TestFiles:
    def choose(self, tool: CaptionPage, name: str, content: str) -> None:
        with tool.page.expect_file_chooser() as chooser:
            tool.more("Import")
        chooser.value.set_files({"name": name, "mimeType": "text/plain", "buffer": content.encode()})

    def test_an_import_shows_the_differences_first(self, tool: CaptionPage, video: Path):
        before = stored(video)
        self.choose(tool, "corrected.srt", SRT)
        dialog = dialog_of(tool, "Import: what would change")
        text = dialog.inner_text()
        assert "3 captions in the file: 1 as they are here, 1 new, 1 changed" in text
        assert all(words in text for words in ("Over here!", "The end", "not in the file"))
        assert stored(video) == before, "looking changes nothing"
        ticks = dialog.locator("li input")
        assert [ticks.nth(i).is_checked() for i in range(ticks.count())].count(True) == 2
        dialog.get_by_role("button", name="Take over ticked").click()
        tool.wait("s.rows.some((row) => row.text === 'The end')")
        tool.saved()
        assert (at(video, 90).text, at(video, 90).end_frame_index) == ("Over here!", 114)
        assert at(video, 160).text == "It ran into the forest", "what the file lacks stays"
        tool.focus()
        tool.press("Control+z")
        tool.saved()
        assert [(row.start_frame_index, row.text) for row in stored(video)] == [
            (row.start_frame_index, row.text) for row in before
        ]

    def test_nothing_is_taken_over_where_it_is_cancelled(self, tool: CaptionPage, video: Path):
        before = stored(video)
        self.choose(tool, "corrected.srt", SRT)
        dialog = dialog_of(tool, "Import: what would change")
        dialog.get_by_role("button", name="None").click()
        dialog.get_by_text("0 of").wait_for()
        dialog.get_by_role("button", name="All").click()
        dialog.get_by_role("button", name="Cancel").click()
        assert stored(video) == before

    def test_what_is_no_subtitle_file_is_refused_in_words(self, context: BrowserContext, live: LiveServer, video: Path):
        with watched_page(context, live.origin, "400", "422") as page:
            tool = CaptionPage(page, live.origin, video.name).open()
            self.choose(tool, "notes.srt", "these are no subtitles")
            page.locator(".toast.bad").wait_for()

    def test_every_format_is_exported(self, seen: CaptionPage):
        for name in ("srt", "vtt", "ass", "ttml", "csv", "json", "jsonl"):
            seen.more("Export")
            dialog = dialog_of(seen, "Export")
            dialog.get_by_label("Format").select_option(name)
            with seen.page.expect_download() as download:
                dialog.get_by_role("button", name="Export").click()
            assert download.value.suggested_filename == f"looked at.{name}"
            assert "Where is the rabbit?" in Path(download.value.path()).read_text("utf-8"), name


class TestSafety:
    def test_work_is_there_after_a_reload_and_undo_goes_to_what_it_changed(self, tool: CaptionPage, video: Path):
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
        row = at(video, 90)
        assert (row.start_frame_index, row.boundary_state) == (85, "predicted")

    def test_it_says_when_nothing_is_saved_and_saves_when_it_can(
        self, context: BrowserContext, live: LiveServer, video: Path
    ):
        with watched_page(context, live.origin, "ERR_INTERNET_DISCONNECTED", "Failed to load resource") as page:
            tool = CaptionPage(page, live.origin, video.name).open()
            tool.select("Over there.")
            context.set_offline(True)
            tool.press("[", "e")
            page.keyboard.type("Typed offline")
            tool.press("Enter")
            tool.wait(
                "s.save.state === 'unsaved' && s.rows.some((row) => row.text === 'Typed offline' && row.start === 84)"
            )
            assert "NOT SAVED" in page.locator("#save").inner_text()
            context.set_offline(False)
            tool.saved()
        row = at(video, 90)
        assert (row.text, row.boundary_state, row.start_frame_index) == ("Typed offline", "confirmed", 84)

    def test_unsent_work_survives_a_reload(self, context: BrowserContext, live: LiveServer, video: Path):
        with watched_page(context, live.origin, "ERR_FAILED", "Failed to load resource") as page:
            tool = CaptionPage(page, live.origin, video.name).open()
            page.route("**/captions/actions", lambda route: route.abort())
            tool.select("Over there.")
            tool.press("Enter")
            tool.wait("s.save.state === 'unsaved'")
            page.on("dialog", lambda dialog: dialog.accept())
            page.unroute("**/captions/actions")
            page.reload()
            until(page, "Boolean(window.__test)")
            tool.saved()
        assert at(video, 90).boundary_state == "confirmed"

    def test_an_answer_that_gets_lost_is_not_applied_twice(
        self, context: BrowserContext, live: LiveServer, video: Path
    ):
        with watched_page(context, live.origin, "ERR_FAILED", "Failed to load resource") as page:
            tool = CaptionPage(page, live.origin, video.name).open()
            lost: list[str] = []

            def lose_the_first(route: Any) -> None:
                route.fetch()  # the server gets it and does it
                lost.append(route.request.post_data_json["uuid"])
                if len(lost) == 1:
                    route.abort()
                else:
                    route.continue_()

            page.route("**/captions/actions", lose_the_first)
            tool.select("Over there.")
            tool.press("[")
            tool.wait("s.save.state === 'saved' && s.revision === 1")
            assert len(set(lost)) == 1
            assert len(lost) >= 2
            assert tool.extents() == (84, 109)
        assert at(video, 90).start_frame_index == 84

    @pytest.fixture
    def two(self, browser: Browser, login: Any, live: LiveServer, video: Path) -> Iterator[list[CaptionPage]]:
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
                tools.append(CaptionPage(page, live.origin, video.name).open())
            yield tools
        for context in contexts:
            context.close()

    def test_two_people_change_the_same_caption(self, two: list[CaptionPage], video: Path):
        ana, ben = two
        ana.page.evaluate("window.dispatchEvent(new Event('focus'))")
        ana.page.get_by_text("ben is here too").wait_for()
        for tool, words in ((ana, "Over here."), (ben, "Up there.")):
            tool.select("Over there.")
            tool.press("e")
            tool.page.keyboard.type(words)
        ana.press("Enter")
        ana.saved()
        ben.press("Enter")
        dialog = dialog_of(ben, "Changed by somebody else")
        dialog.wait_for()
        text = dialog.inner_text()
        assert all(part in text for part in ("ana", "Over here.", "Up there."))
        dialog.get_by_role("button", name="Keep mine").click()
        ben.saved()
        assert at(video, 90).text == "Up there."
        ana.go(85)
        ana.press("w")
        ana.page.keyboard.type("mine")
        ana.press("Escape")
        dialog = dialog_of(ana, "Changed by somebody else")
        dialog.get_by_role("button", name="Take theirs").click()
        ana.saved()
        ana.wait("s.rows.some((row) => row.text === 'Up there.' && row.notes === '')")
        assert at(video, 90).text_notes is None

    def test_changes_of_others_are_shown_where_nothing_collides(self, two: list[CaptionPage], video: Path):
        ana, ben = two
        ana.select("Over there.")
        ana.press("[")
        ana.saved()
        ben.select("It ran into the forest")
        ben.press("]")
        ben.saved()
        ben.wait("s.rows.some((row) => row.start === 84)")
        ben.page.locator(".toast", has_text="changed by somebody else").wait_for()
        ana.page.evaluate("window.dispatchEvent(new Event('focus'))")
        ana.wait("s.rows.some((row) => row.start === 151)")

    def test_files_that_change_underneath_are_loaded_again_and_told(self, tool: CaptionPage, video: Path):
        tool.select("Over there.")
        with VideoDatabase(video, writes={"cropping"}, attach={"cropping"}) as connection:
            connection.execute("UPDATE cropping.cropped_frames SET created_at = 'now' WHERE frame_index = 0")
        before = tool.state("s.data.pictures")
        tool.page.evaluate("window.dispatchEvent(new Event('focus'))")
        tool.page.locator(".toast", has_text="The files have changed underneath").wait_for()
        assert tool.state("s.data.pictures") != before
        tool.wait("s.data.likelihood !== null")
        assert tool.row()["ocr"] == "Over there.", "where the person was, they are"

    def test_only_captions_db_is_touched(self, tool: CaptionPage, video: Path):
        others = {name: path for name, path in all_databases(video).items() if name != "captions"}
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
            row = page.locator("li.video", has_text="migrate")
            row.get_by_role("link", name="Captions").click()
            until(page, "Boolean(window.__test)")
            tool = CaptionPage(page, live.origin, "")
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
