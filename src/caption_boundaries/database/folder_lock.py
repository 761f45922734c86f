"""A lock on a video's folder, for the moment in which a file that is changed in place is swapped for another.

SQLite locks a file, but finds its journal by name. So whoever still has the old file open when a new one takes its
name would take the journal of the new file's writer for one left by a crash: roll it back into the old file, and
delete it. Therefore all who change files in place share this lock, and who swaps one has it alone.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.errors import DatabaseBusyError

_POLL_SECONDS = 0.005


class FolderLock:
    """A lock on the folder itself: it makes no file, and also works where nothing may be written."""

    def __init__(self, folder: Path, *, timeout: float) -> None:
        """Open the folder; nothing is locked yet.

        Args:
            folder: Folder of the video.
            timeout: Seconds to wait for others.

        Raises:
            StorageError: There is no such folder, or it cannot be entered.
        """
        self._folder = folder
        self._timeout = timeout
        with storage_errors(folder):
            self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def share(self) -> None:
        """Take the lock together with others, or go back to that.

        Raises:
            DatabaseBusyError: Somebody has it alone.
        """
        self._take(fcntl.LOCK_SH)

    def exclude(self) -> None:
        """Take the lock alone.

        Raises:
            DatabaseBusyError: Somebody else has it.
        """
        self._take(fcntl.LOCK_EX)

    def close(self) -> None:
        """Give the lock back."""
        os.close(self._descriptor)

    def _take(self, kind: int) -> None:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise DatabaseBusyError(
                        f"A database in {self._folder} is open for writing elsewhere.",
                        hint="Wait until that is done, or close the other tool.",
                    ) from error
                time.sleep(_POLL_SECONDS)
            except OSError:
                return  # a file system without such locks
            else:
                return


@contextmanager
def alone_in_folder(folder: Path, *, timeout: float) -> Iterator[None]:
    """Keep everybody else from changing databases of ``folder`` in place for the length of the block.

    Raises:
        DatabaseBusyError: Somebody has one open for that.
        StorageError: There is no such folder.
    """
    lock = FolderLock(folder, timeout=timeout)
    try:
        lock.exclude()
        yield
    finally:
        lock.close()
