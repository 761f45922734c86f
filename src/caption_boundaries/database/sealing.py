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

from caption_boundaries.atomic import copy_rights, discard, partial_path, replace_file, storage_errors
from caption_boundaries.database.connecting import BUSY_TIMEOUT_SECONDS, connect_for_reading, connect_for_writing
from caption_boundaries.database.creation import remove_partial
from caption_boundaries.database.folder_lock import alone_in_folder
from caption_boundaries.database.paths import side_files, sqlite_uri
from caption_boundaries.database.recovery import refuse_damage, sole_writer
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.errors import DatabaseBusyError

# Fields of the file header that tell a file's history and SQLite's version, not its content: change counter,
# schema cookie, version-valid-for and library version (see "The Database Header" in SQLite's file format).
_CANONICAL_FIELDS = ((24, 1), (40, 1), (92, 1), (96, 3_040_000))


def seal(path: Path, *, timeout: float = BUSY_TIMEOUT_SECONDS) -> bool:
    """Bring a database to its canonical bytes, durably.

    Whoever has it open for writing is waited for. A connection of another tool that was opened before and writes
    afterwards is told that the file was replaced.

    Args:
        path: A database; afterwards it is in rollback-journal mode.
        timeout: Seconds to wait for a writer.

    Returns:
        True where the bytes changed.

    Raises:
        DatabaseBusyError: Somebody has it open for writing, or a side file stays.
        DatabaseCorruptError: The file is damaged.
        StorageError: The disk refused; the file is as it was.
    """
    partial = partial_path(path)
    try:
        with alone_in_folder(path.parent, timeout=timeout), sole_writer(path, timeout=timeout) as lock:
            write_canonical(path, partial)
            _refuse_side_files(path)
            # Read through the lock's connection: closing the file itself would give up the lock.
            changed = lock.serialize() != partial.read_bytes()
            if changed:
                copy_rights(path, partial)
                replace_file(partial, path)
    except sqlite3.Error as error:
        raise translate(error, path) from error
    finally:
        remove_partial(partial)
    return changed


def is_sealed(path: Path) -> bool:
    """Tell whether nothing was written since the file was sealed; side files are not looked at.

    Every later transaction moves the change counter and leaves the version of SQLite that wrote it. Call it only
    where this process has no connection to the file: it is read past SQLite's locks.

    Raises:
        StorageError: The file cannot be read.
    """
    with storage_errors(path), path.open("rb") as file:
        head = file.read(100)
    return len(head) == 100 and all(
        struct.unpack_from(">I", head, offset)[0] == value for offset, value in _CANONICAL_FIELDS
    )


def write_canonical(source: Path, target: Path) -> None:
    """Write the committed rows of ``source`` to ``target`` in canonical form; not yet durable.

    Args:
        source: A database in rollback-journal mode.
        target: A file that does not exist.

    Raises:
        sqlite3.Error: The source cannot be read.
        DatabaseCorruptError: The source is damaged.
        StorageError: The disk refused.
    """
    _vacuum_into(source, target)
    if _sort_sequences(target):
        unsorted = target.with_name(f"{target.name}-unsorted")
        with storage_errors(target):
            target.rename(unsorted)
        try:
            _vacuum_into(unsorted, target)
        finally:
            discard(unsorted)
    with storage_errors(target):
        _write_canonical_fields(target)
    with closing(connect_for_reading(target)) as connection:
        refuse_damage(connection, source)


def _vacuum_into(source: Path, target: Path) -> None:
    with storage_errors(target):
        target.touch(exist_ok=False)  # an OSError here says more than SQLite would
    with closing(connect_for_reading(source)) as connection:
        connection.execute("VACUUM INTO ?", (sqlite_uri(target, mode="rw"),))


def _sort_sequences(path: Path) -> bool:
    """Put the counters of the tables with AUTOINCREMENT in the order of their names; True where they were not.

    SQLite adds a counter when a table gets its first row, so their order tells the history of the file.
    """
    with closing(connect_for_writing(path)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
            return False
        counters = connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
        if counters == sorted(counters):
            return False
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute("DELETE FROM sqlite_sequence")
        connection.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", sorted(counters))
        connection.execute("COMMIT")
    return True


def _write_canonical_fields(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY)
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
