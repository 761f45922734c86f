"""`fullOCR.db`: what an engine read on every full frame.

On disk a box is (x, y, width, height) with (x, y) its lower left corner and y counted from the bottom: the form
that old files have. Reader and writer convert; outside there is only `Box`, counted from the top.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from caption_boundaries.database.row_hash import content_hash
from caption_boundaries.database.rows import insert_row, select_rows
from caption_boundaries.types import Box, TextLine


@dataclass(frozen=True, slots=True)
class OcrRun:
    """How the lines were read; the fields are the columns of ``ocr_runs``."""

    engine: str
    engine_version: str
    settings: str
    """JSON."""
    frames_hash: str
    """Content hash of the full frames that were read."""
    frame_count: int
    failed_count: int
    started_at: str
    finished_at: str


class OcrReader:
    """Reads `fullOCR.db`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def lines(self) -> dict[int, list[TextLine]]:
        """Return the lines of every frame that was read, by frame index; empty lists for frames without text."""
        found: dict[int, list[TextLine]] = {index: [] for index in self._read_indices()}
        rows = self._connection.execute(
            "SELECT frame_index, x, y, width, height, text, confidence "
            "FROM fullOCR.full_frame_ocr ORDER BY frame_index, box_index"
        )
        for frame_index, *line in rows:
            found.setdefault(frame_index, []).append(_text_line(*line))
        return dict(sorted(found.items()))

    def lines_at(self, frame_index: int) -> list[TextLine]:
        """Return the lines of one frame in reading order."""
        rows = self._connection.execute(
            "SELECT x, y, width, height, text, confidence "
            "FROM fullOCR.full_frame_ocr WHERE frame_index = ? ORDER BY box_index",
            (frame_index,),
        )
        return [_text_line(*row) for row in rows]

    def failures(self) -> dict[int, str]:
        """Return the frames on which the engine failed, and why."""
        rows = self._connection.execute(
            "SELECT frame_index, error FROM fullOCR.full_frame_ocr_status WHERE error IS NOT NULL ORDER BY frame_index"
        )
        return dict(rows.fetchall())

    def run(self) -> OcrRun | None:
        """Return how the lines were read, or None before the first run."""
        return next(select_rows(self._connection, OcrRun, "fullOCR.ocr_runs", order="id DESC"), None)

    def ocr_hash(self) -> str:
        """Return the content hash of the lines."""
        return content_hash(self._connection, "fullOCR", "full_frame_ocr")

    def _read_indices(self) -> list[int]:
        rows = self._connection.execute("SELECT frame_index FROM fullOCR.full_frame_ocr_status WHERE error IS NULL")
        return [row[0] for row in rows]


class OcrWriter(OcrReader):
    """Reads and writes `fullOCR.db`."""

    def add_frame(self, frame_index: int, lines: Sequence[TextLine], timestamp_seconds: float | None) -> None:
        """Add what was read on a frame; no lines means that it was read and holds no text."""
        self._connection.executemany(
            "INSERT INTO fullOCR.full_frame_ocr "
            "(frame_index, box_index, text, confidence, x, y, width, height, timestamp_seconds) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (frame_index, number, line.text, line.confidence, *_lower_left(line.box), timestamp_seconds)
                for number, line in enumerate(lines)
            ),
        )
        self._connection.execute(
            "INSERT INTO fullOCR.full_frame_ocr_status (frame_index, box_count) VALUES (?, ?)",
            (frame_index, len(lines)),
        )

    def add_failure(self, frame_index: int, error: str) -> None:
        """Record that the engine failed on a frame."""
        self._connection.execute(
            "INSERT INTO fullOCR.full_frame_ocr_status (frame_index, box_count, error) VALUES (?, 0, ?)",
            (frame_index, error),
        )

    def save_run(self, run: OcrRun) -> None:
        """Record how the lines were read."""
        insert_row(self._connection, "fullOCR.ocr_runs", run)


def _lower_left(box: Box) -> tuple[float, float, float, float]:
    return box.left, 1.0 - box.bottom, box.width, box.height


def _text_line(x: float, y: float, width: float, height: float, text: str, confidence: float) -> TextLine:
    bottom = 1.0 - y
    return TextLine(Box(x, bottom - height, x + width, bottom), text, confidence)
