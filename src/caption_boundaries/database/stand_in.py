"""Empty schemas in memory that stand in for missing files, so that joins over all databases still run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import lru_cache

from caption_boundaries.database.schema import DatabaseSpec
from caption_boundaries.database.upgrading import apply_migrations


def attach_stand_in(connection: sqlite3.Connection, spec: DatabaseSpec) -> None:
    """Attach an empty ``spec`` database in memory under its schema name; no lock of any file is touched."""
    connection.execute("ATTACH DATABASE ':memory:' AS ?", (spec.schema,))
    connection.deserialize(_empty_database(spec), name=spec.schema)


@lru_cache(maxsize=32)
def _empty_database(spec: DatabaseSpec) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id = {spec.application_id}")
        apply_migrations(connection, spec)
        return connection.serialize()
