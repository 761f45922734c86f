"""Looking a single database over: is it ours, sound, and current?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from caption_boundaries.database.creation import upgrade
from caption_boundaries.database.header import check_header
from caption_boundaries.database.paths import readonly_uri, sqlite_uri
from caption_boundaries.database.recovery import recover_journal
from caption_boundaries.database.schema import DatabaseSpec
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.errors import DatabaseCorruptError, DatabaseMissingError, DatabaseVersionError

BUSY_SECONDS = 5.0


def check_database(path: Path, spec: DatabaseSpec) -> None:
    """Make sure that the file is a sound ``spec`` database of the current schema.

    Raises:
        DatabaseMissingError: There is no such file.
        DatabaseCorruptError: No database, damaged, or a row breaks a foreign key.
        DatabaseVersionError: Newer, older or another kind of database.
    """
    if not path.is_file():
        raise DatabaseMissingError(spec.schema, path, spec.made_by)
    header = check_header(path, spec)
    if header.user_version < spec.version:
        raise DatabaseVersionError(
            f"{path} has the older schema version {header.user_version} (current: {spec.version}).",
            hint=f"Run `caption-boundaries doctor --upgrade {path.parent}` once.",
        )
    try:
        problem = _first_problem(path, wal=header.wal)
    except sqlite3.Error as error:
        raise translate(error, path) from error
    if problem is not None:
        raise DatabaseCorruptError(f"{path} is damaged: {problem}.", hint=f"Restore it, or run `{spec.made_by}`.")


def upgrade_database(path: Path, spec: DatabaseSpec) -> int:
    """Bring the file to the current schema, each migration in one transaction; returns how many were applied.

    Raises:
        DatabaseCorruptError: No database.
        DatabaseVersionError: Newer than the program, or another kind of database.
        DatabaseBusyError: Another process holds it.
    """
    check_header(path, spec)
    try:
        recover_journal(path, timeout=BUSY_SECONDS)
        with closing(
            sqlite3.connect(sqlite_uri(path, mode="rw"), uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        ) as connection:
            return upgrade(connection, "main", spec)
    except sqlite3.Error as error:
        raise translate(error, path) from error


def _first_problem(path: Path, *, wal: bool) -> str | None:
    with closing(sqlite3.connect(readonly_uri(path, wal=wal), uri=True, timeout=BUSY_SECONDS)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            return str(verdict).replace("\n", " ")
        orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
        return None if orphan is None else f"row {orphan[1]} of {orphan[0]} refers to a missing row of {orphan[2]}"
