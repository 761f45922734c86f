"""What a migration makes of an old folder: every value, and all that is not simply a row."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caption_boundaries.database.header import read_header
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import side_files
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.errors import DatabaseError, StorageError, VideoBusyError
from caption_boundaries.locking import video_lock
from caption_boundaries.migration import copying, swapping
from caption_boundaries.migration.manifest import read_manifest
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder, needed_bytes, plan_folder
from caption_boundaries.migration.synthetic import OldFolder
from support.databases import fingerprint, kill_writer, md5, names, raw, rows
from support.old_folders import NEW_FILES, assert_complete, form_of, old_file, old_folder, rows_of

FULL = OldFolder()
NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("wal", [False, True], ids=["delete", "wal"])
@pytest.mark.parametrize("name", ["captions.db", "annotations.db"])
@pytest.mark.parametrize("oddities", [False, True], ids=["plain", "odd"])
def test_every_row_arrives(tmp_path: Path, name: str, wal: bool, oddities: bool) -> None:
    folder = old_folder(tmp_path, OldFolder(filename=name, wal=wal, oddities=oddities))
    expected = rows_of(folder, {})
    size = old_file(folder).stat().st_size
    outcome = migrate_folder(folder, MigrateOptions(now=NOON))
    assert outcome.status == "done"
    assert outcome.bytes == size
    assert outcome.copies.keys() == {"captions.db.old", "annotations_backup_20260304_120000.db"}
    assert assert_complete(folder, expected) == "new"
    assert names(folder) == {
        *NEW_FILES,
        "captions.db.old",
        "annotations_backup_20260304_120000.db",
        "migration.json",
        ".lock",
    }


def test_the_databases_are_of_the_current_form(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    for spec in DATABASES:
        header = read_header(folder / spec.filename)
        assert header is not None
        assert (header.application_id, header.user_version) == (spec.application_id, spec.version)
        assert header.wal == (spec.journal_mode == "WAL")
        assert side_files(folder / spec.filename) == []


def test_the_original_and_its_backup_keep_their_bytes(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    before = md5(old_file(folder))
    migrate_folder(folder, MigrateOptions(now=NOON))
    assert md5(folder / "captions.db.old") == before
    assert md5(folder / "annotations_backup_20260304_120000.db") == before


def test_without_a_backup_only_the_original_is_kept(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    outcome = migrate_folder(folder, MigrateOptions(backup=False))
    assert outcome.copies.keys() == {"captions.db.old"}
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest.backup is None


def test_a_backup_with_the_same_bytes_is_not_made_twice(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    shutil.copy(old_file(folder), folder / "annotations_backup_20250101_000000.db")
    (folder / "annotations_backup_20250101_000001.db").write_bytes(bytes(old_file(folder).stat().st_size))
    migrate_folder(folder, MigrateOptions(now=NOON))
    assert not (folder / "annotations_backup_20260304_120000.db").exists()


def test_a_backup_never_takes_the_name_of_another(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    other = folder / "annotations_backup_20260304_120000.db"
    other.write_bytes(b"something else")
    outcome = migrate_folder(folder, MigrateOptions(now=NOON))
    assert other.read_bytes() == b"something else"
    assert "annotations_backup_20260304_120000_2.db" in outcome.copies


def test_a_live_log_is_part_of_backup_original_and_copy(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(wal=True))
    kill_writer(old_file(folder), "UPDATE captions SET text = 'in the log' WHERE id = 1", wal=True)
    before = md5(old_file(folder))
    migrate_folder(folder, MigrateOptions(now=NOON))
    sql = "SELECT text FROM captions WHERE id = 1"
    for name in ("captions.db", "captions.db.old", "annotations_backup_20260304_120000.db"):
        assert rows(folder / name, sql) == [("in the log",)], name
    assert md5(folder / "captions.db.old") != before
    assert not list(folder.glob("*-wal"))


def test_what_a_killed_writer_left_is_rolled_back(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(full_frames=80))
    expected = rows_of(folder, {})
    kill_writer(old_file(folder), "UPDATE full_frame_ocr SET text = 'never committed' || id, model_version = 'x'")
    migrate_folder(folder)
    assert assert_complete(folder, expected) == "new"
    assert not list(folder.glob("*-journal"))


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


def test_running_again_does_nothing(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    before = fingerprint(folder)
    outcome = migrate_folder(folder)
    assert (outcome.status, outcome.detail) == ("skipped", "already in the new form")
    assert fingerprint(folder) == before
    assert plan_folder(folder) is None


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(wal=True))
    before = fingerprint(folder)
    planned = plan_folder(folder)
    assert planned is not None
    source, plan = planned
    assert {mapped.schema for mapped in plan.tables} == {spec.schema for spec in DATABASES}
    assert (
        needed_bytes(source, MigrateOptions())
        > 2 * source.size
        > needed_bytes(source, MigrateOptions(backup=False)) - 4_000_000
    )
    assert fingerprint(folder) == before


def test_another_process_on_the_same_video_is_told(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    with video_lock(folder), pytest.raises(VideoBusyError):
        migrate_folder(folder)


def test_progress_is_told_in_bytes_of_the_old_file(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(cropped_frames=300, picture_bytes=5000))
    size = old_file(folder).stat().st_size
    told: list[tuple[float, float | None, str]] = []
    migrate_folder(folder, progress=lambda *report: told.append(report))
    assert {unit for _, _, unit in told} == {"bytes"}
    assert {total for _, total, _ in told} == {size}
    assert 0.5 * size < max(done for done, _, _ in told) <= size


def test_progress_is_told_while_a_large_table_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caption_boundaries.migration.counting._EVERY", 1)
    monkeypatch.setattr("caption_boundaries.migration.digests._TOLD_BYTES", 1)
    folder = old_folder(tmp_path, OldFolder(cropped_frames=300, picture_bytes=20_000))
    told: list[float] = []
    migrate_folder(folder, progress=lambda done, total, unit: told.append(done))
    assert told == sorted(told)
    assert len(set(told)) > 300


def test_a_backup_that_the_disk_did_not_keep_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = old_folder(tmp_path)
    monkeypatch.setattr(copying, "_copy_part", lambda descriptor, out, offset: 0)
    with pytest.raises(StorageError, match="does not equal its original"):
        migrate_folder(folder)
    assert form_of(folder) == "old"
    assert not list(folder.glob(copying.BACKUP_PATTERN))


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **more: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    folder = old_folder(tmp_path)
    expected, before = rows_of(folder, {}), md5(old_file(folder))
    monkeypatch.setattr(os, "link", refuse)
    migrate_folder(folder)
    assert assert_complete(folder, expected) == "new"
    assert md5(folder / "captions.db.old") == before


def test_a_disk_that_cannot_copy_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> int:
        raise OSError(18, "Invalid cross-device link")

    folder = old_folder(tmp_path)
    before = md5(old_file(folder))
    monkeypatch.setattr(os, "copy_file_range", refuse)
    migrate_folder(folder, MigrateOptions(now=NOON))
    assert md5(folder / "annotations_backup_20260304_120000.db") == before


def test_the_rights_of_the_old_file_go_over(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    old_file(folder).chmod(0o640)
    migrate_folder(folder)
    assert {(folder / name).stat().st_mode & 0o777 for name in NEW_FILES} == {0o640}


@pytest.mark.parametrize("appears", ["video.db", "captions.db.old"])
def test_what_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, appears: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = old_folder(tmp_path)
    expected = rows_of(folder, {})
    write_journal = swapping._write_journal

    def disturb(work: Path, swap: swapping.Swap) -> None:
        write_journal(work, swap)
        (folder / appears).write_bytes(b"from elsewhere")

    monkeypatch.setattr(swapping, "_write_journal", disturb)
    with pytest.raises(StorageError, match=r"appeared meanwhile|File exists"):
        migrate_folder(folder)
    assert assert_complete(folder, expected) == "old"
    assert (folder / appears).read_bytes() == b"from elsewhere"


@pytest.mark.parametrize("state", ["no journal", "torn journal"])
def test_left_overs_of_a_killed_run_are_removed(tmp_path: Path, state: str) -> None:
    folder = old_folder(tmp_path)
    expected = rows_of(folder, {})
    work = folder / swapping.WORK_FOLDER
    work.mkdir()
    (work / "video.db").write_bytes(b"half")
    if state == "torn journal":
        (work / "journal.json").write_bytes(b'{"kind": "mig')
    migrate_folder(folder)
    assert assert_complete(folder, expected) == "new"
    assert not work.exists()


def test_an_interrupted_migration_with_a_strange_file_stops(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    work = folder / swapping.WORK_FOLDER
    work.mkdir()
    swapping._write_journal(work, swapping.Swap("migrate", "captions.db"))
    old_file(folder).rename(folder / "captions.db.old")
    (folder / "captions.db").write_text("not a database")
    before = fingerprint(folder)
    with pytest.raises(DatabaseError, match="was changed by something else since"):
        migrate_folder(folder)
    assert before.items() <= fingerprint(folder).items()
