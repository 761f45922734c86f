"""A connection to one database file, for the work on files as such; rows are read and written behind the door."""

from __future__ import annotations

import sqlite3
from pathlib import Path

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
