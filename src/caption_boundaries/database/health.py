"""Looking a single database over: is it ours, sound, and current?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from caption_boundaries.database.connecting import connect_for_reading
from caption_boundaries.database.header import check_header
from caption_boundaries.database.schema import DatabaseSpec
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.database.upgrading import upgrade_database
from caption_boundaries.errors import DatabaseCorruptError, DatabaseMissingError, DatabaseVersionError

__all__ = ["check_database", "upgrade_database"]


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


def _first_problem(path: Path, *, wal: bool) -> str | None:
    with closing(connect_for_reading(path, wal=wal)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            return str(verdict).replace("\n", " ")
        orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
        return None if orphan is None else f"row {orphan[1]} of {orphan[0]} refers to a missing row of {orphan[2]}"
