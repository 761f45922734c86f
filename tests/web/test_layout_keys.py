"""Every key of the layout tool does what the table of keys says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from caption_boundaries.web.keymap import keymap
from support.browser import LayoutPage, until
from support.keys import presses

LAST = 23
"""Position of the last frame of the test's video."""


def moves(start: int, end: int) -> Callable[[LayoutPage, str], None]:
    def check(tool: LayoutPage, key: str) -> None:
        tool.page.evaluate(f"location.hash = 'frame={start * 100}'")
        tool.wait(f"s.frame === {start}")
        tool.press(key)
        tool.wait(f"s.frame === {end}")

    return check


def label_frame(tool: LayoutPage, frame: int) -> None:
    """Label all boxes of a frame, which leaves the tool at that frame."""
    tool.page.evaluate(f"location.hash = 'frame={frame * 100}'")
    tool.wait(f"s.frame === {frame}")
    tool.press("Control+a", "o")
    tool.saved()


def next_open(tool: LayoutPage, key: str) -> None:
    label_frame(tool, 5)
    label_frame(tool, 4)
    tool.press(key)
    tool.wait("s.frame === 6")


def previous_open(tool: LayoutPage, key: str) -> None:
    label_frame(tool, 4)
    label_frame(tool, 5)
    tool.press(key)
    tool.wait("s.frame === 3")


def queue_next(tool: LayoutPage, key: str) -> None:
    tool.page.get_by_label("Order of the frames").select_option("unlabelled")
    tool.page.locator("#canvas").focus()
    most = tool.state("Math.max(...s.stats.open)")
    if tool.state("s.stats.open[s.frame]") == most:
        label_frame(tool, 0)
    tool.press(key)
    tool.wait(f"s.stats.open[s.frame] === {most}")


def queue_previous(tool: LayoutPage, key: str) -> None:
    tool.page.get_by_label("Order of the frames").select_option("uncertain")
    tool.page.locator("#canvas").focus()
    tool.press("End", "Home", key)
    tool.wait(f"s.frame === {LAST}")


def queue_next_open(tool: LayoutPage, key: str) -> None:
    label_frame(tool, 1)
    moves(0, 2)(tool, key)


def queue_previous_open(tool: LayoutPage, key: str) -> None:
    label_frame(tool, 1)
    moves(2, 0)(tool, key)


def next_uncertain(tool: LayoutPage, key: str) -> None:
    tool.press(key)
    tool.wait("s.cursor >= 0 && s.data.frame[s.cursor] === s.frame")
    assert tool.state("Math.abs(s.odds[s.cursor]) <= Math.min(...[...s.odds].map(Math.abs)) + 1e-6")


def cursor_down(tool: LayoutPage, key: str) -> None:
    tool.press(key, key)
    tool.wait("s.cursor === 1")


def cursor_up(tool: LayoutPage, key: str) -> None:
    tool.press(key)
    tool.wait("s.cursor === s.data.first[1] - 1")


def extend_down(tool: LayoutPage, key: str) -> None:
    tool.press("ArrowDown", key)
    tool.wait("s.selection.has(0) && s.selection.has(1) && s.cursor === 1")


def extend_up(tool: LayoutPage, key: str) -> None:
    tool.press("ArrowUp", key)
    tool.wait("s.selection.size === 2 && s.selection.has(s.data.first[1] - 1)")


def marks(code: int) -> Callable[[LayoutPage, str], None]:
    def check(tool: LayoutPage, key: str) -> None:
        tool.press("ArrowDown")
        if code == 0:
            tool.press("i")
            tool.wait("s.labels[0] === 2")
        tool.press(key)
        tool.wait(f"s.labels[0] === {code}")
        tool.saved()
        assert tool.state("s.stored[0]") == code

    return check


def accept(tool: LayoutPage, key: str) -> None:
    expected = tool.state("[...s.odds].slice(0, s.data.first[1]).map((odds) => odds > 0 ? 2 : 1)")
    tool.press(key)
    tool.wait("s.frame === 1")
    tool.saved()
    assert tool.labels()[: len(expected)] == expected


def select_same(tool: LayoutPage, key: str) -> None:
    logo = tool.state("s.data.texts.indexOf('NEWS 7')")
    tool.click_box(logo)
    tool.press(key)
    tool.wait("s.selection.size === 24")
    assert tool.state("[...s.selection].every((box) => s.data.texts[box] === 'NEWS 7')")


def select_all(tool: LayoutPage, key: str) -> None:
    tool.press(key)
    tool.wait("s.selection.size === s.data.first[1]")


def scope(tool: LayoutPage, key: str) -> None:
    for expected in ("selected", "all", "frame"):
        tool.press(key)
        tool.wait(f"s.scope === '{expected}'")


def rectangle(tool: LayoutPage, key: str) -> None:
    tool.press("s", "s", key)
    dialog = tool.page.locator("dialog[open]")
    for name, value in (("left", 80), ("top", 0), ("right", 100), ("bottom", 12)):
        dialog.get_by_label(name).fill(str(value))
    dialog.get_by_role("button", name="Select").click()
    tool.wait("s.selection.size === 24")


def toggle_frame(tool: LayoutPage, key: str) -> None:
    tool.press(key)
    tool.wait("s.chosen.has(0) && s.scope === 'selected'")
    tool.press(key)
    tool.wait("s.chosen.size === 0 && s.scope === 'frame'")


def undo(tool: LayoutPage, key: str) -> None:
    tool.press("ArrowDown", "i")
    tool.saved()
    tool.press("End", key)
    tool.wait("s.labels[0] === 0 && s.frame === 0 && s.canRedo")


