"""Old folders are read through the schema names of the new form, and every query gives the rows it gives afterwards."""

from __future__ import annotations

import shutil
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.old_folder import point_at_pictures
from caption_boundaries.database.old_form import find_old_database
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.storage import get_video_db
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import DatabaseCorruptError, DatabaseError, OldFolderError
from caption_boundaries.migration.migrate import migrate_folder
from caption_boundaries.migration.synthetic import OldFolder
from support.databases import as_nobody, fingerprint, kill_writer, open_to_all, raw, rows, write_protect
from support.old_folders import TINY, old_file, old_folder

FULL = OldFolder()


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """Open a folder of either form for reading."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with VideoDatabase(folder, readonly=True) as connection:
            yield connection


QUERIES = [
    "SELECT frame_index, image_data, width, height, pts, time_base FROM video.full_frames ORDER BY frame_index",
    "SELECT length(image_data) FROM video . full_frames WHERE frame_index = 100",
    'SELECT count(*), max(video.full_frames.frame_index) FROM "video"."full_frames"',
    "SELECT f.width FROM video.full_frames AS f WHERE f.frame_index IN (SELECT frame_index FROM video.full_frames)",
    "SELECT full_frames.width FROM video.full_frames -- video.full_frames, don't",
    "SELECT 'video.full_frames', /* cropping.cropped_frames */ width FROM [cropping].`cropped_frames` LIMIT 2",
    "SELECT count(*) FROM full_frames, cropped_frames",
    "SELECT * FROM VIDEO.FULL_FRAMES ORDER BY 1",
    "SELECT video_id, index_framerate_hz, start_pts FROM video.video_metadata",
    "SELECT layout_approved, crop_left, regions FROM layout.video_layout_config",
    "SELECT id, text, start_seconds, run_id FROM captions.captions ORDER BY id",
    "SELECT count(*) FROM captions.boundary_runs",
    "SELECT count(*) FROM layout.action_log UNION ALL SELECT count(*) FROM captions.action_log",
    "SELECT o.text, l.label FROM fullOCR.full_frame_ocr AS o JOIN layout.full_frame_box_labels AS l "
    "USING (frame_index, box_index) ORDER BY o.id",
    "SELECT c.frame_index, k.text FROM cropping.cropped_frames AS c JOIN captions.captions AS k "
    "ON c.frame_index BETWEEN k.start_frame_index AND k.end_frame_index ORDER BY 1, 2",
    "WITH f AS (SELECT * FROM cropping.cropped_frames) SELECT sum(file_size), sum(crop_right) FROM f",
    "SELECT text_size, text_anchor FROM state.video_preferences",
    "SELECT status, ocr_progress FROM state.processing_status",
    "SELECT * FROM state.crop_frames_status",
    "SELECT in_feature01_mean, feature_importance, parameters FROM layout.box_classification_model",
    "SELECT name, type FROM pragma_table_info('full_frames', 'video')",
    "SELECT status FROM captions.text_review_status",
]


@pytest.mark.parametrize("wal", [False, True], ids=["delete", "wal"])
@pytest.mark.parametrize("name", ["captions.db", "annotations.db"])
def test_every_query_gives_the_same_rows_before_and_after_a_migration(tmp_path: Path, name: str, wal: bool) -> None:
    folder = old_folder(tmp_path, OldFolder(filename=name, wal=wal))
    with reading(folder) as connection:
        before = [connection.execute(query).fetchall() for query in QUERIES]
        tables = every_table(connection)
    migrate_folder(folder)
    with reading(folder) as connection:
        assert [connection.execute(query).fetchall() for query in QUERIES] == before
        assert every_table(connection) == tables
    assert all(before)


def every_table(connection: sqlite3.Connection) -> dict[str, tuple[list[str], list[tuple[object, ...]]]]:
    """Return the columns and the rows of every table."""
    found = {}
    for schema in ("video", "fullOCR", "layout", "captions", "cropping", "state"):
        names = connection.execute(f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table' ORDER BY name")
        for (table,) in names.fetchall():
            if not table.startswith("sqlite_"):
                cursor = connection.execute(f"SELECT * FROM {schema}.{table} ORDER BY 1")
                columns = [column[0] for column in cursor.description]
                found[f"{schema}.{table}"] = (columns, cursor.fetchall())
    return found


READERS: list[Callable[[sqlite3.Connection], object]] = [
    lambda conn: VideoDbReader(conn).metadata(),
    lambda conn: list(VideoDbReader(conn).frames()),
    lambda conn: VideoDbReader(conn).frame(100),
    lambda conn: VideoDbReader(conn).frames_hash(),
    lambda conn: OcrReader(conn).lines(),
    lambda conn: OcrReader(conn).run(),
    lambda conn: OcrReader(conn).ocr_hash(),
    lambda conn: LayoutReader(conn).config(),
    lambda conn: LayoutReader(conn).box_labels(),
    lambda conn: LayoutReader(conn).model(),
    lambda conn: CaptionReader(conn).captions(),
    lambda conn: CaptionReader(conn).run(),
    lambda conn: list(CropReader(conn).frames()),
    lambda conn: CropReader(conn).run(),
    lambda conn: list(CropReader(conn).signal_chunks()),
    lambda conn: len(conn.blobopen("cropped_frames", "image_data", 3, readonly=True, name="cropping").read()),
]


def test_the_readers_work_on_both_forms(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, FULL)
    with reading(folder) as connection:
        before = [read(connection) for read in READERS]
    migrate_folder(folder)
    with reading(folder) as connection:
        assert [read(connection) for read in READERS] == before


def test_a_folder_with_only_the_kept_file_is_read(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, FULL)
    with reading(folder) as connection:
        before = every_table(connection)
    old_file(folder).rename(folder / "captions.db.old")
    with reading(folder) as connection:
        assert every_table(connection) == before


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_not_asked_for_is_not_opened(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, FULL)
    with VideoDatabase(folder, readonly=True, attach={"state", "layout"}) as connection:
        assert connection.execute("SELECT layout_approved FROM layout.video_layout_config").fetchall() == [(1,)]
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("SELECT * FROM captions.captions")


def test_reading_warns_and_says_which_command_helps(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    with pytest.warns(DeprecationWarning, match=f"caption-boundaries migrate {folder}"), get_video_db(folder):
        pass


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO captions.captions (start_frame_index, end_frame_index) VALUES (1, 2)",
        "UPDATE video.full_frames SET width = 1",
        "DELETE FROM cropping.cropped_frames",
        "CREATE TABLE layout.notes (a)",
        "DROP TABLE state.video_preferences",
        "ALTER TABLE layout.video_layout_config ADD COLUMN a",
        "WITH t AS (SELECT 1) UPDATE captions.captions SET text = 'x'",
        "PRAGMA captions.user_version = 7",
    ],
)
def test_writing_is_refused_with_the_migrate_command(tmp_path: Path, statement: str) -> None:
    folder = old_folder(tmp_path)
    before = fingerprint(folder)
    with VideoDatabase(folder) as connection, pytest.raises(OldFolderError, match="caption-boundaries migrate"):
        connection.execute(statement)
    assert fingerprint(folder) == before


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_other_way_of_writing_gets_through(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    before = fingerprint(folder)
    with VideoDatabase(folder) as connection:
        for write in (
            lambda: connection.executemany("DELETE FROM captions.captions WHERE id = ?", [(1,)]),
            lambda: connection.cursor().executemany("UPDATE captions.captions SET text = ?", [("x",)]),
            lambda: connection.executescript("DELETE FROM captions.captions"),
            lambda: connection.executescript("SELECT 1; DELETE FROM captions.captions"),
            lambda: connection.cursor().execute("DELETE FROM old_form.captions"),
            lambda: connection.blobopen("full_frames", "image_data", 0, name="video"),
        ):
            with pytest.raises(OldFolderError):
                write()
        connection.executescript("SELECT count(*) FROM video.full_frames")
        with pytest.raises(sqlite3.OperationalError, match="no such column"):
            connection.execute("SELECT no_such FROM captions.captions")
    assert fingerprint(folder) == before


@pytest.mark.parametrize("schema", ["captions", "video"])
def test_opening_for_writing_is_refused(tmp_path: Path, schema: str) -> None:
    folder = old_folder(tmp_path)
    before = fingerprint(folder)
    with pytest.raises(OldFolderError, match="caption-boundaries migrate"):
        VideoDatabase(folder, writes={schema}).__enter__()
    with pytest.raises(OldFolderError), replacing_database(folder, "video", reads=()):
        pass
    with pytest.raises(OldFolderError):
        create_databases(folder)
    assert fingerprint(folder) == before


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_live_log_is_read_and_nothing_is_left_behind(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(wal=True))
    kill_writer(old_file(folder), "UPDATE captions SET text = 'in the log' WHERE id = 1", wal=True)
    with VideoDatabase(folder, readonly=True) as connection:
        assert connection.execute("SELECT text FROM captions.captions WHERE id = 1").fetchone() == ("in the log",)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_a_killed_writer_left_is_rolled_back_first(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(full_frames=80))
    kill_writer(old_file(folder), "UPDATE full_frame_ocr SET text = 'never committed' || id, model_version = 'x'")
    with pytest.raises(DatabaseError, match="killed"):
        VideoDatabase(folder, readonly=True).__enter__()
    with VideoDatabase(folder) as connection:
        sql = "SELECT count(*) FROM fullOCR.full_frame_ocr WHERE text LIKE 'never committed%'"
        assert connection.execute(sql).fetchone() == (0,)


@pytest.mark.parametrize("wal", [False, True], ids=["delete", "wal"])
def test_reading_leaves_no_trace_and_needs_no_rights(wal: bool) -> None:
    with open_to_all() as parent:
        folder = old_folder(parent, OldFolder(wal=wal))
        before = {name: mark[0] for name, mark in fingerprint(folder).items()}
        write_protect(folder)

        def count() -> int:
            with reading(folder) as connection:
                return int(connection.execute("SELECT count(*) FROM cropping.cropped_frames").fetchone()[0])

        assert as_nobody(count) == FULL.cropped_frames
        assert {name: mark[0] for name, mark in fingerprint(folder).items()} == before


def test_a_damaged_old_file_is_told(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, FULL)
    path = old_file(folder)
    data = bytearray(path.read_bytes())
    data[2048 * 3 :] = bytes(len(data) - 2048 * 3)
    path.write_bytes(data)
    with pytest.raises(DatabaseCorruptError):
        VideoDatabase(folder, readonly=True).__enter__()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_damaged_table_of_an_old_file_is_told(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, FULL)
    (root,) = rows(old_file(folder), "SELECT rootpage FROM sqlite_master WHERE name = 'full_frame_ocr'")[0]
    assert isinstance(root, int)
    with old_file(folder).open("r+b") as file:
        file.seek((root - 1) * 2048)
        file.write(bytes(2048))
    with pytest.raises(DatabaseCorruptError):
        VideoDatabase(folder, readonly=True).__enter__()


def test_a_journal_beside_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "captions.db").write_text("not a database" * 100)
    (tmp_path / "captions.db-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(2000))
    with pytest.raises(DatabaseCorruptError):
        VideoDatabase(tmp_path).__enter__()


@pytest.mark.parametrize("change", ["captions.db", "video.db"])
def test_the_forms_are_told_apart_by_content(tmp_path: Path, change: str) -> None:
    folder = old_folder(tmp_path)
    assert find_old_database(folder) == folder / "captions.db"
    shutil.copy(folder / "captions.db", folder / "copy")
    migrate_folder(folder)
    assert find_old_database(folder) is None
    # A new database under the name, and the old file beside it: the name says nothing, the content does.
    assert (folder / "captions.db.old").is_file()
    shutil.copy(folder / "copy", folder / "captions.db")
    assert find_old_database(folder) == folder / "captions.db"


def test_an_empty_folder_and_one_of_the_new_form_are_not_old(tmp_path: Path) -> None:
    create_databases(tmp_path)
    assert find_old_database(tmp_path) is None
    (tmp_path / "captions.db").unlink()
    assert find_old_database(tmp_path) is None
    raw_only = tmp_path / "one-table"
    raw_only.mkdir()
    raw(raw_only / "captions.db", "CREATE TABLE captions (id INTEGER PRIMARY KEY, start_frame_index, end_frame_index)")
    assert find_old_database(raw_only) is None


def test_columns_that_a_picture_table_lacks_are_null(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    with closing(sqlite3.connect(old_file(folder))) as connection:
        connection.execute("CREATE TABLE slim AS SELECT frame_index, image_data, width, height FROM full_frames")
        connection.execute("DROP TABLE full_frames")
        connection.execute("ALTER TABLE slim RENAME TO full_frames")
        connection.commit()
    with reading(folder) as connection:
        rows = connection.execute("SELECT frame_index, file_size, created_at FROM video.full_frames").fetchall()
    assert rows == [(0, None, None), (100, None, None)]


@pytest.mark.parametrize(
    ("sql", "pointed"),
    [
        ("SELECT 1 FROM video.full_frames", "SELECT 1 FROM temp.full_frames"),
        ("SELECT 1 FROM video.full_frames_ocr", "SELECT 1 FROM video.full_frames_ocr"),
        ("SELECT 1 FROM myvideo.full_frames", "SELECT 1 FROM myvideo.full_frames"),
        ("SELECT 'video.full_frames'", "SELECT 'video.full_frames'"),
        ('SELECT 1 AS "a video.full_frames"', 'SELECT 1 AS "a video.full_frames"'),
        ("SELECT 'it''s' FROM cropping.cropped_frames", "SELECT 'it''s' FROM temp.cropped_frames"),
    ],
)
def test_only_the_tables_of_pictures_are_pointed_elsewhere(sql: str, pointed: str) -> None:
    assert point_at_pictures(sql) == pointed


def test_tiny_is_what_the_other_tests_think(tmp_path: Path) -> None:
    with reading(old_folder(tmp_path, TINY)) as connection:
        assert connection.execute("SELECT count(*) FROM cropping.cropped_frames").fetchone() == (TINY.cropped_frames,)
