"""All that is not simply a row: counters, settings, columns, indexes, views, triggers and tables that nobody knows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import DatabaseError
from caption_boundaries.migration.manifest import read_manifest
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.synthetic import OldFolder
from support.databases import fingerprint, raw, rows
from support.old_folders import assert_complete, old_file, old_folder, rows_of

FULL = OldFolder()


def test_ids_of_deleted_rows_are_never_given_away_again(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, FULL)
    (last,) = rows(old_file(folder), "SELECT seq FROM sqlite_sequence WHERE name = 'captions'")[0]
    migrate_folder(folder)
    with VideoDatabase(folder, writes={"captions"}) as connection:
        cursor = connection.execute("INSERT INTO captions.captions (start_frame_index, end_frame_index) VALUES (0, 0)")
        assert cursor.lastrowid == last + 1  # type: ignore[operator]


def test_a_counter_without_rows_is_carried(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(
        old_file(folder),
        "DELETE FROM full_frame_box_labels",
        "UPDATE sqlite_sequence SET seq = 77 WHERE name LIKE '%labels'",
    )
    migrate_folder(folder)
    assert rows(folder / "layout.db", "SELECT seq FROM sqlite_sequence WHERE name LIKE '%labels'") == [(77,)]


def test_settings_that_change_the_meaning_of_data_move(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(old_file(folder), "UPDATE video_preferences SET index_framerate_hz = 12.5, layout_approved = 1")
    migrate_folder(folder)
    assert rows(folder / "video.db", "SELECT index_framerate_hz FROM video_metadata") == [(12.5,)]
    assert rows(folder / "layout.db", "SELECT layout_approved FROM video_layout_config") == [(1,)]
    columns = rows(folder / "state.db", "SELECT name FROM pragma_table_info('video_preferences')")
    assert not {("index_framerate_hz",), ("layout_approved",)} & set(columns)


@pytest.mark.parametrize(
    ("statements", "column"),
    [
        (("DELETE FROM video_metadata", "UPDATE video_preferences SET index_framerate_hz = 5.0"), "index_framerate_hz"),
        (("DROP TABLE video_layout_config", "UPDATE video_preferences SET layout_approved = 1"), "layout_approved"),
    ],
)
def test_a_setting_that_has_no_new_place_stays_where_it_is(
    tmp_path: Path, statements: tuple[str, ...], column: str
) -> None:
    folder = old_folder(tmp_path)
    raw(old_file(folder), *statements)
    (value,) = rows(old_file(folder), f"SELECT {column} FROM video_preferences")
    migrate_folder(folder)
    assert rows(folder / "state.db", f"SELECT {column} FROM video_preferences") == [value]


def test_columns_that_only_some_files_have_are_carried_and_told(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, FULL)
    raw(
        old_file(folder),
        "UPDATE captions SET reviewer = 'Anna' WHERE id = 1",
        "UPDATE full_frames SET sharpness = 0.25",
    )
    outcome = migrate_folder(folder)
    assert rows(folder / "captions.db", "SELECT reviewer FROM captions WHERE id = 1") == [("Anna",)]
    assert rows(folder / "video.db", "SELECT DISTINCT sharpness FROM full_frames") == [(0.25,)]
    told = "\n".join(outcome.notes)
    assert "table captions: columns that the new form lacks are added in captions.db: reviewer" in told
    assert "in_feature01_mean" in told
    assert "101 more" in told


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        ("note TEXT DEFAULT 'none'", "'x'"),
        ("score REAL NOT NULL DEFAULT 0.5", "0.75"),
        ("anything", "x'00ff'"),
        ("empty INTEGER DEFAULT NULL", "7"),
        ('"odd name; --" TEXT', "'y'"),
        ("doubled INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL", None),
    ],
)
def test_any_column_is_carried(tmp_path: Path, declaration: str, value: str | None) -> None:
    folder = old_folder(tmp_path)
    name = '"odd name; --"' if declaration.startswith('"') else declaration.split()[0]
    raw(old_file(folder), f"ALTER TABLE captions ADD COLUMN {declaration}")
    if value is not None:
        raw(old_file(folder), f"UPDATE captions SET {name} = {value} WHERE id = 1")
    before = rows(old_file(folder), f"SELECT id, {name} FROM captions ORDER BY id")
    migrate_folder(folder)
    assert rows(folder / "captions.db", f"SELECT id, {name} FROM captions ORDER BY id") == before


def test_a_column_whose_type_would_change_its_values_keeps_its_type(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(
        old_file(folder),
        "DROP TABLE database_metadata",
        "CREATE TABLE database_metadata (id INTEGER PRIMARY KEY, schema_version TEXT, migrated_at INTEGER)",
        "INSERT INTO database_metadata VALUES (1, '3.10', 1700000000)",
    )
    outcome = migrate_folder(folder)
    assert rows(folder / "state.db", "SELECT schema_version, migrated_at FROM database_metadata") == [
        ("3.10", 1700000000)
    ]
    assert any("schema_version keeps its old type" in note for note in outcome.notes)


def test_whole_numbers_in_columns_for_fractions_are_the_same_numbers(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    with closing(sqlite3.connect(old_file(folder))) as connection:
        connection.execute("ALTER TABLE video_metadata RENAME COLUMN fps TO fps_old")
        connection.execute("ALTER TABLE video_metadata ADD COLUMN fps INTEGER")
        connection.execute("UPDATE video_metadata SET fps = 25")
        connection.commit()
    assert migrate_folder(folder).status == "done"
    assert rows(folder / "video.db", "SELECT fps, fps_old FROM video_metadata") == [(25.0, 25.0)]


def test_a_value_that_the_new_form_cannot_hold_stops_the_migration(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    with closing(sqlite3.connect(old_file(folder))) as connection:
        connection.execute("ALTER TABLE full_frame_ocr RENAME TO strict")
        connection.execute(
            "CREATE TABLE full_frame_ocr (id INTEGER PRIMARY KEY, frame_index, box_index TEXT, text, confidence, "
            "x, y, width, height, created_at)"
        )
        connection.execute("INSERT INTO full_frame_ocr VALUES (1, 0, '0', 'a', '0.5', 0.1, 0.1, 0.2, 0.2, 'now')")
        connection.execute("DROP TABLE strict")
        connection.commit()
    before = fingerprint(folder)
    with pytest.raises(DatabaseError, match=r"copy of table full_frame_ocr .* does not equal it .*row 1 differs"):
        migrate_folder(folder)
    assert before.items() <= fingerprint(folder).items()
    assert not list(folder.glob(".partial*"))


def test_indexes_are_carried_unless_there_is_one_like_it(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, FULL)
    outcome = migrate_folder(folder)
    indexes = {row[0] for row in rows(folder / "captions.db", "SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert "idx_captions_pending" in indexes
    assert "idx_captions_frames" not in indexes  # on the same columns as idx_captions_range
    assert "index idx_captions_pending is carried to captions.db" in outcome.notes


def test_an_index_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(old_file(folder), "CREATE INDEX idx_captions_range ON captions (text)")
    outcome = migrate_folder(folder)
    assert any(
        "index idx_captions_range is not carried (index idx_captions_range already exists)" in n for n in outcome.notes
    )


def test_views_are_carried_where_they_work_and_told_where_not(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, FULL)
    raw(
        old_file(folder),
        "CREATE VIEW spoken AS SELECT c.text, f.frame_index FROM captions AS c, full_frames AS f",
        "CREATE VIEW known_labels AS SELECT count(*) FROM full_frame_box_labels",
    )
    outcome = migrate_folder(folder)
    assert rows(folder / "captions.db", "SELECT count(*) FROM confirmed_captions")
    assert rows(folder / "layout.db", "SELECT * FROM known_labels") == [(FULL.labels,)]
    assert any(note.startswith("view spoken is not carried") for note in outcome.notes)
    manifest = read_manifest(folder)
    assert manifest is not None
    assert any(extra.name == "spoken" and "full_frames" in extra.sql for extra in manifest.extras)


def test_triggers_are_told_and_their_text_is_kept(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, FULL)
    raw(old_file(folder), "CREATE TRIGGER seen INSTEAD OF DELETE ON confirmed_captions BEGIN SELECT 1; END")
    outcome = migrate_folder(folder)
    assert sum(note.startswith("trigger ") for note in outcome.notes) == 6
    manifest = read_manifest(folder)
    assert manifest is not None
    assert sum(extra.kind == "trigger" and "CREATE TRIGGER" in extra.sql for extra in manifest.extras) == 6
    assert rows(folder / "captions.db", "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'") == [(0,)]


UNKNOWN = (
    "CREATE TABLE notes (word TEXT PRIMARY KEY, said BLOB)",
    "INSERT INTO notes (rowid, word, said) VALUES (7, 'a', x'01'), (9, 'b', NULL)",
    "CREATE INDEX idx_notes ON notes (said)",
    "CREATE TABLE pairs (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "INSERT INTO pairs VALUES (1, 'x'), ('1', 'x')",
    "CREATE TABLE bag (rowid TEXT, a AS (rowid || '!'))",
    "INSERT INTO bag VALUES ('z')",
)


def test_unknown_tables_are_kept_on_request(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(old_file(folder), *UNKNOWN)
    outcome = migrate_folder(folder, MigrateOptions(carry_unknown=True))
    assert rows(folder / "state.db", "SELECT rowid, word, said FROM notes") == [(7, "a", b"\x01"), (9, "b", None)]
    assert rows(folder / "state.db", "SELECT a, b FROM pairs ORDER BY 1") == [(1, "x"), ("1", "x")]
    assert rows(folder / "state.db", "SELECT rowid, a FROM bag") == [("z", "z!")]
    assert rows(folder / "state.db", "SELECT tbl_name FROM sqlite_master WHERE name = 'idx_notes'") == [("notes",)]
    assert "table notes is kept in state.db as it is" in outcome.notes


def test_text_that_is_no_text_and_other_odd_values_arrive(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(
        old_file(folder),
        "UPDATE captions SET text = CAST(x'ff41' AS TEXT), text_notes = 'a' || char(0) || 'b' WHERE id = 1",
        "UPDATE full_frame_ocr SET confidence = 9e999, x = -0.0 WHERE id = 1",
        "PRAGMA ignore_check_constraints = 1",
    )
    with closing(sqlite3.connect(old_file(folder))) as connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute("UPDATE captions SET boundary_state = 'strange' WHERE id = 2")
        connection.commit()
    sql = "SELECT CAST(text AS BLOB), CAST(text_notes AS BLOB), boundary_state FROM captions ORDER BY id"
    before = rows(old_file(folder), sql)
    migrate_folder(folder)
    assert rows(folder / "captions.db", sql) == before
    assert rows(folder / "fullOCR.db", "SELECT confidence FROM full_frame_ocr WHERE id = 1") == [(float("inf"),)]


def test_missing_tables_are_no_obstacle(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    for table in (
        "box_classification_model",
        "duplicate_resolution",
        "video_preferences",
        "video_metadata",
        "cropped_frames",
    ):
        raw(old_file(folder), f"DROP TABLE {table}")
    expected = rows_of(folder, {})
    migrate_folder(folder)
    assert assert_complete(folder, expected) == "new"
