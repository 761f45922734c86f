"""Databases of other programs that have the names of ours: what differs, in words."""

from __future__ import annotations

from pathlib import Path

from caption_boundaries.database.header import read_header
from caption_boundaries.database.schema import DatabaseSpec
from caption_boundaries.database.table_shapes import Table, current_tables, tables_of
from caption_boundaries.errors import CaptionBoundariesError, DatabaseVersionError

MAX_NAMED = 6
"""So many columns of a table are named."""


def named_difference(path: Path, spec: DatabaseSpec, error: DatabaseVersionError) -> DatabaseVersionError:
    """Return ``error``, which refuses the file at ``path``, with what its tables have and lack.

    A file of ours that is only newer, or one that cannot be read, is refused with ``error`` itself.
    """
    try:
        header = read_header(path)
        if header is None or header.application_id == spec.application_id:
            return error
        tables = tables_of(path, wal=header.wal)
    except CaptionBoundariesError:
        return error
    return DatabaseVersionError(f"{error.message.rstrip('.')}: {describe(tables, spec)}.", hint=error.hint)


def describe(tables: dict[str, Table], spec: DatabaseSpec) -> str:
    """Say how tables differ from those of a ``spec`` database."""
    told = []
    for name, table in current_tables(spec.schema).items():
        if name in tables and tables[name].column_names != table.column_names:
            lacks = _some(table.column_names - tables[name].column_names)
            has = _some(tables[name].column_names - table.column_names)
            told.append(f"table {name} lacks {lacks} and has {has}")
    if told:
        return "; ".join(told)
    return f"it holds the tables {_some(frozenset(tables))}"


def _some(names: frozenset[str]) -> str:
    shown = sorted(names)[:MAX_NAMED]
    more = len(names) - len(shown)
    return (", ".join(shown) or "nothing") + (f" and {more} more" if more else "")
