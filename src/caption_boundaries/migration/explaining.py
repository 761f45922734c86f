"""Which rows may differ from what was migrated: those that a person or a step has changed since, and said so.

What a person changes is in the action log; what a step makes anew comes with a row that says which run made it. Rows
that differ without either are damaged, or were changed by something that leaves no trace.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from caption_boundaries.database.actions import ActionLog
from caption_boundaries.database.old_mapping import TableMap
from caption_boundaries.database.row_hash import quoted
from caption_boundaries.database.table_shapes import current_tables

_RUNS = {
    ("fullOCR", "full_frame_ocr"): "fullOCR.ocr_runs",
    ("cropping", "cropped_frames"): "cropping.crop_runs",
    ("captions", "captions"): "captions.boundary_runs",
}
"""Tables that a step makes, and where it says so."""

_STAMPS = ("updated_at", "labeled_at", "trained_at", "boundary_updated_at", "text_updated_at", "created_at")


@dataclass(frozen=True)
class Explanation:
    """What may differ in one table, and why."""

    all_rows: str = ""
    """Why every row may; empty: not every row may."""
    rows: frozenset[int] = frozenset()
    """Keys of the rows that may."""
    gone: bool = False
    """True: rows may be missing."""


def explain(connection: sqlite3.Connection, mapped: TableMap, migrated_at: str) -> Explanation:
    """Return which rows of a migrated table may differ by now.

    Args:
        connection: The databases of the new form under their schema names.
        mapped: The table.
        migrated_at: When it was migrated, as SQLite writes times; empty: unknown.
    """
    if mapped.schema == "state":
        return Explanation(all_rows="is local to this machine", gone=True)
    if mapped.schema == "video" and _was_ingested(connection):
        return Explanation(all_rows="was made anew by `ingest`", gone=True)
    runs = _RUNS.get((mapped.schema, mapped.table))
    made_anew = runs is not None and connection.execute(f"SELECT 1 FROM {runs}").fetchone() is not None
    if made_anew and mapped.schema != "captions":
        return Explanation(all_rows="was made anew since the migration", gone=True)
    rows = _logged_rows(connection, mapped) | _stamped_rows(connection, mapped, migrated_at)
    return Explanation(rows=frozenset(rows), gone=made_anew or bool(rows))


def _was_ingested(connection: sqlite3.Connection) -> bool:
    """Tell whether `ingest` has made the file: it stores the clock of the video, which the old form did not."""
    return connection.execute("SELECT 1 FROM video.video_metadata WHERE time_base IS NOT NULL").fetchone() is not None


def _logged_rows(connection: sqlite3.Connection, mapped: TableMap) -> set[int]:
    if "action_log" not in current_tables(mapped.schema):
        return set()
    found: set[int] = set()
    for action in ActionLog(connection, mapped.schema).since(0):
        for change in action.changes:
            if change.table == mapped.table:
                images = (change.values(image) for row in change.rows for image in (row.before, row.after))
                found.update(image["id"] for image in images if image is not None and isinstance(image["id"], int))
    return found


def _stamped_rows(connection: sqlite3.Connection, mapped: TableMap, migrated_at: str) -> set[int]:
    """Return the keys of rows that say that they were written after the migration."""
    stamps = [name for name in _STAMPS if name in current_tables(mapped.schema)[mapped.table].column_names]
    if not migrated_at or not stamps or mapped.number is None:
        return set()
    later = " OR ".join(f"{name} >= ?" for name in stamps)
    sql = f"SELECT {quoted(mapped.number)} FROM {mapped.schema}.{quoted(mapped.table)} WHERE {later}"
    return {row[0] for row in connection.execute(sql, (migrated_at,) * len(stamps))}
