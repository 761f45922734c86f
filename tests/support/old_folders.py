"""What old and new folders hold, read with plain SQLite: the judge of every migration test, apart from its code."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from caption_boundaries.migration.synthetic import OldFolder, make_old_folder
from support.databases import raw

Rows = dict[str, list[dict[str, object]]]
"""Every row of every table of the old form, as the old application would see it."""

HOMES = {
    "full_frames": "video.db",
    "video_metadata": "video.db",
    "full_frame_ocr": "fullOCR.db",
    "full_frame_box_labels": "layout.db",
    "box_classification_model": "layout.db",
    "video_layout_config": "layout.db",
    "captions": "captions.db",
    "text_review_status": "captions.db",
    "cropped_frames": "cropping.db",
}
"""Where each table goes; all others go to state.db."""

NEW_FILES = ("video.db", "fullOCR.db", "layout.db", "captions.db", "cropping.db", "state.db")

TINY = OldFolder(full_frames=2, cropped_frames=12, captions=5, labels=2, picture_bytes=300, features=1)
"""As small as a folder with every table can be: for tests that migrate hundreds of times."""

VIDEO_ID = "3f2a9c1e-0b4d-4c5e-8f60-123456789abc"
NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)


def old_folder(parent: Path, wanted: OldFolder = TINY, name: str = VIDEO_ID) -> Path:
    """Make an old folder by copying one that was made before, if there was one."""
    return Path(shutil.copytree(_template(wanted, name), parent / name))


@cache
def _keep() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="caption-boundaries-old-")


@cache
def _template(wanted: OldFolder, name: str) -> Path:
    folder = Path(_keep().name) / str(len(list(Path(_keep().name).iterdir()))) / name
    make_old_folder(folder, wanted)
    return folder


def old_file(folder: Path) -> Path:
    """Return the one file of an old folder."""
    found = [folder / name for name in ("captions.db", "annotations.db") if (folder / name).is_file()]
    assert len(found) == 1, found
    return found[0]


def rows_of_old_file(path: Path) -> Rows:
    """Return what an old file holds."""
    with closing(sqlite3.connect(path)) as connection:
        return {table: _rows(connection, table, columns) for table, columns in _tables(connection).items()}


def rows_of_new_folder(folder: Path, like: Rows) -> Rows:
    """Return what the databases of the new form hold of the tables and columns in ``like``."""
    found = {}
    for table, rows in like.items():
        with closing(sqlite3.connect(folder / HOMES.get(table, "state.db"))) as connection:
            columns = [
                name for name in (rows[0] if rows else {}) if name not in ("index_framerate_hz", "layout_approved")
            ]
            found[table] = _rows(connection, table, columns or _tables(connection)[table])
    if like.get("video_preferences"):
        preferences = found["video_preferences"][0]
        preferences["index_framerate_hz"] = _value(folder / "video.db", "SELECT index_framerate_hz FROM video_metadata")
        preferences["layout_approved"] = _value(folder / "layout.db", "SELECT layout_approved FROM video_layout_config")
    return {table: rows if like[table] else [] for table, rows in found.items()} if like else found


def form_of(folder: Path) -> str:
    """Return old or new, from what ``captions.db`` holds."""
    captions = folder / "captions.db"
    if not captions.is_file():
        return "old"
    with closing(sqlite3.connect(captions)) as connection:
        return "old" if "full_frames" in _tables(connection) else "new"


def rows_of(folder: Path, like: Rows) -> Rows:
    """Return what a folder holds, whichever form it has."""
    return rows_of_old_file(old_file(folder)) if form_of(folder) == "old" else rows_of_new_folder(folder, like)


def same_rows(found: Rows, expected: Rows) -> bool:
    """Compare values with their types; 25 and 25.0 are the same number. Further columns may have been added."""
    return expected.keys() <= found.keys() and all(
        len(found[table]) == len(rows) and all(map(_holds, found[table], rows)) for table, rows in expected.items()
    )


def _holds(found: dict[str, object], expected: dict[str, object]) -> bool:
    known = _comparable({name: found.get(name) for name in expected})
    return all(
        type(known[name]) is type(value) and known[name] == value for name, value in _comparable(expected).items()
    )


def assert_complete(folder: Path, expected: Rows) -> str:
    """Make sure that the folder holds every row in one of the two forms, and return which."""
    form = form_of(folder)
    found = rows_of(folder, expected)
    assert same_rows(found, expected), {
        table: (rows, found.get(table))
        for table, rows in expected.items()
        if not same_rows({table: found.get(table, [])}, {table: rows})
    }
    if form == "new":
        assert all((folder / name).is_file() for name in NEW_FILES)
    return form


def _tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    return {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for (name,) in names.fetchall()}


def _rows(connection: sqlite3.Connection, table: str, columns: list[str]) -> list[dict[str, object]]:
    quoted = ", ".join(f'"{name}"' for name in columns)
    rows = connection.execute(f"SELECT {quoted} FROM {table} ORDER BY 1").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _value(path: Path, sql: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute(sql).fetchone()
    return None if row is None else row[0]


def _comparable(row: dict[str, object]) -> dict[str, object]:
    return {
        name: float(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in row.items()
    }


def edit_captions(folder: Path) -> None:
    """Do, after a migration, what a person does to captions, in every table of theirs."""
    raw(
        folder / "captions.db",
        "UPDATE captions SET text = 'changed', start_seconds = 0.25, text_confidence = 0.5 WHERE id = 1",
        "DELETE FROM captions WHERE id = 2",
        "INSERT INTO captions (start_frame_index, end_frame_index, text) VALUES (30, 31, 'new')",
        "INSERT INTO action_log (uuid, actor, session, at, kind, forward, inverse) "
        "VALUES ('u', 'a', 's', 't', 'k', '[]', '[]')",
        "UPDATE text_review_status SET status = 'complete'",
    )
