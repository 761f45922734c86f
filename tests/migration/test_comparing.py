"""What counts as the same row where SQLite itself compares: never more than what has the same digest."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.database.old_mapping import TableMap, map_table
from caption_boundaries.database.paths import sqlite_uri
from caption_boundaries.database.table_shapes import read_tables
from caption_boundaries.migration.comparing import equal_rows_sql, is_proven_equal
from caption_boundaries.migration.digests import digest_table
from caption_boundaries.migration.holding import connect_databases
from caption_boundaries.migration.manifest import read_manifest
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.queries import new_query, old_query
from caption_boundaries.migration.source import SOURCE
from support.old_folders import old_folder

KEYED = "things (id INTEGER PRIMARY KEY, value)"

Values = Sequence[object]


@contextmanager
def two_forms(old: Values, new: Values, declaration: str = KEYED) -> Iterator[tuple[sqlite3.Connection, TableMap]]:
    """Give a connection with one table in both forms, each with the given values under the ids 1, 2, …"""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for schema, values in ((SOURCE, old), ("state", new)):
            connection.execute(f"ATTACH DATABASE ':memory:' AS {schema}")
            connection.execute(f"CREATE TABLE {schema}.{declaration}")
            connection.executemany(f"INSERT INTO {schema}.things (id, value) VALUES (?, ?)", enumerate(values, 1))
        yield connection, map_table(connection, SOURCE, read_tables(connection, SOURCE)["things"], "state", "things")


@pytest.mark.parametrize("value", [None, "", "a\0b", b"", b"\0" * 9000, 7, -(2**63), 0.1, 1e300, "ſß 𝄞"])
def test_the_same_values_are_equal(value: object) -> None:
    with two_forms([value, value], [value, value]) as (connection, mapped):
        assert is_proven_equal(connection, mapped)


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        (None, "", "value"),
        (None, 0, "value"),
        (1, 1.0, "value"),
        (1, "1", "value"),
        ("a", b"a", "value"),
        ("", b"", "value"),
        ("a", "A", "value TEXT COLLATE NOCASE"),
        ("a", "a ", "value TEXT COLLATE RTRIM"),
        ("a\0b", "a\0c", "value TEXT"),
        (b"\0" * 9000, b"\0" * 8999 + b"\1", "value BLOB"),
        (0.1, math.nextafter(0.1, 1), "value REAL"),
        (2**53, 2**53 + 1, "value INTEGER"),
        (0.0, -0.0, "value"),
    ],
)
def test_values_that_differ_are_not_equal(old: object, new: object, column: str) -> None:
    with two_forms(["same", old], ["same", new], f"things (id INTEGER PRIMARY KEY, {column})") as (connection, mapped):
        assert not is_proven_equal(connection, mapped)


def test_a_row_that_is_missing_or_too_much_is_no_proof() -> None:
    for old, new in (("abc", "ab"), ("ab", "abc"), ("", "a"), ("a", "")):
        with two_forms(list(old), list(new)) as (connection, mapped):
            assert not is_proven_equal(connection, mapped)


def test_a_zero_that_may_have_a_sign_is_left_to_the_digest() -> None:
    with two_forms([0.0], [0.0]) as (connection, mapped):
        assert not is_proven_equal(connection, mapped)


@pytest.mark.parametrize(
    "declaration",
    [
        "things (id TEXT PRIMARY KEY, value) WITHOUT ROWID",
        f"things (id INTEGER PRIMARY KEY, value, {', '.join(f'c{number}' for number in range(120))})",
    ],
)
def test_tables_of_some_shapes_are_left_to_the_digest(declaration: str) -> None:
    with two_forms(["a"], ["a"], declaration) as (connection, mapped):
        assert not is_proven_equal(connection, mapped)


values = st.one_of(
    st.none(),
    st.sampled_from([0, 1, 0.0, -0.0, 1.0, "1", "1.0", "a", "A", "a ", b"1", b"a", ""]),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=4),
    st.binary(max_size=4),
)
kinds = st.sampled_from(["", "TEXT", "TEXT COLLATE NOCASE", "INTEGER", "REAL", "NUMERIC", "BLOB"])


@given(st.lists(st.tuples(values, values), max_size=4), kinds)
def test_what_is_proven_equal_has_the_same_digest(pairs: list[tuple[object, object]], kind: str) -> None:
    old, new = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    with two_forms(old, new, f"things (id INTEGER PRIMARY KEY, value {kind})") as (connection, mapped):
        proven = is_proven_equal(connection, mapped)
        before, after = (digest_table(connection, query) for query in (old_query(mapped, SOURCE), new_query(mapped)))
        assert before.same_rows(after) or not proven
        zeros = connection.execute("SELECT 1 FROM state.things WHERE typeof(value) = 'real' AND value = 0").fetchone()
        assert proven == before.same_rows(after) or zeros


def test_the_tables_of_pictures_are_compared_as_they_stream(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder, MigrateOptions(backup=False))
    manifest = read_manifest(folder)
    assert manifest is not None
    maps = {moved.mapped.table: moved.mapped for moved in manifest.tables}
    with closing(connect_databases(folder)) as connection:
        connection.execute("ATTACH DATABASE ? AS ?", (sqlite_uri(folder / "captions.db.old", mode="ro"), SOURCE))
        for table in ("full_frames", "cropped_frames"):
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {equal_rows_sql(maps[table])}")]
            assert len(plan) == 2, plan  # neither form is sorted or kept on the way
            assert plan[0].startswith("SCAN ")
            assert plan[1].endswith("USING INTEGER PRIMARY KEY (rowid=?)")
            assert is_proven_equal(connection, maps[table])
