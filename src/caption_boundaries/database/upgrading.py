"""Bringing a database to the current schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from caption_boundaries.database.connecting import BUSY_TIMEOUT_SECONDS, connect_for_writing
from caption_boundaries.database.header import check_header
from caption_boundaries.database.schema import DatabaseSpec
from caption_boundaries.database.sqlite_errors import translate


def upgrade_database(path: Path, spec: DatabaseSpec, *, timeout: float = BUSY_TIMEOUT_SECONDS) -> int:
    """Bring the file to the current schema: all of it, or after an error or a kill nothing of it.

    Returns:
        How many migrations were applied; 0 leaves the file byte-identical.

    Raises:
        DatabaseCorruptError: No database, or damaged.
        DatabaseVersionError: Newer than the program, or another kind of database.
        DatabaseBusyError: Another process holds it.
        StorageError: The disk refused.
    """
    check_header(path, spec)
    try:
        with closing(connect_for_writing(path, timeout=timeout)) as connection:
            return apply_migrations(connection, spec)
    except sqlite3.Error as error:
        raise translate(error, path) from error


def apply_migrations(connection: sqlite3.Connection, spec: DatabaseSpec) -> int:
    """Apply the migrations that the main database lacks, in one transaction, and return how many there were.

    Args:
        connection: Open connection whose transactions are the caller's (``isolation_level`` None).
        spec: What the main database is to become.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read inside the transaction: of two processes that upgrade at once the second finds nothing to do.
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        missing = spec.migrations[version:]
        for statement in (statement for script in missing for statement in _statements(script)):
            connection.execute(statement)
        if missing:
            connection.execute(f"PRAGMA user_version = {spec.version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has left it by itself after some errors
            connection.execute("ROLLBACK")
        raise
    return len(missing)


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; each ends with a semicolon at the end of a line."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    yield statement  # without its semicolon, or a closing comment
