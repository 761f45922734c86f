"""Whole tables as values, and putting them back: what joining two versions of a database needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from caption_boundaries.database.row_changes import Changes, RowChange, TableChange, Value
from caption_boundaries.database.row_changes_json import from_json, to_json
from caption_boundaries.database.row_hash import quoted, table_columns

Row: TypeAlias = "dict[str, Value]"
"""A row by column."""

NewIds: TypeAlias = "Mapping[str, Mapping[int, int]]"
"""Ids that rows get instead of theirs, by table."""


class TableRows(NamedTuple):
    """All rows of a table."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    """In the order of their primary keys."""
    last_id: int
    """The highest ``id`` that was ever given; 0 without one."""


def read_table(connection: sqlite3.Connection, schema: str, table: str) -> TableRows:
    """Return all rows of a table whose primary key is an integer."""
    columns = tuple(table_columns(connection, schema, table))
    rows = connection.execute(f"SELECT {_names(columns)} FROM {schema}.{table} ORDER BY rowid").fetchall()
    counters = connection.execute(f"SELECT 1 FROM {schema}.sqlite_master WHERE name = 'sqlite_sequence'").fetchone()
    told = (
        counters and connection.execute(f"SELECT seq FROM {schema}.sqlite_sequence WHERE name = ?", (table,)).fetchone()
    )
    highest = connection.execute(f"SELECT coalesce(max(rowid), 0) FROM {schema}.{table}").fetchone()[0]
    last_id = max(highest, told[0] if told else 0)
    return TableRows(columns, tuple(dict(zip(columns, row, strict=True)) for row in rows), last_id)


def replace_table(connection: sqlite3.Connection, schema: str, table: str, rows: Sequence[Row]) -> None:
    """Put ``rows`` in the place of all rows of a table."""
    connection.execute(f"DELETE FROM {schema}.{table}")
    for row in rows:
        _insert(connection, schema, table, row)


def append_log(connection: sqlite3.Connection, schema: str, theirs: Iterable[Row], new_ids: NewIds) -> int:
    """Add the actions of another version of the same database that this one does not know yet.

    Args:
        connection: Open connection that may write ``schema``.
        schema: Which database.
        theirs: Rows of its ``action_log``, oldest first.
        new_ids: Ids that their rows have here.

    Returns:
        How many actions were added.
    """
    known = dict(connection.execute(f"SELECT uuid, seq FROM {schema}.action_log").fetchall())
    their_seq: dict[Value, Value] = {}
    added = 0
    for row in theirs:
        uuid = row["uuid"]
        if uuid not in known:
            changes = with_new_ids(from_json(schema, str(row["forward"]), str(row["inverse"])), new_ids)
            forward, inverse = to_json(changes)
            undoes = their_seq.get(row["undoes"])
            told = {name: value for name, value in row.items() if name != "seq"}
            told |= {"forward": forward, "inverse": inverse, "undoes": undoes}
            known[uuid] = _insert(connection, schema, "action_log", told)
            added += 1
        their_seq[row["seq"]] = known[uuid]
    return added


def with_new_ids(changes: Changes, new_ids: NewIds) -> Changes:
    """Return changes in which the rows have other ids."""
    return tuple(_renumbered(change, new_ids.get(change.table, {})) for change in changes)


def _renumbered(change: TableChange, ids: Mapping[int, int]) -> TableChange:
    place = change.columns.index("id") if "id" in change.columns else None
    if place is None or not ids:
        return change

    def image(values: tuple[Value, ...] | None) -> tuple[Value, ...] | None:
        if values is None:
            return None
        return tuple(ids.get(v, v) if i == place and isinstance(v, int) else v for i, v in enumerate(values))

    def key(values: tuple[Value, ...]) -> tuple[Value, ...]:
        by_id = len(values) == 1  # the key is the id itself
        return tuple(ids.get(v, v) if by_id and isinstance(v, int) else v for v in values)

    rows = tuple(RowChange(key(row.key), image(row.before), image(row.after)) for row in change.rows)
    return change._replace(rows=rows)


def _insert(connection: sqlite3.Connection, schema: str, table: str, row: Row) -> int:
    marks = ", ".join("?" * len(row))
    cursor = connection.execute(f"INSERT INTO {schema}.{table} ({_names(row)}) VALUES ({marks})", tuple(row.values()))
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _names(columns: Iterable[str]) -> str:
    return ", ".join(map(quoted, columns))
