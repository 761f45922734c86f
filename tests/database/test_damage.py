"""Every kind of broken file gets one clear sentence of the right class, through every door."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.captions import Caption, CaptionReader, CaptionWriter
from caption_boundaries.database.connecting import connect_for_writing
from caption_boundaries.database.health import check_database, upgrade_database
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.recovery import refuse_damage
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.sealing import seal
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.errors import (
    CaptionBoundariesError,
    DatabaseBusyError,
    DatabaseCorruptError,
    DatabaseError,
    DatabaseMissingError,
    DatabaseVersionError,
    StorageError,
)
from support.databases import fingerprint, raw, rows

LAYOUT = BY_SCHEMA["layout"]


def _read(folder: Path) -> None:
    with VideoDatabase(folder, readonly=True) as conn:
        LayoutReader(conn).box_labels()
        LayoutReader(conn).config()


def _write(folder: Path) -> None:
    with VideoDatabase(folder, writes={"layout"}) as conn:
        LayoutReader(conn).box_labels()
        LayoutReader(conn).config()


def _replace(folder: Path) -> None:
    with replacing_database(folder, "layout", reads={"video"}):
        pass


WAYS_IN: dict[str, Callable[[Path], object]] = {
    "reading": _read,
    "writing": _write,
    "replacing": _replace,
    "checking": lambda folder: check_database(folder / "layout.db", LAYOUT),
    "upgrading": lambda folder: upgrade_database(folder / "layout.db", LAYOUT),
}


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is not a SQLite database"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "is not a SQLite database"),
        (b"SQLite format 3\x00" + b"\xff" * 84, "is not a SQLite database"),
    ],
    ids=["empty", "a text", "a header of nonsense"],
)
def test_a_file_that_is_no_database(folder: Path, way: str, content: bytes, expected: str) -> None:
    path = folder / "layout.db"
    path.write_bytes(content)
    before = fingerprint(folder)
    with pytest.raises(DatabaseError, match=r"layout\.db") as told:
        WAYS_IN[way](folder)
    assert type(told.value) in (DatabaseCorruptError, DatabaseVersionError)
    assert told.value.hint
    assert fingerprint(folder) == before


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("pragma", ["application_id = 0", "application_id = 1128398849", "user_version = 99"])
def test_a_database_of_another_kind_or_of_a_newer_version(folder: Path, way: str, pragma: str) -> None:
    raw(folder / "layout.db", f"PRAGMA {pragma}")
    before = fingerprint(folder)
    with pytest.raises(DatabaseVersionError, match=r"layout\.db"):
        WAYS_IN[way](folder)
    assert fingerprint(folder) == before


@pytest.mark.parametrize("way", ["reading", "writing", "checking"])
@pytest.mark.parametrize("size", [4096, 8192, 8192 + 100])
def test_a_truncated_database(folder: Path, way: str, size: int) -> None:
    os.truncate(folder / "layout.db", size)
    with pytest.raises(DatabaseCorruptError, match=r"layout\.db is damaged"):
        WAYS_IN[way](folder)


@pytest.mark.parametrize("way", ["reading", "writing", "checking"])
def test_a_page_of_zeros(folder: Path, way: str) -> None:
    with (folder / "layout.db").open("r+b") as file:
        file.seek(4096)
        file.write(bytes(4096))
    with pytest.raises(DatabaseCorruptError, match="is damaged"):
        WAYS_IN[way](folder)


@pytest.mark.parametrize(
    "spoil", [lambda p: os.truncate(p, 8192), lambda p: p.write_bytes(p.read_bytes()[:4096] + bytes(8192))]
)
def test_a_damaged_product_can_be_made_again(folder: Path, spoil: Callable[[Path], object]) -> None:
    spoil(folder / "fullOCR.db")
    with replacing_database(folder, "fullOCR", reads={"video"}):
        pass
    check_database(folder / "fullOCR.db", BY_SCHEMA["fullOCR"])


def test_sealing_a_damaged_database_is_refused_and_changes_nothing(folder: Path) -> None:
    path = folder / "layout.db"
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(4096))
    before = fingerprint(folder)
    with pytest.raises(DatabaseCorruptError, match=r"layout\.db is damaged"):
        seal(path)
    assert fingerprint(folder) == before


def test_text_that_is_no_text_any_more(folder: Path) -> None:
    with VideoDatabase(folder, writes={"captions"}) as conn:
        CaptionWriter(conn).add(Caption(20, 30, text="Marmelade"))
    path = folder / "captions.db"
    path.write_bytes(path.read_bytes().replace(b"Marmelade", b"Marmel\xffde"))
    with pytest.raises(DatabaseCorruptError, match=r"captions\.db is damaged"):
        _captions(folder)


def _captions(folder: Path) -> list[Caption]:
    with VideoDatabase(folder, writes={"captions"}) as conn:
        return CaptionReader(conn).captions()


def test_a_broken_reference_is_found_by_the_check(folder: Path) -> None:
    raw(
        folder / "layout.db",
        "INSERT INTO action_log (uuid, actor, session, at, kind, forward, inverse, undoes) "
        "VALUES ('u', 'a', 's', 'now', 'undo', '{}', '{}', 99)",
    )
    with pytest.raises(DatabaseCorruptError, match="row 1 of action_log refers to a missing row of action_log"):
        check_database(folder / "layout.db", LAYOUT)


def test_an_index_that_does_not_fit_its_table_is_found_by_the_check(folder: Path) -> None:
    path = folder / "layout.db"
    indexes = dict(rows(path, "SELECT name, rootpage FROM sqlite_master WHERE name LIKE 'idx_%'"))
    swapped = zip(indexes, reversed(indexes.values()), strict=True)
    change = "UPDATE sqlite_master SET rootpage = {1} WHERE name = '{0}'"
    raw(path, "PRAGMA writable_schema = 1", *(change.format(*pair) for pair in swapped))
    with pytest.raises(DatabaseCorruptError, match=r"layout\.db is damaged: .*idx_full_frame_box_labels"):
        check_database(path, LAYOUT)


def test_rows_that_break_the_rules_are_damage_to_whoever_writes(folder: Path) -> None:
    path = folder / "layout.db"
    raw(path, "PRAGMA ignore_check_constraints = 1", "UPDATE full_frame_box_labels SET label = 'perhaps'")
    with (
        closing(connect_for_writing(path)) as connection,
        pytest.raises(DatabaseCorruptError, match="CHECK constraint failed in full_frame_box_labels"),
    ):
        refuse_damage(connection, path)


def test_checking_a_missing_file(folder: Path) -> None:
    with pytest.raises(DatabaseMissingError, match=r"nothing\.db is missing"):
        check_database(folder / "nothing.db", LAYOUT)


def test_checking_an_older_version(folder: Path) -> None:
    raw(folder / "layout.db", "PRAGMA user_version = 0")
    with pytest.raises(DatabaseVersionError, match=r"older schema version 0 .*doctor --upgrade"):
        check_database(folder / "layout.db", LAYOUT)


def _error(code: int, text: str = "told by SQLite") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "expected", "sentence"),
    [
        (sqlite3.SQLITE_BUSY, DatabaseBusyError, "being written by another process"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, DatabaseBusyError, "being written by another process"),
        (sqlite3.SQLITE_LOCKED, DatabaseBusyError, "being written by another process"),
        (sqlite3.SQLITE_CORRUPT, DatabaseCorruptError, "damaged"),
        (sqlite3.SQLITE_NOTADB, DatabaseCorruptError, "damaged"),
        (sqlite3.SQLITE_FULL, StorageError, "The disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, StorageError, "The disk reported an error"),
        (sqlite3.SQLITE_CANTOPEN, StorageError, "cannot be opened as asked"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, StorageError, "cannot be opened as asked"),
        (sqlite3.SQLITE_READONLY_ROLLBACK, DatabaseError, "when a process was killed"),
        (sqlite3.SQLITE_READONLY_RECOVERY, DatabaseError, "when a process was killed"),
        (sqlite3.SQLITE_READONLY_DBMOVED, DatabaseBusyError, "was replaced by another process"),
        (sqlite3.SQLITE_ERROR, DatabaseError, "SQLite refused on"),
    ],
)
def test_errors_of_sqlite_are_told_in_one_sentence(code: int, expected: type, sentence: str) -> None:
    told = translate(_error(code), Path("/data/5f/layout.db"))
    assert type(told) is expected
    assert isinstance(told, CaptionBoundariesError)
    assert sentence in told.message
    assert "/data/5f/layout.db" in told.message
    assert told.message.endswith(".")
    assert told.hint
