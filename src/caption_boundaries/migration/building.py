"""The databases of the new form, built from an old file beside it and compared with it row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from caption_boundaries.atomic import sync_file
from caption_boundaries.database.creation import build_database
from caption_boundaries.database.old_mapping import TableMap, copy_rows, last_id, place_moved, prepare_table
from caption_boundaries.database.paths import sqlite_uri
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.database.sealing import write_canonical
from caption_boundaries.errors import DatabaseCorruptError
from caption_boundaries.migration.comparing import is_proven_equal
from caption_boundaries.migration.counting import Counter
from caption_boundaries.migration.digests import TableDigest, difference, digest_table, digest_tables
from caption_boundaries.migration.holding import connect_databases
from caption_boundaries.migration.manifest import MovedTable
from caption_boundaries.migration.plan import MigrationPlan, create_extra
from caption_boundaries.migration.queries import new_query, old_query
from caption_boundaries.migration.source import SOURCE, check_structure, connect_source


def build_databases(source: Path, plan: MigrationPlan, work: Path, counter: Counter) -> list[MovedTable]:
    """Build all databases in the folder ``work``, compare every table with the source, and make the files durable.

    Args:
        source: The old file; nobody may write it meanwhile.
        plan: What becomes of it.
        work: Empty folder on the same file system.
        counter: Is told how far it has come.

    Raises:
        DatabaseCorruptError: The source is damaged, or a copy does not equal it.
        StorageError, OSError, sqlite3.Error: The disk refused.
    """
    # Only the digests need the interpreter, row by row; all that is beside them runs inside SQLite or the kernel.
    with ThreadPoolExecutor(max_workers=2) as side:
        digests = side.submit(_examine, source, plan.tables, counter)
        _build(source, plan, work, counter)
        synced = side.submit(_sync, work)
        moved = _compared(source, work, plan, digests)
        synced.result()
    return moved


def _examine(source: Path, tables: Sequence[TableMap], counter: Counter) -> list[TableDigest]:
    """Return the digests of the old tables, whose pages hang together."""
    with closing(connect_source(source)) as connection:
        digests = list(digest_tables(connection, (old_query(mapped, SOURCE) for mapped in tables), counter.count))
    check_structure(source, wal=False)
    return digests


def _build(source: Path, plan: MigrationPlan, work: Path, counter: Counter) -> None:
    for spec in DATABASES:
        build_database(work / spec.filename, spec)
    with _filling(source, work) as connection, counter.watching(connection, work):
        connection.execute("BEGIN")
        for mapped in plan.tables:
            prepare_table(connection, mapped)
        for extra in plan.extras:  # an index made afterwards would have to read every picture again
            if extra.schema is not None:
                create_extra(connection, extra)
        for mapped in plan.tables:
            copy_rows(connection, SOURCE, mapped)
        place_moved(connection, SOURCE, plan.tables)
        connection.execute("COMMIT")
    _finish(work)


@contextmanager
def _filling(source: Path, work: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect_source(source)) as connection:
        for spec in DATABASES:
            uri = sqlite_uri(work / spec.filename, mode="rw")
            connection.execute("ATTACH DATABASE ? AS ?", (uri, spec.schema))
            if spec.journal_mode == "DELETE":
                # Whatever happens here is thrown away, so there is nothing to roll back to.
                connection.execute(f"PRAGMA {spec.schema}.journal_mode = OFF")
            connection.execute(f"PRAGMA {spec.schema}.synchronous = OFF")
            connection.execute(f"PRAGMA {spec.schema}.secure_delete = OFF")
        # Values that break a rule of the new form are carried as they are; they were there before.
        connection.execute("PRAGMA ignore_check_constraints = ON")
        yield connection


def _finish(work: Path) -> None:
    """Seal what is versioned; of the others every row is read back anyway."""
    for spec in DATABASES:
        if spec.versioned:
            sealed = work / f"sealed-{spec.filename}"
            write_canonical(work / spec.filename, sealed)
            sealed.replace(work / spec.filename)


def _sync(work: Path) -> None:
    for spec in DATABASES:
        sync_file(work / spec.filename)


def _compared(source: Path, work: Path, plan: MigrationPlan, old: Future[list[TableDigest]]) -> list[MovedTable]:
    with closing(connect_databases(work)) as connection:
        connection.execute("ATTACH DATABASE ? AS ?", (sqlite_uri(source, mode="ro"), SOURCE))
        proven = [is_proven_equal(connection, mapped) for mapped in plan.tables]
        for mapped, before, equal in zip(plan.tables, old.result(), proven, strict=True):
            if not equal:
                _compare_digests(connection, source, mapped, before)
        return [
            MovedTable(mapped, before, last_id(connection, mapped.schema, mapped.table))
            for mapped, before in zip(plan.tables, old.result(), strict=True)
        ]


def _compare_digests(connection: sqlite3.Connection, source: Path, mapped: TableMap, before: TableDigest) -> None:
    after = digest_table(connection, new_query(mapped))
    if before.same_rows(after):
        return
    found = difference(before, after)
    raise DatabaseCorruptError(
        f"The copy of table {mapped.old.name} of {source} does not equal it "
        f"({before.rows} rows became {after.rows}; {_first(found.changed + found.removed)} differs).",
        hint="Nothing was changed. Please report this: the new form cannot hold a value of the old.",
    )


def _first(keys: Sequence[int]) -> str:
    return f"row {keys[0]}" if keys else "the order"
