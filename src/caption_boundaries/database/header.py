"""What a database file says of itself, without reading its tables.

SQLite is asked, never the file: closing any descriptor of a file takes away every lock that this process holds on it
("How To Corrupt An SQLite Database File", 2.2), also the lock of a writer in another thread.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.database.paths import sqlite_uri
from caption_boundaries.database.schema import DatabaseSpec
from caption_boundaries.database.sqlite_errors import primary_code
from caption_boundaries.errors import DatabaseCorruptError, DatabaseVersionError

_MAGIC = b"SQLite format 3\x00"
_SIZE = 100


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of a file header that we use (see "The Database Header" in SQLite's file format)."""

    wal: bool
    """True: the file is in write-ahead mode, or a ``-wal`` file lies beside it."""
    user_version: int
    application_id: int


def read_header(path: Path) -> Header | None:
    """Return the header of the database at ``path``, or None where the file is no SQLite database.

    Raises:
        StorageError: The file cannot be read.
    """
    with storage_errors(path):
        if not path.is_file() or path.stat().st_size == 0:
            return None  # SQLite takes an empty file for an empty database
        try:
            return _ask(path, wal=False)
        except sqlite3.Error as error:
            if primary_code(error) == sqlite3.SQLITE_NOTADB:
                return None
            wal = primary_code(error) == sqlite3.SQLITE_CANTOPEN
        try:
            return _ask(path, wal=wal, immutable=1)
        except sqlite3.Error:
            return read_raw_header(path)


def read_raw_header(path: Path) -> Header | None:
    """Return the header as it stands in the first bytes of the file: for files that SQLite does not open.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(_SIZE)
    if len(data) < _SIZE or not data.startswith(_MAGIC):
        return None
    (user_version,) = struct.unpack_from(">i", data, 60)
    (application_id,) = struct.unpack_from(">i", data, 68)
    return Header(wal=data[18] == 2, user_version=user_version, application_id=application_id)


def check_header(path: Path, spec: DatabaseSpec) -> Header:
    """Return the header of ``path`` after making sure that it is a ``spec`` database that we know.

    Raises:
        DatabaseCorruptError: No database, or a left-over of another one lies beside it.
        DatabaseVersionError: Another database, or made by a newer version of the program.
    """
    header = read_header(path)
    if header is None:
        raise DatabaseCorruptError(
            f"{path} is not a SQLite database.",
            hint=f"Move it away and run `{spec.made_by}`, or restore it from a backup.",
        )
    if header.application_id != spec.application_id:
        raise DatabaseVersionError(
            f"{path} is a SQLite database, but not a {spec.filename} of this program "
            f"(application id {header.application_id:#x} instead of {spec.application_id:#x}).",
            hint="Check that the file belongs to this folder; `caption-boundaries doctor` shows what it holds.",
        )
    if header.user_version > spec.version:
        raise DatabaseVersionError(
            f"{path} has schema version {header.user_version}; this program knows versions up to {spec.version}.",
            hint="Update caption-boundaries.",
        )
    if header.wal and spec.journal_mode != "WAL":
        _refuse_strange_wal(path)
    return header


def _ask(path: Path, *, wal: bool, **parameters: int) -> Header:
    # Without locks SQLite opens no write-ahead file: that tells them from the others.
    uri = sqlite_uri(path, mode="ro", **(parameters or {"nolock": 1}))
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        (user_version,) = connection.execute("PRAGMA user_version").fetchone()
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    return Header(wal, user_version, application_id)


def _refuse_strange_wal(path: Path) -> None:
    """Refuse a ``-wal`` file of another database: SQLite would mix its pages into this one without a word."""
    raw = read_raw_header(path)
    if raw is not None and not raw.wal:
        raise DatabaseCorruptError(
            f"{path.name}-wal in {path.parent} was left by another version of {path.name}.",
            hint="Move it away: reading it would damage the database.",
        )
