"""Which files of a video's folder make up the video, and go with it to another place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.database.connecting import BUSY_TIMEOUT_SECONDS
from caption_boundaries.database.creation import create_database
from caption_boundaries.database.folder_lock import alone_in_folder
from caption_boundaries.database.paths import SIDE_FILE_SUFFIXES, database_path, side_files
from caption_boundaries.database.schema import BY_SCHEMA, SCHEMAS
from caption_boundaries.errors import DatabaseBusyError
from caption_boundaries.fleet.manifest import is_plain_name

_LOCAL = BY_SCHEMA["state"].filename
"""Belongs to one machine; losing it loses no work."""


def travelling_files(folder: Path) -> dict[str, Path]:
    """Return the files of a video by name: all but what is hidden, side files of databases, and what is local."""
    with storage_errors(folder):
        found = {path.name: path for path in sorted(folder.iterdir()) if path.is_file() and is_plain_name(path.name)}
    return {name: path for name, path in found.items() if not _stays(name)}


@contextmanager
def resting(folder: Path, *, timeout: float = BUSY_TIMEOUT_SECONDS) -> Iterator[None]:
    """Make sure that for the length of the block the bytes of every database are all of it.

    Raises:
        DatabaseBusyError: A database is being written, or was left in the middle of a transaction.
        StorageError: There is no such folder.
    """
    with alone_in_folder(folder, timeout=timeout):
        for schema in sorted(SCHEMAS - {"state"}):
            path = database_path(folder, schema)
            if left := side_files(path):
                raise DatabaseBusyError(
                    f"{left[0]} lies beside {path.name}: it is being written, or its writer was killed.",
                    hint=f"Close what has it open, or run `caption-boundaries doctor --upgrade {folder}`.",
                )
        yield


def make_local(folder: Path) -> None:
    """Give a folder that came from elsewhere the database that belongs to this machine."""
    create_database(folder / _LOCAL, BY_SCHEMA["state"])


def _stays(name: str) -> bool:
    return name == _LOCAL or any(name.endswith(f".db{suffix}") for suffix in SIDE_FILE_SUFFIXES)
