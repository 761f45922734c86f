"""Making databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from caption_boundaries.atomic import discard, partial_path, place_file, storage_errors
from caption_boundaries.database.connecting import connect_for_writing
from caption_boundaries.database.old_form import refuse_old_folder
from caption_boundaries.database.paths import SIDE_FILE_SUFFIXES, database_path, side_files
from caption_boundaries.database.schema import DATABASES, DatabaseSpec
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.database.upgrading import apply_migrations


def create_database(path: Path, spec: DatabaseSpec) -> bool:
    """Make an empty ``spec`` database at ``path``, durably; a file that is there already is left alone.

    Returns:
        True where it was made.

    Raises:
        StorageError: The disk refused; nothing is left under that name.
    """
    if path.exists():
        return False
    for left in side_files(path):
        discard(left)  # of a database that is gone; it would be played back into the new one
    partial = partial_path(path)
    try:
        build_database(partial, spec)
        return place_file(partial, path)
    finally:
        remove_partial(partial)


def create_databases(video_dir: Path) -> None:
    """Make all databases that ``video_dir`` does not have yet, empty.

    Raises:
        OldFolderError: The folder is of the old form.
        StorageError: The disk refused.
    """
    refuse_old_folder(video_dir)
    for spec in DATABASES:
        create_database(database_path(video_dir, spec.schema), spec)


def build_database(path: Path, spec: DatabaseSpec) -> None:
    """Write an empty database under a temporary name: not durable until it is synced and renamed.

    Raises:
        StorageError: The disk refused.
    """
    with storage_errors(path):
        path.touch(exist_ok=False)  # an OSError here says more than SQLite would
    try:
        with closing(connect_for_writing(path)) as connection:
            connection.execute(f"PRAGMA page_size = {spec.page_size}")
            connection.execute(f"PRAGMA journal_mode = {spec.journal_mode}")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f"PRAGMA application_id = {spec.application_id}")
            apply_migrations(connection, spec)
    except sqlite3.Error as error:
        raise translate(error, path) from error


def remove_partial(partial: Path) -> None:
    """Remove what is left of a database that was being made."""
    for suffix in ("", *SIDE_FILE_SUFFIXES):
        discard(partial.with_name(partial.name + suffix))
