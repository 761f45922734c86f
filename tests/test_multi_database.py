"""The door to a video's databases: what it opens, what it lets be read, and what it makes of all that is missing."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from caption_boundaries.database.layout import LayoutReader, LayoutWriter
from caption_boundaries.database.multi_db import HAND_EDITED, VideoDatabase
from caption_boundaries.database.paths import all_databases
from caption_boundaries.database.schema import DATABASES, SCHEMAS
from caption_boundaries.database.storage import get_video_db
from caption_boundaries.errors import DatabaseError, DatabaseMissingError, OldFolderError, TargetError
from support.databases import LABEL, descriptors, filled_folder, fingerprint, names, new_folder, raw, rows, run_python
from support.doors import APPROVE, WRITE


def _schemas(conn: sqlite3.Connection) -> list[str]:
    return [row[1] for row in conn.execute("PRAGMA database_list") if row[1] not in ("main", "temp")]


# --- what it opens ---------------------------------------------------------------------------------------------------


def test_video_database_context_manager(folder: Path) -> None:
    door = VideoDatabase(folder)
    assert door.conn is None, "nothing is opened before the block"
    with door as conn:
        assert isinstance(conn, sqlite3.Connection)
        assert door.conn is conn
        assert _schemas(conn) == [spec.schema for spec in DATABASES]
        for spec in DATABASES:
            for table in spec.tables:
                conn.execute(f"SELECT count(*) FROM {spec.schema}.{table}")
    assert door.conn is None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        conn.execute("SELECT 1")
    assert descriptors(folder) == []


@pytest.mark.parametrize("kind", [Path, str])
def test_the_folder_may_be_a_path_or_a_text(folder: Path, kind: Callable[[Path], Path | str]) -> None:
    with VideoDatabase(kind(folder)) as conn:
        assert LayoutReader(conn).box_labels() == [LABEL]
    with get_video_db(kind(folder), readonly=True) as conn:
        assert LayoutReader(conn).box_labels() == [LABEL]


def test_get_video_db_is_the_same_door(folder: Path) -> None:
    with get_video_db(folder, writes={"captions"}) as conn:
        conn.execute(WRITE["captions"])
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            conn.execute(WRITE["layout"])


def test_schema_names_do_not_depend_on_case(folder: Path) -> None:
    with VideoDatabase(folder, readonly=True) as conn:
        assert conn.execute("SELECT count(*) FROM FULLOCR.full_frame_ocr").fetchone() == (1,)


def test_only_what_is_asked_for_is_attached(folder: Path) -> None:
    with VideoDatabase(folder, readonly=True, attach={"video"}) as conn:
        assert _schemas(conn) == ["video"]


def test_what_is_required_or_written_is_attached_too(folder: Path) -> None:
    with VideoDatabase(folder, writes={"layout"}, requires={"video"}, attach={"captions"}) as conn:
        assert _schemas(conn) == ["video", "layout", "captions"]


def test_an_unknown_schema_is_a_mistake_of_the_caller(folder: Path) -> None:
    with pytest.raises(ValueError, match="no such database: audio"), VideoDatabase(folder, writes={"audio"}):
        pass


def test_one_door_is_open_once_at_a_time(folder: Path) -> None:
    door = VideoDatabase(folder, readonly=True)
    with door:
        with pytest.raises(RuntimeError, match="open already"):
            door.__enter__()
        assert door.conn is not None
    with door as conn:  # one after the other is fine
        assert LayoutReader(conn).box_labels() == [LABEL]


def test_two_doors_to_one_folder_live_side_by_side(folder: Path) -> None:
    with VideoDatabase(folder, writes={"layout"}) as one, VideoDatabase(folder, writes={"captions"}) as two:
        one.execute(WRITE["layout"].replace("INSERT", "INSERT OR REPLACE"))
        two.execute(WRITE["captions"])
        two.commit()
    assert rows(folder / "captions.db", "SELECT count(*) FROM captions") == [(2,)]
    assert rows(folder / "layout.db", "SELECT frame_width FROM video_layout_config") == [(2,)]


def test_a_door_may_be_opened_used_and_closed_in_different_threads(folder: Path) -> None:
    door = VideoDatabase(folder, writes={"layout"})
    conn = door.__enter__()
    done: list[object] = []
    for work in (
        lambda: done.append(LayoutReader(conn).box_labels()),
        lambda: done.append(door.__exit__(None, None, None)),
    ):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert done == [[LABEL], None]
    assert descriptors(folder) == []


def test_opening_a_door_leaves_the_locks_of_other_threads_alone(folder: Path) -> None:
    """Closing a descriptor of a file gives up every lock of the process on it; so none is opened beside SQLite."""
    layout = folder / "layout.db"
    with VideoDatabase(folder, writes={"layout"}) as conn:
        conn.execute(APPROVE)
        for options in ({"readonly": True}, {"writes": {"captions"}}, {"attach": {"layout"}}):
            thread = threading.Thread(target=lambda options=options: VideoDatabase(folder, **options).__enter__())
            thread.start()
            thread.join()
        other = run_python(
            """
            import sqlite3, sys
            sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
            """,
            layout,
        )
        assert "database is locked" in other.stderr


@pytest.mark.parametrize("schema", sorted(SCHEMAS))
def test_a_door_that_does_not_open_leaves_nothing_open(folder: Path, schema: str) -> None:
    path = all_databases(folder)[schema]
    os.truncate(path, path.stat().st_size // 2)
    for options in ({"readonly": True}, {"writes": {schema}}):
        with pytest.raises(DatabaseError, match=path.name), VideoDatabase(folder, **options):
            pass
        assert descriptors(folder) == []


# --- joins -----------------------------------------------------------------------------------------------------------


def test_cross_database_queries(folder: Path) -> None:
    with VideoDatabase(folder, readonly=True) as conn:
        found = conn.execute(
            """
            SELECT f.frame_index, o.text, l.label, c.text, m.original_filename
            FROM video.full_frames AS f
            JOIN fullOCR.full_frame_ocr AS o USING (frame_index)
            JOIN layout.full_frame_box_labels AS l USING (frame_index, box_index)
            JOIN captions.captions AS c ON c.text = o.text
            JOIN video.video_metadata AS m
            LEFT JOIN cropping.cropped_frames AS p ON p.frame_index = f.frame_index
            LEFT JOIN state.step_runs AS s ON s.step = 'ocr'
            WHERE p.frame_index IS NULL AND s.step IS NULL
            """
        ).fetchall()
    assert found == [(100, "Hello", "in", "Hello", "film.mp4")]


def test_a_product_may_be_joined_while_another_database_is_written(folder: Path) -> None:
    with VideoDatabase(folder, writes={"captions"}) as conn:
        conn.execute(
            "INSERT INTO captions.captions (start_frame_index, end_frame_index, text) "
            "SELECT frame_index, frame_index, text FROM fullOCR.full_frame_ocr"
        )
    assert rows(folder / "captions.db", "SELECT text FROM captions ORDER BY id") == [("Hello",), ("Hello",)]


# --- reading only ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", WRITE)
def test_readonly_mode(folder: Path, schema: str) -> None:
    before = fingerprint(folder)
    with VideoDatabase(folder, readonly=True) as conn:
        for statement in (
            WRITE[schema],
            f"PRAGMA {schema}.user_version = 7",
            f"DROP TABLE {schema}.{_a_table(schema)}",
        ):
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                conn.execute(statement)
    assert fingerprint(folder) == before


def _a_table(schema: str) -> str:
    return next(spec.tables[0] for spec in DATABASES if spec.schema == schema)


def test_readonly_holds_for_files_even_when_the_connection_is_told_otherwise(folder: Path) -> None:
    before = fingerprint(folder)
    with VideoDatabase(folder, readonly=True) as conn:
        conn.execute("PRAGMA query_only = 0")
        for schema in WRITE:
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                conn.execute(WRITE[schema])
    assert fingerprint(folder) == before


def test_readonly_and_writes_contradict_each_other(folder: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        VideoDatabase(folder, readonly=True, writes={"layout"})


# --- missing databases -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", WRITE)
def test_missing_database_handling(folder: Path, schema: str) -> None:
    spec = next(spec for spec in DATABASES if spec.schema == schema)
    (folder / spec.filename).unlink()
    before = fingerprint(folder)

    for options in ({"requires": {schema}}, {"requires": {schema}, "readonly": True}, {"writes": {schema}}):
        with pytest.raises(DatabaseMissingError) as told, VideoDatabase(folder, **options):
            pass
        assert all(part in str(told.value) for part in (str(folder), spec.filename, spec.made_by)), told.value
        assert told.value.schema == schema
        assert told.value.path == folder / spec.filename

    for options in ({}, {"readonly": True}, {"writes": {"layout" if schema != "layout" else "captions"}}):
        with VideoDatabase(folder, **options) as conn:
            for table in spec.tables:
                assert conn.execute(f"SELECT count(*) FROM {schema}.{table}").fetchone() == (0,)
    assert fingerprint(folder) == before, "nothing is created by opening"


def test_joins_with_a_missing_database_give_no_rows(folder: Path) -> None:
    (folder / "fullOCR.db").unlink()
    with VideoDatabase(folder, readonly=True) as conn:
        found = conn.execute(
            "SELECT f.frame_index, o.text FROM video.full_frames AS f "
            "LEFT JOIN fullOCR.full_frame_ocr AS o USING (frame_index) ORDER BY 1"
        ).fetchall()
    assert found == [(0, None), (100, None), (200, None)]


@pytest.mark.parametrize("schema", sorted(HAND_EDITED))
def test_what_stands_in_for_a_missing_database_takes_no_rows(folder: Path, schema: str) -> None:
    (folder / f"{schema}.db").unlink()
    with pytest.raises(DatabaseError, match=rf"{schema}\.db does not exist"), VideoDatabase(folder) as conn:
        conn.execute(WRITE[schema])
    with pytest.raises(sqlite3.OperationalError, match="readonly"), VideoDatabase(folder, readonly=True) as conn:
        conn.execute(WRITE[schema])
    assert f"{schema}.db" not in names(folder)


def test_a_missing_database_is_read_while_others_are_written(folder: Path) -> None:
    """What stands in for it is made without a lock on any file."""
    (folder / "cropping.db").unlink()
    others = [sqlite3.connect(folder / name, isolation_level=None) for name in ("video.db", "layout.db")]
    try:
        for other in others:
            other.execute("BEGIN IMMEDIATE")
        with VideoDatabase(folder, readonly=True, timeout=0) as conn:
            assert LayoutReader(conn).box_labels() == [LABEL]
    finally:
        for other in others:
            other.close()


@pytest.mark.parametrize("readonly", [True, False])
def test_a_folder_without_any_database_is_told_as_such(tmp_path: Path, readonly: bool) -> None:
    (tmp_path / "film.mp4").write_bytes(b"")
    with pytest.raises(DatabaseMissingError, match=r"video\.db is missing"), VideoDatabase(tmp_path, readonly):
        pass
    assert names(tmp_path) == {"film.mp4"}


def test_a_missing_folder_is_told_as_such_and_not_made(tmp_path: Path) -> None:
    for target in (tmp_path / "nothing", tmp_path / "film.mp4"):
        with pytest.raises(TargetError, match="not a video folder"), VideoDatabase(target):
            pass
    assert names(tmp_path) == set()


# --- names of folders ------------------------------------------------------------------------------------------------

HOSTILE_NAMES = [
    "!__local/data/_has_been_deprecated__!",
    "two words",
    " leading and trailing ",
    "it's",
    'so-called "video"',
    "what?",
    "number #1",
    "%41",
    "%zz",
    "this&that=1",
    "日本語 ü é",
    "a;b",
    "back\\slash",
    "new\nline",
    "file:x",
    "-rf",
    "?mode=memory",
    "x'; DROP TABLE captions; --",
    os.fsdecode(b"not utf-8 \xff"),
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_any_folder_name_is_opened_in_the_right_mode(tmp_path: Path, name: str) -> None:
    folder = new_folder(tmp_path / name)
    with VideoDatabase(folder, writes={"layout"}) as conn:
        LayoutWriter(conn).save_box_labels([LABEL])
    before = fingerprint(tmp_path)
    with VideoDatabase(folder, readonly=True, requires=SCHEMAS) as conn:
        assert LayoutReader(conn).box_labels() == [LABEL]
        for schema in WRITE:
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                conn.execute(WRITE[schema])
    assert fingerprint(tmp_path) == before, "no other file was made or changed"
    assert rows(folder / "layout.db", "SELECT count(*) FROM full_frame_box_labels") == [(1,)]


@pytest.mark.parametrize("path", ["video", "./video/", "video/", "../here/video", "link", "link/"])
def test_relative_paths_and_links_are_followed(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filled_folder(tmp_path / "here" / "video")
    (tmp_path / "here" / "link").symlink_to("video")
    monkeypatch.chdir(tmp_path / "here")
    with VideoDatabase(path, writes={"layout"}) as conn:
        LayoutWriter(conn).delete_box_labels([(100, 0)])
    with VideoDatabase(path, readonly=True) as conn:
        assert LayoutReader(conn).box_labels() == []


# --- the old form ----------------------------------------------------------------------------------------------------


def test_an_old_folder_is_read_with_a_warning_and_never_written(tmp_path: Path) -> None:
    raw(
        tmp_path / "captions.db",
        "CREATE TABLE full_frames (frame_index INTEGER PRIMARY KEY, image_data BLOB NOT NULL, width INTEGER, "
        "height INTEGER, file_size INTEGER, created_at TEXT)",
        "CREATE TABLE captions (id INTEGER PRIMARY KEY, start_frame_index INTEGER, end_frame_index INTEGER, text TEXT)",
        "INSERT INTO captions (start_frame_index, end_frame_index, text) VALUES (1, 2, 'old')",
    )
    before = fingerprint(tmp_path)
    door = VideoDatabase(tmp_path)
    with pytest.warns(DeprecationWarning, match="old form"):
        conn = door.__enter__()
    cursor = conn.execute("SELECT text FROM captions.captions")
    assert next(cursor) == ("old",)
    door.__exit__(None, None, None)
    assert descriptors(tmp_path) == []
    with pytest.raises(OldFolderError, match="migrate"), VideoDatabase(tmp_path, writes={"captions"}):
        pass
    assert fingerprint(tmp_path) == before
