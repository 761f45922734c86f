"""What a migration would do with an old file, as a value: computed first, shown by --dry-run, applied afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Literal

from caption_boundaries.database.old_form import HOMES, differences, looks_old
from caption_boundaries.database.old_mapping import TableMap, in_schema, map_table, prepare_table
from caption_boundaries.database.row_hash import quoted
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.database.stand_in import attach_stand_in
from caption_boundaries.database.table_shapes import Table, current_tables, read_tables

NEWEST_OLD_VERSION = 20
"""Old files number their schema with small numbers; what is above was made by a program that came later."""

CARRIED_TO = "state"
"""Database that gets tables for which the new form has no place."""


@dataclass(frozen=True)
class Facts:
    """What the source says of itself, so that the way back leads to the same kind of file."""

    page_size: int
    """Bytes."""
    user_version: int
    application_id: int
    journal_mode: str
    """delete or wal, as it was found."""


@dataclass(frozen=True)
class Extra:
    """An index, trigger or view of the source that the new form does not have."""

    kind: Literal["index", "trigger", "view"]
    name: str
    table: str
    """What it is on; for a view its own name."""
    sql: str
    schema: str | None
    """Database that gets it; None: it is not carried, but stays in the old file and in the manifest."""
    reason: str = ""
    """Why it is not carried."""


@dataclass(frozen=True)
class MigrationPlan:
    """What becomes of everything in an old file."""

    facts: Facts
    tables: tuple[TableMap, ...]
    extras: tuple[Extra, ...]
    refusals: tuple[str, ...]
    """Why the file cannot be migrated; empty where it can."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on all that is not simply the same in the new form."""
        return (*_column_notes(self.tables), *(_extra_note(extra) for extra in self.extras))


def plan_migration(
    connection: sqlite3.Connection, source: str, *, journal_mode: str, carry_unknown: bool = False
) -> MigrationPlan:
    """Plan the migration of the old file attached as ``source``; nothing is written.

    Args:
        connection: Open connection.
        source: Schema name of the old file.
        journal_mode: The mode that the file had when it was found.
        carry_unknown: Keep tables that the new form does not know in ``state.db``; else they are a reason to refuse.

    Raises:
        sqlite3.Error: The file is damaged.
    """
    tables = read_tables(connection, source)
    facts = _facts(connection, source, journal_mode)
    unknown = [name for name in tables if name not in HOMES]
    refusals = [*_shape_refusals(tables), *_version_refusals(connection, source, tables, facts)]
    refusals += [f"table {name} is virtual" for name in unknown if tables[name].virtual]
    if not carry_unknown:
        refusals += [f"table {name} is unknown" for name in unknown if not tables[name].virtual]
    if refusals:
        return MigrationPlan(facts, (), (), tuple(refusals))
    homes = {name: HOMES.get(name, (CARRIED_TO, name)) for name in tables}
    maps = tuple(map_table(connection, source, tables[name], *home) for name, home in homes.items())
    refusals += _row_refusals(connection, source, maps)
    return MigrationPlan(facts, maps, tuple(_plan_extras(connection, source, maps)), tuple(refusals))


def _facts(connection: sqlite3.Connection, source: str, journal_mode: str) -> Facts:
    page_size, user_version, application_id = (
        connection.execute(f"PRAGMA {source}.{name}").fetchone()[0]
        for name in ("page_size", "user_version", "application_id")
    )
    return Facts(page_size, user_version, application_id, journal_mode)


def _shape_refusals(tables: Mapping[str, Table]) -> Iterator[str]:
    found = differences(tables)
    if found:
        yield from (f"{difference}: it was made by another program" for difference in found)
    elif not looks_old(tables):
        yield f"it does not hold the tables of an old file, but {', '.join(sorted(tables)) or 'none'}"
    for name in tables.keys() & HOMES.keys():
        schema, table = HOMES[name]
        new = current_tables(schema).get(table)
        for column in new.columns if new else ():
            required = column.not_null and column.default is None and not column.key
            if required and column.name not in tables[name].column_names:
                yield f"table {name} has no column {column.name}"


def _version_refusals(
    connection: sqlite3.Connection, source: str, tables: Mapping[str, Table], facts: Facts
) -> Iterator[str]:
    if not 0 <= facts.user_version <= NEWEST_OLD_VERSION:
        yield f"its schema version is {facts.user_version}; old files have versions up to {NEWEST_OLD_VERSION}"
    metadata = tables.get("database_metadata")
    if metadata is not None and "schema_version" in metadata.column_names:
        for (version,) in connection.execute(f"SELECT schema_version FROM {source}.database_metadata"):
            if isinstance(version, int) and version > NEWEST_OLD_VERSION:
                yield f"database_metadata says schema version {version}; old files say up to {NEWEST_OLD_VERSION}"


