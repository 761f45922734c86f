"""The layout of one video while it is open: its boxes, its labels, and what is thought of them."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from caption_boundaries.database.actions import LoggedAction
from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.layout import BoxLabel, LayoutConfig, LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.row_changes import TableChange
from caption_boundaries.database.rows import columns_of
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import UsageError
from caption_boundaries.layout.analysis import PolarityOf
from caption_boundaries.layout.lines import Bools, LineTable, line_table
from caption_boundaries.layout.workbench import Judgement, Workbench
from caption_boundaries.types import PixelBox, Region, TextLine
from caption_boundaries.web.dbwriter import file_stamp
from caption_boundaries.web.layout_labels import IN, IN_BY_MODEL, NONE, OUT, LabelTable, Slot

LABELS = "full_frame_box_labels"
SOURCE = "full_frame"
KEPT_DESKS = 4
"""Videos whose boxes stay in memory."""

_Stamp = tuple[int, int, int] | None


@dataclass(frozen=True)
class Frames:
    """What the text boxes stand on: changed by steps only."""

    stamps: tuple[_Stamp, _Stamp]
    """State of `video.db` and `fullOCR.db` when it was read."""
    width: int
    height: int
    rate_hz: float
    indices: tuple[int, ...]
    """All sampled frames, those without text too."""
    failures: dict[int, str]
    lines: dict[int, list[TextLine]]
    """Only of frames that are stored, and that the engine could read."""

    @property
    def size(self) -> PixelBox:
        """The frame, in pixels."""
        return PixelBox(0, 0, self.width, self.height)

    @cached_property
    def table(self) -> LineTable:
        """All boxes, by number."""
        return line_table(self.lines, self.width, self.height, self.rate_hz)

    @cached_property
    def bench(self) -> Workbench:
        """What follows from the boxes alone; takes seconds for a long video, so it is worked out when first asked."""
        return Workbench.of(self.table)

    @cached_property
    def names(self) -> list[Slot]:
        """Frame index and box index of every box, by its number."""
        return [(index, box) for index in sorted(self.lines) for box in range(len(self.lines[index]))]

    @cached_property
    def numbers(self) -> dict[Slot, int]:
        """The number of every box by frame index and box index."""
        return {name: number for number, name in enumerate(self.names)}


def read_frames(folder: Path) -> Frames:
    """Read what the text boxes stand on.

    Raises:
        DatabaseMissingError: The frames or the text boxes are missing.
        UsageError: The size of the frames is not known.
    """
    stamps = (file_stamp(folder, "video"), file_stamp(folder, "fullOCR"))
    needed = {"video", "fullOCR"}
    with VideoDatabase(folder, readonly=True, attach=needed, requires=needed) as connection:
        video, ocr = VideoDbReader(connection), OcrReader(connection)
        metadata = video.metadata()
        indices = tuple(video.frame_indices())
        if metadata is None or not metadata.width or not metadata.height:
            raise UsageError("The size of the frames is not known.", hint="Run the first step of the video again.")
        lines = ocr.lines()
        return Frames(
            stamps,
            metadata.width,
            metadata.height,
            metadata.index_framerate_hz,
            indices,
            ocr.failures(),
            {index: lines[index] for index in indices if index in lines},
        )


@dataclass(frozen=True)
class Suggestion:
    """What a crop follows from. It takes a while to be worked out, so that is done where nobody waits for it."""

    bench: Workbench
    labelled: Bools
    inside: Bools

    def regions(self, polarity_of: PolarityOf | None = None) -> list[Region]:
        """Return the crop that follows from the boxes, top to bottom; how the text stands out only if asked."""
        regions = []
        for area in self.bench.areas(self.labelled, self.inside):
            polarity = polarity_of(self.bench.examples(area))[0] if polarity_of else "light"
            block = area.block
            regions.append(Region(area.box, block.height, block.line_count, block.anchor, polarity))
        return regions


class LayoutDesk:
    """One video's layout. Whoever uses it holds the lock of its `layout.db`."""

    def __init__(self, folder: Path, frames: Frames) -> None:
        self._folder = folder
        self.frames = frames
        self.labels = self._no_labels()
        self.config: LayoutConfig | None = None
        """What is stored of the crop."""
        self._stamp: _Stamp | Literal["unread"] = "unread"
        self._judgement: Judgement | None = None

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Read `layout.db` again where another program has changed it."""
        stamp = file_stamp(self._folder, "layout")
        if stamp == self._stamp:
            return
        reader = LayoutReader(connection)
        self.config = reader.config()
        self.labels = self._no_labels()
        for label in reader.box_labels():
            if label.annotation_source == SOURCE:
                self.labels.put(label)
        self._judgement = None
        self._stamp = stamp

    def follow(self, action: LoggedAction, connection: sqlite3.Connection, revision: int) -> list[int]:
        """Take over what an action changed and return the boxes that it was about, whatever was known of it before."""
        touched: set[int] = set()
        for change in action.changes:
            if change.table == LABELS:
                touched |= self._follow_labels(change)
        self._stamp = "unread" if action.seq < revision else file_stamp(self._folder, "layout")
        self.config = LayoutReader(connection).config()
        self.refresh(connection)  # after the answer to an old request: others have changed the same since
        if touched:
            self._judgement = None
        return sorted(touched)

    def judgement(self) -> Judgement:
        """Return what is thought of every box under the present labels."""
        if self._judgement is None:
            self._judgement = self.frames.bench.judge(*self._human())
        return self._judgement

    def inside(self) -> Bools:
        """Return which boxes count as captions: labels where there are some, else what is thought, shape (n,)."""
        codes = self.labels.codes
        return np.where(codes == NONE, self.judgement().log_odds > 0, (codes == IN) | (codes == IN_BY_MODEL))

    def suggestion(self) -> Suggestion:
        """Return what the crop follows from as it is now: labels that come later do not change it."""
        labelled, _ = self._human()
        return Suggestion(self.frames.bench, labelled, self.inside())

    def rows_to_save(self, numbers: Iterable[int], word: str, *, by_model: bool) -> list[BoxLabel]:
        """Return the label rows that say ``word`` of boxes, with what was thought of them until now."""
        judgement = self.judgement()
        version = judgement.model.version if judgement.model else None
        crop = self.config.crop_bounds_version if self.config else None
        return [
            self._row(number, word, "model" if by_model else "user", float(judgement.log_odds[number]), version, crop)
            for number in numbers
        ]

    def slots_to_clear(self, numbers: Iterable[int]) -> list[Slot]:
        """Return where the labels of boxes are stored."""
        return [self.labels.slots[number] for number in numbers if number in self.labels.slots]

    def _row(self, number: int, word: str, source: str, odds: float, version: str | None, crop: int | None) -> BoxLabel:
        frame_index, box_index = self.labels.slot_for(number)
        table = self.frames.table
        box = table.box(number).to_pixels(self.frames.width, self.frames.height)
        probability = 1 / (1 + math.exp(-abs(odds)))
        return BoxLabel(
            frame_index,
            box_index,
            table.texts[number],
            box.left,
            box.top,
            box.right,
            box.bottom,
            word,
            source,
            annotation_source=SOURCE,
            predicted_label="in" if odds > 0 else "out",
            predicted_confidence=round(probability, 6),
            model_version=version,
            crop_bounds_version=crop,
        )

    def _follow_labels(self, change: TableChange) -> set[int]:
        touched: set[int | None] = set()
        for row in change.rows:
            values = change.values(row.after)
            source, frame_index, box_index = row.key
            if source != SOURCE:
                continue
            slot = (int(str(frame_index)), int(str(box_index)))
            touched.add(self.labels.box_of(slot))
            if values is None:
                self.labels.remove(slot)
                touched.add(self.frames.numbers.get(slot))
            else:
                self.labels.put(BoxLabel(**{name: values[name] for name in columns_of(BoxLabel)}))  # type: ignore[arg-type]
                touched.add(self.labels.box_of(slot))
        return {number for number in touched if number is not None}

    def _human(self) -> tuple[Bools, Bools]:
        """Return which boxes a person has labelled, and which of them in: what the model learns from."""
        codes = self.labels.codes
        return (codes == OUT) | (codes == IN), codes == IN

    def _no_labels(self) -> LabelTable:
        return LabelTable(self.frames.table, self.frames.numbers, self.frames.size)


class Desks:
    """The desks of the videos that are open, the least used of which are given up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._desks: OrderedDict[Path, LayoutDesk] = OrderedDict()

    def of(self, folder: Path) -> LayoutDesk:
        """Return the desk of a video, on the text boxes as they are now."""
        stamps = (file_stamp(folder, "video"), file_stamp(folder, "fullOCR"))
        with self._lock:
            desk = self._desks.get(folder)
            if desk is not None and desk.frames.stamps == stamps:
                self._desks.move_to_end(folder)
                return desk
        made = LayoutDesk(folder, read_frames(folder))
        with self._lock:
            self._desks[folder] = made
            self._desks.move_to_end(folder)
            while len(self._desks) > KEPT_DESKS:
                self._desks.popitem(last=False)
        return made
