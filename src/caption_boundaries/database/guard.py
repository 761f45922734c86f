"""Keeps a writable connection from writing where nothing would be kept, or in two databases at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.errors import DatabaseError

_WRITES = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})


class WriteGuard:
    """An authorizer that SQLite asks whenever it prepares a statement.

    A transaction over several files is not crash-atomic here (the main database is in memory), so a transaction
    belongs to the first database that it writes. An empty schema that stands in for a missing file takes no rows.
    """

    def __init__(self, connection: sqlite3.Connection, stand_ins: Collection[str]) -> None:
        self._connection = connection
        self._stand_ins = frozenset(stand_ins)
        self._owner: str | None = None
        self.refusal: DatabaseError | None = None
        """Why the last statement was refused."""

    def __call__(self, action: int, _a: str | None, _b: str | None, schema: str | None, _c: str | None) -> int:
        """Answer SQLite; the signature is that of `sqlite3.Connection.set_authorizer`."""
        if action not in _WRITES or schema in (None, "temp"):
            return sqlite3.SQLITE_OK
        assert schema is not None
        self.refusal = self._refuse(schema)
        return sqlite3.SQLITE_OK if self.refusal is None else sqlite3.SQLITE_DENY

    def _refuse(self, schema: str) -> DatabaseError | None:
        if schema == "main":
            return DatabaseError(
                "A table must be written as schema.table: the main database of the connection is kept nowhere.",
                hint="Write for example layout.video_layout_config.",
            )
        if schema in self._stand_ins:
            spec = BY_SCHEMA[schema]
            return DatabaseError(
                f"{spec.filename} does not exist, so nothing can be written to it.",
                hint=f"Run `{spec.made_by}` to make it.",
            )
        if not self._connection.in_transaction:
            self._owner = None
        if self._owner not in (None, schema):
            return DatabaseError(
                f"One transaction may write one database only: this one has written {self._owner} "
                f"and would write {schema}.",
                hint="Commit first.",
            )
        self._owner = schema
        return None
