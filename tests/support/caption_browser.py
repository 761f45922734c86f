"""The caption tool as a person uses it in a real browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from caption_boundaries.database.captions import Caption
from support.browser import ToolPage, until
from support.caption_data import captions_of
from support.caption_films import CROP
from support.web_data import INDEX_BITS, INDEX_CELL

INDEX_POINTS = tuple(((bit + 0.5) * INDEX_CELL / CROP.width, INDEX_CELL / 2 / CROP.height) for bit in range(INDEX_BITS))
"""Where the bits of a made-up crop's index are."""
ALL_THERE = "__test.slots().every((slot) => slot.frame < 0 || slot.shown === slot.frame)"
"""True where no placeholder stands for a picture that is on its way."""


@dataclass(frozen=True)
class ShownPicture:
    """A picture on the canvas."""

    source: bool
    """True: one of the video's own, not a stored one."""
    meant: int
    """The number that the page means to show."""
    read: int
    """The number in its pixels."""


def caption_at(folder: Path, frame: int) -> Caption:
    """Return the stored caption or gap at a frame."""
    return next(row for row in captions_of(folder) if row.start_frame_index <= frame <= row.end_frame_index)


class CaptionPage(ToolPage):
    """The caption tool."""

    def __init__(self, page: Page, origin: str, video_id: str) -> None:
        self.page = page
        self.url = f"{origin}/videos/{video_id}/captions"

    def open(self, suffix: str = "") -> CaptionPage:
        self.page.goto(self.url + suffix)
        self.opened()
        self.wait("__test.slots().length > 0")
        return self

    def opened(self) -> None:
        """Wait until the page has loaded what it works on."""
        until(self.page, "Boolean(window.__test && __test.state().data.likelihood)")

    def focus(self) -> None:
        """Put the focus where letters are keys."""
        self.page.locator("#stage").focus()

    def select(self, text: str, number: int = 0) -> None:
        """Choose a caption of the list by its text, and leave the focus where letters are keys."""
        self.page.locator(".caption", has_text=text).nth(number).click()
        self.focus()
        self.wait(f"(s.rows.find((r) => r.id === s.current)?.ocr ?? '').includes({text!r})")

    def write(self, words: str) -> None:
        """Type words in place of the text in the field, and stay there."""
        self.press("e", "Control+a")
        self.page.keyboard.type(words)

    def go(self, frame: int) -> None:
        """Go to a frame and put its row in focus."""
        self.page.evaluate(f"location.hash = 'x'; location.hash = 'frame={frame}'")
        self.wait(f"s.frame === {frame}")

    def row(self) -> dict[str, Any]:
        """Return the row in focus."""
        found: dict[str, Any] = self.state("s.rows.find((r) => r.id === s.current)")
        return found

    def rows(self) -> list[list[Any]]:
        """Return what counts of every row, in order; ids aside."""
        fields = "[r.start, r.end, r.state, r.pending, r.text, r.textPending, r.status, r.notes]"
        found: list[list[Any]] = self.state(f"s.rows.map((r) => {fields})")
        return found

    def extents(self) -> tuple[int, int]:
        """Return where the row in focus starts and ends."""
        row = self.row()
        return row["start"], row["end"]

    def shown_indices(self) -> list[int]:
        """Read the index of every picture that is on the canvas out of its pixels; differences are left out."""
        return [picture.read for picture in self.pictures()]

    def pictures(self, points: Sequence[tuple[float, float]] = INDEX_POINTS) -> list[ShownPicture]:
        """Wait until the canvas shows what it means to, and read all its pictures at that moment.

        Args:
            points: Where the bits of a picture's number are, as fractions of its width and height; the lowest first.
        """
        found = self.shown(
            f"{ALL_THERE} && {{ found: __test.slots().flatMap((slot, i) => slot.kind === 'crop' && slot.frame >= 0 ?"
            " [[slot.source, slot.frame, given.map(([x, y]) => __test.pixel(i, x, y)[0] > 127)]] : []) }",
            points,
        )["found"]
        return [
            ShownPicture(source, meant, sum(int(bit) << place for place, bit in enumerate(bits)))
            for source, meant, bits in found
        ]

    def boundary(self, frame: int) -> tuple[float, float]:
        """Return where the boundary before a frame is on the page."""
        at = self.shown(f"__test.boundaryPoint({frame})")
        return at["x"], at["y"]

    def drag(self, start: tuple[float, float], end: tuple[float, float], *, release: bool = True) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        mouse.move(*end)
        if release:
            mouse.up()

    def more(self, name: str) -> None:
        """Choose something of the menu of more tools."""
        self.page.get_by_role("button", name="More tools").click()
        self.page.locator("#more").get_by_role("button", name=name).click()

    def dialog(self, name: str) -> Locator:
        """Return a dialog by its title."""
        return self.page.get_by_role("dialog", name=name)
