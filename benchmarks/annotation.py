"""Measure how quickly the annotation tools answer, with 20,000 text boxes and 6,000 captions, in a real browser.

    python benchmarks/annotation.py
    python benchmarks/annotation.py --boxes 2000 --captions 600 --presses 20      # quick
    python benchmarks/annotation.py --no-browser     # processor time of the server, whatever else is running

Printed with p50 and p95 in milliseconds: from a key to changed pixels, from the action to the server's word that it is
saved, from Enter to the next item with all its pictures, and the classifier's refit with the predictions for all boxes;
and the processor time of one save, asked without a network. Needs Chromium.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

from caption_boundaries.database.cropping import CroppedFrame, CropRun, CropWriter
from caption_boundaries.database.full_ocr import OcrRun, OcrWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter
from caption_boundaries.layout.classifier import load_library
from caption_boundaries.types import FrameTime, PixelBox
from caption_boundaries.web.layout_desk import read_frames
from machine import describe
from report import Figure, write_report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.browser import launch, until
from support.caption_client import CaptionTool
from support.caption_data import add_captions
from support.caption_films import crop_picture
from support.live_server import start_server
from support.tool_client import LayoutTool
from support.web_data import WORDS, made_lines, make_video, picture_of
from support.web_server import open_server

LABELS = 500
"""Labels of a person from which the classifier is fitted again."""
UNHURRIED = 160
"""Milliseconds between keys at which the page asks after every mark what follows from it."""
CAPTION_LENGTH, CAPTION_STEP = 9, 12
CROP = (512, 65)

WATCH = """(() => {
  const channel = new MessageChannel();
  const marks = (window.__marks = { pixels: [], items: [], started: 0, item: null });
  channel.port1.onmessage = () => {
    marks.pixels.push(performance.now() - marks.started);
  };
  // Before the page's own listener, so that what is there now is what was there before.
  addEventListener("keydown", (event) => {
    const started = (marks.started = event.timeStamp);
    const before = marks.item ? marks.item() : null;
    const look = () => {
      const now = marks.item ? marks.item() : null;
      if (now !== null && now !== before) marks.items.push(performance.now() - started);
      else if (marks.item && performance.now() - started < 5000) requestAnimationFrame(look);
    };
    if (marks.item) requestAnimationFrame(look);
  }, true);
  // Asked for after the page's own: it runs in the same frame, when everything is drawn.
  addEventListener("keydown", () => requestAnimationFrame(() => channel.port2.postMessage(0)));
})()"""
LAYOUT_ITEM = """__marks.item = () => __test.shownIndex() === __test.state().data.frames[__test.state().frame]
  ? __test.shownIndex() : null"""
CAPTION_ITEM = """__marks.item = () => {
  const { rows, current } = __test.state();
  const slots = __test.slots();
  const start = rows.find((row) => row.id === current)?.start;
  const whole = slots.every((slot) => slot.frame < 0 || slot.shown === slot.frame);
  return whole && slots.some((slot) => slot.frame === start) ? current : null;
}"""


@dataclass(frozen=True)
class Measured:
    """One row of the table."""

    what: str
    aim: float
    """Milliseconds."""
    times: list[float]
    """Milliseconds."""

    def quantile(self, share: float) -> float:
        """Return a quantile of the times."""
        return float(np.quantile(self.times, share))


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boxes", type=int, default=20_000)
    parser.add_argument("--captions", type=int, default=6_000)
    parser.add_argument("--presses", type=int, default=60, help="how often each key is pressed")
    parser.add_argument("--no-browser", action="store_true", help="measure the server alone; nothing is stored")
    parser.add_argument("--no-store", action="store_true", help="print only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        boxes = make_boxes(root, arguments.boxes)
        captions = make_captions(root, arguments.captions)
        rows = [refit(boxes), *saves(root, boxes, captions, arguments.presses)]
        if not arguments.no_browser:
            with opened(root) as (page, origin):
                rows += on_layout(page, f"{origin}/videos/{boxes.name}/layout", arguments.presses)
                rows += on_captions(page, f"{origin}/videos/{captions.name}/captions", arguments.presses)
    print_table(rows, arguments)
    if not arguments.no_store and not arguments.no_browser:
        found = [figure for row in rows for figure in figures(row)]
        print(write_report("annotation", found, machine=describe()))


def make_boxes(root: Path, count: int) -> Path:
    """Make a video with so many text boxes; its frames look alike, which costs the browser the same."""
    folder = make_video(root, frames=1, name="boxes.mp4")
    picture = picture_of(0, made_lines(0), 640, 360)
    lines, total = {}, 0
    while total < count:
        made = made_lines(len(lines) + 1)
        lines[len(lines) * 100 + 100] = [item.line for item in made]
        total += len(made)
    with VideoDatabase(folder, writes={"video"}, attach={"video"}) as connection:
        VideoDbWriter(connection).add_frames(
            StoredFrame(index, picture, 640, 360, FrameTime(index, Fraction(1, 10))) for index in lines
        )
        frames_hash = VideoDbReader(connection).frames_hash()
    with VideoDatabase(folder, writes={"fullOCR"}, attach={"fullOCR"}) as connection:
        writer = OcrWriter(connection)
        for index, found in lines.items():
            writer.add_frame(index, found, index / 10)
        writer.save_run(OcrRun("made-up", "1", "{}", frames_hash, len(lines), 0, "2026-01-01", "2026-01-02"))
    return folder


def make_captions(root: Path, count: int) -> Path:
    """Make a video with so many captions and a crop for every index."""
    folder = make_video(root, frames=1, name="captions.mp4")
    indices = count * CAPTION_STEP
    script = [
        (i * CAPTION_STEP, i * CAPTION_STEP + CAPTION_LENGTH - 1, f"{WORDS[i % len(WORDS)]} {i}") for i in range(count)
    ]
    picture = crop_picture(0, "somebody said something")
    with VideoDatabase(folder, writes={"cropping"}, attach={"cropping"}) as connection:
        writer = CropWriter(connection)
        writer.add_frames(
            (CroppedFrame(i, picture, *CROP, FrameTime(i, Fraction(1, 10))) for i in range(indices)),
            PixelBox(64, 277, 576, 342),
            1,
        )
        writer.save_run(CropRun("0" * 64, 1, "[]", '{"jpeg_quality": 90}', indices, 0, "", ""))
    add_captions(folder, script, indices)
    return folder


def refit(folder: Path) -> Measured:
    """Measure the classifier alone: fitted anew to all labels, with the predictions for all boxes."""
    load_library()
    bench = read_frames(folder).bench
    rng = np.random.default_rng(0)
    labelled = np.zeros(len(bench.table), dtype=bool)
    labelled[rng.permutation(len(labelled))[:LABELS]] = True
    inside = bench.table.top > 0.7
    times = []
    for _ in range(30):
        started = time.perf_counter()
        bench.judge(labelled, inside)
        times.append((time.perf_counter() - started) * 1000)
    return Measured(f"layout: refit to {LABELS} labels and predict all boxes", 20, times)


def saves(root: Path, boxes: Path, captions: Path, count: int) -> list[Measured]:
    """Measure the processor time of one save in each tool, the answer's JSON included."""
    with open_server(root) as server:
        layout, tool = LayoutTool(server, boxes.name), CaptionTool(server, captions.name)
        layout.state()
        chosen = tool.ids()[len(tool.ids()) // 2]
        marks = [{"put_in": [box]} if box % 2 else {"put_out": [box]} for box in range(LABELS + count)]
        layout.send("labels", put_in=[*range(0, LABELS, 2)], put_out=[*range(1, LABELS, 2)])
        nudges = [processor_time(tool.act, "nudge", id=chosen, edge="end", ticks=(-1) ** i) for i in range(count)]
        labels = [processor_time(layout.send, "labels", **mark) for mark in marks[LABELS:]]
    return [
        Measured("captions: nudge saved, processor time", 50, nudges[1:]),
        Measured("layout: mark saved, classifier refitted, processor time", 50, labels[1:]),
    ]


def processor_time(act: Callable[..., Any], *arguments: Any, **options: Any) -> float:
    """Return the milliseconds of processor time that a call takes in all threads."""
    started = time.process_time()
    act(*arguments, **options)
    return (time.process_time() - started) * 1000


@contextmanager
def opened(root: Path) -> Iterator[tuple[Page, str]]:
    """Run a server over the data and a browser that has a session."""
    server = start_server(root)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.goto(server.link)
        page.wait_for_url(f"{server.origin}/")
        yield page, server.origin
        browser.close()
    server.stop()


def on_layout(page: Page, url: str, presses: int) -> list[Measured]:
    """Measure the layout tool."""
    started = time.perf_counter()
    page.goto(url)
    until(page, "Boolean(window.__test && __test.shownIndex() >= 0)", seconds=60)
    first = (time.perf_counter() - started) * 1000
    until(page, "Boolean(__test.state().odds)", seconds=120)
    page.evaluate(WATCH)
    page.evaluate("performance.setResourceTimingBufferSize(20000)")
    page.locator("#canvas").focus()
    steps = press(page, ["ArrowRight"] * presses)
    marks = press(page, [key for i in range(presses) for key in ("ArrowDown", "i" if i % 2 else "o")])[1::2]
    saves = saved(page, "/layout/labels")
    press(page, [key for i in range(presses // 2) for key in ("ArrowDown", "i" if i % 2 else "o")], pause=UNHURRIED)
    unhurried = saved(page, "/layout/labels")[len(saves) :]
    page.evaluate(LAYOUT_ITEM)
    press(page, ["Enter"] * presses)
    return [
        Measured("layout: open, to the first picture", 1000, [first]),
        Measured("layout: frame step to pixels", 50, steps),
        Measured("layout: mark a box to pixels", 50, marks),
        Measured("layout: mark saved, classifier refitted", 50, saves),
        Measured("layout: mark saved, at three marks a second", 50, unhurried),
        Measured("layout: accept, to the next frame's picture", 100, items(page)),
    ]


def on_captions(page: Page, url: str, presses: int) -> list[Measured]:
    """Measure the caption tool."""
    started = time.perf_counter()
    page.goto(url)
    until(
        page,
        "Boolean(window.__test && __test.slots().length && __test.slots().some((slot) => slot.shown >= 0))",
        seconds=60,
    )
    first = (time.perf_counter() - started) * 1000
    until(page, "Boolean(__test.state().data.likelihood)", seconds=60)
    page.evaluate(WATCH)
    page.locator("#stage").focus()
    page.evaluate("performance.setResourceTimingBufferSize(20000)")
    nudges = press(page, ["]", "["] * (presses // 2))
    saves = saved(page, "/captions/actions")
    steps = press(page, ["ArrowRight"] * presses)
    page.evaluate(CAPTION_ITEM)
    confirms = press(page, ["Enter"] * presses)
    return [
        Measured("captions: open, to the first pictures", 1000, [first]),
        Measured("captions: frame step to pixels", 50, steps),
        Measured("captions: nudge an edge to pixels", 50, nudges),
        Measured("captions: confirm to pixels", 50, confirms),
        Measured("captions: nudge saved", 50, saves),
        Measured("captions: confirm, to the next caption's pictures", 100, items(page)),
    ]


def press(page: Page, keys: list[str], pause: float = 60) -> list[float]:
    """Press keys as a quick person does, and return the milliseconds from each to changed pixels."""
    page.evaluate("__marks.pixels = []; __marks.items = []")
    for number, key in enumerate(keys, 1):
        page.keyboard.press(key)
        until(page, f"__marks.pixels.length >= {number}")
        page.wait_for_timeout(pause)
    page.evaluate("__test.settled()")
    found: list[float] = page.evaluate("__marks.pixels")
    return found


def saved(page: Page, path: str) -> list[float]:
    """Return the milliseconds that each request to a path took, from its start to the last byte of the answer."""
    found: list[float] = page.evaluate(
        "(path) => performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith(path))"
        ".map((entry) => entry.responseEnd - entry.startTime)",
        path,
    )
    return found


def items(page: Page) -> list[float]:
    """Return the milliseconds from each key to the next item with all its pictures."""
    page.wait_for_timeout(300)
    found: list[float] = page.evaluate("__marks.items")
    return found


def print_table(rows: list[Measured], arguments: argparse.Namespace) -> None:
    """Print what was measured."""
    title = f"{arguments.boxes:,} boxes, {arguments.captions:,} captions; milliseconds"
    table = Table("what", "times", "p50", "p95", "aim", title=title)
    for row in rows:
        table.add_row(
            row.what, str(len(row.times)), f"{row.quantile(0.5):.1f}", f"{row.quantile(0.95):.1f}", f"{row.aim:.0f}"
        )
    console = Console()
    if not console.is_terminal:
        console.width = 110
    console.print(table)


def figures(row: Measured) -> list[Figure]:
    """Return what is stored of a row, set beside its aim."""
    return [
        Figure(
            f"{row.what}, p{round(share * 100)}",
            round(row.quantile(share), 2),
            "ms",
            row.aim,
            "aim",
            f"<= {row.aim:.0f}",
        )
        for share in (0.5, 0.95)
    ]


if __name__ == "__main__":
    main()
