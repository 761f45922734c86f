"""Several at once: nothing is lost, nobody hangs, and who has to wait is told so."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import DatabaseBusyError
from caption_boundaries.migration.batch import attempt
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.rollback import RollbackOptions, rollback_folder
from caption_boundaries.migration.synthetic import OldFolder
from caption_boundaries.migration.verify import verify_folder
from support.databases import fingerprint, rows, start_python
from support.old_folders import assert_complete, old_file, old_folder, rows_of

QUICK = MigrateOptions(timeout=0.05)


def test_four_migrators_on_one_folder(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(cropped_frames=400, picture_bytes=5000))
    expected = rows_of(folder, {})
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(4), context.Queue()

    def migrate() -> None:
        barrier.wait()
        outcome = attempt(folder, migrate_folder, lambda *report: None)
        results.put((outcome.status, outcome.detail))

    processes = [context.Process(target=migrate) for _ in range(4)]
    for process in processes:
        process.start()
    told = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    counts = Counter(status for status, _ in told)
    assert counts["done"] == 1
    assert all("already in the new form" in detail for status, detail in told if status == "skipped")
    assert all("Another process is working on" in detail for status, detail in told if status == "failed")
    assert assert_complete(folder, expected) == "new"
    assert verify_folder(folder, deep=True)


@pytest.mark.parametrize("wal", [False, True], ids=["delete", "wal"])
def test_a_writer_in_mid_transaction_is_waited_for_and_then_told(tmp_path: Path, wal: bool) -> None:
    folder = old_folder(tmp_path, OldFolder(wal=wal))
    with closing(sqlite3.connect(old_file(folder), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE captions SET text = 'the last edit' WHERE id = 1")
        with pytest.raises(DatabaseBusyError, match="being written by another process"):
            migrate_folder(folder, QUICK)
        writer.execute("COMMIT")
    migrate_folder(folder, QUICK)
    assert rows(folder / "captions.db", "SELECT text FROM captions WHERE id = 1") == [("the last edit",)]


def test_an_idle_connection_in_write_ahead_mode_is_told(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(wal=True))
    expected = rows_of(folder, {})
    with closing(sqlite3.connect(old_file(folder), isolation_level=None)) as idle:
        idle.execute("SELECT count(*) FROM captions").fetchone()
        with pytest.raises(DatabaseBusyError):
            migrate_folder(folder, QUICK)
        idle.execute("UPDATE captions SET text = 'after the attempt' WHERE id = 1")  # its pages go where they belong
    expected["captions"][0]["text"] = "after the attempt"
    expected["captions"][0]["text_updated_at"] = rows(old_file(folder), "SELECT text_updated_at FROM captions")[0][0]
    expected["text_review_status"] = rows_of(folder, {})["text_review_status"]
    migrate_folder(folder, QUICK)
    assert assert_complete(folder, expected) == "new"


def test_an_idle_connection_in_rollback_mode_is_refused_after_the_swap(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    expected = rows_of(folder, {})
    with closing(sqlite3.connect(old_file(folder), isolation_level=None)) as idle:
        idle.execute("SELECT count(*) FROM captions").fetchone()
        migrate_folder(folder, QUICK)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            idle.execute("UPDATE captions SET text = 'into nowhere'")
    assert assert_complete(folder, expected) == "new"


def test_a_writer_that_waits_during_the_swap_is_refused_loudly(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(cropped_frames=300, picture_bytes=5000))
    expected = rows_of(folder, {})
    # It is there before, asks again and again, and must never be told that all is well once the file has moved.
    writer = start_python(
        """
        import sqlite3, sys
        from pathlib import Path
        connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
        connection.execute("SELECT count(*) FROM captions").fetchone()
        print("ready", flush=True)
        well = 0
        while not Path(sys.argv[1]).with_name("captions.db.old").exists():
            pass
        while True:
            try:
                connection.execute("UPDATE captions SET text_notes = 'late'")
                print("written", flush=True)
                break
            except sqlite3.OperationalError as error:
                if "readonly" in str(error):
                    print("refused", flush=True)
                    break
        """,
        old_file(folder),
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    migrate_folder(folder)
    said, _ = writer.communicate(timeout=60)
    assert said == "refused\n"
    assert assert_complete(folder, expected) == "new"


@pytest.mark.parametrize("wal", [False, True], ids=["delete", "wal"])
def test_a_long_reader_goes_on_reading_what_it_saw(tmp_path: Path, wal: bool) -> None:
    folder = old_folder(tmp_path, OldFolder(wal=wal))
    expected = rows_of(folder, {})
    with closing(sqlite3.connect(old_file(folder), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        before = reader.execute("SELECT * FROM captions").fetchall()
        if wal:  # it could not be told from a connection that will write
            with pytest.raises(DatabaseBusyError):
                migrate_folder(folder, QUICK)
        else:
            migrate_folder(folder, QUICK)
        assert reader.execute("SELECT * FROM captions").fetchall() == before
        reader.execute("COMMIT")
    migrate_folder(folder, QUICK)
    assert assert_complete(folder, expected) == "new"


class Overtaken(VideoDatabase):
    """Sees an old folder, and opens it after somebody has migrated it."""

    def _open_old(self, old: Path) -> sqlite3.Connection:
        migrate_folder(self.video_dir)
        return super()._open_old(old)


def test_a_folder_that_is_migrated_while_it_is_opened_is_opened_in_its_new_form(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(cropped_frames=20))
    with pytest.warns(DeprecationWarning, match="old form"), Overtaken(folder, readonly=True) as connection:
        assert connection.execute("SELECT count(*) FROM cropping.cropped_frames").fetchone() == (20,)


def test_readers_of_the_new_form_never_see_half_a_folder(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(cropped_frames=200, picture_bytes=5000))
    reader = start_python(
        """
        import sys, warnings
        from pathlib import Path
        from caption_boundaries.database.multi_db import VideoDatabase
        warnings.simplefilter("ignore")
        folder, seen = Path(sys.argv[1]), set()
        print("ready", flush=True)
        while True:
            with VideoDatabase(folder, readonly=True) as connection:
                sql = "SELECT (SELECT count(*) FROM cropping.cropped_frames), (SELECT count(*) FROM captions.captions)"
                seen.add(connection.execute(sql).fetchone())
            if (folder / "migration.json").exists() and not (folder / ".partial-migration").exists():
                break
        print(seen)
        """,
        folder,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    migrate_folder(folder)
    said, errors = reader.communicate(timeout=60)
    captions = rows(folder / "captions.db", "SELECT count(*) FROM captions")[0][0]
    assert said == f"{{(200, {captions})}}\n", errors


@pytest.mark.parametrize("database", ["captions.db", "layout.db", "state.db"])
def test_a_rollback_waits_for_nobody_and_loses_nothing(tmp_path: Path, database: str) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    before = {name: mark[0] for name, mark in fingerprint(folder).items()}
    table = {"captions.db": "captions", "layout.db": "video_layout_config", "state.db": "video_preferences"}[database]
    with closing(sqlite3.connect(folder / database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute(f"UPDATE {table} SET id = id")
        with pytest.raises(DatabaseBusyError):
            rollback_folder(folder, RollbackOptions(timeout=0.05))
        other.execute("ROLLBACK")
    assert {name: mark[0] for name, mark in fingerprint(folder).items()} == before
    rollback_folder(folder)


def test_an_idle_connection_to_the_local_state_is_told(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    with VideoDatabase(folder, writes={"state"}) as connection:
        connection.execute("SELECT count(*) FROM state.video_preferences").fetchone()
        with pytest.raises(DatabaseBusyError):
            rollback_folder(folder, RollbackOptions(timeout=0.05))
        connection.execute("UPDATE state.video_preferences SET text_size = 7.0")
    assert rows(folder / "state.db", "PRAGMA journal_mode") == [("wal",)]
    rollback_folder(folder)
    assert rows(old_file(folder), "SELECT text_size FROM video_preferences") == [(7.0,)]
