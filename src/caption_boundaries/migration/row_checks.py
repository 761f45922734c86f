"""Checks of the rows against what was migrated: how many there are, and whether each is what it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.database.row_hash import quoted
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.table_shapes import read_tables
from caption_boundaries.migration.copying import kept_copies
from caption_boundaries.migration.digests import Difference, difference, digest_table, digest_tables
from caption_boundaries.migration.explaining import Explanation, explain
from caption_boundaries.migration.findings import Finding, Weight, row_findings
from caption_boundaries.migration.holding import attached_schemas
from caption_boundaries.migration.manifest import Manifest, MovedTable, read_manifest
from caption_boundaries.migration.plan import plan_migration
from caption_boundaries.migration.queries import new_query, old_query
from caption_boundaries.migration.source import SOURCE, connect_source, version_refusal, video_id_of


@dataclass(frozen=True)
class Reference:
    """What the rows are compared with."""

    tables: tuple[MovedTable, ...]
    migrated_at: str
    """As SQLite writes times; empty: unknown."""
    video_id: str | None


def find_reference(folder: Path) -> Reference | None:
    """Return what was migrated: from the manifest, or from a copy of the old file; None where there is neither.

    Raises:
        DatabaseCorruptError: The manifest is damaged.
        DatabaseVersionError: The copy is none of an old file.
        sqlite3.Error: The copy is damaged.
    """
    manifest: Manifest | None = read_manifest(folder)
    if manifest is not None:
        return Reference(manifest.tables, manifest.migrated_at, manifest.video_id)
    copies = kept_copies(folder)
    return _read_copy(copies[0]) if copies else None


def check_counts(connection: sqlite3.Connection, reference: Reference) -> Iterator[Finding]:
    """Yield the tables that are gone, or have lost rows without a reason."""
    present = _tables_present(connection, reference)
    for moved in reference.tables:
        mapped, file = moved.mapped, BY_SCHEMA[moved.mapped.schema].filename
        if mapped.schema not in present:
            continue  # the missing file was told already
        if mapped.table not in present[mapped.schema]:
            yield Finding("problem", file, f"is missing; {moved.digest.rows} rows were migrated", mapped.table)
            continue
        try:
            (rows,) = connection.execute(f"SELECT count(*) FROM {mapped.schema}.{quoted(mapped.table)}").fetchone()
        except sqlite3.Error as error:
            yield Finding("problem", file, f"cannot be read ({error})", mapped.table)
            continue
        if rows != moved.digest.rows:
            known = explain(connection, mapped, reference.migrated_at)
            fine = known.gone or rows > moved.digest.rows
            message = f"has {rows} rows; {moved.digest.rows} were migrated"
            yield Finding("note" if fine else "problem", file, message, mapped.table)


@dataclass(frozen=True)
class ValueCheck:
    """What a comparison of all rows has found."""

    findings: tuple[Finding, ...]
    unchanged: dict[str, frozenset[int]]
    """Keys of the rows that are what they were in the old file, by table with its schema."""


def check_values(connection: sqlite3.Connection, reference: Reference) -> ValueCheck:
    """Compare every row with what was migrated, as far as nobody has said that it was changed.

    Args:
        connection: The databases.
        reference: What was migrated.
    """
    present = _tables_present(connection, reference)
    findings: list[Finding] = []
    unchanged: dict[str, frozenset[int]] = {}
    for moved in reference.tables:
        mapped, file = moved.mapped, BY_SCHEMA[moved.mapped.schema].filename
        if mapped.table not in present.get(mapped.schema, ()):
            continue
        try:
            now = digest_table(connection, new_query(mapped))
        except sqlite3.Error as error:
            findings += _unreadable(file, connection, moved, error)
            continue
        keys = frozenset(moved.digest.row_keys)
        if not now.same_rows(moved.digest):
            found = difference(moved.digest, now)
            keys -= {*found.removed, *found.changed}
            findings += _tell(file, moved, found, explain(connection, mapped, reference.migrated_at))
        unchanged[f"{mapped.schema}.{mapped.table}"] = keys
    return ValueCheck(tuple(findings), unchanged)


def _tables_present(connection: sqlite3.Connection, reference: Reference) -> dict[str, Collection[str]]:
    """Return the names of the tables in each database that something was moved to and that is there."""
    schemas = {moved.mapped.schema for moved in reference.tables} & attached_schemas(connection)
    return {schema: read_tables(connection, schema).keys() for schema in schemas}


def _tell(file: str, moved: MovedTable, found: Difference, known: Explanation) -> Iterator[Finding]:
    table = moved.mapped.table
    if known.all_rows:
        yield Finding("note", file, known.all_rows, table)
        return
    changed = [key for key in found.changed if key not in known.rows]
    yield from row_findings("problem", file, table, changed, "is not what was migrated, and nobody has changed it")
    if found.removed:
        weight: Weight = "note" if known.gone else "problem"
        yield from row_findings(weight, file, table, found.removed, "was migrated and is gone")
    if len(changed) < len(found.changed):
        edited = len(found.changed) - len(changed)
        yield Finding("note", file, f"{edited} rows were changed since the migration", table)
    if found.added:
        yield Finding("note", file, f"{len(found.added)} rows were added since the migration", table)
    if not (found.changed or found.removed or found.added):
        # The short digests of the rows agree by chance, or their order has changed.
        yield Finding("problem", file, "does not hold what was migrated", table)


def _unreadable(
    file: str, connection: sqlite3.Connection, moved: MovedTable, error: sqlite3.Error
) -> Iterator[Finding]:
    """Yield the rows that SQLite cannot read, found one by one."""
    mapped, rows = moved.mapped, []
    if mapped.number is not None and moved.digest.keys is not None:
        sql = f"{mapped.new_rows()} WHERE {quoted(mapped.number)} = ?"
        for key in moved.digest.keys:
            try:
                connection.execute(sql, (key,)).fetchone()
            except sqlite3.Error:
                rows.append(key)
    yield from row_findings("problem", file, mapped.table, rows, f"cannot be read ({error})")
    if not rows:
        yield Finding("problem", file, f"cannot be read ({error})", mapped.table)


def _read_copy(path: Path) -> Reference:
    with closing(connect_source(path)) as connection:
        plan = plan_migration(connection, SOURCE, journal_mode="delete", carry_unknown=True)
        if plan.refusals:
            raise version_refusal(path, plan.refusals)
        digests = digest_tables(connection, (old_query(mapped, SOURCE) for mapped in plan.tables))
        moved = (MovedTable(mapped, digest, None) for mapped, digest in zip(plan.tables, digests, strict=True))
        return Reference(tuple(moved), "", video_id_of(connection))
