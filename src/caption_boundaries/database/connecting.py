"""Connections: to one database file, for the work on files as such, and the kind that the door hands out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

from caption_boundaries.database.paths import readonly_uri, sqlite_uri

BUSY_TIMEOUT_SECONDS = 5.0
"""How long to wait for another writer before giving up."""


def connect_for_writing(path: Path, *, timeout: float = BUSY_TIMEOUT_SECONDS) -> sqlite3.Connection:
    """Open an existing file for writing; transactions are the caller's.

    Raises:
        sqlite3.Error: There is no such file, or it cannot be opened.
    """
    return sqlite3.connect(sqlite_uri(path, mode="rw"), uri=True, timeout=timeout, isolation_level=None)


def connect_for_reading(path: Path, *, wal: bool = False, timeout: float = BUSY_TIMEOUT_SECONDS) -> sqlite3.Connection:
    """Open an existing file for reading; ``wal`` says that it is in write-ahead mode.

    Raises:
        sqlite3.Error: There is no such file, or it cannot be opened.
    """
    return sqlite3.connect(readonly_uri(path, wal=wal), uri=True, timeout=timeout, isolation_level=None)


class DoorConnection(sqlite3.Connection):
    """A connection whose end lets go of every file and lock, also while somebody still holds a cursor of it.

    Without this, the cursor of an error's traceback would keep other processes from writing.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
        """Return a cursor."""
        cursor = super().cursor(factory)
        self._cursors.add(cursor)
        return cursor

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run one statement on a new cursor."""
        cursor: sqlite3.Cursor = self.cursor()
        return cursor.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
        """Run one statement many times on a new cursor."""
        cursor: sqlite3.Cursor = self.cursor()
        return cursor.executemany(sql, parameters)

    def executescript(self, script: str) -> sqlite3.Cursor:
        """Run several statements on a new cursor."""
        cursor: sqlite3.Cursor = self.cursor()
        return cursor.executescript(script)

    def close(self) -> None:
        """Close every cursor, then the connection."""
        for cursor in list(self._cursors):
            with suppress(sqlite3.ProgrammingError):  # closed before
                cursor.close()
        super().close()
