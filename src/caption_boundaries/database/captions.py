"""`captions.db`: where each caption starts and ends, and its text."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.database.rows import insert_row, select_rows
from caption_boundaries.types import FrameRange

PREDICTED_STATES = ("predicted", "gap")
"""States of rows that a run makes; all others are a person's word."""


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption, or one gap between captions; the fields are the columns of ``captions``."""

    start_frame_index: int
    """First frame index, inclusive."""
    end_frame_index: int
    """Last frame index, inclusive."""
    boundary_state: str = "predicted"
    """predicted, confirmed, gap or issue."""
    boundary_pending: int = 0
    """1: look at the extents again."""
    text: str | None = None
    """None: not annotated yet; empty: annotated, there is no caption."""
    text_pending: int = 0
    """1: look at the text again."""
    text_status: str | None = None
    text_notes: str | None = None
    text_ocr_combined: str | None = None
    """What the engine read on the combined picture."""
    median_ocr_status: str = "pending"
    median_ocr_error: str | None = None
    image_needs_regen: int = 0
    start_seconds: float | None = None
    """Refined to the source frame; None: not refined."""
    end_seconds: float | None = None
    """End-exclusive."""
    boundary_confidence: float | None = None
    """0 to 1."""
    text_confidence: float | None = None
    """0 to 1."""
    text_read_from: str | None = None
    """``"start-end"`` of the extents from which the text was read."""
    run_id: int | None = None
    id: int | None = None
    """None before the row is saved."""

    @property
    def frames(self) -> FrameRange:
        """The frame indices that it covers."""
        return FrameRange(self.start_frame_index, self.end_frame_index)

    @property
    def by_person(self) -> bool:
        """True: a person has judged its extents or its text, so no run may change or remove it."""
        return self.boundary_state not in PREDICTED_STATES or self.text_status is not None


@dataclass(frozen=True, slots=True)
class BoundaryRun:
    """One pass of a detector over all neighbouring frames."""

    detector: str
    version: str
    settings: str
    """JSON."""
    crop_hash: str
    """Hash of the crops that it read."""
    first_index: int
    """Frame index of the first pair's first frame."""
    probabilities: NDArray[np.float16]
    """Shape (pairs, 5)."""
    classes: tuple[str, ...]
    """Names of the five classes, in the order of the columns."""
    created_at: str


class CaptionReader:
    """Reads `captions.db`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def captions(self) -> list[Caption]:
        """Return every row by start; gaps too."""
        order = "start_frame_index, end_frame_index, id"
        return list(select_rows(self._connection, Caption, "captions.captions", order=order))

    def run(self) -> BoundaryRun | None:
        """Return the latest pass of a detector, or None."""
        row = self._connection.execute(
            "SELECT detector, version, settings, crop_hash, first_index, pair_count, probabilities, classes, "
            "created_at FROM captions.boundary_runs ORDER BY id DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        detector, version, settings, crop_hash, first_index, count, data, classes, created_at = row
        names = tuple(json.loads(classes))
        values = np.frombuffer(zlib.decompress(data), dtype="<f2").reshape(count, len(names)).astype(np.float16)
        return BoundaryRun(detector, version, settings, crop_hash, first_index, values, names, created_at)


class CaptionWriter(CaptionReader):
    """Reads and writes `captions.db`."""

    def replace_predictions(self, captions: Iterable[Caption], run: BoundaryRun) -> bool:
        """Put a run's captions and gaps in the place of the last run's; a person's rows are never touched.

        Returns:
            False where the same run had already written the same rows; then the file stays byte-identical.

        Raises:
            ValueError: A caption says that a person has judged it.
        """
        wanted = sorted(captions, key=lambda row: (row.start_frame_index, row.end_frame_index))
        if any(row.by_person for row in wanted):
            raise ValueError("a run makes predictions only: rows judged by a person are theirs to write")
        run = replace(run, probabilities=np.ascontiguousarray(run.probabilities, dtype="<f2"))
        if self._same_run(run) and self._predictions() == [replace(row, id=None, run_id=None) for row in wanted]:
            return False
        marks = ", ".join("?" * len(PREDICTED_STATES))
        self._connection.execute("DELETE FROM captions.boundary_runs")
        self._connection.execute(
            f"DELETE FROM captions.captions WHERE boundary_state IN ({marks}) AND text_status IS NULL",
            PREDICTED_STATES,
        )
        run_id = self._add_run(run)
        for caption in wanted:
            insert_row(self._connection, "captions.captions", replace(caption, run_id=run_id, id=None))
        return True

    def add(self, caption: Caption) -> int:
        """Add one row and return its id."""
        return insert_row(self._connection, "captions.captions", caption)

    def delete(self, ids: Sequence[int]) -> None:
        """Delete rows by id."""
        self._connection.executemany("DELETE FROM captions.captions WHERE id = ?", ((row_id,) for row_id in ids))

    def _predictions(self) -> list[Caption]:
        return [replace(row, id=None, run_id=None) for row in self.captions() if not row.by_person]

    def _same_run(self, run: BoundaryRun) -> bool:
        last = self.run()
        if last is None:
            return False
        same = replace(last, created_at=run.created_at, probabilities=run.probabilities) == run
        return same and np.array_equal(last.probabilities, run.probabilities, equal_nan=True)

    def _add_run(self, run: BoundaryRun) -> int:
        cursor = self._connection.execute(
            "INSERT INTO captions.boundary_runs (detector, version, settings, crop_hash, first_index, pair_count, "
            "probabilities, classes, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run.detector,
                run.version,
                run.settings,
                run.crop_hash,
                run.first_index,
                len(run.probabilities),
                zlib.compress(run.probabilities.tobytes()),
                json.dumps(run.classes),
                run.created_at,
            ),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid
