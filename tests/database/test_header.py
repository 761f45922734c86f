"""Telling what a file is before its tables are read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.header import Header, check_header, read_header, read_raw_header
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.errors import DatabaseCorruptError, DatabaseVersionError, StorageError
from support.databases import (
    MANY_LABELS,
    as_nobody,
    filled_folder,
    fingerprint,
    kill_writer,
    open_to_all,
    raw,
    run_python,
)

LAYOUT = BY_SCHEMA["layout"]
OURS = Header(wal=False, user_version=LAYOUT.version, application_id=LAYOUT.application_id)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return filled_folder(tmp_path / "video") / "layout.db"


def test_a_database_of_ours(path: Path) -> None:
    before = fingerprint(path.parent)
    assert read_header(path) == read_raw_header(path) == check_header(path, LAYOUT) == OURS
    assert fingerprint(path.parent) == before


def test_a_file_in_write_ahead_mode(path: Path) -> None:
    state = path.with_name("state.db")
    before = fingerprint(path.parent)
    header = read_header(state)
    assert header is not None
    assert header.wal
    assert header == read_raw_header(state) == check_header(state, BY_SCHEMA["state"])
    assert fingerprint(path.parent) == before, "no side file is left"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"SQLite format 3\x00"),
        lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n" * 40),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.unlink(), os.mkfifo(path)),
    ],
    ids=["missing", "empty", "16 bytes", "a text", "a folder", "a pipe"],
)
def test_what_is_no_database(path: Path, spoil: Callable[[Path], object]) -> None:
    spoil(path)
    assert read_header(path) is None
    with pytest.raises(DatabaseCorruptError, match="not a SQLite database"):
        check_header(path, LAYOUT)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00", b"x" * 200])
def test_what_is_no_database_looked_at_directly(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read_raw_header(path) is None


def test_a_truncated_database_still_says_whose_it_is(path: Path) -> None:
    os.truncate(path, 4096)
    assert read_header(path) == OURS


def test_a_database_that_a_killed_writer_left(path: Path) -> None:
    kill_writer(path, MANY_LABELS)
    before = fingerprint(path.parent)
    assert read_header(path) == OURS
    assert fingerprint(path.parent) == before, "looking does not bring it in order"


def test_a_database_that_is_being_written(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute(MANY_LABELS)
        assert read_header(path) == OURS


def test_looking_keeps_the_locks_of_this_process(path: Path) -> None:
    attempt = """
        import sqlite3, sys
        sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        read_header(path)
        assert "database is locked" in run_python(attempt, path).stderr
        read_raw_header(path)  # this is what must not be done to a file in use
        assert run_python(attempt, path).returncode == 0


def test_a_file_that_may_not_be_read() -> None:
    with open_to_all() as folder:
        path = filled_folder(folder / "video") / "layout.db"
        path.chmod(0)

        def look() -> str:
            with pytest.raises(StorageError) as told:
                read_header(path)
            return str(told.value)

        assert as_nobody(look).startswith(f"Permission is missing: {path}")


@pytest.mark.parametrize(
    ("pragma", "told"),
    [
        ("application_id = 0", "application id 0x0 instead of 0x43420003"),
        (f"application_id = {BY_SCHEMA['video'].application_id}", "not a layout.db"),
        ("user_version = 99", "schema version 99; this program knows versions up to"),
    ],
)
def test_a_database_that_we_do_not_know(path: Path, pragma: str, told: str) -> None:
    raw(path, f"PRAGMA {pragma}")
    with pytest.raises(DatabaseVersionError, match=told):
        check_header(path, LAYOUT)


def test_an_older_version_is_left_to_the_caller(path: Path) -> None:
    raw(path, "PRAGMA user_version = 0")
    assert check_header(path, LAYOUT).user_version == 0
