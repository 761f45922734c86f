"""Sealing: the same rows are the same file, and nobody's write is lost."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.atomic import replace_file
from caption_boundaries.database import sealing
from caption_boundaries.database.captions import CaptionReader, CaptionWriter
from caption_boundaries.database.folder_lock import alone_in_folder
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.row_hash import row_hash
from caption_boundaries.database.schema import DATABASES, VERSIONED
from caption_boundaries.database.sealing import is_sealed, seal
from caption_boundaries.errors import DatabaseBusyError, StorageError
from support.databases import (
    CAPTION,
    MANY_LABELS,
    descriptors,
    filled_folder,
    fingerprint,
    kill_writer,
    limited_files,
    md5,
    memory_folder,
    names,
    new_folder,
    raw,
    rows,
    run_python,
    start_python,
)


@pytest.fixture
def memory() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder


@pytest.fixture
def folder(memory: Path) -> Path:
    return filled_folder(memory / "video")


def hashes(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return [row_hash(connection, "main", table) for (table,) in tables]


# --- one content, one file -------------------------------------------------------------------------------------------


def test_it_is_known_whether_something_was_written_since(folder: Path) -> None:
    path = folder / "layout.db"
    assert not is_sealed(path)
    seal(path)
    assert is_sealed(path)
    rows(path, "SELECT count(*) FROM full_frame_box_labels")
    assert is_sealed(path)
    raw(path, "UPDATE full_frame_box_labels SET box_text = box_text || 1")
    assert not is_sealed(path)
    path.write_bytes(b"cut off")
    assert not is_sealed(path)


def _insert(i: int, text: str = "caption") -> str:
    return (
        "INSERT OR REPLACE INTO captions "
        "(id, start_frame_index, end_frame_index, text, boundary_updated_at, created_at) "
        f"VALUES ({i}, {i * 10}, {i * 10 + 9}, '{text} {i}', '2026-01-01', '2026-01-01')"
    )


_LOG = (
    "INSERT OR REPLACE INTO action_log (seq, uuid, actor, session, at, kind, forward, inverse) "
    "VALUES (1, 'u', 'a', 's', 'now', 'k', '{}', '{}')"
)
_RUN = "INSERT OR REPLACE INTO boundary_runs VALUES (1, 'd', '1', '{}', 'h', 0, 0, x'00', '[]', 'now')"


def _history(rng: random.Random) -> Iterator[str]:
    """Yield statements in random order with detours that all lead to the same rows."""
    wanted = [_LOG, _RUN, *(_insert(i) for i in range(1, 41))]
    rng.shuffle(wanted)
    for statement in wanted:
        detour = rng.random()
        if detour < 0.15:
            yield _insert(rng.randint(1, 40), "not yet " * rng.randint(1, 200))
        elif detour < 0.25:
            yield f"DELETE FROM captions WHERE id = {rng.randint(1, 40)}"
        elif detour < 0.35:
            yield rng.choice(["VACUUM", "BEGIN", "COMMIT", "ROLLBACK", "PRAGMA user_version = 1", "REINDEX"])
        yield statement
    yield from wanted


def test_forty_write_histories_to_the_same_rows_give_one_file(memory: Path) -> None:
    empty = (new_folder(memory / "video") / "captions.db").read_bytes()
    unsealed, sealed = set(), set()
    for seed in range(40):
        path = memory / f"{seed}.db"
        path.write_bytes(empty)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            for statement in _history(random.Random(seed)):
                try:
                    connection.execute(statement)
                except sqlite3.OperationalError:
                    assert statement in ("VACUUM", "BEGIN", "COMMIT", "ROLLBACK"), statement
            if connection.in_transaction:
                connection.execute("COMMIT")
        unsealed.add(md5(path))
        seal(path)
        sealed.add(md5(path))
    assert len(unsealed) > 20, "the histories differ"
    assert len(sealed) == 1


@pytest.mark.parametrize("spec", DATABASES, ids=lambda spec: spec.schema)
def test_sealing_keeps_every_row_the_version_and_the_rights(spec, folder: Path) -> None:
    path = folder / spec.filename
    path.chmod(0o660)
    before, header = hashes(path), rows(path, "PRAGMA application_id") + rows(path, "PRAGMA user_version")
    seal(path)
    assert hashes(path) == before
    assert rows(path, "PRAGMA application_id") + rows(path, "PRAGMA user_version") == header
    assert rows(path, "PRAGMA page_size") == [(spec.page_size,)]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert path.stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize("spec", VERSIONED, ids=lambda spec: spec.schema)
def test_sealing_again_changes_nothing(spec, folder: Path) -> None:
    path = folder / spec.filename
    seal(path)
    before = fingerprint(folder), path.stat().st_ino
    assert not seal(path)
    assert (fingerprint(folder), path.stat().st_ino) == before


def test_what_a_step_has_made_is_sealed_already(folder: Path) -> None:
    for schema in ("video", "fullOCR"):
        assert not seal(folder / f"{schema}.db")


def test_the_ids_of_deleted_rows_are_not_given_again_after_sealing(folder: Path) -> None:
    with VideoDatabase(folder, writes={"captions"}) as conn:
        writer = CaptionWriter(conn)
        last = writer.add(CAPTION)
        writer.delete([last])
    seal(folder / "captions.db")
    with VideoDatabase(folder, writes={"captions"}) as conn:
        assert CaptionWriter(conn).add(CAPTION) == last + 1


def test_counters_of_ids_do_not_tell_which_table_was_filled_first(tmp_path: Path) -> None:
    found = set()
    for number, order in enumerate([(_LOG, _insert(1)), (_insert(1), _LOG)]):
        path = new_folder(tmp_path / str(number)) / "captions.db"
        raw(path, *order)
        seal(path)
        found.add(md5(path))
        assert rows(path, "SELECT name FROM sqlite_sequence") == [("action_log",), ("captions",)]
    assert len(found) == 1


def test_a_database_without_counters_is_sealed_too(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    raw(path, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    assert seal(path)
    assert not seal(path)


# --- beside others ---------------------------------------------------------------------------------------------------


def test_nothing_lies_beside_a_sealed_file(folder: Path) -> None:
    listing = names(folder)
    kill_writer(folder / "layout.db", MANY_LABELS)
    seal(folder / "layout.db")
    assert names(folder) == listing
    assert rows(folder / "layout.db", "SELECT count(*) FROM full_frame_box_labels") == [(1,)]
    assert descriptors(folder) == []


def test_a_journal_that_was_never_begun_in_earnest_is_cleared_away(folder: Path) -> None:
    (folder / "layout.db-journal").write_bytes(bytes(512))
    seal(folder / "layout.db")
    assert "layout.db-journal" not in names(folder)


def test_a_file_in_write_ahead_mode_is_taken_out_of_it_with_all_that_was_committed(folder: Path) -> None:
    path = folder / "layout.db"
    raw(path, "PRAGMA journal_mode = WAL")
    kill_writer(path, "UPDATE full_frame_box_labels SET box_text = 'committed'", wal=True)
    seal(path)
    assert rows(path, "PRAGMA journal_mode") == [("delete",)]
    assert rows(path, "SELECT box_text FROM full_frame_box_labels") == [("committed",)]
    assert names(folder) & {"layout.db-wal", "layout.db-shm"} == set()


def test_sealing_is_refused_while_another_process_is_in_write_ahead_mode(folder: Path) -> None:
    path = folder / "layout.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("SELECT * FROM full_frame_box_labels").fetchall()
        with pytest.raises(DatabaseBusyError):
            seal(path, timeout=0)


def test_sealing_is_refused_beside_a_live_writer(folder: Path) -> None:
    path = folder / "layout.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        before = fingerprint(folder)
        with pytest.raises(DatabaseBusyError, match="being written"):
            seal(path, timeout=0)
        assert fingerprint(folder) == before
        writer.execute("UPDATE full_frame_box_labels SET label = 'out'")
        writer.execute("COMMIT")
    seal(path, timeout=0)
    assert rows(path, "SELECT label FROM full_frame_box_labels") == [("out",)]


def test_sealing_is_refused_beside_a_journal_over_several_files(folder: Path) -> None:
    (folder / "layout.db-mj00C0FFEE").touch()
    with pytest.raises(DatabaseBusyError, match=r"layout\.db-mj00C0FFEE lies beside it"):
        seal(folder / "layout.db")


def test_a_reader_goes_on_reading_what_it_began(folder: Path) -> None:
    with VideoDatabase(folder, readonly=True) as conn:
        conn.execute("BEGIN")
        before = CaptionReader(conn).captions()
        raw(folder / "layout.db", "DELETE FROM full_frame_box_labels")
        assert seal(folder / "captions.db", timeout=0)
        assert CaptionReader(conn).captions() == before


def test_sealing_waits_for_whoever_has_a_door_open_to_write(folder: Path) -> None:
    expected = pytest.raises(DatabaseBusyError, match="is open for writing elsewhere")
    with VideoDatabase(folder, writes={"layout"}), expected:
        seal(folder / "captions.db", timeout=0.02)
    with (
        VideoDatabase(folder, readonly=True),
        VideoDatabase(folder, writes={"state"}),
        VideoDatabase(folder, writes=()),
    ):
        assert seal(folder / "captions.db", timeout=0), "readers and the state are not concerned"


def test_a_door_waits_for_the_seal(folder: Path) -> None:
    with alone_in_folder(folder, timeout=0):
        with pytest.raises(DatabaseBusyError), VideoDatabase(folder, timeout=0.02):
            pass
        with VideoDatabase(folder, readonly=True, timeout=0) as conn:
            assert len(CaptionReader(conn).captions()) == 1
    assert descriptors(folder) == []


def test_another_tool_that_was_connected_before_cannot_write_into_the_void(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "captions.db", isolation_level=None)) as other:
        other.execute("SELECT * FROM captions").fetchall()  # connected, and idle
        assert seal(folder / "captions.db")
        with pytest.raises(sqlite3.OperationalError) as told:
            other.execute("INSERT INTO captions (start_frame_index, end_frame_index) VALUES (1, 2)")
    assert told.value.sqlite_errorname == "SQLITE_READONLY_DBMOVED"
    assert rows(folder / "captions.db", "SELECT count(*) FROM captions") == [(1,)]
    assert "captions.db-journal" not in names(folder)


def test_a_door_whose_file_another_tool_has_replaced_says_so(folder: Path) -> None:
    copy = folder / "copy"
    copy.write_bytes((folder / "captions.db").read_bytes())

    def block() -> None:
        with VideoDatabase(folder, writes={"captions"}) as conn:
            assert len(CaptionReader(conn).captions()) == 1
            copy.replace(folder / "captions.db")
            CaptionWriter(conn).add(CAPTION)

    with pytest.raises(DatabaseBusyError, match=r"captions\.db was replaced .* the change was not saved"):
        block()
    assert rows(folder / "captions.db", "SELECT count(*) FROM captions") == [(1,)]


def test_no_write_is_lost_between_the_copy_and_the_new_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "captions.db"
    attempts = []

    def meanwhile(partial: Path, final: Path) -> None:
        attempts.append(run_python(_WRITER, path))
        replace_file(partial, final)

    monkeypatch.setattr(sealing, "replace_file", meanwhile)
    assert seal(path)
    assert ["database is locked" in attempt.stderr for attempt in attempts] == [True]
    assert run_python(_WRITER, path).returncode == 0, "afterwards it may write"
    assert rows(path, "SELECT count(*) FROM captions") == [(2,)]


_WRITER = """
    import sqlite3, sys
    with sqlite3.connect(sys.argv[1], timeout=0) as connection:
        connection.execute("INSERT INTO captions (start_frame_index, end_frame_index) VALUES (1, 2)")
