"""Writing through the door: who may write what, one database per transaction, and what leaving the block keeps."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from caption_boundaries.database.layout import LayoutReader, LayoutWriter
from caption_boundaries.database.multi_db import HAND_EDITED, VideoDatabase
from caption_boundaries.errors import DatabaseBusyError, DatabaseError
from support.databases import LABEL, descriptors, fingerprint, rows
from support.doors import APPROVE, WRITE


def _run(door: VideoDatabase, *statements: str) -> None:
    with door as conn:
        for statement in statements:
            conn.execute(statement)


def _bytes(folder: Path) -> dict[str, str]:
    return {name: digest for name, (digest, *_) in fingerprint(folder).items()}


# --- who may write what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", WRITE)
def test_only_the_written_database_takes_rows(folder: Path, written: str) -> None:
    with VideoDatabase(folder, writes={written}) as conn:
        for schema in WRITE.keys() - {written}:
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                conn.execute(WRITE[schema])
        conn.execute(WRITE[written].replace("INSERT", "INSERT OR REPLACE"))


def test_without_a_choice_the_hand_edited_databases_take_rows(folder: Path) -> None:
    assert {"layout", "captions", "state"} == HAND_EDITED
    with VideoDatabase(folder) as conn:
        for schema in ("layout", "captions", "state"):
            conn.execute(WRITE[schema].replace("INSERT", "INSERT OR REPLACE"))
            conn.commit()
        for schema in ("video", "fullOCR", "cropping"):
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                conn.execute(WRITE[schema])


def test_an_empty_choice_writes_nothing(folder: Path) -> None:
    with VideoDatabase(folder, writes=()) as conn:
        for schema in WRITE:
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                conn.execute(WRITE[schema])


@pytest.mark.parametrize("statement", ["CREATE TABLE notes (a)", "CREATE TABLE main.notes (a)"])
def test_nothing_is_written_where_it_would_be_lost(folder: Path, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match=r"must be written as schema\.table"),
        VideoDatabase(folder, writes={"layout"}) as conn,
    ):
        conn.execute(statement)


def test_temporary_tables_are_free(folder: Path) -> None:
    with VideoDatabase(folder, writes={"layout"}) as conn:
        conn.execute("CREATE TEMP TABLE chosen AS SELECT frame_index FROM video.full_frames")
        conn.execute(WRITE["layout"].replace("INSERT", "INSERT OR REPLACE"))
        assert conn.execute("SELECT count(*) FROM chosen").fetchone() == (3,)


def test_many_statements_at_once_follow_the_same_rules(folder: Path) -> None:
    with VideoDatabase(folder, writes={"captions"}) as conn:
        row = "INSERT INTO captions.captions (start_frame_index, end_frame_index) VALUES (?, ?)"
        conn.executemany(row, [(1, 2), (5, 6)])
        conn.executescript("DELETE FROM captions.captions WHERE start_frame_index = 5; SELECT 1;")
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            conn.executescript(APPROVE)
    assert rows(folder / "captions.db", "SELECT count(*) FROM captions") == [(2,)]


# --- one transaction, one database -----------------------------------------------------------------------------------


def test_a_transaction_over_two_databases_is_refused_and_nothing_of_it_is_kept(folder: Path) -> None:
    before = _bytes(folder)
    with pytest.raises(DatabaseError, match="this one has written layout and would write captions") as told:
        _run(VideoDatabase(folder), APPROVE, WRITE["captions"])
    assert told.value.hint == "Commit first."
    assert _bytes(folder) == before


def test_the_refused_statement_may_be_repeated_after_a_commit(folder: Path) -> None:
    with VideoDatabase(folder) as conn:
        conn.execute(APPROVE)
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            conn.execute(WRITE["captions"])
        conn.commit()
        conn.execute(WRITE["captions"])
    assert rows(folder / "layout.db", "SELECT layout_approved FROM video_layout_config") == [(1,)]
    assert rows(folder / "captions.db", "SELECT count(*) FROM captions") == [(2,)]


def test_a_later_error_is_not_blamed_on_an_earlier_refusal(folder: Path) -> None:
    def block() -> None:
        with VideoDatabase(folder) as conn:
            conn.execute(APPROVE)
            with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
                conn.execute(WRITE["captions"])
            conn.execute("UPDATE layout.video_layout_config SET layout_approved = 7")

    with pytest.raises(sqlite3.IntegrityError):
        block()


@pytest.mark.parametrize(
    "first",
    [
        "DELETE FROM layout.full_frame_box_labels",
        "CREATE TABLE layout.extra (a)",
        "ALTER TABLE layout.video_layout_config ADD COLUMN extra",
        "DROP TABLE layout.action_log",
        "CREATE INDEX layout.extra ON video_layout_config (confidence)",
    ],
)
def test_every_kind_of_change_counts_as_writing(folder: Path, first: str) -> None:
    with pytest.raises(DatabaseError, match="One transaction"):
        _run(VideoDatabase(folder), "BEGIN", first, WRITE["captions"])


def test_the_same_statement_text_is_judged_anew_in_every_transaction(folder: Path) -> None:
    with pytest.raises(DatabaseError, match="this one has written captions and would write layout"):
        _run(VideoDatabase(folder), APPROVE, "COMMIT", WRITE["captions"], APPROVE)


@pytest.mark.parametrize("pragma", ["journal_mode = WAL", "layout.journal_mode = WAL", "layout.user_version = 9"])
def test_the_form_of_the_files_is_not_changed_through_the_door(folder: Path, pragma: str) -> None:
    before = fingerprint(folder)
    _run(VideoDatabase(folder), "PRAGMA layout.user_version")  # asking is fine
    with pytest.raises(DatabaseError, match="not changed here"):
        _run(VideoDatabase(folder), f"PRAGMA {pragma}")
    assert fingerprint(folder) == before


# --- leaving the block -----------------------------------------------------------------------------------------------


def test_leaving_the_block_commits(folder: Path) -> None:
    with VideoDatabase(folder, writes={"captions"}) as conn:
        conn.execute(WRITE["captions"])
    assert rows(folder / "captions.db", "SELECT count(*) FROM captions") == [(2,)]


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3), GeneratorExit()])
def test_an_error_in_the_block_rolls_back_closes_and_goes_through(folder: Path, error: BaseException) -> None:
    before = _bytes(folder)
    door = VideoDatabase(folder, writes={"captions"})

    def block() -> None:
        with door as conn:
            conn.execute(WRITE["captions"])
            raise error

    with pytest.raises(type(error)) as raised:
        block()
    assert raised.value is error
    assert door.conn is None
    assert descriptors(folder) == []
    assert _bytes(folder) == before


def test_an_open_cursor_does_not_keep_the_door_open(folder: Path) -> None:
    with VideoDatabase(folder, readonly=True) as conn:
        cursor = conn.execute("SELECT image_data FROM video.full_frames")
        assert next(cursor)
    assert descriptors(folder) == []


def test_a_block_that_closes_the_connection_itself_is_told(folder: Path) -> None:
    with pytest.raises(sqlite3.ProgrammingError, match="closed"), VideoDatabase(folder, writes={"layout"}) as conn:
        conn.close()
    assert descriptors(folder) == []


def test_of_an_error_and_a_failing_rollback_the_error_is_told(folder: Path) -> None:
    def block() -> None:
        with VideoDatabase(folder, writes={"layout"}) as conn:
            conn.close()
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        block()


def test_a_busy_database_is_told_as_such(folder: Path) -> None:
    other = sqlite3.connect(folder / "layout.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with VideoDatabase(folder, readonly=True, timeout=0) as conn:  # readers never wait for a writer
            assert LayoutReader(conn).box_labels() == [LABEL]
        with VideoDatabase(folder, writes={"captions"}, timeout=0) as conn:  # nor do writers of other databases
            conn.execute(WRITE["captions"])
        with (
            pytest.raises(DatabaseBusyError, match=r"layout\.db is being written by another process"),
            VideoDatabase(folder, writes={"layout"}, timeout=0) as conn,
        ):
            LayoutWriter(conn).delete_box_labels([(100, 0)])
    finally:
        other.close()


def test_a_reader_in_mid_read_makes_the_commit_busy_and_loses_nothing_of_the_file(folder: Path) -> None:
    other = sqlite3.connect(folder / "layout.db", isolation_level=None)
    try:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM full_frame_box_labels").fetchone()
        with (
            pytest.raises(DatabaseBusyError, match=r"layout\.db"),
            VideoDatabase(folder, writes={"layout"}, timeout=0) as conn,
        ):
            LayoutWriter(conn).delete_box_labels([(100, 0)])
    finally:
        other.close()
    assert rows(folder / "layout.db", "SELECT count(*) FROM full_frame_box_labels") == [(1,)]
