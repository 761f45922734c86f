"""What has changed in a folder since its migration, and how it is brought back into the old form without loss.

What the old form has no place for is added to the old file as columns and tables, under names that a later migration
finds again.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.atomic import storage_errors, sync_file
from caption_boundaries.database.old_form import HOMES, MOVED_COLUMNS
from caption_boundaries.database.old_mapping import in_schema, last_id, map_tables, set_last_id
from caption_boundaries.database.paths import sqlite_uri
from caption_boundaries.database.row_hash import quoted
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.table_shapes import Column, Table, read_tables
from caption_boundaries.errors import DatabaseCorruptError
from caption_boundaries.migration.digests import TableDigest, digest_tables
from caption_boundaries.migration.holding import attached_schemas, connect_databases
from caption_boundaries.migration.manifest import Manifest, MovedTable
from caption_boundaries.migration.queries import new_query, old_query
from caption_boundaries.migration.source import SOURCE, connect_source

_OLD_NAMES = {home: name for name, home in HOMES.items()}
_TABLE_NAME = re.compile(r"^CREATE TABLE\s+\S+\s*(?=\()", re.IGNORECASE)


@dataclass(frozen=True)
class Changes:
    """What a folder of the new form holds beyond what was moved into it."""

    tables: tuple[MovedTable, ...] = ()
    """Tables whose rows differ from those that were moved."""
    columns: tuple[tuple[MovedTable, Column], ...] = ()
    """Columns that the old table does not have, with values in them."""
    new_tables: tuple[tuple[str, Table], ...] = ()
    """Tables, each with its schema, that the old form does not have, with rows in them."""
    gone: tuple[str, ...] = ()
    """Databases that are no longer there; the old file still has the rows that were moved into them."""
    obstacles: tuple[str, ...] = ()
    """What cannot be brought back, as sentences."""

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns or self.new_tables or self.obstacles or "state" in self.gone)

    def sentences(self) -> tuple[str, ...]:
        """Say what there is."""
        rows = (f"table {moved.mapped.old.name} was changed" for moved in self.tables)
        columns = (f"column {moved.mapped.old.name}.{column.name} has values" for moved, column in self.columns)
        tables = (f"table {table.name} in {schema}.db has rows" for schema, table in self.new_tables)
        gone = (f"{schema}.db is gone" for schema in self.gone if not BY_SCHEMA[schema].versioned)
        return (*rows, *columns, *tables, *gone, *self.obstacles)


def find_changes(folder: Path, manifest: Manifest) -> Changes:
    """Compare every table with what was moved into it; nobody may write the folder meanwhile.

    Raises:
        sqlite3.Error: A database is damaged.
    """
    with closing(connect_databases(folder)) as connection:
        present = attached_schemas(connection)
        gone = tuple(sorted({moved.mapped.schema for moved in manifest.tables} - present))
        there = [moved for moved in manifest.tables if moved.mapped.schema in present]
        obstacles = [f"{BY_SCHEMA[schema].filename} is missing" for schema in gone if BY_SCHEMA[schema].versioned]
        obstacles += _missing_tables(connection, there)
        if obstacles:
            return Changes(gone=gone, obstacles=tuple(obstacles))
        digests = digest_tables(connection, (new_query(moved.mapped) for moved in there))
        changed = tuple(moved for moved, now in zip(there, digests, strict=True) if _is_changed(connection, moved, now))
        in_preferences = _columns_in_preferences(connection, manifest, present)
        columns = tuple(
            (moved, column) for moved in there for column in _filled_columns(connection, moved, in_preferences)
        )
        taken = {(moved.mapped.schema, moved.mapped.table) for moved in manifest.tables}
        tables = tuple(_filled_tables(connection, taken, present))
    strange = [
        f"table {t.name} in {schema}.db is unknown" for schema, t in tables if (schema, t.name) not in _OLD_NAMES
    ]
    return Changes(changed, columns, tables, gone, tuple(strange))


def merge_back(folder: Path, merged: Path, manifest: Manifest, changes: Changes) -> None:
    """Bring the changes into ``merged``, a copy of the old file, then compare it with the folder row by row.

    Raises:
        DatabaseCorruptError: The result does not equal the folder.
        StorageError: The disk refused.
        sqlite3.Error: The same, or a database is damaged.
    """
    with closing(connect_databases(folder)) as connection:
        present = attached_schemas(connection)
        connection.execute("ATTACH DATABASE ? AS ?", (sqlite_uri(merged, mode="rw"), SOURCE))
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "secure_delete = OFF"):
            connection.execute(f"PRAGMA {SOURCE}.{pragma}")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("BEGIN")
        with _without_triggers(connection):
            for moved in changes.tables:
                _replace_rows(connection, moved)
            _bring_moved_columns_back(connection, manifest, present)
            for moved, column in changes.columns:
                _add_column(connection, moved, column)
            for schema, table in changes.new_tables:
                _add_table(connection, schema, table)
        connection.execute("COMMIT")
    with storage_errors(merged):
        sync_file(merged)
    _compare(folder, merged, manifest, present)


def _missing_tables(connection: sqlite3.Connection, there: Sequence[MovedTable]) -> list[str]:
    known = {schema: read_tables(connection, schema) for schema in {moved.mapped.schema for moved in there}}
    return [
        f"table {moved.mapped.table} is missing in {moved.mapped.schema}.db"
        for moved in there
        if moved.mapped.table not in known[moved.mapped.schema]
    ]


def _is_changed(connection: sqlite3.Connection, moved: MovedTable, now: TableDigest) -> bool:
    counted = last_id(connection, moved.mapped.schema, moved.mapped.table)
    return counted != moved.last_id or not now.same_rows(moved.digest)


def _columns_in_preferences(
    connection: sqlite3.Connection, manifest: Manifest, present: Collection[str]
) -> frozenset[str]:
    """Return the moved columns whose values the old ``video_preferences`` can take back: it has a row for them."""
    for moved in manifest.tables:
        if moved.mapped.old.name == "video_preferences":
            sql = "SELECT 1 FROM state.video_preferences"
            has_row = connection.execute(sql).fetchone() if "state" in present else moved.digest.rows
            return frozenset(column.name for column in moved.mapped.columns if column.way == "moved" and has_row)
    return frozenset()


def _filled_columns(
    connection: sqlite3.Connection, moved: MovedTable, in_preferences: Collection[str]
) -> Iterator[Column]:
    mapped = moved.mapped
    place = f"{mapped.schema}.{quoted(mapped.table)}"
    old = {name.lower() for name in mapped.old.column_names}
    for column in read_tables(connection, mapped.schema)[mapped.table].columns:
        if column.name.lower() in old:
            continue
        if column.name in in_preferences and MOVED_COLUMNS[column.name] == (mapped.schema, mapped.table):
            continue
        sql = f"SELECT 1 FROM {place} WHERE {quoted(column.name)} IS NOT {column.default or 'NULL'} LIMIT 1"
        if connection.execute(sql).fetchone() is not None:
            yield column


def _filled_tables(
    connection: sqlite3.Connection, taken: Collection[tuple[str, str]], present: Collection[str]
) -> Iterator[tuple[str, Table]]:
    for schema in BY_SCHEMA:
        for name, table in sorted(read_tables(connection, schema).items()) if schema in present else ():
            sql = f"SELECT 1 FROM {schema}.{quoted(name)} LIMIT 1"
            if (schema, name) not in taken and connection.execute(sql).fetchone() is not None:
                yield schema, table


@contextmanager
def _without_triggers(connection: sqlite3.Connection) -> Iterator[None]:
    """Keep the triggers of the old file from running for rows that are only brought back."""
    triggers = connection.execute(f"SELECT name, sql FROM {SOURCE}.sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {SOURCE}.{quoted(name)}")
    yield
    for _, sql in triggers:
        connection.execute(in_schema(sql, SOURCE))


def _replace_rows(connection: sqlite3.Connection, moved: MovedTable) -> None:
    mapped = moved.mapped
    connection.execute(f"DELETE FROM {SOURCE}.{quoted(mapped.old.name)}")
    connection.execute(mapped.copy_back(SOURCE))
    last = last_id(connection, mapped.schema, mapped.table)
    if last is not None:
        before = last_id(connection, SOURCE, mapped.old.name) or 0
        set_last_id(connection, SOURCE, mapped.old.name, max(last, before))


def _bring_moved_columns_back(connection: sqlite3.Connection, manifest: Manifest, present: Collection[str]) -> None:
    for name in _columns_in_preferences(connection, manifest, present):
        schema, table = MOVED_COLUMNS[name]
        connection.execute(
            f"UPDATE {SOURCE}.video_preferences SET {name} = coalesce((SELECT {name} FROM {schema}.{table}), {name})"
        )


def _add_column(connection: sqlite3.Connection, moved: MovedTable, column: Column) -> None:
    mapped = moved.mapped
    target, name = f"{SOURCE}.{quoted(mapped.old.name)}", quoted(column.name)
    connection.execute(f"ALTER TABLE {target} ADD COLUMN {name} {column.type}")
    keys = mapped.old.key or (mapped.old.row_name or "rowid",)
    same = " AND ".join(f"n.{quoted(key)} IS {quoted(mapped.old.name)}.{quoted(key)}" for key in keys)
    connection.execute(
        f"UPDATE {target} SET {name} = (SELECT n.{name} FROM {mapped.schema}.{quoted(mapped.table)} AS n WHERE {same})"
    )


def _add_table(connection: sqlite3.Connection, schema: str, table: Table) -> None:
    name = _OLD_NAMES[schema, table.name]
    connection.execute(_TABLE_NAME.sub(lambda _: f"CREATE TABLE {SOURCE}.{quoted(name)} ", table.sql, count=1))
    columns = ", ".join(quoted(column.name) for column in table.columns)
    connection.execute(
        f"INSERT INTO {SOURCE}.{quoted(name)} ({columns}) SELECT {columns} FROM {schema}.{quoted(table.name)}"
    )
    last = last_id(connection, schema, table.name)
    if last is not None:
        set_last_id(connection, SOURCE, name, last)


def _compare(folder: Path, merged: Path, manifest: Manifest, present: Collection[str]) -> None:
    """Make sure that a migration of ``merged`` would lead back to the very rows of the folder."""
    with closing(connect_source(merged)) as connection, closing(connect_databases(folder)) as databases:
        maps = map_tables(connection, SOURCE)
        maps += [moved.mapped for moved in manifest.tables if moved.mapped.old.name not in HOMES]
        maps = [mapped for mapped in maps if mapped.schema in present]
        old = digest_tables(connection, (old_query(mapped, SOURCE) for mapped in maps))
        new = digest_tables(databases, map(new_query, maps))
        for mapped, before, after in zip(maps, old, new, strict=True):
            if not before.same_rows(after):
                raise DatabaseCorruptError(
                    f"Table {mapped.old.name} of {folder} cannot be brought back value for value.",
                    hint="Nothing was changed. Please report this; --discard-changes goes back without them.",
                )
