"""Connections that stay open: for whoever reads many videos again and again, such as a data set.

Opening is what costs: a query through a fresh door takes tens of times as long as one through a pooled connection.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Collection
from functools import cache
from pathlib import Path
from types import TracebackType
from weakref import WeakSet, finalize

from caption_boundaries.database.pooled_reader import PooledReader

DEFAULT_SIZE = 64
"""Videos that one thread keeps open."""

_abandoned: list[PooledReader] = []
"""What a forked process found: neither used nor closed there, for SQLite's connections do not survive a fork."""


class ReaderPool:
    """A bounded set of read-only connections, one per process, thread and video.

        pool = reader_pool()
        frame = CropReader(pool.connection(folder, {"cropping"})).frame(120)

    Databases are attached when they are first asked for. A file that was replaced or changed since is opened again,
    and a forked process opens its own. Each thread keeps its ``size`` videos used last and closes the others, so a
    connection is good until its thread asks for another video; it is never shared with another thread.

    What a thread holds at most: one file handle per attached database (three for one in write-ahead mode), and
    `pooled_reader.CACHE_KIB` of page cache per database beside about 150 KiB per video. Mapped files count as memory
    of the system's file cache, which takes it back when it is needed elsewhere.
    """

    def __init__(self, size: int = DEFAULT_SIZE, mapped: bool = True, old_welcome: bool = False) -> None:
        """Make an empty pool.

        Args:
            size: Videos that one thread keeps open.
            mapped: Map the files of pictures into memory, which makes reading them again three times as fast. Say no
                for a single pass over files that are not in the system's cache, and where other programs overwrite
                these files in place: a mapped file that shrinks kills the process.
            old_welcome: Open folders of the old form without a `DeprecationWarning`.
        """
        if size < 1:
            raise ValueError("a pool keeps at least one video open")
        self._size = size
        self._mapped = mapped
        self._old_welcome = old_welcome
        self._own = threading.local()
        self._shelves: WeakSet[_Shelf] = WeakSet()
        self._lock = threading.Lock()

    def __enter__(self) -> ReaderPool:
        """Return the pool itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self.close()

    def __len__(self) -> int:
        """Return how many videos this thread holds open."""
        return len(self._shelf().readers)

    def connection(self, video_dir: Path | str, schemas: Collection[str]) -> sqlite3.Connection:
        """Return this thread's connection to a video, with at least the databases ``schemas`` attached.

        Do not close it, and finish every query: a cursor that is not read to its end keeps writers waiting.

        Raises:
            TargetError: There is no such folder.
            DatabaseMissingError: One of the databases is missing.
            DatabaseCorruptError: A file is damaged or no database.
            DatabaseVersionError: A file is newer, older or of another kind.
            StorageError: A file cannot be read.
        """
        folder, shelf = os.fspath(video_dir), self._shelf()
        reader = shelf.readers.get(folder)
        if reader is not None and reader.is_current(schemas):
            shelf.readers.move_to_end(folder)
            return reader.connection
        # Only absolute paths stand on the shelf, so nothing was found for others.
        absolute = os.path.abspath(folder) if not os.path.isabs(folder) else folder  # noqa: PTH100, PTH117
        if absolute != folder:
            return self.connection(absolute, schemas)
        return self._open(shelf, folder, schemas).connection

    def _open(self, shelf: _Shelf, folder: str, schemas: Collection[str]) -> PooledReader:
        reader = shelf.readers.get(folder)
        if reader is None or not reader.attach_missing(schemas):
            shelf.discard(folder)
            shelf.shrink(self._size - 1)
            reader = PooledReader(Path(folder), schemas, mapped=self._mapped, old_welcome=self._old_welcome)
        shelf.readers[folder] = reader
        shelf.readers.move_to_end(folder)
        return reader

    def close(self) -> None:
        """Close every connection of this process, those of other threads too: they must not be reading."""
        with self._lock:
            shelves = list(self._shelves)
        for shelf in shelves:
            shelf.shrink(0)

    def _shelf(self) -> _Shelf:
        shelf: _Shelf | None = getattr(self._own, "shelf", None)
        if shelf is None or shelf.process != os.getpid():
            shelf = self._own.shelf = _Shelf()
            with self._lock:
                self._shelves.add(shelf)
        return shelf


class _Shelf:
    """The readers of one thread, which are closed when the thread ends."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.readers: OrderedDict[str, PooledReader] = OrderedDict()
        """By folder, the one used last at the end."""
        finalize(self, _shrink, self.readers, 0, self.process)

    def discard(self, folder: str) -> None:
        """Close the reader of ``folder``, if there is one."""
        if folder in self.readers:
            self.readers.move_to_end(folder, last=False)
            self.shrink(len(self.readers) - 1)

    def shrink(self, size: int) -> None:
        """Close the readers that were not used for longest, until there are no more than ``size``."""
        _shrink(self.readers, size, self.process)


def _shrink(readers: OrderedDict[str, PooledReader], size: int, process: int) -> None:
    """Close what was not used for longest; in a forked process, only let go of it."""
    while len(readers) > size:
        _, reader = readers.popitem(last=False)
        if process == os.getpid():
            reader.close()
        else:
            _abandoned.append(reader)


@cache
def reader_pool() -> ReaderPool:
    """Return the pool that the parts of the program share; folders of the old form are welcome there."""
    return ReaderPool(old_welcome=True)
