"""Digests of rows and tables: what proves that two databases hold the same values.

A table's digest is made of the digests of its rows, so that one pass gives both: whether two tables are equal, and
which rows are not. SQLite's own `integrity_check` does not see a flipped bit inside a value; these do.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

ROW_DIGEST_BYTES = 4
"""Enough to find the row that differs; whether any differs is what the whole digest says."""

Count = Callable[[int], None]
"""Is told how many more bytes were read."""

Row = tuple[object, ...]

Keys = tuple[int, ...] | None
"""The numeric keys of the rows in order; None where the key is no single whole number."""

_TOLD_BYTES = 1_000_000
"""After so many it is told how far the reading has come."""


@dataclass(frozen=True)
class RowQuery:
    """Which rows of a table to read."""

    select: str
    """Without ORDER BY."""
    order: str
    """SQL of the key."""
    key_place: int | None
    """Place of the key among the values; None where it is no single whole number."""

    @property
    def sql(self) -> str:
        """The whole query."""
        return f"{self.select} ORDER BY {self.order}"


@dataclass(frozen=True)
class TableDigest:
    """What a table holds."""

    rows: int
    sha256: str
    """Hexadecimal, over the digests of the rows in the order of their key."""
    row_digests: bytes
    """`ROW_DIGEST_BYTES` per row."""
    keys: Keys

    def same_rows(self, other: TableDigest) -> bool:
        """Tell whether the other table holds the same rows in the same order."""
        return (self.rows, self.sha256) == (other.rows, other.sha256)

    @property
    def row_keys(self) -> Sequence[int]:
        """The keys of the rows, or their ordinals where there are no such keys."""
        return range(self.rows) if self.keys is None else self.keys

    def by_key(self) -> dict[int, bytes]:
        """Return the short digest of every row by its key."""
        size = ROW_DIGEST_BYTES
        parts = (self.row_digests[place : place + size] for place in range(0, len(self.row_digests), size))
        return dict(zip(self.row_keys, parts, strict=True))


@dataclass(frozen=True)
class Difference:
    """How a table differs from what it was; rows are told by their keys, or by ordinals where they have none."""

    added: tuple[int, ...]
    removed: tuple[int, ...]
    changed: tuple[int, ...]


def row_digest(row: Row) -> bytes:
    """Return the SHA-256 of one row, with the type of every value."""
    # The text of a value tells 1, 1.0 and '1' apart; a blob stands there as a tuple, which no value of SQLite is.
    small = ascii([(len(value),) if value.__class__ is bytes else value for value in row])
    digest = hashlib.sha256(small.encode("ascii"))
    for value in row:
        if value.__class__ is bytes:
            digest.update(value)
    return digest.digest()


def digest_of(digests: list[bytes], keys: Keys) -> TableDigest:
    """Return the digest of a table from the digests and keys of its rows."""
    return TableDigest(
        len(digests),
        hashlib.sha256(b"".join(digests)).hexdigest(),
        b"".join(digest[:ROW_DIGEST_BYTES] for digest in digests),
        keys,
    )


def digest_tables(
    connection: sqlite3.Connection, queries: Iterable[RowQuery], count: Count | None = None
) -> Iterator[TableDigest]:
    """Read tables one after the other and yield their digests.

    Args:
        connection: Where the queries run.
        queries: Which rows.
        count: Is told the bytes of blobs that were read.
    """
    return (digest_table(connection, query, count) for query in queries)


def digest_table(connection: sqlite3.Connection, query: RowQuery, count: Count | None = None) -> TableDigest:
    """Read one table and return its digest.

    One thread reads it all: every row passes through the interpreter, and two threads that hand its lock to each
    other twice per row take longer than one.
    """
    factory, connection.text_factory = connection.text_factory, exact_text
    try:
        rows: Iterable[Row] = connection.execute(query.sql)
        return _digest_rows(rows if count is None else _counted(rows, count), query.key_place)
    finally:
        connection.text_factory = factory


def difference(old: TableDigest, new: TableDigest) -> Difference:
    """Return which rows came, went and changed."""
    before, after = old.by_key(), new.by_key()
    return Difference(
        added=tuple(key for key in after if key not in before),
        removed=tuple(key for key in before if key not in after),
        changed=tuple(key for key, digest in before.items() if key in after and after[key] != digest),
    )


def exact_text(data: bytes) -> str:
    """Return text as it is stored; a text factory that also takes what is no UTF-8."""
    return data.decode("utf-8", "surrogateescape")


def _digest_rows(rows: Iterable[Row], key_place: int | None) -> TableDigest:
    digests: list[bytes] = []
    keys: list[Any] = []
    for row in rows:
        digests.append(row_digest(row))
        if key_place is not None:
            keys.append(row[key_place])
    return digest_of(digests, None if key_place is None else tuple(keys))


def _counted(rows: Iterable[Row], count: Count) -> Iterator[Row]:
    untold = 0
    for row in rows:
        untold += sum(len(value) for value in row if isinstance(value, bytes))
        if untold >= _TOLD_BYTES:
            count(untold)
            untold = 0
        yield row
    count(untold)
