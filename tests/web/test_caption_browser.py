"""The caption tool in a real browser: the mouse, exact pictures, and every button."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from support.browser import first_of, until, watched_page
from support.caption_browser import ALL_THERE, CaptionPage, caption_at
from support.caption_data import captions_of
from support.live_server import LiveServer


@pytest.fixture
def tool(caption_page: CaptionPage) -> CaptionPage:
    """The caption tool with a film of the test's own."""
    return caption_page


class TestTimeline:
    def test_an_edge_is_dragged_and_snaps_to_where_much_changes(self, tool: CaptionPage, film: Path):
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
        assert caption_at(film, 85).end_frame_index == 109

    def test_the_ghost_names_confirmed_captions_that_would_change(self, tool: CaptionPage, film: Path):
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
        assert caption_at(film, 50).start_frame_index == 45, "cancelled: nothing was changed"
        tool.press("o")  # protect
        tool.drag(tool.boundary(45), tool.boundary(55))
        tool.saved()
        assert caption_at(film, 44).end_frame_index == 44, "stopped at the confirmed caption"

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
        assert [picture.read for picture in pictures] == [picture.meant for picture in pictures]
        assert pictures
        assert frame is None or frame in [picture.read for picture in pictures]

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
        slot, frame = tool.shown("[__test.slotPlace(0), __test.slots()[0].frame]")
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
        asked = first_of(tool.page, held)
        tool.wait("s.view === 'strip'")
        number, slot = tool.shown("[...__test.slots().entries()].find(([i, slot]) => slot.current)")
        assert (slot["frame"], slot["shown"]) == (199, -1)
        assert max(tool.page.evaluate(f"__test.pixel({number}, 0.5, 0.2)")[:3]) < 70, "a placeholder, no picture"
        asked.continue_()
        self.check(tool, 199)

    def test_on_a_screen_with_two_pixels_per_point(self, browser: Browser, login: Any, live: LiveServer, film: Path):
        size: Any = {"width": 1280, "height": 800}
        context = browser.new_context(storage_state=login, device_scale_factor=2, viewport=size)
        with watched_page(context, live.origin) as page:
            tool = CaptionPage(page, live.origin, film.name).open("#frame=150")
            self.check(tool)
        context.close()

    def test_the_difference_is_dark_where_nothing_changes_and_bright_where_text_comes(self, seen: CaptionPage):
        tool = seen
        tool.select("Over there.")
        number = "__test.slots().findIndex((slot) => slot.kind === 'difference')"
        still, coming = tool.shown(
            f"{ALL_THERE} && [__test.pixel({number}, 0.05, 0.9).slice(0, 3),"
            f" [...Array(60).keys()].map((i) => __test.pixel({number}, 0.35 + i / 200, 0.62)[1])]"
        )
        assert max(still) < 60
        assert max(coming) > 150

    def test_two_frames_take_turns(self, seen: CaptionPage):
        tool = seen
        tool.select("Over there.")
        tool.press("v")
        until(tool.page, "__test.slots()[0].frame === 84")
        until(tool.page, "__test.slots()[0].frame === 85")
        self.check(tool)


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

    def test_numbers_of_long_films_have_room(self, seen: CaptionPage):
        seen.select("Over there.")
        cut = seen.page.locator("#edge-start").evaluate(
            "(field) => { const now = field.value; field.value = '123456';"
            " const cut = field.scrollWidth - field.clientWidth; field.value = now; return cut; }"
        )
        assert cut <= 0

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

    def test_of_the_panel(self, tool: CaptionPage, film: Path):
        cases = {"Split": [(85, 94), (95, 109)], "Merge": [(85, 139)], "Gap": [(70, 114)], "Delete": [(70, 114)]}
        for name, rows in cases.items():
            tool.select("Over there.")
            tool.press("f", *["ArrowLeft"] * 4, "Shift+ArrowLeft")
            tool.wait("s.frame === 95")
            tool.page.locator("#panel").get_by_role("button", name=name).click()
            tool.saved()
            found = {(row.start_frame_index, row.end_frame_index) for row in captions_of(film)}
            assert set(rows) <= found, name
            tool.focus()
            tool.press("Control+z")
            tool.saved()

    def test_a_new_caption_in_a_gap(self, tool: CaptionPage, film: Path):
        tool.go(285)
        tool.page.get_by_role("button", name="New caption here").click()
        tool.saved()
        assert caption_at(film, 285).boundary_state == "confirmed"

    def test_no_text_and_undo_and_redo(self, tool: CaptionPage, film: Path):
        tool.select("Over there.")
        tool.page.get_by_role("button", name="No text").click()
        tool.saved()
        assert caption_at(film, 90).text == ""
        tool.page.get_by_role("button", name="Undo").click()
        tool.saved()
        assert caption_at(film, 90).text == "Over there."
        tool.page.get_by_role("button", name="Redo").click()
        tool.saved()
        assert caption_at(film, 90).text == ""

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
