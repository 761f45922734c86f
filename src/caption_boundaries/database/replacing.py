"""Replacing a database as a whole: built beside the old one, then swapped in."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from caption_boundaries.atomic import PARTIAL_PREFIX, partial_path, replace_file, storage_errors
from caption_boundaries.database.creation import build_database
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import SIDE_FILE_SUFFIXES, database_path
from caption_boundaries.database.recovery import recover_journal
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.sealing import write_canonical
from caption_boundaries.database.sqlite_errors import translate


@contextmanager
def replacing_database(video_dir: Path, schema: str, *, reads: Collection[str]) -> Iterator[sqlite3.Connection]:
    """Open a new, empty ``schema`` database for writing, and swap it in when the block ends well.

    The databases in ``reads`` are attached read-only. After an error, or a kill at any moment, the old file is
    there unchanged.

    Args:
        video_dir: Folder of the video.
        schema: Which database is made anew; known under this name.
        reads: Schemas that must exist.

    Raises:
        DatabaseMissingError: A database in ``reads`` is missing.
        StorageError: The disk refused.
    """
    spec = BY_SCHEMA[schema]
    final = database_path(video_dir, schema)
    partial = partial_path(final)
    try:
        with storage_errors(final):
            build_database(partial, spec)
        door = VideoDatabase(
            video_dir, writes={schema}, requires=reads, attach={schema, *reads}, overrides={schema: partial}
        )
        with door as connection:
            connection.execute(f"PRAGMA {schema}.synchronous = OFF")  # synced as a whole before it gets its name
            yield connection
        if spec.versioned:
            _seal_partial(partial)
        _discard_hot_journal(final)
        replace_file(partial, final)
    finally:
        _remove(partial)


def remove_partials(video_dir: Path) -> list[Path]:
    """Remove what killed runs left half made in ``video_dir``; call it only while holding the video's lock."""
    left = [path for path in video_dir.glob(f"{PARTIAL_PREFIX}*") if path.is_file()]
    for path in left:
        path.unlink(missing_ok=True)
    return left


def _seal_partial(partial: Path) -> None:
    canonical = partial.with_name(f"{partial.name}.sealed")
    try:
        write_canonical(partial, canonical)
        canonical.replace(partial)
    except sqlite3.Error as error:
        raise translate(error, partial) from error
    finally:
        canonical.unlink(missing_ok=True)


def _discard_hot_journal(final: Path) -> None:
    """Make sure that no journal of the old file is ever played back into the new one."""
    try:
        recover_journal(final, timeout=0.0)
    except sqlite3.Error as error:
        raise translate(error, final) from error


def _remove(partial: Path) -> None:
    for suffix in ("", *SIDE_FILE_SUFFIXES):
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)
