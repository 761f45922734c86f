"""Which steps are done, which are stale, and why: read from what each product says it was made from."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from caption_boundaries.config import CropSettings
from caption_boundaries.crop.plan import stale_reason
from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.video import VideoDbReader

Freshness = Literal["missing", "stale", "done"]


@dataclass(frozen=True, slots=True)
class StepState:
    """How far a step has come for one video."""

    step: str
    state: Freshness
    detail: str
    """What is there, or why it is stale."""

    @property
    def done(self) -> bool:
        """True: running the step again would change nothing."""
        return self.state == "done"


def step_states(video_dir: Path) -> dict[str, StepState]:
    """Return the state of every step that writes a database, by step name, in the pipeline's order."""
    with VideoDatabase(video_dir, readonly=True) as connection:
        return {name: _state(name, look, connection) for name, look in _LOOKS.items()}


def _state(name: str, look: Callable[[sqlite3.Connection], _Finding], connection: sqlite3.Connection) -> StepState:
    finding = look(connection)
    if finding is None:
        return StepState(name, "missing", "not run yet")
    detail, stale = finding
    return StepState(name, "stale" if stale else "done", stale or detail)


_Finding = tuple[str, str | None] | None
"""What is there and why it is stale (None: it is not); None: nothing is there."""


def _ingest(connection: sqlite3.Connection) -> _Finding:
    video = VideoDbReader(connection)
    count = len(video.frame_indices())
    if video.metadata() is None or count == 0:
        return None  # a folder that was just made knows its file and has no frames yet
    return f"{count} full frames", None


def _ocr(connection: sqlite3.Connection) -> _Finding:
    run = OcrReader(connection).run()
    if run is None:
        return None
    stale = run.frames_hash != VideoDbReader(connection).frames_hash()
    return f"{run.frame_count} frames read", "the full frames are others now" if stale else None


def _layout(connection: sqlite3.Connection) -> _Finding:
    config = LayoutReader(connection).config()
    if config is None:
        return None
    if config.layout_approved:
        return f"approved, version {config.crop_bounds_version}", None
    stale = config.ocr_run_hash != OcrReader(connection).ocr_hash()
    detail = "no captions found" if config.has_captions == 0 else f"version {config.crop_bounds_version}"
    return detail, "the text boxes are others now" if stale else None


def _crop(connection: sqlite3.Connection) -> _Finding:
    run = CropReader(connection).run()
    if run is None:
        return None
    # The quality is a choice of that run, not a reason to cut again.
    settings = CropSettings(jpeg_quality=json.loads(run.settings)["jpeg_quality"])
    config, metadata = LayoutReader(connection).config(), VideoDbReader(connection).metadata()
    return f"{run.frame_count} cropped frames", stale_reason(run, config, metadata, settings)


def _captions(connection: sqlite3.Connection) -> _Finding:
    reader = CaptionReader(connection)
    run = reader.run()
    if run is None:
        return None
    count = sum(row.boundary_state != "gap" for row in reader.captions())
    stale = run.crop_hash != CropReader(connection).crop_hash()
    return f"{count} captions", "the crops are others now" if stale else None


_LOOKS: dict[str, Callable[[sqlite3.Connection], _Finding]] = {
    "ingest": _ingest,
    "ocr": _ocr,
    "layout": _layout,
    "crop": _crop,
    "captions": _captions,
}
