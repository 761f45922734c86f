"""Checks of the database files as such: are they there, ours, current, whole, and of one piece?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from caption_boundaries.database.connecting import connect_for_reading
from caption_boundaries.database.foreign import named_difference
from caption_boundaries.database.header import check_header, read_header
from caption_boundaries.database.paths import side_files
from caption_boundaries.database.schema import DATABASES, DatabaseSpec
from caption_boundaries.database.table_shapes import current_tables, read_tables
from caption_boundaries.errors import CaptionBoundariesError, DatabaseVersionError
from caption_boundaries.migration.findings import Finding, Weight

_MAX_TOLD = 20
"""So many problems of one file's structure are told."""


def check_files(folder: Path) -> Iterator[Finding]:
    """Yield what the heads of the six files tell."""
    for spec in DATABASES:
        path = folder / spec.filename
        if not path.is_file():
            weight: Weight = "problem" if spec.versioned else "note"
            yield Finding(weight, spec.filename, f"is missing; `{spec.made_by}` makes it")
            continue
        yield from check_file(path, spec)


def check_file(path: Path, spec: DatabaseSpec) -> Iterator[Finding]:
    """Yield what the head of one file tells, and what lies beside it."""
    try:
        header = check_header(path, spec)
    except DatabaseVersionError as error:
        yield Finding("problem", spec.filename, named_difference(path, spec, error).message)
        return
    except CaptionBoundariesError as error:
        yield Finding("problem", spec.filename, error.message)
        return
    if header.user_version < spec.version:
        message = f"has the older schema version {header.user_version} (current: {spec.version})"
        yield Finding("problem", spec.filename, message)
    size, expected = path.stat().st_size, _expected_size(path, wal=header.wal)
    if size < expected:
        yield Finding("problem", spec.filename, f"is cut short: {size} bytes instead of {expected}")
    if spec.journal_mode == "DELETE":
        for left in side_files(path):
            yield Finding("note", spec.filename, f"is being written, or a killed writer left {left.name}")


def check_structure(path: Path, spec: DatabaseSpec) -> Iterator[Finding]:
    """Yield what is wrong with the pages, the tables and the references of one sound-looking file."""
    try:
        with closing(connect_for_reading(path, wal=_is_wal(path))) as connection:
            for (verdict,) in connection.execute(f"PRAGMA integrity_check({_MAX_TOLD})"):
                if verdict != "ok":
                    yield Finding("problem", spec.filename, " ".join(str(verdict).split()))
            for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(_MAX_TOLD):
                yield Finding("problem", spec.filename, f"refers to a missing row of {parent}", table, row)
            yield from _check_tables(connection, spec)
    except sqlite3.Error as error:
        yield Finding("problem", spec.filename, f"cannot be read ({error})")


def _check_tables(connection: sqlite3.Connection, spec: DatabaseSpec) -> Iterator[Finding]:
    present = read_tables(connection, "main")
    for name, table in current_tables(spec.schema).items():
        if name not in present:
            yield Finding("problem", spec.filename, "is missing", name)
        elif missing := table.column_names - present[name].column_names:
            yield Finding("problem", spec.filename, f"lacks column {', '.join(sorted(missing))}", name)


def _is_wal(path: Path) -> bool:
    header = read_header(path)
    return header is not None and header.wal


def _expected_size(path: Path, *, wal: bool) -> int:
    """Return how many bytes the file says it has; 0 where it does not say, or a part of it is in its log."""
    if wal:
        return 0
    with path.open("rb") as file:
        head = file.read(32)
    page_size, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
    return (65536 if page_size == 1 else page_size) * pages
