"""SQLite's errors as ours, each in one sentence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from caption_boundaries.atomic import storage_error
from caption_boundaries.errors import (
    CaptionBoundariesError,
    DatabaseBusyError,
    DatabaseCorruptError,
    DatabaseError,
    StorageError,
)


def translate(error: sqlite3.Error, path: Path) -> CaptionBoundariesError:
    """Return an error of SQLite about ``path`` as one of ours, in one sentence."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseBusyError(
            f"{path} is being written by another process.", hint="Wait until it is done, or close the other tool."
        )
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DatabaseCorruptError(
            f"{path} is damaged ({error}).", hint="Restore it from a backup, or make it again with its step."
        )
    if primary == sqlite3.SQLITE_FULL:
        return StorageError(
            f"The disk is full: {path}.", hint="Free some space and run the command again; nothing was lost."
        )
    if primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StorageError(
            f"{path} cannot be opened as asked ({error}).",
            hint="Check the rights of the file and its folder; after a crash, open the video once for writing.",
        )
    if primary == sqlite3.SQLITE_IOERR:
        return storage_error(OSError(5, str(error)), path)
    return DatabaseError(f"SQLite refused on {path}: {error}.", hint="`caption-boundaries doctor` checks the folder.")
