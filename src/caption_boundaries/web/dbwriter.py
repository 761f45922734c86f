"""One writer at a time for each database: a request that changes something waits for the one before it.

Databases are opened for one action and closed again, so that a version tool never meets an open file.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caption_boundaries.database.actions import ActionLog
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.old_form import find_old_database
from caption_boundaries.database.paths import database_path


class DatabaseWriters:
    """The doors through which this server writes; each database has its own lock."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: defaultdict[tuple[Path, str], threading.RLock] = defaultdict(threading.RLock)

    @contextmanager
    def exclusive(self, folder: Path, schema: str) -> Iterator[None]:
        """Keep every other writer of this server away from a database for the block."""
        with self._guard:
            lock = self._locks[(folder, schema)]
        with lock:
            yield

    @contextmanager
    def open(self, folder: Path, schema: str) -> Iterator[tuple[sqlite3.Connection, ActionLog]]:
        """Open one database for writing, and no other.

        Raises:
            DatabaseMissingError: The step that makes it has not run.
            DatabaseBusyError: Another process holds it.
        """
        with (
            self.exclusive(folder, schema),
            VideoDatabase(folder, writes={schema}, attach={schema}) as connection,
        ):
            yield connection, ActionLog(connection, schema)


def file_stamp(folder: Path, schema: str) -> tuple[int, int, int] | None:
    """Return what changes whenever the file that holds a database does; None where there is none."""
    path = database_path(folder, schema)
    if not path.exists():
        old = find_old_database(folder)
        if old is None:
            return None
        path = old
    try:
        status = path.stat()
    except FileNotFoundError:
        return None  # swapped or taken away in this moment; the next look sees what came of it
    return status.st_ino, status.st_size, status.st_mtime_ns


def read_only_reason(folder: Path) -> str:
    """Return why nothing in a folder can be changed; empty where it can."""
    if find_old_database(folder) is None:
        return ""
    return (
        "This video is in the old single-file form, which is only read. Move it over with `caption-boundaries migrate`."
    )
