"""Sealing: one set of rows gives one file, byte for byte, with nothing left beside it.

A version tool hashes bytes. Without sealing, the same rows written in another order, or written and taken back,
would be a new version.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

from caption_boundaries.atomic import partial_path, replace_file, storage_errors
from caption_boundaries.database.multi_db import BUSY_TIMEOUT_SECONDS
from caption_boundaries.database.paths import side_files, sqlite_uri
from caption_boundaries.database.recovery import recover_journal
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.errors import DatabaseBusyError

# Fields of the file header that tell a file's history and SQLite's version, not its content: change counter,
# schema cookie, version-valid-for and library version (see "The Database Header" in SQLite's file format).
_CANONICAL_FIELDS = ((24, 1), (40, 1), (92, 1), (96, 3_040_000))


def seal(path: Path, *, timeout: float = BUSY_TIMEOUT_SECONDS) -> bool:
    """Bring a database to its canonical bytes, durably.

    Args:
        path: A database in rollback-journal mode.
        timeout: Seconds to wait for a writer.

    Returns:
        True where the bytes changed.

    Raises:
        DatabaseBusyError: Somebody is writing, or a side file stays.
        StorageError: The disk refused; the file is as it was.
    """
    partial = partial_path(path)
    try:
        recover_journal(path, timeout=timeout)
        with closing(sqlite3.connect(sqlite_uri(path, mode="rw"), uri=True, timeout=timeout)) as lock:
            lock.isolation_level = None
            lock.execute("BEGIN IMMEDIATE")  # keeps other writers out until the new file has its name
            write_canonical(path, partial)
            if partial.read_bytes() == path.read_bytes():
                _refuse_side_files(path)
                return False
            replace_file(partial, path)
            lock.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise translate(error, path) from error
    finally:
        partial.unlink(missing_ok=True)
    _refuse_side_files(path)
    return True


def write_canonical(source: Path, target: Path) -> None:
    """Write the committed rows of ``source`` to ``target`` in canonical form; not yet durable.

    Raises:
        sqlite3.Error: The source cannot be read.
        StorageError: The disk refused.
    """
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(sqlite_uri(source, mode="ro"), uri=True, isolation_level=None)) as connection:
        connection.execute("VACUUM INTO ?", (str(target.absolute()),))
    with storage_errors(target):
        descriptor = os.open(target, os.O_WRONLY)
        try:
            for offset, value in _CANONICAL_FIELDS:
                os.pwrite(descriptor, struct.pack(">I", value), offset)
        finally:
            os.close(descriptor)


def _refuse_side_files(path: Path) -> None:
    left = side_files(path)
    if left:
        raise DatabaseBusyError(
            f"{path} is in use: {', '.join(file.name for file in left)} lies beside it.",
            hint="Close the other tool and try again.",
        )
