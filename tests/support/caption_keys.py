"""What every key of the caption tool has to do: one check for each command of the table of keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.browser import PATIENCE, until
from support.caption_browser import CaptionPage

LAST = 299
"""Index of the last frame of the test's video."""
Check = Callable[[CaptionPage, str], None]


def moves(start: int, end: int) -> Check:
    def check(tool: CaptionPage, key: str) -> None:
        tool.go(start)
        tool.press(key)
        tool.wait(f"s.frame === {end}")

    return check


def selects(start: str, end: str, number: int = 0) -> Check:
    def check(tool: CaptionPage, key: str) -> None:
        tool.select(start, number)
        tool.press(key)
        tool.wait(f"s.rows.find((r) => r.id === s.current).ocr === {end!r}")
        tool.wait("s.frame === s.rows.find((r) => r.id === s.current).start")

    return check


def queue_next_open(tool: CaptionPage, key: str) -> None:
    tool.select("Where is the rabbit?")
    tool.press("Enter")
    tool.saved()
    tool.select("Good morning")
    tool.press(key)
    tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'Over there.'")


def queue_previous_open(tool: CaptionPage, key: str) -> None:
    tool.select("Where is the rabbit?")
    tool.press("Enter")
    tool.saved()
    tool.press(key)
    tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'Good morning' && s.frame === 20")


def uncertain(tool: CaptionPage, key: str) -> None:
    tool.select("Where is the rabbit?")
    tool.press(key)
    tool.wait("s.rows.find((r) => r.id === s.current).sure < 0.6")


def here(tool: CaptionPage, key: str) -> None:
    tool.select("Over there.")
    tool.press("PageDown")
    tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'Over there.' && s.frame === 135")
    tool.press(key)
    tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'I cannot see it' && s.frame === 135")


def to_edge(frame: int) -> Check:
    def check(tool: CaptionPage, key: str) -> None:
        tool.select("Over there.")
        tool.press("PageDown", key)
        tool.wait(f"s.frame === {frame} && s.view === 'strip'")

    return check


