"""Old folders out of new ones: what the tests and the benchmark of the migration begin with."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.database.folders import OLD_FILENAMES
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.errors import StorageError
from caption_boundaries.migration.digests import digest_tables
from caption_boundaries.migration.manifest import MovedTable, manifest_of
from caption_boundaries.migration.merging import find_changes, merge_back
from caption_boundaries.migration.plan import plan_migration
from caption_boundaries.migration.queries import old_query
from caption_boundaries.migration.source import SOURCE, connect_source
from caption_boundaries.migration.synthetic import OLD_SQL


def make_old_copy(folder: Path, target: Path) -> Path:
    """Write the contents of a new folder into a new old folder, and return the path of its one file.

    Args:
        folder: Folder of a video; it is only read.
        target: Folder that gets the old file; it must not hold one.

    Raises:
        StorageError: There is one, or the disk refused.
        DatabaseError: The folder cannot be read.
    """
    path = target / OLD_FILENAMES[0]
    with storage_errors(path):
        target.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise StorageError(f"{path} is there already.", hint="Choose an empty folder.")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(OLD_SQL)
        with closing(connect_source(path)) as connection:
            plan = plan_migration(connection, SOURCE, journal_mode="delete")
            digests = list(digest_tables(connection, (old_query(mapped, SOURCE) for mapped in plan.tables)))
        empty = (MovedTable(mapped, digest, None) for mapped, digest in zip(plan.tables, digests, strict=True))
        about = {"program": "", "migrated_at": "", "video_id": None, "source_name": path.name, "source_size": 0}
        manifest = manifest_of(plan, empty, backup=None, **about)
        merge_back(folder, path, manifest, find_changes(folder, manifest))
    except sqlite3.Error as error:
        raise translate(error, path) from error
    return path
