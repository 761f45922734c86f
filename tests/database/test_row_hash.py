"""Hashes of rows see what a table means, and nothing else."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.row_hash import VOLATILE_COLUMNS, content_hash, quoted, row_hash, table_columns
from caption_boundaries.database.schema import DATABASES
from support.databases import filled_folder, rows

VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
)


def hash_of(*table: tuple[object, ...], columns: str = "id INTEGER PRIMARY KEY, value") -> str:
    """Return the hash of a table with these rows."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t ({columns})")
        for row in table:
            connection.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(row))})", row)
        return row_hash(connection, "main", "t")


def test_values_of_different_types_never_look_alike() -> None:
    alike = [None, 1, 1.0, "1", b"1", 0, 0.0, "", b"", "N", b"N", -1, "I", 49, "1.0", 1.5, "1.5"]
    hashes = [hash_of((1, value)) for value in alike]
    assert len(set(hashes)) == len(alike)


def test_neighbouring_values_never_run_together() -> None:
    columns = "id INTEGER PRIMARY KEY, a, b"
    found = {
        hash_of(*table, columns=columns)
        for table in (
            [(1, "ab", "c")],
            [(1, "a", "bc")],
            [(1, "", "abc")],
            [(1, b"ab", b"c")],
            [(1, None, "abc")],
            [(1, "abc", None)],
            [(1, "ab", "c"), (2, None, None)],
            [],
        )
    }
    assert len(found) == 8


@given(st.dictionaries(st.integers(-(2**40), 2**40), VALUES, min_size=1, max_size=20), st.randoms())
def test_the_order_of_writing_does_not_count(table: dict[int, object], rng: random.Random) -> None:
    order = list(table.items())
    before = hash_of(*order)
    rng.shuffle(order)
    assert hash_of(*order) == before


@given(VALUES, VALUES)
def test_equal_hashes_mean_equal_rows(one: object, two: object) -> None:
    stored = [closing(sqlite3.connect(":memory:")) for _ in range(2)]
    same_as_sqlite = []
    for value, opened in zip((one, two), stored, strict=True):
        with opened as connection:
            same_as_sqlite.append(connection.execute("SELECT typeof(?1), ?1", (value,)).fetchone())
    assert (hash_of((1, one)) == hash_of((1, two))) == (same_as_sqlite[0] == same_as_sqlite[1])


@pytest.mark.parametrize(
    "columns",
    ["id INTEGER PRIMARY KEY, v", "id, v", "id TEXT PRIMARY KEY, v", "id, v, PRIMARY KEY (v, id)"],
)
def test_any_kind_of_key(columns: str) -> None:
    table = [("1", "b"), ("2", "a")] if "TEXT" in columns else [(1, "b"), (2, "a")]
    assert len(hash_of(*table, columns=columns)) == 64


def test_a_table_without_row_numbers_and_with_odd_names() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute('CREATE TABLE "a ""b"" c" ("x y" TEXT, "select", PRIMARY KEY ("select")) WITHOUT ROWID')
        connection.execute('INSERT INTO "a ""b"" c" VALUES (1, 2)')
        assert table_columns(connection, "main", 'a "b" c') == ["x y", "select"]
        assert len(row_hash(connection, "main", 'a "b" c')) == 64
    assert quoted('a"b') == '"a""b"'


def test_only_the_chosen_columns_count() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)")
        connection.execute("INSERT INTO t VALUES (1, 2, 3)")
        before = row_hash(connection, "main", "t", columns=["id", "a"])
        connection.execute("UPDATE t SET b = 4")
        assert row_hash(connection, "main", "t", columns=["id", "a"]) == before
        connection.execute("UPDATE t SET a = 4")
        assert row_hash(connection, "main", "t", columns=["id", "a"]) != before


def test_when_a_row_was_written_does_not_belong_to_its_content(tmp_path: Path) -> None:
    folder = filled_folder(tmp_path / "video")
    with VideoDatabase(folder, writes={"layout"}) as conn:
        content, everything = (f(conn, "layout", "full_frame_box_labels") for f in (content_hash, row_hash))
        conn.execute("UPDATE layout.full_frame_box_labels SET labeled_at = 'later'")
        assert content_hash(conn, "layout", "full_frame_box_labels") == content
        assert row_hash(conn, "layout", "full_frame_box_labels") != everything
        conn.execute("UPDATE layout.full_frame_box_labels SET label = 'out'")
        assert content_hash(conn, "layout", "full_frame_box_labels") != content


def test_every_column_that_says_when_is_known_as_such(tmp_path: Path) -> None:
    folder = filled_folder(tmp_path / "video")
    with VideoDatabase(folder, readonly=True) as conn:
        named = {
            column
            for spec in DATABASES
            for table in spec.tables
            for column in table_columns(conn, spec.schema, table)
            if column.endswith("_at")
        }
    assert named - VOLATILE_COLUMNS == {"last_heartbeat_at", "migrated_at", "verified_at"}, "local to a machine"


def test_a_flipped_bit_in_a_picture_is_seen(tmp_path: Path) -> None:
    folder = filled_folder(tmp_path / "video")
    path = folder / "video.db"
    with VideoDatabase(folder, readonly=True) as conn:
        before = content_hash(conn, "video", "full_frames")
    data = path.read_bytes()
    place = data.index(bytes([100]) * 3000) + 1234
    rng = random.Random(0)
    for _ in range(20):
        damaged = bytearray(data)
        damaged[place + rng.randrange(1000)] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        assert rows(path, "PRAGMA integrity_check") == [("ok",)], "SQLite itself does not see it"
        with VideoDatabase(folder, readonly=True) as conn:
            assert content_hash(conn, "video", "full_frames") != before


def test_a_flipped_bit_in_a_text_is_seen_though_it_is_no_text_any_more(tmp_path: Path) -> None:
    folder = filled_folder(tmp_path / "video")
    path = folder / "layout.db"
    with VideoDatabase(folder, readonly=True) as conn:
        before = content_hash(conn, "layout", "full_frame_box_labels")
    path.write_bytes(path.read_bytes().replace(b"Hello", b"Hel\xeco"))
    with VideoDatabase(folder, readonly=True) as conn:
        assert content_hash(conn, "layout", "full_frame_box_labels") != before
        with pytest.raises(sqlite3.OperationalError, match="UTF-8"):
            conn.execute("SELECT box_text FROM layout.full_frame_box_labels").fetchall()