def sets(edge: str, frame: int) -> Check:
    """Go to a frame near the caption from 85 to 109 and set an edge there."""

    def check(tool: CaptionPage, key: str) -> None:
        tool.select("Over there.")
        step = "ArrowRight" if frame > 85 else "ArrowLeft"
        tool.press(*["Shift+" + step] * (abs(frame - 85) // 10), *[step] * (abs(frame - 85) % 10), key)
        tool.saved()
        row = tool.row()
        assert row[edge] == frame
        assert (row["start"], row["end"]) == (frame if edge == "start" else 85, frame if edge == "end" else 109)

    return check


def nudges(edge: str, by: int) -> Check:
    def check(tool: CaptionPage, key: str) -> None:
        tool.select("Over there.")
        tool.press(key)
        tool.saved()
        assert tool.row()[edge] == {"start": 85, "end": 109}[edge] + by
        assert tool.state("s.view") == "boundary"

    return check


def nudges_source(edge: str, pictures: int) -> Check:
    """At 20 pictures a second one picture is 0.05 s: half an index."""

    def check(tool: CaptionPage, key: str) -> None:
        tool.select("Over there.")
        moment = {"start": 8.5, "end": 11.0}[edge]
        tool.press(key)
        tool.saved()
        row = tool.row()
        seconds = row["startSeconds"] if edge == "start" else row["endSeconds"]
        assert seconds == pytest.approx(moment + pictures / 20, abs=1e-6)
        assert tool.state("s.fine")
        tool.press("x")

    return check


def split(tool: CaptionPage, key: str) -> None:
    tool.select("Over there.")
    tool.press("Shift+ArrowRight", key)
    tool.saved()
    assert tool.extents() == (95, 109)
    assert [85, 94] in [row[:2] for row in tool.rows()]


def merge(tool: CaptionPage, key: str) -> None:
    tool.select("Over there.")
    tool.press(key)
    tool.saved()
    assert [85, 139] in [row[:2] for row in tool.rows()]


def make_gap(tool: CaptionPage, key: str) -> None:
    tool.select("Over there.")
    tool.press(key)
    tool.saved()
    assert next(row[2] for row in tool.rows() if row[0] <= 90 <= row[1]) == "gap"


def insert(tool: CaptionPage, key: str) -> None:
    tool.go(280)
    tool.press(key)
    tool.saved()
    tool.wait("s.rows.find((r) => r.id === s.current).start === 273")
    assert tool.extents() == (273, 287)


def policy(tool: CaptionPage, key: str) -> None:
    for name in ("push", "trim", "protect"):
        tool.press(key)
        tool.wait(f"s.policy === {name!r}")


def confirm(tool: CaptionPage, key: str) -> None:
    tool.select("Over there.")
    tool.press(key)
    tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'I cannot see it'")
    tool.saved()
    settled = ["confirmed", False, "Over there.", False, "confirmed"]
    assert next(row[2:7] for row in tool.rows() if row[0] == 85) == settled


def edit_text(tool: CaptionPage, key: str) -> None:
    tool.select("Over there.")
    tool.press(key)
    tool.page.keyboard.type("!")
    assert tool.page.locator("#text").input_value() == "Over there.!", "the caret stands at the end"
    tool.press("Escape")
    tool.saved()
    assert tool.row()["text"] == "Over there.!"


def no_text(tool: CaptionPage, key: str) -> None:
    tool.select("Over there.")
    tool.press(key)
    tool.saved()
    assert tool.row()["text"] == ""


def candidate(tool: CaptionPage, key: str) -> None:
    tool.select("Over there.")
    tool.write("Uver there")
    tool.press("Escape")
    tool.saved()
    tool.wait("s.readings?.id === s.current && !s.readings.busy")
    tool.press(key)
    tool.wait("s.draft?.text === 'Over there.'")
    until(tool.page, "document.getElementById('text').value === 'Over there.'")
    tool.press("e", "Escape")
    tool.saved()
    assert tool.row()["text"] == "Over there."


def read_again(tool: CaptionPage, key: str) -> None:
    tool.select("It ran into the forest")
    tool.wait("s.readings?.id === s.current")
    with tool.page.expect_response("**/read", timeout=4000 * PATIENCE):  # the engine takes its time
        tool.press(key)
    tool.wait("!s.readings.busy")
    texts = tool.state("s.readings.candidates.map((c) => c.text.toLowerCase())")
    assert any("forest" in text for text in texts)


def focuses(element: str) -> Check:
    def check(tool: CaptionPage, key: str) -> None:
        tool.select("Over there.")
        tool.press(key)
        until(tool.page, f"document.activeElement.id === {element!r}")

    return check


def undo(tool: CaptionPage, key: str) -> None:
    tool.select("Over there.")
    tool.press("[")
    tool.saved()
    tool.select("Good morning")
    tool.press(key)
    tool.saved()
    tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'Over there.'")
    assert tool.extents() == (85, 109)


def redo(tool: CaptionPage, key: str) -> None:
    undo(tool, "Control+z")
    tool.select("Good morning")
    tool.press(key)
    tool.saved()
    tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'Over there.'")
    assert tool.extents() == (84, 109)


def view(name: str) -> Check:
    def check(tool: CaptionPage, key: str) -> None:
        tool.press("1" if name == "strip" else "2", key)
        tool.wait(f"s.view === {name!r} && s.home === {name!r}")

    return check


def toggles(name: str) -> Check:
    def check(tool: CaptionPage, key: str) -> None:
        tool.select("Over there.")
        before = tool.state(f"s.{name}")
        tool.press(key)
        tool.wait(f"s.{name} === {'false' if before else 'true'}")
        tool.press(key)
        tool.wait(f"s.{name} === {'true' if before else 'false'}")

    return check


def play(tool: CaptionPage, key: str) -> None:
    tool.select("Over there.")
    tool.press(key)
    tool.wait("s.playing === 'loop' && s.frame !== 85")
    tool.wait("s.frame > 77 && s.frame < 94")
    tool.press(key)
    tool.wait("s.playing === 0")


def plays(way: int) -> Check:
    def check(tool: CaptionPage, key: str) -> None:
        tool.select("Over there.")
        tool.press(key)
        tool.wait(f"(s.frame - 85) * {way} > 1")
        tool.press("k")
        tool.wait("s.playing === 0")

    return check


def zooms(condition: str) -> Check:
    def check(tool: CaptionPage, key: str) -> None:
        tool.select("Over there.")
        tool.press("0", "+", "+")
        until(tool.page, "__test.scale().perFrame > 1.2 * __test.scale().width / 300")
        before = tool.page.evaluate("__test.scale().perFrame")
        tool.press(key)
        until(tool.page, condition.format(before=before))

    return check


def import_file(tool: CaptionPage, key: str) -> None:
    with tool.page.expect_file_chooser() as chooser:
        tool.press(key)
    chooser.value.set_files(
        {"name": "x.srt", "mimeType": "text/plain", "buffer": b"1\n00:00:08,500 --> 00:00:11,000\nOver here!\n"}
    )
    dialog = tool.page.get_by_role("dialog", name="Import: what would change")
    dialog.get_by_role("button", name="Take over ticked").click()
    tool.wait("s.rows.find((r) => r.start === 85).text === 'Over here!'")
    tool.saved()


def export(tool: CaptionPage, key: str) -> None:
    tool.press(key)
    with tool.page.expect_download() as download:
        tool.page.get_by_role("dialog", name="Export").get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "keys.srt"
    assert "Where is the rabbit?" in Path(download.value.path()).read_text("utf-8")


def dialog(name: str) -> Check:
    def check(tool: CaptionPage, key: str) -> None:
        tool.press(key)
        tool.page.get_by_role("dialog", name=name).wait_for()

    return check


def cancel(tool: CaptionPage, key: str) -> None:
    tool.press("l")
    tool.wait("s.playing === 1")
    tool.press(key)
    tool.wait("s.playing === 0")


WHOLE = "Math.abs(__test.scale().perFrame - __test.scale().width / 300) < 1e-9"
CHECKS: dict[str, Check] = {
    "captions.previousFrame": moves(30, 29),
    "captions.nextFrame": moves(30, 31),
    "captions.back10": moves(30, 20),
    "captions.ahead10": moves(30, 40),
    "captions.back50": moves(130, 80),
    "captions.ahead50": moves(130, 180),
    "captions.firstFrame": moves(130, 0),
    "captions.lastFrame": moves(130, LAST),
    "captions.previousBoundary": moves(50, 45),
    "captions.nextBoundary": moves(50, 70),
    "captions.toStart": to_edge(85),
    "captions.toEnd": to_edge(109),
    "captions.previousCaption": selects("Where is the rabbit?", "Good morning"),
    "captions.nextCaption": selects("Where is the rabbit?", "Over there."),
    "captions.queueNext": selects("Where is the rabbit?", "Over there."),
    "captions.queuePrevious": selects("Where is the rabbit?", "Good morning"),
    "captions.queueNextOpen": queue_next_open,
    "captions.queuePreviousOpen": queue_previous_open,
    "captions.nextUncertain": uncertain,
    "captions.here": here,
    "captions.setStart": sets("start", 96),
    "captions.setEnd": sets("end", 96),
    "captions.startEarlier": nudges("start", -1),
    "captions.startLater": nudges("start", 1),
    "captions.endEarlier": nudges("end", -1),
    "captions.endLater": nudges("end", 1),
    "captions.startEarlierSource": nudges_source("start", -1),
    "captions.startLaterSource": nudges_source("start", 1),
    "captions.endEarlierSource": nudges_source("end", -1),
    "captions.endLaterSource": nudges_source("end", 1),
    "captions.split": split,
    "captions.merge": merge,
    "captions.gap": make_gap,
    "captions.delete": make_gap,
    "captions.insert": insert,
    "captions.policy": policy,
    "captions.confirm": confirm,
    "captions.editText": edit_text,
    "captions.noText": no_text,
    "captions.nextCandidate": candidate,
    "captions.previousCandidate": candidate,
    "captions.readAgain": read_again,
    "captions.status": focuses("status"),
    "captions.notes": focuses("notes"),
    "captions.replace": dialog("Search and replace"),
    "captions.undo": undo,
    "captions.redo": redo,
    "captions.viewBoundary": view("boundary"),
    "captions.viewStrip": view("strip"),
    "captions.difference": toggles("difference"),
    "captions.flicker": toggles("flicker"),
    "captions.fine": toggles("fine"),
    "captions.loupe": toggles("loupe"),
    "captions.play": play,
    "captions.playBack": plays(-1),
    "captions.stop": cancel,
    "captions.playOn": plays(1),
    "captions.zoomIn": zooms("__test.scale().perFrame > {before}"),
    "captions.zoomOut": zooms("__test.scale().perFrame < {before}"),
    "captions.zoomReset": zooms(WHOLE),
    "captions.search": focuses("search"),
    "captions.import": import_file,
    "captions.export": export,
    "help": dialog("Keys"),
    "palette": dialog("Commands"),
    "cancel": cancel,
}
