"""The rows of `captions.db` one by one and by place, as the caption tool reads and changes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from caption_boundaries.database.captions import Caption, CaptionReader
from caption_boundaries.database.progress import EXTENTS_DONE, TEXT_DONE
from caption_boundaries.database.rows import columns_of, insert_row, select_rows
from caption_boundaries.types import FrameRange

_TABLE = "captions.captions"
_COLUMNS = columns_of(Caption)
_BOUNDARY_COLUMNS = ("start_frame_index", "end_frame_index", "boundary_state", "boundary_pending")
_TEXT_COLUMNS = ("text", "text_pending", "text_status", "text_notes")
_ORDER = "start_frame_index, end_frame_index, id"
_AT_A_TIME = 500
"""Ids in one query."""


@dataclass(frozen=True, slots=True)
class CaptionCounts:
    """How many rows there are, and how far people have come with them."""

    captions: int
    """Rows that are no gap."""
    gaps: int
    extents_done: int
    """Captions whose start and end a person has settled."""
    text_done: int
    """Captions whose text a person has settled."""
    pending: int
    """Captions that have to be looked at again."""
    frames_settled: int
    """Frame indices of captions whose extents a person has settled."""


class CaptionTable(CaptionReader):
    """Reads rows by id and by place."""

    def rows(self, ids: Iterable[int]) -> list[Caption]:
        """Return the rows of these ids that there are, by start."""
        wanted = list(dict.fromkeys(ids))
        found: list[Caption] = []
        for first in range(0, len(wanted), _AT_A_TIME):
            part = tuple(wanted[first : first + _AT_A_TIME])
            found += self._select(f"id IN ({', '.join('?' * len(part))})", part)
        return sorted(found, key=lambda row: row.frames)

    def around(self, frames: FrameRange) -> list[Caption]:
        """Return the rows that share a frame with ``frames`` or touch it, and the next one beyond on either side."""
        low, high = frames.start - 1, frames.end + 1
        where = "start_frame_index <= ? AND end_frame_index >= ?"
        rows = self._select(where, (high, low))
        first = min([low, *(row.start_frame_index for row in rows)])
        last = max([high, *(row.end_frame_index for row in rows)])
        before = self._select("start_frame_index < ?", (first,), order="start_frame_index DESC LIMIT 1")
        return before + rows + self._select("start_frame_index > ?", (last,), order="start_frame_index LIMIT 1")

    def _select(self, where: str, parameters: tuple[object, ...], *, order: str = _ORDER) -> list[Caption]:
        return list(select_rows(self._connection, Caption, _TABLE, where=where, parameters=parameters, order=order))

    def raw_rows(self) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        """Return the columns, and every row's values by start: what a list of thousands of rows is sent as."""
        names = ", ".join(("id", *(name for name in _COLUMNS if name != "id")))
        rows = self._connection.execute(f"SELECT {names} FROM {_TABLE} ORDER BY {_ORDER}")
        return tuple(names.split(", ")), rows.fetchall()

    def run_id(self) -> int:
        """Return the number of the last run, which is never given twice; 0 before the first."""
        return int(self._connection.execute("SELECT coalesce(max(id), 0) FROM captions.boundary_runs").fetchone()[0])

    def extent(self) -> FrameRange | None:
        """Return what the rows cover from the first to the last; None without rows."""
        first, last = self._connection.execute(
            f"SELECT (SELECT min(start_frame_index) FROM {_TABLE}), max(end_frame_index) FROM {_TABLE}"
        ).fetchone()
        return None if first is None else FrameRange(first, last)

    def counts(self) -> CaptionCounts:
        """Return how many rows there are, and how far people have come."""
        row = self._connection.execute(
            "SELECT coalesce(sum(boundary_state <> 'gap'), 0), coalesce(sum(boundary_state = 'gap'), 0), "
            f"coalesce(sum({EXTENTS_DONE}), 0), coalesce(sum({TEXT_DONE} AND boundary_state <> 'gap'), 0), "
            "coalesce(sum(boundary_state <> 'gap' AND (boundary_pending OR text_pending)), 0), "
            f"coalesce(sum(({EXTENTS_DONE}) * (end_frame_index - start_frame_index + 1)), 0) FROM {_TABLE}"
        ).fetchone()
        return CaptionCounts(*row)

    def text_review(self) -> str:
        """Return whether all texts have been reviewed: pending or complete."""
        row = self._connection.execute("SELECT status FROM captions.text_review_status WHERE id = 1").fetchone()
        return row[0] if row else "pending"


class CaptionTableWriter(CaptionTable):
    """Reads and changes rows by id."""

    def add(self, row: Caption) -> int:
        """Add a row and return its id, which was never given before."""
        row_id = insert_row(self._connection, _TABLE, replace(row, id=None))
        if row.text is not None:
            self._touch(row_id, ["text_updated_at"])
        return row_id

    def update(self, row: Caption) -> None:
        """Bring the row of the same id to these values; notes when extents, text and reading were changed."""
        (before,) = self.rows([row.id or 0])
        names = [name for name in _COLUMNS if getattr(row, name) != getattr(before, name)]
        if not names:
            return
        assignments = ", ".join(f"{name} = ?" for name in names)
        values = [getattr(row, name) for name in names]
        self._connection.execute(f"UPDATE {_TABLE} SET {assignments} WHERE id = ?", (*values, row.id))
        changed = {
            "boundary_updated_at": any(name in _BOUNDARY_COLUMNS for name in names),
            "text_updated_at": any(name in _TEXT_COLUMNS for name in names),
            "median_ocr_processed_at": row.median_ocr_status == "complete" and "text_ocr_combined" in names,
        }
        self._touch(row.id or 0, [column for column, is_so in changed.items() if is_so])

    def delete(self, ids: Sequence[int]) -> None:
        """Delete rows by id."""
        self._connection.executemany(f"DELETE FROM {_TABLE} WHERE id = ?", ((row_id,) for row_id in ids))

    def set_text_review(self, status: str) -> None:
        """Note whether all texts have been reviewed."""
        if status != self.text_review():
            self._connection.execute(
                "INSERT INTO captions.text_review_status (id, status, updated_at) VALUES (1, ?1, datetime('now')) "
                "ON CONFLICT (id) DO UPDATE SET status = ?1, updated_at = datetime('now')",
                (status,),
            )

    def _touch(self, row_id: int, columns: Sequence[str]) -> None:
        assignments = ", ".join(f"{column} = datetime('now')" for column in columns)
        if assignments:
            self._connection.execute(f"UPDATE {_TABLE} SET {assignments} WHERE id = ?", (row_id,))
