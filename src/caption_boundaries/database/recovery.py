"""Finishing what a killed writer left beside a database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from caption_boundaries.database.paths import sqlite_uri


def recover_journal(path: Path, *, timeout: float) -> bool:
    """Roll back the transaction of a writer that was killed, if there is one.

    A read-only connection cannot do this, and would fail on such a file.

    Args:
        path: A database file; it may be missing.
        timeout: Seconds to wait for a live writer.

    Returns:
        True where a journal was there and is gone now; False where there was none, or its writer is alive.

    Raises:
        sqlite3.Error: The file cannot be opened for writing.
    """
    journal = path.with_name(path.name + "-journal")
    if not path.exists() or not journal.exists():
        return False
    connection = sqlite3.connect(sqlite_uri(path, mode="rw"), uri=True, timeout=timeout)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first read rolls back
    finally:
        connection.close()
    return not journal.exists()
