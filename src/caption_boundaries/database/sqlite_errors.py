"""SQLite's errors as ours, each in one sentence."""

from __future__ import annotations

import errno
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

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_CLOSED = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
_OTHER = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


def primary_code(error: sqlite3.Error) -> int | None:
    """Return the primary result code of SQLite, or None where the error is Python's own."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether the error means that the file itself is damaged."""
    # Text that is no text any more is found by Python, not by SQLite.
    return primary_code(error) in _DAMAGED or (primary_code(error) is None and "decode to UTF-8" in str(error))


def is_from_outside(error: sqlite3.Error) -> bool:
    """Tell whether the disk, the file or another process is to blame, and not the statement."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY:
        return False  # a write to what was opened read-only on purpose
    return is_damage(error) or primary_code(error) in _BUSY | _CLOSED | _OTHER


def translate(error: sqlite3.Error, path: Path) -> CaptionBoundariesError:
    """Return an error of SQLite about ``path`` as one of ours, in one sentence."""
    primary = primary_code(error)
    if primary in _BUSY:
        return DatabaseBusyError(
            f"{path} is being written by another process.", hint="Wait until it is done, or close the other tool."
        )
    if is_damage(error):
        return DatabaseCorruptError(
            f"{path} is damaged ({error}).", hint="Restore it from a backup, or make it again with its step."
        )
    if primary == sqlite3.SQLITE_FULL:
        return storage_error(OSError(errno.ENOSPC, str(error)), path)
    if primary in _CLOSED:
        return _cannot_open(error, path)
    if primary == sqlite3.SQLITE_IOERR:
        return storage_error(OSError(errno.EIO, str(error)), path)
    return DatabaseError(f"SQLite refused on {path}: {error}.", hint="`caption-boundaries doctor` checks the folder.")


def _cannot_open(error: sqlite3.Error, path: Path) -> CaptionBoundariesError:
    code = error.sqlite_errorcode
    if code in (sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY):
        return DatabaseError(
            f"{path} was being written when a process was killed; read-only it cannot be brought in order.",
            hint=f"Run `caption-boundaries doctor --upgrade {path.parent}`, or any command that writes this video.",
        )
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return DatabaseBusyError(
            f"{path} was replaced by another process while it was open; the change was not saved.",
            hint="Open it again and repeat the change.",
        )
    return StorageError(
        f"{path} cannot be opened as asked ({error}).", hint="Check the rights of the file and of its folder."
    )
