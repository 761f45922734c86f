"""Keeps a writable connection from writing where nothing would be kept, or in two databases at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.errors import DatabaseError

_WRITES = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})
_HEADER_PRAGMAS = frozenset({"application_id", "journal_mode", "schema_version", "user_version"})
"""Change the header of a file; ``journal_mode`` without a schema that of every attached file."""


class WriteGuard:
    """An authorizer that SQLite asks whenever it prepares a statement.

    A transaction over several files is not crash-atomic here (the main database is in memory), so a transaction
    belongs to the first database that it writes. An empty schema that stands in for a missing file takes no rows.
    """

    def __init__(
        self, connection: sqlite3.Connection, *, writable: Collection[str], stand_ins: Collection[str]
    ) -> None:
        self._connection = connection
        self._writable = frozenset(writable)
        self._stand_ins = frozenset(stand_ins)
        self._owner: str | None = None
        self.refusal: DatabaseError | None = None
        """Why the last statement was refused."""

    def __call__(self, action: int, name: str | None, value: str | None, schema: str | None, _: str | None) -> int:
        """Answer SQLite; the signature is that of `sqlite3.Connection.set_authorizer`."""
        refusal = None
        if action == sqlite3.SQLITE_PRAGMA and value is not None and name in _HEADER_PRAGMAS:
            refusal = DatabaseError(
                f"{name} is part of a database's form, which is not changed here.",
                hint="It follows from the catalogue of the databases and their schema migrations.",
            )
        elif action in _WRITES and schema is not None and schema != "temp":
            refusal = self._refuse_write(schema)
        if refusal is None:
            return sqlite3.SQLITE_OK
        self.refusal = refusal
        return sqlite3.SQLITE_DENY

    def explain(self, error: BaseException | None) -> DatabaseError | None:
        """Return why SQLite said "not authorized" in ``error``; None where it said something else."""
        denied = isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_AUTH
        return self.refusal if denied else None

    def _refuse_write(self, schema: str) -> DatabaseError | None:
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
        if schema not in self._writable:
            return None  # SQLite refuses by itself what it has opened for reading
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
