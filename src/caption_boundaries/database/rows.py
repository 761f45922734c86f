"""Rows as frozen values: a dataclass whose fields are columns is read and written by its field names."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

from caption_boundaries.types import FrameTime

Row = TypeVar("Row")


def columns_of(row_type: type) -> tuple[str, ...]:
    """Return the field names of a row's dataclass, which are its columns."""
    return tuple(field.name for field in dataclasses.fields(row_type))


def select_rows(
    connection: sqlite3.Connection,
    row_type: type[Row],
    table: str,
    *,
    where: str = "",
    parameters: tuple[object, ...] = (),
    order: str = "",
) -> Iterator[Row]:
    """Yield the rows of ``table`` (with its schema) as values of ``row_type``."""
    columns = ", ".join(columns_of(row_type))
    sql = f"SELECT {columns} FROM {table}"
    sql += f" WHERE {where}" if where else ""
    sql += f" ORDER BY {order}" if order else ""
    for row in connection.execute(sql, parameters):
        yield row_type(*row)


def insert_row(connection: sqlite3.Connection, table: str, row: Any, *, replace: bool = False) -> int:
    """Insert a dataclass value into ``table``; None for ``id`` lets SQLite choose.

    Returns:
        The row's id.
    """
    columns = columns_of(type(row))
    verb = "INSERT OR REPLACE" if replace else "INSERT"
    marks = ", ".join("?" * len(columns))
    values = tuple(getattr(row, column) for column in columns)
    cursor = connection.execute(f"{verb} INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def save_singleton(connection: sqlite3.Connection, table: str, row: Any, *, also_set: str = "") -> bool:
    """Write the one row of a singleton table, unless it already says the same.

    Args:
        connection: Open connection.
        table: Table with its schema; its key is ``id = 1``.
        row: Dataclass value whose fields are columns other than ``id``.
        also_set: Further assignments for a change, such as ``updated_at = datetime('now')``.

    Returns:
        True where something changed; a repeated save leaves the file byte-identical.
    """
    columns = columns_of(type(row))
    values = tuple(getattr(row, column) for column in columns)
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    assignments = ", ".join([f"{column} = excluded.{column}" for column in columns] + ([also_set] if also_set else []))
    differs = " OR ".join(f"{column} IS NOT excluded.{column}" for column in columns)
    cursor = connection.execute(
        f"INSERT INTO {table} (id, {names}) VALUES (1, {marks}) "
        f"ON CONFLICT (id) DO UPDATE SET {assignments} WHERE {differs}",
        values,
    )
    return cursor.rowcount > 0


def frame_time(pts: int | None, time_base: str | None) -> FrameTime | None:
    """Return the stored presentation time, or None where the row has none."""
    return None if pts is None or time_base is None else FrameTime(pts, _fraction(time_base))


@lru_cache(maxsize=64)
def _fraction(text: str) -> Fraction:
    """Return the value of ``text``; a video has one time base, and to make it out takes as long as to read a row."""
    return Fraction(text)


def time_columns(time: FrameTime | None) -> tuple[int | None, str | None]:
    """Return (pts, time_base) as they are stored."""
    return (None, None) if time is None else (time.pts, str(time.time_base))
