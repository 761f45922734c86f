"""Replacing a database as a whole: the old file stays until the new one is there, whatever happens."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.full_ocr import OcrReader, OcrWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.replacing import remove_partials, replacing_database
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter
from caption_boundaries.errors import (
    DatabaseBusyError,
    DatabaseMissingError,
    StorageError,
)
from support.databases import (
    LINE,
    descriptors,
    filled_folder,
    fingerprint,
    kill_writer,
    limited_files,
    md5,
    names,
    rows,
    start_python,
)


def read_again(folder: Path, text: str = "new") -> None:
    """Make fullOCR.db anew."""
    with replacing_database(folder, "fullOCR", reads={"video"}) as conn:
        for index in VideoDbReader(conn).frame_indices():
            OcrWriter(conn).add_frame(index, [LINE, LINE], float(index))
        conn.execute("UPDATE fullOCR.full_frame_ocr SET text = ?", (text,))


def texts(folder: Path) -> set[object]:
    return {text for (text,) in rows(folder / "fullOCR.db", "SELECT text FROM full_frame_ocr")}


def test_the_new_file_takes_the_place_of_the_old_one(folder: Path) -> None:
    listing, others = names(folder), {name: print_ for name, print_ in fingerprint(folder).items() if "OCR" not in name}
    read_again(folder)
    assert texts(folder) == {"new"}
    assert rows(folder / "fullOCR.db", "SELECT count(*) FROM full_frame_ocr") == [(6,)]
    assert names(folder) == listing
    assert {name: print_ for name, print_ in fingerprint(folder).items() if "OCR" not in name} == others
    assert descriptors(folder) == []


def test_the_new_file_begins_empty_and_only_it_is_written(folder: Path) -> None:
    with replacing_database(folder, "fullOCR", reads={"video"}) as conn:
        assert OcrReader(conn).lines() == {}
        assert len(VideoDbReader(conn).frame_indices()) == 3
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            conn.execute("DELETE FROM video.full_frames")
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            conn.execute("SELECT * FROM captions.captions")


def test_equal_rows_give_an_equal_file(folder: Path) -> None:
    found = set()
    for order in ((0, 100, 200), (200, 0, 100)):
        with replacing_database(folder, "fullOCR", reads={"video"}) as conn:
            for index in order:
                OcrWriter(conn).add_frame(index, [], None)
        found.add(md5(folder / "fullOCR.db"))
    assert len(found) == 1


def test_a_missing_old_file_is_no_hindrance(folder: Path) -> None:
    (folder / "fullOCR.db").unlink()
    read_again(folder)
    assert texts(folder) == {"new"}


def test_what_is_not_versioned_is_made_anew_without_sealing(folder: Path) -> None:
    with replacing_database(folder, "cropping", reads={"video"}) as conn:
        conn.execute("INSERT INTO cropping.change_signal VALUES (0, 1, 1, 1, x'00', x'00')")
    assert rows(folder / "cropping.db", "SELECT count(*) FROM change_signal") == [(1,)]
    assert rows(folder / "cropping.db", "PRAGMA page_size") == [(8192,)]


def test_the_rights_of_the_old_file_are_kept(folder: Path) -> None:
    (folder / "fullOCR.db").chmod(0o664)
    read_again(folder)
    assert (folder / "fullOCR.db").stat().st_mode & 0o777 == 0o664


def test_readers_see_the_old_file_or_the_new_one(folder: Path) -> None:
    with VideoDatabase(folder, readonly=True) as before:
        assert OcrReader(before).lines_at(100) == [LINE]
        with replacing_database(folder, "fullOCR", reads=()) as conn:
            OcrWriter(conn).add_frame(100, [], 10.0)
            with VideoDatabase(folder, readonly=True) as meanwhile:
                assert OcrReader(meanwhile).lines_at(100) == [LINE]
        assert OcrReader(before).lines_at(100) == [LINE]
    with VideoDatabase(folder, readonly=True) as after:
        assert OcrReader(after).lines_at(100) == []


# --- the old file stays ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(1)])
def test_an_error_leaves_the_old_file(folder: Path, error: BaseException) -> None:
    before = fingerprint(folder)

    def block() -> None:
        with replacing_database(folder, "fullOCR", reads={"video"}) as conn:
            OcrWriter(conn).add_frame(0, [LINE], 0.0)
            raise error

    with pytest.raises(type(error)):
        block()
    assert fingerprint(folder) == before
    assert descriptors(folder) == []


def test_a_step_that_fails_in_sqlite_leaves_the_old_file(folder: Path) -> None:
    before = fingerprint(folder)

    def block() -> None:
        with replacing_database(folder, "fullOCR", reads={"video"}) as conn:
            OcrWriter(conn).add_frame(0, [], 0.0)
            OcrWriter(conn).add_frame(0, [], 0.0)

    with pytest.raises(sqlite3.IntegrityError):
        block()
    assert fingerprint(folder) == before


def test_a_missing_database_to_read_is_told_before_anything_is_made(folder: Path) -> None:
    (folder / "video.db").unlink()
    before = fingerprint(folder)
    with pytest.raises(DatabaseMissingError, match=r"video\.db is missing"):
        read_again(folder)
    assert fingerprint(folder) == before


def test_a_kill_in_the_middle_leaves_the_old_file(folder: Path) -> None:
    before = fingerprint(folder)
    child = start_python(
        """
        import sys, time
        from pathlib import Path
        from caption_boundaries.database.replacing import replacing_database
        with replacing_database(Path(sys.argv[1]), "fullOCR", reads={"video"}) as conn:
            conn.executemany(
                "INSERT INTO fullOCR.full_frame_ocr_status (frame_index, box_count, error) VALUES (?, 0, ?)",
                ((index, "x" * 4000) for index in range(2000)),
            )
            print("half way", flush=True)
            time.sleep(60)
        """,
        folder,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "half way\n", child.communicate()
        child.send_signal(signal.SIGKILL)
        child.communicate()
    left = names(folder) - before.keys()
    assert left
    assert all(name.startswith(".partial-") for name in left)
    assert {name: fingerprint(folder)[name] for name in before} == before
    assert {path.name for path in remove_partials(folder)} == left
    assert fingerprint(folder) == before
    read_again(folder)
    assert texts(folder) == {"new"}


# --- others ----------------------------------------------------------------------------------------------------------


def test_the_journal_of_the_old_file_is_never_played_back_into_the_new_one(folder: Path) -> None:
    kill_writer(
        folder / "fullOCR.db",
        "WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) "
        "INSERT INTO full_frame_ocr_status SELECT i, 0, hex(randomblob(50)) FROM n",
    )
    read_again(folder)
    assert names(folder) & {"fullOCR.db-journal"} == set()
    assert texts(folder) == {"new"}
    assert rows(folder / "fullOCR.db", "PRAGMA integrity_check") == [("ok",)]


def test_side_files_of_a_file_that_is_gone_are_cleared_away(folder: Path) -> None:
    kill_writer(
        folder / "fullOCR.db",
        "WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) "
        "INSERT INTO full_frame_ocr_status SELECT i, 0, hex(randomblob(50)) FROM n",
    )
    (folder / "fullOCR.db").unlink()
    (folder / "fullOCR.db-wal").write_bytes(b"of another life")
    read_again(folder)
    assert names(folder) & {"fullOCR.db-journal", "fullOCR.db-wal"} == set()
    assert texts(folder) == {"new"}


def test_a_writer_of_the_old_file_is_waited_for_and_then_told(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "fullOCR.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM full_frame_ocr")
        before = fingerprint(folder)

        def block() -> None:
            with replacing_database(folder, "fullOCR", reads=(), timeout=0.02):
                pass

        with pytest.raises(DatabaseBusyError, match=r"fullOCR\.db is being written"):
            block()
        assert fingerprint(folder) == before
        writer.execute("ROLLBACK")
    assert texts(folder) == {"Hello"}


def test_a_file_that_is_changed_in_place_is_not_swapped_under_a_door(folder: Path) -> None:
    def block() -> None:
        with replacing_database(folder, "layout", reads=(), timeout=0.02):
            pass

    with (
        VideoDatabase(folder, writes={"layout"}),
        pytest.raises(DatabaseBusyError, match="open for writing elsewhere"),
    ):
        block()
    block()
    assert rows(folder / "layout.db", "SELECT count(*) FROM full_frame_box_labels") == [(0,)]


def test_a_link_gives_way_to_a_file_and_what_it_led_to_stays(folder: Path) -> None:
    cached = folder.parent / "cache"
    (folder / "fullOCR.db").rename(cached)
    (folder / "fullOCR.db").symlink_to(cached)
    before = md5(cached)
    read_again(folder)
    assert md5(cached) == before
    assert not (folder / "fullOCR.db").is_symlink()
    assert texts(folder) == {"new"}


# --- a full disk -----------------------------------------------------------------------------------------------------


def _fill(folder: Path, pictures: int) -> None:
    with replacing_database(folder, "video", reads=()) as conn:
        VideoDbWriter(conn).add_frames(StoredFrame(n, bytes(50_000), 1, 1, None) for n in range(pictures))


@pytest.mark.parametrize("limit", [0, 4096, 20_000, 70_000, 1_000_000])
def test_a_limit_of_the_size_of_files_is_told_and_leaves_nothing(folder: Path, limit: int) -> None:
    before = fingerprint(folder)
    with pytest.raises(StorageError, match=r"video\.db"), limited_files(limit):
        _fill(folder, 100)
    assert fingerprint(folder) == before
    assert descriptors(folder) == []


def test_a_partial_file_that_somebody_clears_away_is_told_and_the_old_file_stays(folder: Path) -> None:
    before = fingerprint(folder)

    def block() -> None:
        with replacing_database(folder, "fullOCR", reads=()):
            remove_partials(folder)

    with pytest.raises(StorageError, match=r"fullOCR\.db cannot be opened"):
        block()
    assert fingerprint(folder) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(mount)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


@pytest.mark.parametrize("pictures", [100, 40], ids=["while it is filled", "while it is sealed"])
def test_a_full_disk_is_told_and_leaves_nothing(small_disk: Path, pictures: int) -> None:
    folder = filled_folder(small_disk / "video")
    before = fingerprint(folder)
    with pytest.raises(StorageError, match="The disk is full: "):
        _fill(folder, pictures)
    assert fingerprint(folder) == before


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"No such file or directory: .*fullOCR"):
        read_again(tmp_path / "nothing")


def test_what_is_left_of_killed_runs_is_removed_and_nothing_else(folder: Path) -> None:
    before = names(folder)
    (folder / ".partial-12ab-video.db").touch()
    (folder / ".partial-12ab-video.db-journal").touch()
    (folder / ".partial-folder").mkdir()
    assert len(remove_partials(folder)) == 2
    assert names(folder) == before | {".partial-folder"}
    assert remove_partials(folder) == []
    assert remove_partials(folder / "nothing") == []
