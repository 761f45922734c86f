"""Digests of rows and tables: what proves that two databases hold the same values.

A table's digest is made of the digests of its rows, so that one pass gives both: whether two tables are equal, and
which rows are not. SQLite's own `integrity_check` does not see a flipped bit inside a value; these do.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

ROW_DIGEST_BYTES = 4
"""Enough to find the row that differs; whether any differs is what the whole digest says."""

Count = Callable[[int], None]
"""Is told how many more bytes were read."""

Connect = Callable[[], sqlite3.Connection]
"""Opens one more connection to the same databases."""

Keys = tuple[int, ...] | None
"""The numeric keys of the rows in order; None where the key is no single whole number."""

_SIDE_BY_SIDE_ROWS = 2000
"""A table with more rows is read by two threads."""


@dataclass(frozen=True)
class RowQuery:
    """Which rows of a table to read."""

    select: str
    """Without WHERE and ORDER BY."""
    order: str
    """SQL of the key."""
    key_place: int | None
    """Place of the key among the values; None where it is no single whole number."""
    table: str
    """Table with its schema."""

    def sql(self, where: str = "") -> str:
        """Return the whole query."""
        return f"{self.select}{f' WHERE {where}' if where else ''} ORDER BY {self.order}"


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

    def by_key(self) -> dict[int, bytes]:
        """Return the short digest of every row by its key, or by its ordinal where there is no such key."""
        size = ROW_DIGEST_BYTES
        parts = (self.row_digests[place : place + size] for place in range(0, len(self.row_digests), size))
        return dict(zip(self.keys if self.keys is not None else range(self.rows), parts, strict=True))


@dataclass(frozen=True)
class Difference:
    """How a table differs from what it was; rows are told by their keys, or by ordinals where they have none."""

    added: tuple[int, ...]
    removed: tuple[int, ...]
    changed: tuple[int, ...]


def row_digest(row: tuple[object, ...]) -> bytes:
    """Return the SHA-256 of one row, with the type of every value."""
    # The text of a value tells 1, 1.0 and '1' apart; a blob stands there as a tuple, which no value of SQLite is.
    small = ascii([(len(value),) if value.__class__ is bytes else value for value in row])
    digest = hashlib.sha256(small.encode("ascii"))
    for value in row:
        if value.__class__ is bytes:
            digest.update(value)
    return digest.digest()


def digest_of(parts: Iterable[tuple[list[bytes], list[int]]], *, keyed: bool) -> TableDigest:
    """Return the digest of a table from the digests and keys of its rows, part by part."""
    digests: list[bytes] = []
    keys: list[int] = []
    for part_digests, part_keys in parts:
        digests += part_digests
        keys += part_keys
    return TableDigest(
        len(digests),
        hashlib.sha256(b"".join(digests)).hexdigest(),
        b"".join(digest[:ROW_DIGEST_BYTES] for digest in digests),
        tuple(keys) if keyed else None,
    )


def digest_tables(
    connect: Connect, queries: Iterable[RowQuery], count: Count = lambda size: None
) -> Iterator[TableDigest]:
    """Read tables one after the other and yield their digests; a large one is read by two threads.

    Args:
        connect: Opens a connection on which the queries run; called once by every thread.
        queries: Which rows.
        count: Is told the bytes of blobs that were read.
    """
    with closing(connect()) as connection:
        for query in queries:
            yield digest_table(connection, connect, query, count)


def digest_table(
    connection: sqlite3.Connection, connect: Connect, query: RowQuery, count: Count = lambda size: None
) -> TableDigest:
    """Read one table on ``connection`` and return its digest; ``connect`` opens another one for a second thread."""
    factory, connection.text_factory = connection.text_factory, exact_text
    try:
        middle = None if query.key_place is None else _middle_key(connection, query)
        if middle is None:
            return digest_of([_read(connection, query, "", count)], keyed=query.key_place is not None)
        return _digest_by_two(connect, connection, query, middle, count)
    finally:
        connection.text_factory = factory


def _digest_by_two(
    connect: Connect, connection: sqlite3.Connection, query: RowQuery, middle: int, count: Count
) -> TableDigest:
    def upper() -> tuple[list[bytes], list[int]]:
        with closing(connect()) as other:
            other.text_factory = exact_text
            return _read(other, query, f"{query.order} >= {middle}", count)

    with ThreadPoolExecutor(max_workers=1) as thread:
        second = thread.submit(upper)
        first = _read(connection, query, f"{query.order} < {middle}", count)
        return digest_of([first, second.result()], keyed=True)


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


def _read(connection: sqlite3.Connection, query: RowQuery, where: str, count: Count) -> tuple[list[bytes], list[int]]:
    digests: list[bytes] = []
    keys: list[int] = []
    place = query.key_place
    for row in connection.execute(query.sql(where)):
        digests.append(row_digest(row))
        if place is not None:
            keys.append(row[place])
        count(sum(map(len, filter(_is_blob, row))))
    return digests, keys


def _is_blob(value: object) -> bool:
    return value.__class__ is bytes


def _middle_key(connection: sqlite3.Connection, query: RowQuery) -> int | None:
    """Return the key in the middle of a large table; None where one thread does."""
    (rows,) = connection.execute(f"SELECT count(*) FROM {query.table}").fetchone()
    if rows < _SIDE_BY_SIDE_ROWS:
        return None
    sql = f"SELECT {query.order} FROM {query.table} ORDER BY {query.order} LIMIT 1 OFFSET {rows // 2}"
    middle: int = connection.execute(sql).fetchone()[0]
    return middle
