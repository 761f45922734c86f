"""How far a migration has come, in bytes, told by several threads."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from caption_boundaries.step import Progress, silent

_EVERY = 200_000
"""Steps of SQLite's machine between two looks at the files."""


_PASSES = 2
"""Every byte is copied once, and read once for its digest."""


class Counter:
    """Adds up bytes and tells a progress bar, in bytes of the old file."""

    def __init__(self, total: int, progress: Progress = silent) -> None:
        self._total = total
        self._progress = progress
        self._done = 0
        self._lock = threading.Lock()

    def count(self, size: int) -> None:
        """Add ``size`` bytes."""
        with self._lock:
            self._done += size
            self._progress(min(self._done // _PASSES, self._total), self._total, "bytes")

    @contextmanager
    def watching(self, connection: sqlite3.Connection, folder: Path) -> Iterator[None]:
        """Count what the statements of ``connection`` write into ``folder``, while they run."""
        seen = 0

        def look() -> int:
            nonlocal seen
            written = 0
            with suppress(OSError):
                written = sum(path.stat().st_size for path in folder.iterdir())
            if written > seen:
                self.count(written - seen)
                seen = written
            return 0

        connection.set_progress_handler(look, _EVERY)
        try:
            yield
        finally:
            connection.set_progress_handler(None, 0)
            look()
