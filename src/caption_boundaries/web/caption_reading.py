"""Reading the text of one caption anew, in the combined picture and in single ones, while a person waits."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from caption_boundaries.captions.agreement import agreement, marks
from caption_boundaries.captions.reading import Reading, chosen_indices, combine
from caption_boundaries.captions.row_edits import extents_text
from caption_boundaries.config import OcrSettings
from caption_boundaries.database.captions import Caption
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import RecognitionError, UsageError, VideoBusyError
from caption_boundaries.media.jpeg import decode_jpeg
from caption_boundaries.recognition.engine import OcrEngine
from caption_boundaries.recognition.registry import create_engine, engine_names
from caption_boundaries.types import FrameRange
from caption_boundaries.web.caption_desk import CaptionDesk
from caption_boundaries.web.caption_wire import Candidate, Candidates

WAIT_SECONDS = 10.0
"""For how long a request waits while another caption is read."""
CAP_SECONDS = 8.0
"""After this time no further single picture is read."""
KEPT_READINGS = 200


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read in the pictures of a caption."""

    text: str
    """In the picture that is made of several."""
    confidence: float
    """0 to 1."""
    singles: tuple[tuple[int, str], ...]
    """Frame index and text of single pictures."""


class CaptionReaders:
    """Reads one caption at a time; an engine is loaded when it is first needed, and stays."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engines: dict[tuple[str, str], OcrEngine] = {}
        self._known: OrderedDict[tuple[object, ...], Readings] = OrderedDict()

    def read(self, desk: CaptionDesk, frames: FrameRange, count: int, run_settings: str) -> Readings:
        """Return what stands in the pictures of a range.

        Args:
            desk: The video.
            frames: The extents of the caption.
            count: Single pictures to read besides the combined one.
            run_settings: JSON of the last run's settings, which name its engine.

        Raises:
            VideoBusyError: Other captions are being read.
            UsageError: There are no pictures of the range.
            RecognitionError: The engine is missing, or failed.
        """
        key = (desk.folder, desk.stamps, frames, count, run_settings)
        with self._turn():
            if key not in self._known:
                self._known[key] = self._read(desk, frames, count, run_settings)
                if len(self._known) > KEPT_READINGS:
                    self._known.popitem(last=False)
            return self._known[key]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            raise VideoBusyError("The engine is busy with other captions.", hint="Try again in a moment.")
        try:
            yield
        finally:
            self._lock.release()

    def _read(self, desk: CaptionDesk, frames: FrameRange, count: int, run_settings: str) -> Readings:
        pictures = _pictures(desk, frames, count)
        if not pictures:
            raise UsageError("There are no pictures of this caption.", hint="Run the crop step.")
        engine = self._engine(run_settings)
        wanted = range(frames.start, frames.end + 1)
        chosen = [index for index in chosen_indices(wanted) if index in pictures] or list(pictures)
        combined = Reading(tuple(engine.read(combine([decode_jpeg(pictures[index]) for index in chosen]))))
        singles: list[tuple[int, str]] = []
        until = time.monotonic() + CAP_SECONDS
        for index in [index for index in _spread(wanted, count) if index in pictures]:
            if time.monotonic() > until:
                break
            try:
                singles.append((index, Reading(tuple(engine.read(decode_jpeg(pictures[index])))).text))
            except RecognitionError:
                continue  # a single picture less; the combined one was read
        return Readings(combined.text, combined.confidence, tuple(singles))

    def _engine(self, run_settings: str) -> OcrEngine:
        """Return the engine of the last run where it is known, else the usual one."""
        settings, usual = json.loads(run_settings or "{}"), OcrSettings()
        name = settings.get("engine")
        chosen = (name, settings.get("language", "")) if name in engine_names() else (usual.engine, usual.language)
        if chosen not in self._engines:
            self._engines[chosen] = create_engine(*chosen)
        return self._engines[chosen]


def stored_candidates(row: Caption) -> Candidates:
    """Return what is known of a caption's text without reading it."""
    return _candidates(row, None)


def read_candidates(row: Caption, readings: Readings) -> Candidates:
    """Return what a caption's text may be after it was read."""
    return _candidates(row, readings)


def _candidates(row: Caption, readings: Readings | None) -> Candidates:
    singles = readings.singles if readings is not None else ()
    texts: dict[str, Candidate] = {}

    def add(text: str | None, source: str, confidence: float | None) -> None:
        if text and text not in texts:
            shares = agreement(text, [single for _, single in singles])
            texts[text] = Candidate(
                text=text,
                source=source,  # type: ignore[arg-type]
                frames=[index for index, single in singles if single == text],
                confidence=confidence,
                agreement=[round(share, 3) for share in shares],
                marks=marks(shares),
            )

    add(row.text, "text", row.text_confidence if row.text == row.text_ocr_combined else None)
    if readings is not None:
        add(readings.text, "combined", round(readings.confidence, 4))
    for text, _ in Counter(text for _, text in singles).most_common():
        add(text, "frames", None)
    add(row.text_ocr_combined, "stored", row.text_confidence)
    stale = row.text_read_from is not None and row.text_read_from != extents_text(row.frames)
    return Candidates(candidates=list(texts.values()), stale=stale)


def _pictures(desk: CaptionDesk, frames: FrameRange, count: int) -> dict[int, bytes]:
    """Return the JPEGs that are needed, by frame index."""
    with VideoDatabase(desk.folder, readonly=True, attach={"cropping"}, requires={"cropping"}) as connection:
        crops = CropReader(connection)
        wanted = range(frames.start, frames.end + 1)
        needed = sorted({*chosen_indices(wanted), *_spread(wanted, count)})
        found = [crops.frame(index) for index in needed]
    return {frame.frame_index: frame.image_data for frame in found if frame is not None}


def _spread(indices: Sequence[int], count: int) -> list[int]:
    """Return ``count`` of the indices, spread evenly, away from both ends where possible."""
    if count == 0:
        return []
    inner = indices[1:-1] if len(indices) > count + 1 else indices
    places = np.linspace(0, len(inner) - 1, min(count, len(inner))).round().astype(np.int64)
    return [inner[place] for place in dict.fromkeys(places.tolist())]