"""


def test_every_write_that_was_acknowledged_is_there_after_many_seals(folder: Path) -> None:
    path = folder / "captions.db"
    writer = """
        import sys
        from caption_boundaries.database.captions import Caption, CaptionWriter
        from caption_boundaries.database.multi_db import VideoDatabase
        for number in range(25):
            with VideoDatabase(sys.argv[1], writes={"captions"}, attach={"captions"}, timeout=30) as conn:
                CaptionWriter(conn).add(Caption(number, number))
    """
    children = [start_python(writer, folder) for _ in range(3)]
    seals = 0
    while any(child.poll() is None for child in children):
        seals += seal(path, timeout=30)
    assert [child.communicate()[1] for child in children] == ["", "", ""]
    assert seals > 1
    assert rows(path, "SELECT count(*) FROM captions") == [(1 + 75,)]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


# --- what cannot be sealed -------------------------------------------------------------------------------------------


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nothing\.db cannot be opened"):
        seal(tmp_path / "nothing.db")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("limit", [0, 4096, 40_960])
def test_a_full_disk_leaves_the_file_as_it_was(folder: Path, limit: int) -> None:
    raw(folder / "layout.db", MANY_LABELS)
    before = fingerprint(folder)
    with pytest.raises(StorageError, match=r"layout\.db"), limited_files(limit):
        seal(folder / "layout.db")
    assert fingerprint(folder) == before


def test_any_name_can_be_sealed(tmp_path: Path) -> None:
    for name in ("what? #1 %41", "it's", "new\nline", os.fsdecode(b"not utf-8 \xff")):
        path = filled_folder(tmp_path / name) / "layout.db"
        assert seal(path)
        assert rows(path, "SELECT count(*) FROM full_frame_box_labels") == [(1,)]
    assert not any(found.name.startswith(".partial") for found in tmp_path.rglob("*"))
