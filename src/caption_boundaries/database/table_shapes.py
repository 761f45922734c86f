"""What tables a database has and which columns they have, as values."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from caption_boundaries.database.connecting import connect_for_reading
from caption_boundaries.database.row_hash import quoted
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.database.upgrading import apply_migrations


@dataclass(frozen=True)
class Column:
    """One column as it was declared."""

    name: str
    type: str
    """As written; empty where none was given."""
    not_null: bool
    default: str | None
    """SQL text."""
    key: int
    """Place in the primary key from 1; 0: not part of it."""
    generated: bool

    @property
    def affinity(self) -> str:
        """How SQLite converts what is stored (see "Datatypes In SQLite", 3.1)."""
        text = self.type.upper()
        for affinity, parts in _AFFINITIES:
            if any(part in text for part in parts):
                return affinity
        return "NUMERIC" if text else "BLOB"


_AFFINITIES = (
    ("INTEGER", ("INT",)),
    ("TEXT", ("CHAR", "CLOB", "TEXT")),
    ("BLOB", ("BLOB",)),
    ("REAL", ("REAL", "FLOA", "DOUB")),
)


@dataclass(frozen=True)
class Table:
    """One table as it was declared."""

    name: str
    columns: tuple[Column, ...]
    sql: str
    """The statement that made it."""
    virtual: bool
    without_rowid: bool

    @cached_property
    def column_names(self) -> frozenset[str]:
        """Names of the columns."""
        return frozenset(column.name for column in self.columns)

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Names of the primary key's columns, in order."""
        return tuple(column.name for column in sorted(self.columns, key=lambda c: c.key) if column.key)

    @cached_property
    def row_name(self) -> str | None:
        """The name under which the hidden row number can be read; None where a column is the row number."""
        keys = [column for column in self.columns if column.key]
        if self.without_rowid or (len(keys) == 1 and keys[0].type.upper() == "INTEGER"):
            return None
        taken = {column.name.lower() for column in self.columns}
        return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), None)


def read_tables(connection: sqlite3.Connection, schema: str) -> dict[str, Table]:
    """Return the tables of the database attached as ``schema``, SQLite's own left out."""
    rows = connection.execute(
        f"SELECT l.name, m.sql, l.type, l.wr FROM pragma_table_list AS l JOIN {schema}.sqlite_master AS m "
        "ON m.name = l.name WHERE l.schema = ? AND m.type = 'table' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        (schema,),
    ).fetchall()
    return {
        name: Table(name, _columns(connection, schema, name), sql, kind in ("virtual", "shadow"), bool(without))
        for name, sql, kind, without in rows
    }


def tables_of(path: Path, *, wal: bool) -> dict[str, Table]:
    """Return the tables of the database at ``path``.

    Raises:
        DatabaseCorruptError: It is damaged.
        DatabaseBusyError: It is held by another process.
    """
    try:
        with closing(connect_for_reading(path, wal=wal)) as connection:
            return read_tables(connection, "main")
    except sqlite3.Error as error:
        raise translate(error, path) from error


@cache
def current_tables(schema: str) -> dict[str, Table]:
    """Return the tables of a current ``schema`` database."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        apply_migrations(connection, BY_SCHEMA[schema])
        return read_tables(connection, "main")
    finally:
        connection.close()


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> tuple[Column, ...]:
    rows = connection.execute(f"PRAGMA {schema}.table_xinfo({quoted(table)})").fetchall()
    return tuple(
        Column(name, kind, bool(not_null), default, key, hidden > 1)
        for _, name, kind, not_null, default, key, hidden in rows
    )
