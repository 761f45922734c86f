"""How each table of an old file becomes a table of the new form, and how the old rows are read back from there.

The same mapping serves the door that reads old folders, the migration, its verification and the way back.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Literal

from caption_boundaries.database.old_form import HOMES, MOVED_COLUMNS
from caption_boundaries.database.row_hash import quoted
from caption_boundaries.database.schema import BY_SCHEMA, SCHEMAS
from caption_boundaries.database.table_shapes import Column, Table, current_tables, read_tables
from caption_boundaries.database.upgrading import apply_migrations

Way = Literal["same", "extra", "retyped", "moved"]

_NUMERIC = frozenset({"INTEGER", "REAL", "NUMERIC"})
_CREATE = re.compile(r"^CREATE (TABLE|UNIQUE INDEX|INDEX|TRIGGER|VIEW)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class ColumnMap:
    """What becomes of one old column."""

    name: str
    way: Way
    """same: the new table has it; extra: it is added there; retyped: there, but with its old type, because the new
    one would change values; moved: another table has it now."""
    declaration: str = ""
    """extra and retyped: type and default."""
    numeric: bool = False
    """True: the two may store a whole number as 25 or as 25.0, which is the same value."""
    fallback: str = "NULL"
    """moved: SQL of the value where the other table has no row."""


@dataclass(frozen=True)
class TableMap:
    """What becomes of one old table."""

    old: Table
    schema: str
    """Database of the new form that gets it."""
    table: str
    """Its name there."""
    known: bool
    """False: the new form has no such table; it is made there as it was declared."""
    columns: tuple[ColumnMap, ...]
    """In the old order."""

    @property
    def stored(self) -> tuple[str, ...]:
        """Names of the columns that are copied, with the hidden row number where it is not one of them."""
        names = tuple(column.name for column in self.columns if column.way != "moved")
        return names if self.old.row_name is None else (self.old.row_name, *names)

    @property
    def compared(self) -> tuple[str, ...]:
        """Names of the values of a row of `old_rows` and `new_rows`."""
        return tuple(column.name for column in self._compared)

    @property
    def order(self) -> str:
        """SQL that puts the rows in the order of their key."""
        return ", ".join(quoted(name) for name in self.old.key or (self.old.row_name or "rowid",))

    @property
    def number(self) -> str | None:
        """Name of the whole number that is the key; None where the key is something else."""
        if not self.old.key:
            return self.old.row_name
        return self.old.key[0] if self.old.row_name is None and not self.old.without_rowid else None

    def old_rows(self, source: str) -> str:
        """Return the query for the rows as they are in the old file attached as ``source``."""
        values = ", ".join(_comparable(quoted(column.name), column) for column in self._compared)
        return f"SELECT {values} FROM {source}.{quoted(self.old.name)}"

    def new_rows(self) -> str:
        """Return the query for the same rows from the databases of the new form."""
        values = ", ".join(_comparable(_new_value(column), column) for column in self._compared)
        return f"SELECT {values} FROM {self.schema}.{quoted(self.table)}"

    def copy_back(self, target: str) -> str:
        """Return the statement that fills the empty table of the old file attached as ``target``."""
        generated = {column.name for column in self.old.columns if column.generated}
        columns = [column for column in self._compared if column.name not in generated]
        names = ", ".join(quoted(column.name) for column in columns)
        values = ", ".join(map(_new_value, columns))
        return (
            f"INSERT INTO {target}.{quoted(self.old.name)} ({names}) "
            f"SELECT {values} FROM {self.schema}.{quoted(self.table)} ORDER BY {self.order}"
        )

    @property
    def _compared(self) -> tuple[ColumnMap, ...]:
        hidden = () if self.old.row_name is None else (ColumnMap(self.old.row_name, "same"),)
        return (*hidden, *self.columns)


def map_tables(connection: sqlite3.Connection, source: str) -> list[TableMap]:
    """Return what becomes of every table of the old file attached as ``source`` that the catalogue knows."""
    return [
        map_table(connection, source, table, *HOMES[name])
        for name, table in read_tables(connection, source).items()
        if name in HOMES
    ]


def map_table(connection: sqlite3.Connection, source: str, old: Table, schema: str, table: str) -> TableMap:
    """Return what becomes of one table of the old file attached as ``source``; looks at its rows where it must."""
    new = current_tables(schema).get(table)
    if new is None:
        columns = tuple(ColumnMap(column.name, "same") for column in old.columns if not column.generated)
        return TableMap(old, schema, table, False, columns)
    known = {column.name.lower(): column for column in new.columns}
    return TableMap(
        old, schema, table, True, tuple(_map(connection, source, old, c, known, schema) for c in old.columns)
    )


def prepare_table(connection: sqlite3.Connection, mapped: TableMap) -> None:
    """Give the empty table of the new form the columns that it lacks, or make it as it was declared."""
    if not mapped.known:
        connection.execute(in_schema(mapped.old.sql, mapped.schema))
        return
    place = f"{mapped.schema}.{quoted(mapped.table)}"
    for column in mapped.columns:
        if column.way == "retyped":
            connection.execute(f"ALTER TABLE {place} DROP COLUMN {quoted(column.name)}")
        if column.way in ("extra", "retyped"):
            connection.execute(f"ALTER TABLE {place} ADD COLUMN {quoted(column.name)} {column.declaration}")


def copy_rows(connection: sqlite3.Connection, source: str, mapped: TableMap) -> None:
    """Copy the rows of one table by the names of its columns, and how far AUTOINCREMENT has counted."""
    names = ", ".join(quoted(name) for name in mapped.stored)
    connection.execute(
        f"INSERT INTO {mapped.schema}.{quoted(mapped.table)} ({names}) "
        f"SELECT {names} FROM {source}.{quoted(mapped.old.name)} ORDER BY {mapped.order}"
    )
    last = last_id(connection, source, mapped.old.name)
    if last is not None:
        set_last_id(connection, mapped.schema, mapped.table, last)


def place_moved(
    connection: sqlite3.Connection, source: str, maps: Iterable[TableMap], *, schemas: Collection[str] = SCHEMAS
) -> None:
    """Put the values of moved columns where they belong now, as far as that is in ``schemas``.

    The tables that get them must be filled already.
    """
    for column in (column for mapped in maps for column in mapped.columns if column.way == "moved"):
        schema, table = MOVED_COLUMNS[column.name]
        if schema in schemas:
            connection.execute(
                f"UPDATE {schema}.{table} SET {column.name} = "
                f"coalesce((SELECT {column.name} FROM {source}.video_preferences), {column.name})"
            )


def last_id(connection: sqlite3.Connection, schema: str, table: str) -> int | None:
    """Return the last id that AUTOINCREMENT has given away in a table, or None where it does not count."""
    if not _counts_ids(connection, schema):
        return None
    row = connection.execute(f"SELECT seq FROM {schema}.sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return None if row is None else row[0]


def set_last_id(connection: sqlite3.Connection, schema: str, table: str, last: int) -> None:
    """Make AUTOINCREMENT go on after ``last``, never with an id that was in use before."""
    if _counts_ids(connection, schema):
        connection.execute(f"DELETE FROM {schema}.sqlite_sequence WHERE name = ?", (table,))
        connection.execute(f"INSERT INTO {schema}.sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))


def in_schema(sql: str, schema: str) -> str:
    """Return a CREATE statement, as SQLite keeps it, for the database attached as ``schema``."""
    return _CREATE.sub(lambda match: f"{match.group(0)}{schema}.", sql, count=1)


def _counts_ids(connection: sqlite3.Connection, schema: str) -> bool:
    sql = f"SELECT 1 FROM {schema}.sqlite_master WHERE name = 'sqlite_sequence'"
    return connection.execute(sql).fetchone() is not None


def _map(
    connection: sqlite3.Connection, source: str, old: Table, column: Column, known: dict[str, Column], schema: str
) -> ColumnMap:
    if old.name == "video_preferences" and column.name in MOVED_COLUMNS:
        return _map_moved(connection, source, column)
    new = known.get(column.name.lower())
    if new is None:
        return ColumnMap(column.name, "extra", _declaration(column))
    if new.affinity == column.affinity:
        return ColumnMap(column.name, "same")
    numeric = {new.affinity, column.affinity} <= _NUMERIC
    if not numeric and _would_change(connection, source, old, column, new) and _droppable(schema, old.name, new.name):
        return ColumnMap(column.name, "retyped", _declaration(column))
    return ColumnMap(column.name, "same", numeric=numeric)


def _map_moved(connection: sqlite3.Connection, source: str, column: Column) -> ColumnMap:
    schema, table = MOVED_COLUMNS[column.name]
    default = next(c.default for c in current_tables(schema)[table].columns if c.name == column.name)
    assert default is not None
    row = connection.execute(f"SELECT {column.name} FROM {source}.video_preferences").fetchone()
    if row is None or row[0] == float(default) or (row[0] is not None and _has_rows(connection, source, table)):
        return ColumnMap(column.name, "moved", numeric=True, fallback=default)
    return ColumnMap(column.name, "extra", _declaration(column))  # nothing else could hold this value


def _has_rows(connection: sqlite3.Connection, source: str, table: str) -> bool:
    if table not in read_tables(connection, source):
        return False
    return connection.execute(f"SELECT 1 FROM {source}.{quoted(table)}").fetchone() is not None


def _would_change(connection: sqlite3.Connection, source: str, old: Table, column: Column, new: Column) -> bool:
    """Tell whether a column holds values that the new column's affinity may convert."""
    kinds = "'integer', 'real'" if new.affinity == "TEXT" else "'text'" if new.affinity in _NUMERIC else "''"
    sql = f"SELECT 1 FROM {source}.{quoted(old.name)} WHERE typeof({quoted(column.name)}) IN ({kinds}) LIMIT 1"
    return connection.execute(sql).fetchone() is not None


@cache
def _droppable(schema: str, table: str, column: str) -> bool:
    """Tell whether a table of the new form can do without the column as it is declared there."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        apply_migrations(connection, BY_SCHEMA[schema])
        try:
            connection.execute(f"ALTER TABLE {quoted(table)} DROP COLUMN {quoted(column)}")
        except sqlite3.OperationalError:
            return False
        return True


def _declaration(column: Column) -> str:
    """Return type and default of an added column; NOT NULL without a default would stop every later INSERT."""
    if column.default is None or column.default.upper() == "NULL":
        return column.type
    return f"{column.type}{' NOT NULL' if column.not_null else ''} DEFAULT ({column.default})".strip()


def _new_value(column: ColumnMap) -> str:
    if column.way != "moved":
        return quoted(column.name)
    schema, table = MOVED_COLUMNS[column.name]
    return f"coalesce((SELECT {column.name} FROM {schema}.{table}), {column.fallback})"


def _comparable(value: str, column: ColumnMap) -> str:
    if not column.numeric:
        return value
    whole = f"typeof({value}) = 'real' AND {value} = CAST({value} AS INTEGER)"
    return f"CASE WHEN {whole} THEN CAST({value} AS INTEGER) ELSE {value} END"