def _row_refusals(connection: sqlite3.Connection, source: str, maps: tuple[TableMap, ...]) -> Iterator[str]:
    """Yield tables that hold several rows where the new form has one: a history, kept by another program."""
    for mapped in maps:
        new = current_tables(mapped.schema).get(mapped.table)
        if new is None or "CHECK (id = 1)" not in new.sql:
            continue
        place = f"{source}.{quoted(mapped.old.name)}"
        if "id" not in mapped.old.column_names:
            yield f"table {mapped.old.name} has no column id"
        elif (row := connection.execute(f"SELECT id FROM {place} WHERE id IS NOT 1 LIMIT 1").fetchone()) is not None:
            yield f"table {mapped.old.name} has a row with id {row[0]}; it is to hold one row with id 1"


def _plan_extras(connection: sqlite3.Connection, source: str, maps: tuple[TableMap, ...]) -> Iterator[Extra]:
    """Try every index and view on empty tables of the new form."""
    found = connection.execute(
        f"SELECT type, name, tbl_name, sql FROM {source}.sqlite_master "
        "WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL ORDER BY type, name"
    ).fetchall()
    homes = {mapped.old.name: mapped for mapped in maps}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as scratch:
        for spec in DATABASES:
            attach_stand_in(scratch, spec)
        for mapped in maps:
            prepare_table(scratch, mapped)
        for kind, name, table, sql in found:
            extra = Extra(kind, name, table, sql, None)
            home = homes.get(table)
            places = [spec.schema for spec in DATABASES] if kind == "view" else [home.schema] if home else []
            if kind == "index" and home is not None and _has_index(scratch, home, sql):
                continue
            if kind == "trigger":
                # The log of what people change holds the rows as they left them; a trigger would change them again.
                yield replace(extra, reason="the new form keeps no triggers: every change is logged as it was made")
            else:
                yield _try_places(scratch, extra, places)


def _try_places(scratch: sqlite3.Connection, extra: Extra, places: list[str]) -> Extra:
    reason = "its table is not carried"
    for schema in places:
        carried = replace(extra, schema=schema)
        try:
            create_extra(scratch, carried)
        except sqlite3.Error as error:
            reason = str(error)
            continue
        return carried
    return replace(extra, reason=reason)


def create_extra(connection: sqlite3.Connection, extra: Extra) -> None:
    """Make an index or a view in its database, and make sure that it works there.

    Raises:
        sqlite3.Error: It does not work; then it is not there.
    """
    assert extra.schema is not None
    connection.execute(in_schema(extra.sql, extra.schema))
    if extra.kind == "view":
        place = f"{extra.schema}.{quoted(extra.name)}"
        try:
            connection.execute(f"EXPLAIN SELECT * FROM {place}").fetchall()
        except sqlite3.Error:
            connection.execute(f"DROP VIEW {place}")
            raise


def _has_index(scratch: sqlite3.Connection, home: TableMap, sql: str) -> bool:
    """Tell whether the new table has an index on the same columns, whatever its name."""
    known = scratch.execute(
        f"SELECT sql FROM {home.schema}.sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
        (home.table,),
    )
    return _index_body(sql) in {_index_body(other) for (other,) in known}


def _index_body(sql: str) -> str:
    """Return what an index is on, without its name and its spelling."""
    head, _, body = sql.partition(" ON ")
    return ("UNIQUE " if "UNIQUE" in head.upper() else "") + "".join(body.lower().split()).replace('"', "")


def _column_notes(tables: tuple[TableMap, ...]) -> Iterator[str]:
    for mapped in tables:
        place = f"{mapped.schema}.db"
        if not mapped.known:
            yield f"table {mapped.old.name} is kept in {place} as it is"
        extra = [column.name for column in mapped.columns if column.way == "extra"]
        if extra:
            named = ", ".join(extra) if len(extra) <= 8 else f"{', '.join(extra[:4])} and {len(extra) - 4} more"
            yield f"table {mapped.old.name}: columns that the new form lacks are added in {place}: {named}"
        for column in mapped.columns:
            if column.way == "retyped":
                yield f"column {mapped.old.name}.{column.name} keeps its old type, because its values need it"


def _extra_note(extra: Extra) -> str:
    if extra.schema is None:
        return f"{extra.kind} {extra.name} is not carried ({extra.reason}); the manifest keeps its text"
    return f"{extra.kind} {extra.name} is carried to {extra.schema}.db"
