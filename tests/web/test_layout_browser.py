"""The layout tool in a real browser: the mouse, bulk marks, the crop, exact pictures, and the panel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from caption_boundaries.database.layout import LayoutReader, regions_from_json
from caption_boundaries.database.multi_db import VideoDatabase
from support.browser import LayoutPage, first_of, until, watched_page
from support.layout_data import stored_labels
from support.live_server import LiveServer
from support.web_data import INDEX_BITS, INDEX_CELL, made_lines

SIZE = (640, 360)
ROW = 92
"""Height in pixels of a row of the frames on the left, for pictures of this size."""


def stored_config(folder: Path) -> Any:
    with VideoDatabase(folder, readonly=True, attach={"layout"}) as connection:
        return LayoutReader(connection).config()


class TestMouse:
    def test_a_click_selects_and_a_key_marks(self, layout_page: LayoutPage, video: Path):
        layout_page.click_box(0)
        layout_page.wait("s.cursor === 0")
        layout_page.page.locator(".selection-bar .mark-out").click()
        layout_page.saved()
        assert stored_labels(video) == {(0, 0): "out"}

    def test_ctrl_click_adds_to_the_selection(self, layout_page: LayoutPage):
        layout_page.click_box(0)
        layout_page.page.keyboard.down("Control")
        layout_page.click_box(1)
        layout_page.page.keyboard.up("Control")
        layout_page.wait("s.selection.size === 2")

    @pytest.mark.parametrize(("brush", "code"), [("In", 2), ("Out", 1), ("Clear", 0)])
    def test_the_chosen_brush_marks_on_click(self, layout_page: LayoutPage, brush: str, code: int):
        layout_page.press("ArrowDown", "i")
        layout_page.wait("s.labels[0] === 2")
        tools = layout_page.page.get_by_role("group", name="What a click or a rectangle does")
        tools.get_by_role("button", name=brush).click()
        layout_page.click_box(0)
        layout_page.wait(f"s.labels[0] === {code}")

    def test_the_right_button_flips(self, layout_page: LayoutPage):
        before = layout_page.state("s.odds[0] > 0")
        layout_page.click_box(0, button="right")
        layout_page.wait(f"s.labels[0] === {1 if before else 2}")

    def test_a_rectangle_selects_boxes_whose_centre_lies_inside(self, layout_page: LayoutPage):
        layout_page.drag((0.7, 0.02), (0.99, 0.2), before_up=lambda: layout_page.wait("s.selection.size === 1"))
        layout_page.wait("s.selection.has(0) && s.selection.size === 1")
        layout_page.drag((0.7, 0.02), (0.85, 0.2))
        layout_page.wait("s.selection.size === 0")

    def test_the_wheel_zooms_where_the_pointer_is(self, layout_page: LayoutPage):
        at = layout_page.point(0.25, 0.75)
        layout_page.page.mouse.move(*at)
        layout_page.page.mouse.wheel(0, -400)
        until(layout_page.page, "parseInt(document.querySelector('.zoom').innerText) > 150")
        assert layout_page.point(0.25, 0.75) == pytest.approx(at, abs=1)

    def test_a_frame_is_chosen_in_the_grid(self, layout_page: LayoutPage):
        layout_page.page.locator(".cell[data-place='5']").click()
        layout_page.wait("s.frame === 5")
        layout_page.page.locator(".cell[data-place='7']").click(modifiers=["Control"])
        layout_page.wait("s.chosen.has(7) && s.scope === 'selected'")
        layout_page.page.locator(".cell[data-place='9']").click(modifiers=["Shift"])
        layout_page.wait("s.chosen.size === 5")


class TestBulk:
    def test_a_rectangle_over_all_frames_tells_its_count_first_and_is_one_step(
        self, layout_page: LayoutPage, video: Path
    ):
        page = layout_page.page
        page.get_by_role("group", name="What a rectangle reaches").get_by_role("button", name="All").click()
        layout_page.drag((0.8, 0.01), (0.99, 0.15), before_up=lambda: layout_page.wait("s.selection.size === 24"))
        assert "24 boxes in 24 frames" in page.locator(".selection-bar").inner_text()
        layout_page.press("o")
        assert "Mark 24 boxes in 24 frames as out?" in layout_page.confirm("Mark out")
        layout_page.saved()
        assert set(stored_labels(video).values()) == {"out"}
        assert len(stored_labels(video)) == 24
        layout_page.press("Control+z")
        layout_page.wait("s.selection.size === 24 && s.labels.every((code) => code === 0)")
        layout_page.saved()
        assert stored_labels(video) == {}

    def test_a_cancelled_mark_changes_nothing(self, layout_page: LayoutPage, video: Path):
        layout_page.click_box(0)
        layout_page.press("e", "o")
        layout_page.page.keyboard.press("Escape")
        layout_page.wait("s.save.state === 'saved'")
        assert stored_labels(video) == {}

    def test_a_rectangle_in_the_density_view_marks_over_all_frames(self, layout_page: LayoutPage, video: Path):
        layout_page.press("h")
        layout_page.wait("s.view === 'heat' && s.scope === 'all'")
        tools = layout_page.page.get_by_role("group", name="What a click or a rectangle does")
        tools.get_by_role("button", name="In", exact=True).click()
        layout_page.drag((0.02, 0.78), (0.98, 0.97))
        expected = sum(line.caption for i in range(24) for line in made_lines(i * 100))
        assert f"{expected} boxes" in layout_page.confirm("Mark in")
        layout_page.saved()
        assert list(stored_labels(video).values()) == ["in"] * expected

    def test_only_chosen_frames_are_reached(self, layout_page: LayoutPage, video: Path):
        for place in (1, 3):
            layout_page.page.locator(f".cell[data-place='{place}']").click(modifiers=["Control"])
        layout_page.drag((0.8, 0.01), (0.99, 0.15))
        layout_page.press("o")
        assert "2 boxes in 2 frames" in layout_page.confirm("Mark out")
        layout_page.saved()
        assert set(stored_labels(video)) == {(100, 0), (300, 0)}

    def test_what_the_model_is_sure_of_is_accepted_as_its_own_word(self, layout_page: LayoutPage, video: Path):
        page = layout_page.page
        page.get_by_label("Accept predictions from this probability on").fill("0.8")
        layout_page.wait("true")  # the count is drawn anew
        button = page.get_by_role("button", name="Accept", exact=False).filter(has_text="boxes")
        count = int(button.inner_text().split()[1])
        assert count > 30
        button.click()
        layout_page.confirm("Accept")
        layout_page.saved()
        assert len(stored_labels(video)) == count
        with VideoDatabase(video, readonly=True, attach={"layout"}) as connection:
            assert {row.label_source for row in LayoutReader(connection).box_labels()} == {"model"}

    def test_all_labels_are_cleared_in_one_step(self, layout_page: LayoutPage, video: Path):
        layout_page.press("Enter", "Enter")
        layout_page.saved()
        before = stored_labels(video)
        layout_page.page.get_by_role("button", name="Clear all labels").click()
        layout_page.confirm("Clear all")
        layout_page.saved()
        assert stored_labels(video) == {}
        layout_page.press("Control+z")
        layout_page.saved()
        assert stored_labels(video) == before


class TestCrop:
    def edges(self, layout_page: LayoutPage) -> tuple[float, float, float, float]:
        region = layout_page.state("s.crop.draft[0] ?? s.suggested[0]")
        return region["left"], region["top"], region["right"], region["bottom"]

    def test_an_edge_is_dragged_and_saved_and_undone(self, layout_page: LayoutPage, video: Path):
        left, top, right, _ = self.edges(layout_page)
        layout_page.drag(((left + right) / 2, top), ((left + right) / 2, 0.6))
        layout_page.saved()
        assert layout_page.state("s.crop.draft[0].top") == pytest.approx(0.6, abs=0.005)
        assert layout_page.state("s.crop.draft[0].locked") == ["top"]
        assert '"draft"' in stored_config(video).diagnostics
        layout_page.press("Control+z")
        layout_page.wait("s.crop.draft.length === 0")

    def test_a_corner_moves_two_edges(self, layout_page: LayoutPage):
        left, top, _, _ = self.edges(layout_page)
        layout_page.drag((left, top), (0.05, 0.7))
        layout_page.wait("s.crop.draft[0].locked.join() === 'left,top'")

    def test_what_is_cut_is_counted_and_shown(self, layout_page: LayoutPage):
        left, top, _, bottom = self.edges(layout_page)
        layout_page.drag((left, (top + bottom) / 2), (0.45, (top + bottom) / 2))
        layout_page.saved()
        panel = layout_page.page.locator("#panel")
        assert "cut" in panel.inner_text()
        panel.get_by_role("button", name="show").first.click()
        layout_page.wait("s.selection.size > 0 && s.view === 'frame'")
        layout_page.press("3")
        layout_page.page.locator(".sheet.cut").first.wait_for()

    def test_edges_are_set_by_number_and_locked(self, layout_page: LayoutPage):
        page = layout_page.page
        page.get_by_label("Bottom edge in pixels").fill("350")
        page.keyboard.press("Tab")
        layout_page.wait(f"Math.abs(s.crop.draft[0].bottom - {350 / 360}) < 1e-6")
        page.get_by_role("button", name="Left edge stays where it is").click()
        layout_page.wait("s.crop.draft[0].locked.includes('left')")
        page.get_by_role("button", name="Follow the boxes").click()
        layout_page.wait("s.crop.draft.length === 0")

    def test_a_second_rectangle_is_drawn_and_approved(self, layout_page: LayoutPage, video: Path):
        page = layout_page.page
        page.get_by_role("button", name="Add rectangle").click()
        layout_page.drag((0.2, 0.1), (0.7, 0.25))
        layout_page.wait("s.crop.draft.length === 2")
        page.get_by_role("button", name="Approve").click()
        layout_page.saved()
        upper, lower = regions_from_json(stored_config(video).regions)
        assert (upper.box.left, upper.box.bottom) == pytest.approx((0.2, 0.25), abs=0.01)
        assert lower.box.top > 0.7
        assert stored_config(video).layout_approved == 1
        page.get_by_text("Crops and captions are older than this crop.").wait_for()
        page.get_by_role("button", name="Remove rectangle 1").click()
        layout_page.wait("s.crop.draft.length === 1")
        page.get_by_role("button", name="Withdraw").click()
        layout_page.saved()
        assert stored_config(video).layout_approved == 0

    def test_an_approved_crop_stays_and_tells_when_the_boxes_suggest_another(self, layout_page: LayoutPage):
        page = layout_page.page
        page.get_by_label("Top edge in pixels").fill("200")
        page.keyboard.press("Tab")
        layout_page.press("Control+Enter")
        layout_page.wait("s.crop.approved && s.crop.draft.length === 0")
        page.get_by_text("The boxes suggest another crop now.").wait_for()
        page.get_by_role("button", name="Follow them").click()
        layout_page.wait("s.crop.draft.length === 1 && s.crop.draft[0].top > 0.7")

    def test_the_suggestion_is_asked_for_once_at_a_time_and_in_the_end_for_the_last_label(
        self, layout_page: LayoutPage
    ):
        held: list[Any] = []
        layout_page.page.route("**/layout/crop", lambda route: held.append(route))
        layout_page.press("ArrowDown", "i")
        first_of(layout_page.page, held)
        for key in ("o", "i", "o"):
            layout_page.press(key)
            layout_page.saved()
            layout_page.page.wait_for_timeout(200)
        assert len(held) == 1, "pictures and labels would wait behind more of them"
        held.pop().fulfill(json={"revision": 1, "regions": []})
        layout_page.wait("s.suggested.length === 0")
        first_of(layout_page.page, held).continue_()
        layout_page.wait("s.suggested.length > 0")

    def test_keyboard_users_find_the_edges_too(self, layout_page: LayoutPage):
        layout_page.page.get_by_label("Left edge in pixels").focus()
        layout_page.press("Control+a")
        layout_page.page.keyboard.type("32")
        layout_page.press("Tab")
        layout_page.wait("Math.abs(s.crop.draft[0].left - 0.05) < 1e-6")
        assert layout_page.state("s.selection.size") == 0, "Ctrl+A in a field selects text"


class TestExactPictures:
    """Every frame carries its index as a pattern: what is on the canvas for index i is i, on every way to it."""

    def shown(self, tool: LayoutPage) -> int:
        return tool.shown_index(INDEX_BITS, INDEX_CELL, SIZE)

    def check(self, tool: LayoutPage, place: int) -> None:
        tool.wait(f"s.frame === {place}")
        assert self.shown(tool) == place * 100

    def test_first_last_step_and_jump(self, layout_page: LayoutPage):
        self.check(layout_page, 0)
        for key, place in (("End", 23), ("ArrowLeft", 22), ("Shift+ArrowLeft", 12), ("ArrowRight", 13), ("Home", 0)):
            layout_page.press(key)
            self.check(layout_page, place)

    def test_fast_repeat(self, layout_page: LayoutPage):
        for _ in range(23):
            layout_page.page.keyboard.down("ArrowRight")
        layout_page.page.keyboard.up("ArrowRight")
        self.check(layout_page, 23)

    def test_every_frame_in_the_grid_and_by_address(self, layout_page: LayoutPage):
        for place in (9, 2, 17, 5):
            layout_page.page.locator("#grid").evaluate(f"(grid) => grid.scrollTop = {place // 2} * {ROW}")
            layout_page.page.locator(f".cell[data-place='{place}']").click()
            self.check(layout_page, place)
        layout_page.page.evaluate("location.hash = 'frame=1100'")
        self.check(layout_page, 11)

    def test_never_another_frame_while_the_right_one_is_on_its_way(self, layout_page: LayoutPage):
        page = layout_page.page
        held: list[Any] = []
        page.route(
            "**/full/2000.jpg*",
            lambda route: held.append(route) if "width" not in route.request.url else route.continue_(),
        )
        page.evaluate("location.hash = 'frame=2000'")
        layout_page.wait("s.frame === 20")
        asked = first_of(page, held)
        index, color = layout_page.shown("[__test.shownIndex(), __test.pixel(0.3, 0.3)]")
        assert index == -1
        assert max(color[:3]) < 60, "a placeholder, no picture"
        asked.continue_()
        self.check(layout_page, 20)

    def test_on_a_screen_with_two_pixels_per_point(self, browser: Browser, login: Any, live: LiveServer, video: Path):
        context = browser.new_context(
            storage_state=login, device_scale_factor=2, viewport={"width": 1280, "height": 800}
        )
        with watched_page(context, live.origin) as page:
            tool = LayoutPage(page, live.origin, video.name).open("#frame=700")
            self.check(tool, 7)
            tool.click_box(int(tool.state("s.data.first[7]")))
            tool.wait("s.cursor === s.data.first[7]")
        context.close()


class TestFrames:
    def test_they_keep_their_places_while_their_pictures_are_on_their_way(
        self, page: Page, live: LiveServer, video: Path
    ):
        held: list[Any] = []
        page.route("**/full/*width=224", lambda route: held.append(route))
        tool = LayoutPage(page, live.origin, video.name).open()
        first_of(page, held)
        before = self.tops(tool)
        assert {round(before[place + 2] - before[place]) for place in range(14)} == {ROW}
        page.mouse.click(*self.middle(tool, 9))
        tool.wait("s.frame === 9")
        for route in list(held):
            route.continue_()
        until(page, "[...document.querySelectorAll('.cell img')].slice(0, 10).every((image) => image.naturalWidth > 0)")
        assert self.tops(tool) == before

    def tops(self, tool: LayoutPage) -> list[float]:
        return list(
            tool.page.locator(".cell").evaluate_all("(cells) => cells.map((cell) => cell.getBoundingClientRect().top)")
        )

    def middle(self, tool: LayoutPage, place: int) -> tuple[float, float]:
        box = tool.page.locator(f".cell[data-place='{place}']").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


class TestPanel:
    def test_doubts_are_kept_or_flipped(self, layout_page: LayoutPage, video: Path):
        logos = layout_page.state("s.data.texts.flatMap((text, box) => text === 'NEWS 7' ? [box] : [])")
        layout_page.click_box(logos[0])
        layout_page.press("e", "o")
        layout_page.confirm("Mark out")
        layout_page.saved()
        layout_page.press("Escape")
        layout_page.click_box(0)
        layout_page.press("i")
        layout_page.saved()
        layout_page.wait("s.doubts.length > 0 && s.doubts[0].box === 0")
        page = layout_page.page
        page.get_by_role("button", name="Keep the label of NEWS 7").click()
        layout_page.wait("!s.doubts.some((doubt) => doubt.box === 0)")
        page.reload()
        until(page, "Boolean(window.__test && __test.state().doubts.length)")
        page.get_by_role("button", name="Flip the label of NEWS 7").click()
        layout_page.wait("s.labels[0] === 1")

    def test_the_history_tells_what_was_done_and_goes_there(self, layout_page: LayoutPage):
        layout_page.press("End", "ArrowDown", "o", "Home")
        layout_page.saved()
        layout_page.page.get_by_text("History", exact=True).click()
        layout_page.page.get_by_role("button", name="Marked").click()
        layout_page.wait("s.frame === 23")

    def test_frames_are_found_by_their_text(self, layout_page: LayoutPage):
        layout_page.page.get_by_label("Only frames with this text").fill("river")
        with_river = [i for i in range(24) if any("river" in line.line.text for line in made_lines(i * 100))]
        until(layout_page.page, f"document.querySelectorAll('.cell').length === {len(with_river)}")

    def test_the_list_beside_the_canvas_says_the_same(self, layout_page: LayoutPage):
        layout_page.press("ArrowDown", "i")
        layout_page.saved()
        option = layout_page.page.locator("#box-0")
        assert "labelled in" in (option.get_attribute("aria-label") or "")
        boxes = layout_page.page.locator("#boxes")
        assert boxes.get_attribute("aria-activedescendant") == "box-0"
        layout_page.page.locator("#box-1").click()
        layout_page.wait("s.cursor === 1")

    def test_it_says_when_enough_was_labelled(self, layout_page: LayoutPage):
        for _ in range(24):
            layout_page.press("Enter")
        layout_page.saved()
        layout_page.page.get_by_text("That is enough").wait_for()
