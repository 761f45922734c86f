"""New databases appear whole, and never in the place of another."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.atomic import copy_rights, discard, partial_path, place_file, storage_error, write_file
from caption_boundaries.database.creation import build_database, create_database, create_databases
from caption_boundaries.database.folder_lock import FolderLock, alone_in_folder
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.stand_in import attach_stand_in
from caption_boundaries.errors import DatabaseBusyError, StorageError
from support.databases import (
    MANY_LABELS,
    as_nobody,
    fingerprint,
    kill_writer,
    limited_files,
    names,
    new_folder,
    open_to_all,
    raw,
    rows,
)

LAYOUT = BY_SCHEMA["layout"]
SIX = {"video.db", "fullOCR.db", "layout.db", "captions.db", "cropping.db", "state.db"}


# --- databases -------------------------------------------------------------------------------------------------------


def test_all_six_are_made_with_nothing_beside_them(tmp_path: Path) -> None:
    create_databases(tmp_path)
    assert names(tmp_path) == SIX


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    create_databases(tmp_path)
    raw(tmp_path / "captions.db", "INSERT INTO captions (start_frame_index, end_frame_index) VALUES (1, 2)")
    (tmp_path / "layout.db").write_text("somebody's notes")
    (tmp_path / "video.db").unlink()
    before = fingerprint(tmp_path)
    create_databases(tmp_path)
    after = fingerprint(tmp_path)
    assert after.pop("video.db")
    assert after == before
    assert not create_database(tmp_path / "captions.db", LAYOUT)


def test_one_of_many_makes_the_file(tmp_path: Path) -> None:
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(create_database(tmp_path / "layout.db", LAYOUT))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False] * 7 + [True]
    assert names(tmp_path) == {"layout.db"}


def test_what_a_database_that_is_gone_has_left_is_not_played_back(tmp_path: Path) -> None:
    path = new_folder(tmp_path / "video") / "layout.db"
    kill_writer(path, MANY_LABELS)
    path.unlink()
    assert create_database(path, LAYOUT)
    assert names(path.parent) == SIX
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "SELECT count(*) FROM full_frame_box_labels") == [(0,)]


def test_a_folder_that_may_not_be_written() -> None:
    with open_to_all() as folder:

        def attempt() -> str:
            with pytest.raises(StorageError) as told:
                create_database(folder / "layout.db", LAYOUT)
            return str(told.value)

        assert as_nobody(attempt).startswith("Permission is missing")
        assert names(folder) == set()


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file or directory"):
        create_database(tmp_path / "nothing" / "layout.db", LAYOUT)


@pytest.mark.parametrize("limit", [0, 4096, 12_288])
def test_a_full_disk_leaves_nothing(tmp_path: Path, limit: int) -> None:
    with pytest.raises(StorageError, match=r"video\.db"), limited_files(limit):
        create_databases(tmp_path)
    assert names(tmp_path) == set()


def test_a_name_that_is_taken_is_not_built_upon(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(StorageError, match="File exists"):
        build_database(tmp_path / "x", LAYOUT)
    assert (tmp_path / "x").read_text() == "mine"


def test_what_stands_in_for_a_database_has_its_whole_schema() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        attach_stand_in(connection, LAYOUT)
        attach_stand_in(connection, BY_SCHEMA["captions"])
        found = connection.execute("SELECT name FROM layout.sqlite_master WHERE type = 'table' ORDER BY rootpage")
        assert [name for (name,) in found if not name.startswith("sqlite_")] == list(LAYOUT.tables)
        assert connection.execute("PRAGMA layout.user_version").fetchone() == (LAYOUT.version,)
        connection.execute("INSERT INTO layout.video_layout_config (id, frame_width, frame_height) VALUES (1, 2, 3)")
        with closing(sqlite3.connect(":memory:")) as other:
            attach_stand_in(other, LAYOUT)
            assert other.execute("SELECT count(*) FROM layout.video_layout_config").fetchone() == (0,)


# --- files that appear whole or not at all ---------------------------------------------------------------------------


def test_a_file_is_written_as_a_whole(tmp_path: Path) -> None:
    write_file(tmp_path / "a.srt", b"one")
    write_file(tmp_path / "a.srt", b"two")
    assert (tmp_path / "a.srt").read_bytes() == b"two"
    assert names(tmp_path) == {"a.srt"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("nothing/a.srt", "No such file"), ("file/a.srt", "Not a directory"), ("x" * 300, "The name is too long")],
)
def test_where_no_file_can_be_written_one_sentence_says_why(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=expected):
        write_file(tmp_path / name, b"x")
    assert names(tmp_path) == {"file"}


@pytest.mark.parametrize("name", ["a.srt", "名" * 80, "x" * 255])
def test_partial_names_fit_are_hidden_and_never_the_same(tmp_path: Path, name: str) -> None:
    partials = {partial_path(tmp_path / name) for _ in range(100)}
    assert len(partials) == 100
    for partial in partials:
        assert partial.parent == tmp_path
        assert partial.name.startswith(".partial-")
        assert len(os.fsencode(f"{partial.name}-journal")) <= 255


def test_a_new_file_never_takes_the_name_of_another(tmp_path: Path) -> None:
    partial, final = tmp_path / "partial", tmp_path / "final"
    partial.write_text("new")
    assert place_file(partial, final)
    assert (names(tmp_path), final.read_text(), final.stat().st_nlink) == ({"final"}, "new", 1)
    partial.write_text("newer")
    assert not place_file(partial, final)
    assert final.read_text() == "new"


def test_without_hard_links_a_new_file_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    partial, final = tmp_path / "partial", tmp_path / "final"
    partial.write_text("new")
    assert place_file(partial, final)
    assert names(tmp_path) == {"final"}
    partial.write_text("newer")
    assert not place_file(partial, final)
    assert final.read_text() == "new"


def test_removing_what_cannot_be_removed_says_nothing(tmp_path: Path) -> None:
    discard(tmp_path / "nothing")
    discard(tmp_path)
    assert tmp_path.is_dir()


def test_rights_are_copied(tmp_path: Path) -> None:
    model, path = tmp_path / "model", tmp_path / "path"
    model.touch()
    path.touch()
    model.chmod(0o440)
    if os.geteuid() == 0:
        os.chown(model, 65534, 65534)
    copy_rights(model, path)
    assert (path.stat().st_mode & 0o777, path.stat().st_uid) == (0o440, model.stat().st_uid)
    copy_rights(model, path, writable=True)
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.ENOSPC, "The disk is full: /x/a.db."),
        (errno.EROFS, "The file system is read-only: /x/a.db."),
        (errno.EACCES, "Permission is missing: /x/a.db."),
        (errno.EIO, "The disk reported an error: /x/a.db."),
        (errno.ELOOP, f"{os.strerror(errno.ELOOP)}: /x/a.db."),
    ],
)
def test_errors_of_the_disk_are_told_in_one_sentence(code: int, sentence: str) -> None:
    told = storage_error(OSError(code, os.strerror(code)), Path("/x/a.db"))
    assert told.message == sentence
    assert told.hint


def test_an_error_without_a_number_is_told_too() -> None:
    assert storage_error(OSError("odd"), Path("/x")).message == "odd: /x."


# --- the lock of a folder --------------------------------------------------------------------------------------------


def test_the_lock_is_shared_or_had_alone(tmp_path: Path) -> None:
    one, two = (FolderLock(tmp_path, timeout=0) for _ in range(2))
    one.share()
    two.share()
    with pytest.raises(DatabaseBusyError, match="open for writing elsewhere"):
        one.exclude()
    two.close()
    one.exclude()
    with pytest.raises(DatabaseBusyError), alone_in_folder(tmp_path, timeout=0.02):
        pass
    one.close()
    with alone_in_folder(tmp_path, timeout=0):
        pass
    assert names(tmp_path) == set()


def test_whoever_waits_long_enough_gets_it(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path, timeout=0)
    lock.exclude()
    timer = threading.Timer(0.05, lock.close)
    timer.start()
    with alone_in_folder(tmp_path, timeout=30):
        timer.join()


def test_a_file_system_without_locks_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def no_locks(descriptor: int, kind: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with alone_in_folder(tmp_path, timeout=0):
        pass


def test_there_is_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"), alone_in_folder(tmp_path / "nothing", timeout=0):
        pass
