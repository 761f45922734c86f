"""Row images: what a block of statements changed in the tables that people edit, and how to take it back.

SQLite itself tells what changed, through triggers of the connection. So no writer can forget to say how it is undone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from caption_boundaries.database.row_hash import quoted, table_columns

Value: TypeAlias = "str | int | float | bytes | None"
RowImage: TypeAlias = "tuple[Value, ...]"

EDITED_TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "layout": {
        "full_frame_box_labels": ("annotation_source", "frame_index", "box_index"),
        "video_layout_config": ("id",),
        "box_classification_model": ("id",),
    },
    "captions": {
        "captions": ("id",),
        "text_review_status": ("id",),
    },
}
"""The tables whose rows people change, by schema, each with the columns that tell its rows apart.

Each has an integer primary key ``id`` besides.
"""


class RowChange(NamedTuple):
    """One row before and after."""

    key: RowImage
    """Values of the columns that tell the rows of its table apart."""
    before: RowImage | None
    """None: the row was not there."""
    after: RowImage | None
    """None: the row is gone."""


class TableChange(NamedTuple):
    """The rows of one table that changed, each once, in order of their keys."""

    table: str
    columns: tuple[str, ...]
    """What the values of a row image are."""
    rows: tuple[RowChange, ...]

    def values(self, image: RowImage | None) -> dict[str, Value] | None:
        """Return a row image by column."""
        return None if image is None else dict(zip(self.columns, image, strict=True))


Changes: TypeAlias = "tuple[TableChange, ...]"


def reverse(changes: Changes) -> Changes:
    """Return the changes that take these back."""
    return tuple(
        change._replace(rows=tuple(RowChange(key, after, before) for key, before, after in change.rows))
        for change in changes
    )


def join_images(
    table: str,
    columns: tuple[str, ...],
    before: dict[RowImage, RowImage | None],
    after: dict[RowImage, RowImage | None],
) -> TableChange:
    """Return a change from the images of its rows, each by key; a key that is missing on one side means no row."""
    keys = sorted(before.keys() | after.keys())
    rows = (RowChange(key, before.get(key), after.get(key)) for key in keys)
    return TableChange(table, columns, tuple(row for row in rows if row.before != row.after))


@contextmanager
def recorded_changes(connection: sqlite3.Connection, schema: str) -> Iterator[Callable[[], Changes]]:
    """Watch the edited tables of ``schema`` for the length of the block.

    Yields:
        A function that returns what has changed so far: each row once, however often it changed.
    """
    watched = [(table, tuple(table_columns(connection, schema, table))) for table in EDITED_TABLES[schema]]
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA recursive_triggers = 1")  # else a REPLACE deletes without telling
    for table, columns in watched:
        _watch(connection, schema, table, columns)
    try:
        yield lambda: tuple(
            change for table, columns in watched if (change := _changed(connection, schema, table, columns)).rows
        )
    finally:
        for table, _ in watched:
            for event in ("INSERT", "UPDATE", "DELETE"):
                connection.execute(f"DROP TRIGGER temp.changed_{table}_{event}")
            connection.execute(f"DROP TABLE temp.changed_{table}")


def apply_changes(connection: sqlite3.Connection, schema: str, changes: Changes) -> None:
    """Bring every changed row to its image after the change."""
    for change in changes:
        key = EDITED_TABLES[schema][change.table]
        connection.executemany(
            f"DELETE FROM {schema}.{change.table} WHERE {_equal(key)}",
            [row.key for row in change.rows if row.after is None],
        )
        assignments = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in change.columns)
        connection.executemany(
            f"INSERT INTO {schema}.{change.table} ({_names(change.columns)}) "
            f"VALUES ({', '.join('?' * len(change.columns))}) "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {assignments}",
            [row.after for row in change.rows if row.after is not None],
        )


def differing_rows(connection: sqlite3.Connection, schema: str, changes: Changes) -> list[tuple[str, RowImage]]:
    """Return the (table, key) of every changed row that is no longer as its change left it."""
    return [
        (change.table, row.key)
        for change in changes
        for row, now in zip(change.rows, _current(connection, schema, change), strict=True)
        if row.after != now
    ]


def key_getter(schema: str, table: str, columns: Sequence[str]) -> Callable[[Sequence[Value]], RowImage]:
    """Return a function that takes the key out of a row image of ``columns``."""
    places = [columns.index(name) for name in EDITED_TABLES[schema][table]]
    if len(places) == 1:
        return lambda image: (image[places[0]],)
    return itemgetter(*places)


def _current(connection: sqlite3.Connection, schema: str, change: TableChange) -> list[RowImage | None]:
    """Return the rows as they are now."""
    select = f"SELECT {_names(change.columns)} FROM {schema}.{change.table}"
    if len(change.rows) < 500:
        where = _equal(EDITED_TABLES[schema][change.table])
        return [connection.execute(f"{select} WHERE {where}", row.key).fetchone() for row in change.rows]
    images = connection.execute(select).fetchall()
    by_key = dict(zip(map(key_getter(schema, change.table, change.columns), images), images, strict=True))
    return [by_key.get(row.key) for row in change.rows]


def _watch(connection: sqlite3.Connection, schema: str, table: str, columns: Sequence[str]) -> None:
    """Keep the first image of every row that changes; the last one stands in the table itself."""
    log = f"changed_{table}"
    old = ", ".join(f"OLD.{quoted(name)}" for name in columns)
    connection.execute(f"CREATE TEMP TABLE {log} (row_id INTEGER PRIMARY KEY, was_there, {_names(columns)})")
    came = f"INSERT INTO {log} (row_id, was_there) SELECT NEW.id, 0 WHERE NEW.id NOT IN (SELECT row_id FROM {log});"
    went = f"INSERT INTO {log} SELECT OLD.id, 1, {old} WHERE OLD.id NOT IN (SELECT row_id FROM {log});"
    for event, notes in (("INSERT", came), ("UPDATE", went + came), ("DELETE", went)):
        connection.execute(f"CREATE TEMP TRIGGER {log}_{event} AFTER {event} ON {schema}.{table} BEGIN {notes} END")


def _changed(connection: sqlite3.Connection, schema: str, table: str, columns: tuple[str, ...]) -> TableChange:
    log = f"temp.changed_{table}"
    first = connection.execute(f"SELECT {_names(columns)} FROM {log} WHERE was_there").fetchall()
    last = connection.execute(
        f"SELECT {_names(columns)} FROM {schema}.{table} WHERE id IN (SELECT row_id FROM {log})"
    ).fetchall()
    get_key = key_getter(schema, table, columns)
    before, after = (dict(zip(map(get_key, images), images, strict=True)) for images in (first, last))
    return join_images(table, columns, before, after)


def _names(columns: Iterable[str]) -> str:
    return ", ".join(map(quoted, columns))


def _equal(key: Iterable[str]) -> str:
    return " AND ".join(f"{name} = ?" for name in key)
