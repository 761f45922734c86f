"""Replacing a database as a whole: built beside the old one, then swapped in."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from caption_boundaries.atomic import (
    PARTIAL_PREFIX,
    copy_rights,
    discard,
    partial_path,
    replace_file,
    storage_errors,
)
from caption_boundaries.database.connecting import BUSY_TIMEOUT_SECONDS, connect_for_reading
from caption_boundaries.database.creation import build_database, remove_partial
from caption_boundaries.database.folder_lock import alone_in_folder
from caption_boundaries.database.header import check_header
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import database_path, side_files
from caption_boundaries.database.recovery import refuse_damage, sole_writer
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.sealing import write_canonical
from caption_boundaries.database.sqlite_errors import is_damage, translate


@contextmanager
def replacing_database(
    video_dir: Path, schema: str, *, reads: Collection[str], timeout: float = BUSY_TIMEOUT_SECONDS
) -> Iterator[sqlite3.Connection]:
    """Open a new, empty ``schema`` database for writing, and swap it in when the block ends well.

    The databases in ``reads`` are attached read-only. After an error, or a kill at any moment, the old file is
    there unchanged.

    Args:
        video_dir: Folder of the video.
        schema: Which database is made anew; known under this name.
        reads: Schemas that must exist.
        timeout: Seconds to wait for somebody who writes the old file.

    Raises:
        DatabaseMissingError: A database in ``reads`` is missing.
        DatabaseCorruptError: What has the name of the old file is no database.
        DatabaseVersionError: What has the name of the old file is a database that we do not know.
        DatabaseBusyError: Somebody writes the old file.
        StorageError: The disk refused.
    """
    spec = BY_SCHEMA[schema]
    final = database_path(video_dir, schema)
    if final.exists():
        check_header(final, spec)  # what is not ours is not overwritten
    partial = partial_path(final)
    try:
        build_database(partial, spec)
        door = VideoDatabase(
            video_dir,
            writes={schema},
            requires=reads,
            attach={schema, *reads},
            overrides={schema: partial},
            timeout=timeout,
        )
        with door as connection:
            connection.execute(f"PRAGMA {schema}.synchronous = OFF")  # synced as a whole before it gets its name
            yield connection
        _finish(partial, versioned=spec.versioned)
        _swap(partial, final, in_place=spec.hand_edited, timeout=timeout)
    finally:
        remove_partial(partial)


def remove_partials(video_dir: Path) -> list[Path]:
    """Remove what killed runs left half made in ``video_dir``; call it only while holding the video's lock.

    Raises:
        StorageError: The disk refused.
    """
    with storage_errors(video_dir):
        left = [path for path in video_dir.glob(f"{PARTIAL_PREFIX}*") if path.is_file()]
        for path in left:
            path.unlink(missing_ok=True)
    return left


def _finish(partial: Path, *, versioned: bool) -> None:
    """Seal what is versioned, and make sure that the file is sound."""
    canonical = partial_path(partial)
    try:
        if versioned:
            write_canonical(partial, canonical)
            canonical.replace(partial)
        else:
            with closing(connect_for_reading(partial)) as connection:
                refuse_damage(connection, partial)
    except sqlite3.Error as error:
        raise translate(error, partial) from error
    finally:
        remove_partial(canonical)


def _swap(partial: Path, final: Path, *, in_place: bool, timeout: float) -> None:
    """Put the finished file in the place of the old one, with no journal of the old one left beside it.

    Args:
        partial: The finished file.
        final: The old file; it may be missing.
        in_place: True where others change the old file in place.
        timeout: Seconds to wait for them.
    """
    with ExitStack() as held:
        if in_place:
            held.enter_context(alone_in_folder(final.parent, timeout=timeout))
        if final.exists():
            try:
                held.enter_context(sole_writer(final, timeout=timeout))
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise translate(error, final) from error
            copy_rights(final, partial)
        for left in side_files(final):
            discard(left)
        replace_file(partial, final)
