"""Comparing a table of the old file with its copy inside SQLite, while the interpreter is free for other work."""

from __future__ import annotations

import sqlite3

from caption_boundaries.database.old_mapping import TableMap
from caption_boundaries.database.row_hash import quoted
from caption_boundaries.migration.source import SOURCE

_MOST_COLUMNS = 100
"""A condition over many more would be deeper than SQLite reads."""


def is_proven_equal(connection: sqlite3.Connection, mapped: TableMap) -> bool:
    """Tell whether an old table and the new one are proven to hold the same rows, value for value and type for type.

    False is no proof of the contrary: some tables can only be told by their digests.

    Args:
        connection: The databases of the new form, and the old file attached as `SOURCE`.
        mapped: The table.

    Raises:
        sqlite3.Error: A file cannot be read.
    """
    if mapped.number is None or len(mapped.compared) > _MOST_COLUMNS:
        return False
    counts = (
        equal_rows_sql(mapped),
        f"SELECT count(*) FROM {SOURCE}.{quoted(mapped.old.name)}",
        f"SELECT count(*) FROM {mapped.schema}.{quoted(mapped.table)}",
    )
    return len({connection.execute(sql).fetchone() for sql in counts}) == 1


def equal_rows_sql(mapped: TableMap) -> str:
    """Return the query that counts equal rows; its memory does not grow with them."""
    assert mapped.number is not None
    names = [f"c{place}" for place in range(len(mapped.compared))]
    key = names[mapped.compared.index(mapped.number)]
    columns = ", ".join(names)
    same = " AND ".join(_same(f"o.{name}", f"n.{name}") for name in names)
    return (
        f"WITH o({columns}) AS ({mapped.old_rows(SOURCE)}), n({columns}) AS ({mapped.new_rows()}) "
        f"SELECT count(*) FROM o JOIN n ON n.{key} = o.{key} WHERE {same}"
    )


def _same(old: str, new: str) -> str:
    # The plus takes off the column's affinity, which would convert before it compares. SQLite takes 0.0 and -0.0 for
    # the same, so a row with such a zero is not counted, and its table is left to the digest.
    return (
        f"typeof({old}) = typeof({new}) AND +{old} IS +{new} COLLATE BINARY "
        f"AND NOT (typeof({old}) = 'real' AND {old} = 0.0)"
    )
