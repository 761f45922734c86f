"""One connection of a pool: which databases it has, and whether their files are still the ones it opened."""

# ruff: noqa: PTH116 - what is asked on the way of every read is asked of `os` directly

from __future__ import annotations

import os
import sqlite3
import warnings
from collections.abc import Collection
from pathlib import Path

from caption_boundaries.database.attachments import Attachment, plan_attachments
from caption_boundaries.database.connecting import BUSY_TIMEOUT_SECONDS
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.old_form import find_old_database
from caption_boundaries.database.paths import side_file, side_files, sqlite_uri
from caption_boundaries.database.schema import SCHEMAS
from caption_boundaries.database.sqlite_errors import translate

SEALED = frozenset({"video", "cropping"})
"""Databases of pictures: a step replaces the whole file, so while it lies there nobody writes it."""

CACHE_KIB = 256
"""Page cache of each attached database; SQLite's own default is eight times that."""

_MAPPED_BYTES = 2**31 - 2**16
"""As much of a file as SQLite maps at most."""


class PooledReader:
    """A read-only connection to one video.

    A sealed database is opened as immutable: SQLite takes no locks and asks the disk nothing. That is safe where no
    journal lies beside the file. One that comes later has not changed anything yet: the file is still what was
    committed, until a page is written to it, which changes its time; then it is opened anew.
    """

    def __init__(self, folder: Path, schemas: Collection[str], *, mapped: bool, old_welcome: bool = False) -> None:
        """Open the databases ``schemas`` of a video; raises what `ReaderPool.connection` tells."""
        self._folder = folder
        self._mapped = mapped
        self._watches: dict[str, _Watch] = {}
        old = find_old_database(folder)
        if old is not None:
            watch = _Watch(old, sealed=False)
            with warnings.catch_warnings():
                if old_welcome:
                    warnings.simplefilter("ignore", DeprecationWarning)
                self.connection = VideoDatabase(folder, readonly=True).__enter__()
            self._watches = dict.fromkeys(SCHEMAS, watch)
            return
        # A plain connection, not the door's: that one keeps account of its cursors, a tenth of the time of a read.
        self.connection = sqlite3.connect(":memory:", uri=True, timeout=BUSY_TIMEOUT_SECONDS, check_same_thread=False)
        try:
            self.connection.execute("PRAGMA query_only = 1")
            self.attach_missing(schemas)
        except BaseException:
            self.close()
            raise

    def is_current(self, schemas: Collection[str]) -> bool:
        """Tell whether all of ``schemas`` are attached and their files unchanged since."""
        watches = self._watches
        for schema in schemas:
            watch = watches.get(schema)
            if watch is None or not watch.is_unchanged():
                return False
        return True

    def attach_missing(self, schemas: Collection[str]) -> bool:
        """Attach what is not attached yet; returns False where an attached file was changed: open another reader."""
        missing = frozenset(schemas) - self._watches.keys()
        if not self.is_current(frozenset(schemas) - missing):
            return False
        attachments = plan_attachments(self._folder, writes=(), requires=missing, attach=missing, overrides={})
        for attachment in attachments:
            self._attach(attachment)
        return True

    def _attach(self, attachment: Attachment) -> None:
        schema, path = attachment.spec.schema, attachment.path
        sealed = schema in SEALED and not attachment.wal and not side_files(path)
        watch = _Watch(path, sealed=sealed)
        uri = sqlite_uri(path, mode="ro", immutable=1) if sealed else attachment.uri
        try:
            self.connection.execute("ATTACH DATABASE ? AS ?", (uri, schema))
            self.connection.execute(f"PRAGMA {schema}.cache_size = -{CACHE_KIB}")
            if sealed and self._mapped:
                self.connection.execute(f"PRAGMA {schema}.mmap_size = {_MAPPED_BYTES}")
        except sqlite3.Error as error:
            raise translate(error, path) from error
        self._watches[schema] = watch

    def close(self) -> None:
        """Close the connection; its files are let go of when nobody holds an unfinished query any more."""
        self.connection.close()


class _Watch:
    """Notices that a file was replaced or changed, or that somebody began or ceased to write it ahead.

    It is asked on the way of every read, and a question to the system takes as long as reading a picture: a sealed
    file has one, another two.
    """

    def __init__(self, path: Path, *, sealed: bool) -> None:
        self._path = os.fspath(path)
        self._wal = os.fspath(side_file(path, "-wal"))
        self._sealed = sealed
        self._had_wal = os.access(self._wal, os.F_OK)
        found = os.stat(self._path)
        self._inode, self._size, self._changed = found.st_ino, found.st_size, found.st_mtime_ns

    def is_unchanged(self) -> bool:
        """Tell whether the file is the one that was there at first, and is still opened in the right way."""
        try:
            found = os.stat(self._path)
            same = found.st_mtime_ns == self._changed and found.st_ino == self._inode and found.st_size == self._size
            return same and (self._sealed or os.access(self._wal, os.F_OK) == self._had_wal)
        except OSError:
            return False
