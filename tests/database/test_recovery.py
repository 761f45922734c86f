"""What a killed writer, a link or another tool has left is brought in order before anything is written."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.layout import LayoutReader, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.recovery import recover_folder, recover_journal
from caption_boundaries.errors import (
    DatabaseBusyError,
    DatabaseCorruptError,
    DatabaseError,
    StorageError,
)
from support.databases import (
    LABEL,
    MANY_LABELS,
    as_nobody,
    filled_folder,
    fingerprint,
    kill_writer,
    md5,
    names,
    open_to_all,
    raw,
    rows,
    write_protect,
)


def labels(folder: Path, **options: object) -> list[object]:
    with VideoDatabase(folder, **options) as conn:
        return list(LayoutReader(conn).box_labels())


def relabel(folder: Path) -> None:
    with VideoDatabase(folder, writes={"layout"}, timeout=0) as conn:
        LayoutWriter(conn).delete_box_labels([(LABEL.frame_index, LABEL.box_index)])


# --- a killed writer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"writes": {"layout"}}, {"writes": {"captions"}}, {"writes": ()}])
def test_a_door_that_is_not_read_only_rolls_back_what_a_killed_writer_began(folder: Path, options: dict) -> None:
    before, listing = rows(folder / "layout.db", "SELECT * FROM full_frame_box_labels"), names(folder)
    kill_writer(folder / "layout.db", MANY_LABELS)
    assert labels(folder, **options) == [LABEL]
    assert rows(folder / "layout.db", "SELECT * FROM full_frame_box_labels") == before
    assert rows(folder / "layout.db", "PRAGMA integrity_check") == [("ok",)]
    assert names(folder) == listing


def test_a_read_only_door_says_what_to_do_and_touches_nothing(folder: Path) -> None:
    kill_writer(folder / "layout.db", MANY_LABELS)
    before = fingerprint(folder)
    with pytest.raises(DatabaseError, match=r"layout\.db was being written when a process was killed") as told:
        labels(folder, readonly=True)
    assert "`caption-boundaries doctor --upgrade " in told.value.hint
    assert fingerprint(folder) == before
    with VideoDatabase(folder, readonly=True, attach={"captions"}):
        pass  # the others are not concerned


def test_a_folder_is_brought_in_order_for_read_only_doors(folder: Path) -> None:
    before, listing = rows(folder / "layout.db", "SELECT * FROM full_frame_box_labels"), names(folder)
    recover_folder(folder)  # nothing to do
    kill_writer(folder / "layout.db", MANY_LABELS)
    kill_writer(folder / "captions.db", "UPDATE captions SET text = hex(randomblob(9000))")
    recover_folder(folder)
    assert labels(folder, readonly=True) == [LABEL]
    assert rows(folder / "layout.db", "SELECT * FROM full_frame_box_labels") == before
    assert names(folder) == listing


def test_a_folder_is_not_brought_in_order_while_somebody_commits(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "layout.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute(MANY_LABELS)
        with pytest.raises(DatabaseBusyError, match=r"layout\.db is being written"):
            recover_folder(folder, timeout=0)
        writer.execute("ROLLBACK")


def test_where_nothing_may_be_written_nothing_can_be_brought_in_order() -> None:
    with open_to_all() as root:
        folder = filled_folder(root / "video")
        kill_writer(folder / "layout.db", MANY_LABELS)
        write_protect(folder)
        before = fingerprint(folder)

        def attempt() -> str:
            with pytest.raises((StorageError, DatabaseError)) as told:
                labels(folder)
            return str(told.value)

        assert "layout.db" in as_nobody(attempt)
        assert fingerprint(folder) == before


def test_the_journal_of_a_live_writer_is_left_alone(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "layout.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE full_frame_box_labels SET label = 'out'")
        journal = folder / "layout.db-journal"
        assert journal.exists()
        assert not recover_journal(folder / "layout.db", timeout=0)
        assert labels(folder) == labels(folder, readonly=True) == [LABEL]
        assert journal.exists()
        writer.execute("COMMIT")
    assert rows(folder / "layout.db", "SELECT label FROM full_frame_box_labels") == [("out",)]


def test_a_writer_in_the_middle_of_its_commit_is_waited_for(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "layout.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute(MANY_LABELS)
        for options in ({"readonly": True}, {}, {"writes": {"captions"}}):
            with pytest.raises(DatabaseBusyError, match=r"layout\.db is being written"):
                labels(folder, timeout=0, **options)
        writer.execute("ROLLBACK")


def test_there_is_nothing_to_roll_back(folder: Path) -> None:
    assert not recover_journal(folder / "layout.db", timeout=0)
    (folder / "layout.db-journal").write_bytes(b"\0" * 512)  # a writer that had not begun in earnest
    (folder / "captions.db").unlink()
    (folder / "captions.db-journal").write_bytes(b"x")
    assert not recover_journal(folder / "layout.db", timeout=0)
    assert not recover_journal(folder / "captions.db", timeout=0)
    relabel(folder)
    assert names(folder) & {"layout.db-journal"} == set()


def test_a_journal_of_another_version_of_the_file_does_not_go_unnoticed(folder: Path) -> None:
    """As after a checkout beside a journal: SQLite plays it back into whatever has the name."""
    path = folder / "layout.db"
    raw(path, MANY_LABELS)
    kill_writer(path, "UPDATE full_frame_box_labels SET box_text = 'x' || box_text WHERE frame_index % 50 = 0")
    other = filled_folder(folder.parent / "other") / "layout.db"
    raw(other, MANY_LABELS.replace("'never committed ' || i", "hex(randomblob(40))"), "VACUUM")
    shutil.copyfile(other, path)
    with pytest.raises(DatabaseCorruptError, match=r"layout\.db is damaged"):
        labels(folder)


# --- one name for each file ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [os.link, os.symlink])
@pytest.mark.parametrize("options", [{}, {"writes": {"layout"}}])
def test_a_file_that_a_cache_shares_is_made_our_own_before_it_is_written(folder: Path, link, options: dict) -> None:
    path, cached = folder / "layout.db", folder.parent / "cache"
    path.rename(cached)
    link(cached, path)
    cached.chmod(0o444)
    before = md5(cached)
    with VideoDatabase(folder, **options) as conn:
        assert LayoutReader(conn).box_labels() == [LABEL]
        LayoutWriter(conn).delete_box_labels([(100, 0)])
    assert md5(cached) == before
    assert not path.is_symlink()
    assert (path.stat().st_nlink, path.stat().st_mode & 0o777) == (1, 0o644)
    assert labels(folder, readonly=True) == []
    assert names(folder) == names(folder) - {"layout.db-journal"}


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_shared_file_is_read_where_it_is(folder: Path, link) -> None:
    path, cached = folder / "layout.db", folder.parent / "cache"
    path.rename(cached)
    link(cached, path)
    before = fingerprint(folder.parent), path.stat().st_ino
    assert labels(folder, readonly=True) == labels(folder, writes={"captions"}) == [LABEL]
    assert (fingerprint(folder.parent), path.stat().st_ino) == before


def test_a_write_protected_shared_file_is_made_our_own_by_an_ordinary_user() -> None:
    with open_to_all() as root:
        folder = filled_folder(root / "video")
        cached = root / "cache"
        (folder / "layout.db").rename(cached)
        os.link(cached, folder / "layout.db")
        cached.chmod(0o444)
        folder.chmod(0o777)
        before = md5(cached)
        as_nobody(lambda: relabel(folder))
        assert md5(cached) == before
        assert labels(folder, readonly=True) == []


def test_a_shared_file_is_not_copied_under_a_writer(folder: Path) -> None:
    os.link(folder / "layout.db", folder.parent / "backup")
    with closing(sqlite3.connect(folder / "layout.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusyError):
            relabel(folder)
    assert (folder / "layout.db").stat().st_nlink == 2
    assert {name for name in names(folder) if name.startswith(".partial")} == set()


# --- left in write-ahead mode by another tool ------------------------------------------------------------------------


def test_a_versioned_file_in_write_ahead_mode_is_read_without_a_trace(folder: Path) -> None:
    raw(folder / "layout.db", "PRAGMA journal_mode = WAL")
    before = fingerprint(folder)
    assert labels(folder, readonly=True) == [LABEL]
    assert fingerprint(folder) == before


def test_a_versioned_file_leaves_write_ahead_mode_when_it_is_written(folder: Path) -> None:
    path = folder / "layout.db"
    raw(path, "PRAGMA journal_mode = WAL")
    kill_writer(path, "UPDATE full_frame_box_labels SET box_text = 'committed'", wal=True)
    relabel(folder)
    assert rows(path, "PRAGMA journal_mode") == [("delete",)]
    assert rows(path, "SELECT count(*) FROM full_frame_box_labels") == [(0,)]
    assert names(folder) & {"layout.db-wal", "layout.db-shm"} == set()


def test_a_versioned_file_in_write_ahead_mode_is_not_taken_from_another_process(folder: Path) -> None:
    path = folder / "layout.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("SELECT * FROM full_frame_box_labels").fetchall()
        assert labels(folder, readonly=True) == [LABEL]
        with pytest.raises(DatabaseBusyError, match=r"layout\.db"):
            relabel(folder)
    relabel(folder)


def test_a_shared_file_in_write_ahead_mode_is_left_to_a_person(folder: Path) -> None:
    raw(folder / "layout.db", "PRAGMA journal_mode = WAL")
    os.link(folder / "layout.db", folder.parent / "cache")
    before = fingerprint(folder.parent)
    with pytest.raises(DatabaseError, match="shared by a link and in write-ahead mode"):
        relabel(folder)
    assert fingerprint(folder.parent) == before


@pytest.mark.parametrize("options", [{"readonly": True}, {}, {"writes": {"layout"}}])
def test_the_write_ahead_log_of_another_version_of_the_file_is_never_mixed_in(folder: Path, options: dict) -> None:
    """As after a checkout beside a left-over log: SQLite would show rows of both, and call the file sound."""
    path = folder / "layout.db"
    clean = path.read_bytes()
    raw(path, "PRAGMA journal_mode = WAL")
    kill_writer(path, MANY_LABELS, wal=True)
    path.write_bytes(clean)
    before = fingerprint(folder)
    with pytest.raises(DatabaseCorruptError, match=r"layout\.db-wal .* was left by another version"):
        labels(folder, **options)
    assert fingerprint(folder) == before
    (folder / "layout.db-wal").unlink()
    assert labels(folder, readonly=True) == [LABEL]
