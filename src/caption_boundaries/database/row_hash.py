"""Hashes of rows: what a table holds, whatever the bytes of its file.

SQLite's own `integrity_check` does not see a flipped bit inside a value; these hashes do.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

VOLATILE_COLUMNS = frozenset(
    {
        "created_at",
        "updated_at",
        "uploaded_at",
        "started_at",
        "finished_at",
        "labeled_at",
        "trained_at",
        "predicted_at",
        "boundary_updated_at",
        "text_updated_at",
        "median_ocr_processed_at",
    }
)
"""Columns that say when a row was written, not what it means."""


def row_hash(connection: sqlite3.Connection, schema: str, table: str, *, columns: Iterable[str] | None = None) -> str:
    """Return the SHA-256 of a table's rows in primary key order, with the type of every value.

    Args:
        connection: Open connection.
        schema: Name under which the database is attached.
        table: Name of the table.
        columns: Which columns count, in this order; all of them unless given.

    Returns:
        Hexadecimal digest; equal digests mean equal rows.
    """
    selected = list(columns) if columns is not None else table_columns(connection, schema, table)
    names = ", ".join(quoted(column) for column in selected)
    order = ", ".join(quoted(column) for column in _key_columns(connection, schema, table)) or "rowid"
    digest = hashlib.sha256(names.encode())
    with _any_text(connection):
        for row in connection.execute(f"SELECT {names} FROM {schema}.{quoted(table)} ORDER BY {order}"):
            for value in row:
                _update(digest, value)
    return digest.hexdigest()


def content_hash(connection: sqlite3.Connection, schema: str, table: str) -> str:
    """Return the hash of a table's rows without the columns that only say when they were written."""
    columns = [name for name in table_columns(connection, schema, table) if name not in VOLATILE_COLUMNS]
    return row_hash(connection, schema, table, columns=columns)


def table_columns(connection: sqlite3.Connection, schema: str, table: str) -> list[str]:
    """Return the names of a table's columns; empty where there is no such table."""
    return [row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({quoted(table)})")]


def quoted(name: str) -> str:
    """Return ``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _key_columns(connection: sqlite3.Connection, schema: str, table: str) -> list[str]:
    keyed = [(row[5], row[1]) for row in connection.execute(f"PRAGMA {schema}.table_info({quoted(table)})") if row[5]]
    return [name for _, name in sorted(keyed)]


@contextmanager
def _any_text(connection: sqlite3.Connection) -> Iterator[None]:
    """Let the connection read text that is not UTF-8: a flipped bit makes other text, not an error."""
    before = connection.text_factory
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        connection.text_factory = before


def _update(digest: hashlib._Hash, value: object) -> None:
    """Add one value: a tag for its type, its length, its bytes."""
    match value:
        case None:
            digest.update(b"N")
        case int():
            text = b"%d" % value
            digest.update(b"I" + struct.pack(">I", len(text)) + text)
        case float():
            digest.update(b"F" + struct.pack(">d", value))
        case str():
            text = value.encode("utf-8", "surrogateescape")
            digest.update(b"T" + struct.pack(">Q", len(text)) + text)
        case _:
            assert isinstance(value, bytes)  # SQLite has no further types
            digest.update(b"B" + struct.pack(">Q", len(value)))
            digest.update(value)
