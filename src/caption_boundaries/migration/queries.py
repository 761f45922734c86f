"""The same rows from either form, in the same order: what is compared before and after a migration."""

from __future__ import annotations

from caption_boundaries.database.old_mapping import TableMap
from caption_boundaries.migration.digests import RowQuery


def old_query(mapped: TableMap, source: str) -> RowQuery:
    """Return the query for the rows of an old table in the old file attached as ``source``."""
    return _query(mapped, mapped.old_rows(source))


def new_query(mapped: TableMap) -> RowQuery:
    """Return the query for the rows of an old table from the databases of the new form."""
    return _query(mapped, mapped.new_rows())


def _query(mapped: TableMap, select: str) -> RowQuery:
    place = None if mapped.number is None else mapped.compared.index(mapped.number)
    return RowQuery(select, mapped.order, place)
