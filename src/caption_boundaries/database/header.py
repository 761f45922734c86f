"""What the first hundred bytes of a database file say, without opening it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.atomic import storage_error
from caption_boundaries.database.schema import DatabaseSpec
from caption_boundaries.errors import DatabaseCorruptError, DatabaseVersionError

_MAGIC = b"SQLite format 3\x00"
_SIZE = 100


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of a file header that we use (see "The Database Header" in SQLite's file format)."""

    page_size: int
    """Bytes."""
    wal: bool
    """True: the file is in write-ahead mode."""
    user_version: int
    application_id: int


def read_header(path: Path) -> Header | None:
    """Return the header of the database at ``path``, or None where the file is no SQLite database.

    Raises:
        StorageError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_SIZE)
    except OSError as error:
        raise storage_error(error, path) from error
    if len(data) < _SIZE or not data.startswith(_MAGIC):
        return None
    (page_size,) = struct.unpack_from(">H", data, 16)
    (user_version,) = struct.unpack_from(">i", data, 60)
    (application_id,) = struct.unpack_from(">i", data, 68)
    return Header(
        page_size=65536 if page_size == 1 else page_size,
        wal=data[18] == 2,
        user_version=user_version,
        application_id=application_id,
    )


def check_header(path: Path, spec: DatabaseSpec) -> Header:
    """Return the header of ``path`` after making sure that it is a ``spec`` database that we know.

    Raises:
        DatabaseCorruptError: No database, or another one.
        DatabaseVersionError: Made by a newer version of the program.
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
    return header
