"""Making databases, and bringing older ones to the current schema."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from caption_boundaries.atomic import partial_path, replace_file, storage_errors
from caption_boundaries.database.paths import database_path, sqlite_uri
from caption_boundaries.database.schema import DATABASES, DatabaseSpec


def create_database(path: Path, spec: DatabaseSpec) -> None:
    """Make an empty ``spec`` database at ``path``, which must not exist.

    Raises:
        StorageError: The disk refused; nothing is left under that name.
    """
    partial = partial_path(path)
    try:
        with storage_errors(path):
            build_database(partial, spec)
        replace_file(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def create_databases(video_dir: Path) -> None:
    """Make all databases that ``video_dir`` does not have yet, empty."""
    for spec in DATABASES:
        path = database_path(video_dir, spec.schema)
        if not path.exists():
            create_database(path, spec)


def build_database(path: Path, spec: DatabaseSpec) -> None:
    """Write an empty database under a temporary name: not durable until it is synced and renamed."""
    path.unlink(missing_ok=True)
    path.touch(exist_ok=False)  # an OSError here says more than SQLite would
    connection = sqlite3.connect(sqlite_uri(path, mode="rw"), uri=True, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {spec.page_size}")
        connection.execute(f"PRAGMA journal_mode = {spec.journal_mode}")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA application_id = {spec.application_id}")
        upgrade(connection, "main", spec)
    finally:
        connection.close()


def upgrade(connection: sqlite3.Connection, schema: str, spec: DatabaseSpec) -> int:
    """Apply the migrations that the database attached as ``schema`` lacks, each in one transaction.

    Returns:
        How many were applied; 0 leaves the file byte-identical.
    """
    version: int = connection.execute(f"PRAGMA {schema}.user_version").fetchone()[0]
    for number, script in enumerate(spec.migrations[version:], start=version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{_qualified(script, schema)}\nPRAGMA {schema}.user_version = {number};\nCOMMIT;"
        )
    return spec.version - version


def _qualified(script: str, schema: str) -> str:
    """Return the script with every created object placed in ``schema``."""
    for kind in ("TABLE", "INDEX"):
        script = script.replace(f"CREATE {kind} ", f"CREATE {kind} {schema}.")
    return script