def redo(tool: LayoutPage, key: str) -> None:
    undo(tool, "Control+z")
    tool.press("End", key)
    tool.wait("s.labels[0] === 2 && s.frame === 0 && !s.canRedo")


def view(name: str) -> Callable[[LayoutPage, str], None]:
    def check(tool: LayoutPage, key: str) -> None:
        if name == "frame":
            tool.press("3")
            tool.wait("s.view === 'contact'")
        tool.press(key)
        tool.wait(f"s.view === '{name}'")

    return check


def zoom(tool: LayoutPage) -> int:
    return int(tool.page.locator(".zoom").inner_text().split()[0])


def zoom_in(tool: LayoutPage, key: str) -> None:
    tool.press(key)
    until(tool.page, "document.querySelector('.zoom').innerText === '140 %'")


def zoom_out(tool: LayoutPage, key: str) -> None:
    tool.press("+", "+", key)
    until(tool.page, "document.querySelector('.zoom').innerText === '140 %'")


def zoom_reset(tool: LayoutPage, key: str) -> None:
    tool.press("+", "+", key)
    until(tool.page, "document.querySelector('.zoom').innerText === '100 %'")


def loupe(tool: LayoutPage, key: str) -> None:
    tool.press("ArrowDown", key)
    until(tool.page, "parseInt(document.querySelector('.zoom').innerText) > 200")
    canvas = tool.page.locator("#canvas").bounding_box()
    assert canvas is not None
    x, y = tool.box(0)
    assert abs(x - canvas["x"] - canvas["width"] / 2) < 2
    assert abs(y - canvas["y"] - canvas["height"] / 2) < 2
    tool.press(key)
    until(tool.page, "document.querySelector('.zoom').innerText === '100 %'")


def pan(tool: LayoutPage, key: str) -> None:
    tool.press("+")
    before = tool.point(0.5, 0.5)
    tool.page.keyboard.down(key)
    tool.drag_points(before, (before[0] + 40, before[1] + 30))
    tool.page.keyboard.up(key)
    after = tool.point(0.5, 0.5)
    assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((40, 30), abs=1)
    tool.drag_points(after, (after[0] + 30, after[1]))
    assert tool.point(0.5, 0.5) == pytest.approx(after, abs=1), "the key was let go"


def approve(tool: LayoutPage, key: str) -> None:
    tool.press(key)
    tool.wait("s.crop.approved && s.save.state === 'saved'")


def show_help(tool: LayoutPage, key: str) -> None:
    tool.press(key)
    sheet = tool.page.get_by_role("dialog", name="Keys")
    for entry in keymap("layout"):
        assert sheet.get_by_text(entry.label, exact=True).count() == 1, entry.label


def palette(tool: LayoutPage, key: str) -> None:
    tool.press(key)
    tool.page.keyboard.type("most uncertain")
    tool.press("Enter")
    tool.wait("s.cursor >= 0")


def cancel(tool: LayoutPage, key: str) -> None:
    tool.press("Control+a", key)
    tool.wait("s.selection.size === 0 && s.cursor === -1")


CHECKS: dict[str, Callable[[LayoutPage, str], None]] = {
    "layout.previousFrame": moves(5, 4),
    "layout.nextFrame": moves(5, 6),
    "layout.back10": moves(15, 5),
    "layout.ahead10": moves(5, 15),
    "layout.back50": moves(15, 0),
    "layout.ahead50": moves(5, LAST),
    "layout.firstFrame": moves(5, 0),
    "layout.lastFrame": moves(5, LAST),
    "layout.previousOpen": previous_open,
    "layout.nextOpen": next_open,
    "layout.queueNext": queue_next,
    "layout.queuePrevious": queue_previous,
    "layout.queueNextOpen": queue_next_open,
    "layout.queuePreviousOpen": queue_previous_open,
    "layout.nextUncertain": next_uncertain,
    "layout.cursorUp": cursor_up,
    "layout.cursorDown": cursor_down,
    "layout.extendUp": extend_up,
    "layout.extendDown": extend_down,
    "layout.markIn": marks(2),
    "layout.markOut": marks(1),
    "layout.clear": marks(0),
    "layout.accept": accept,
    "layout.selectSame": select_same,
    "layout.selectAll": select_all,
    "layout.scope": scope,
    "layout.rectangle": rectangle,
    "layout.toggleFrame": toggle_frame,
    "layout.undo": undo,
    "layout.redo": redo,
    "layout.viewFrame": view("frame"),
    "layout.viewHeat": view("heat"),
    "layout.viewContact": view("contact"),
    "layout.zoomIn": zoom_in,
    "layout.zoomOut": zoom_out,
    "layout.zoomReset": zoom_reset,
    "layout.loupe": loupe,
    "layout.pan": pan,
    "layout.approve": approve,
    "help": show_help,
    "palette": palette,
    "cancel": cancel,
}


def test_every_command_of_the_table_is_tested():
    assert set(CHECKS) == {key.command for key in keymap("layout")}


def test_no_key_calls_two_commands():
    keys = [combination for key in keymap("layout") for combination in key.keys]
    assert len(keys) == len(set(keys))


RESERVED = ("Tab", "Alt+ArrowLeft", "Alt+ArrowRight", *(f"Ctrl+{letter}" for letter in "NTWDFLP"))


def test_no_key_is_taken_from_the_browser():
    assert not {combination for key in keymap("layout") for combination in key.keys} & set(RESERVED)


@pytest.mark.parametrize(
    ("command", "combination"),
    [(key.command, combination) for key in keymap("layout") for combination in key.keys],
)
def test_the_key_does_what_the_table_says(layout_page: LayoutPage, command: str, combination: str):
    CHECKS[command](layout_page, presses(combination))
