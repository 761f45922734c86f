"""The way back: to the very file there was, or to one with the work since."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from caption_boundaries.database.full_ocr import OcrRun, OcrWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.row_hash import row_hash
from caption_boundaries.migration.copying import kept_copies
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.rollback import RollbackOptions, rollback_folder
from caption_boundaries.migration.synthetic import OldFolder
from support.databases import fingerprint, md5, names, raw, rows
from support.old_folders import (
    NOON,
    assert_complete,
    edit_captions,
    form_of,
    old_file,
    old_folder,
    rows_of,
    rows_of_new_folder,
    rows_of_old_file,
    same_rows,
)


@pytest.mark.parametrize("wal", [False, True], ids=["delete", "wal"])
@pytest.mark.parametrize("name", ["captions.db", "annotations.db"])
@pytest.mark.parametrize("backup", [False, True], ids=["no backup", "backup"])
def test_an_untouched_folder_gets_its_very_file_back(tmp_path: Path, name: str, wal: bool, backup: bool) -> None:
    folder = old_folder(tmp_path, OldFolder(filename=name, wal=wal))
    expected, before, made = rows_of(folder, {}), md5(old_file(folder)), names(folder)
    facts = facts_of(old_file(folder))
    migrate_folder(folder, MigrateOptions(backup=backup, now=NOON))
    outcome = rollback_folder(folder)
    assert (outcome.status, outcome.detail) == ("done", "captions.db.old as it was")
    assert assert_complete(folder, expected) == "old"
    left = {"annotations_backup_20260304_120000.db"} if backup else set()
    assert names(folder) == {*made, ".lock", *left}
    assert facts_of(old_file(folder)) == facts
    assert wal or md5(old_file(folder)) == before


def facts_of(path: Path) -> list[object]:
    """Return what a file says of itself, and every object in it."""
    pragmas = ("page_size", "user_version", "application_id", "journal_mode", "auto_vacuum")
    values: list[object] = [rows(path, f"PRAGMA {name}") for name in pragmas]
    return [*values, sorted(rows(path, "SELECT type, name, tbl_name, sql FROM sqlite_master"), key=str)]


def test_running_again_does_nothing(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    rollback_folder(folder)
    before = fingerprint(folder)
    assert rollback_folder(folder).detail == "already in the old form"
    assert fingerprint(folder) == before


def edit_layout(folder: Path) -> None:
    raw(
        folder / "layout.db",
        "UPDATE video_layout_config SET crop_left = 7, layout_approved = 0, has_captions = 1, regions = '[]'",
        "DELETE FROM full_frame_box_labels WHERE id = 1",
        "INSERT INTO action_log (uuid, actor, session, at, kind, forward, inverse) "
        "VALUES ('v', 'a', 's', 't', 'k', '[]', '[]')",
        "UPDATE box_classification_model SET prior_in = 0.5, parameters = '{}'",
    )


def edit_state(folder: Path) -> None:
    raw(
        folder / "state.db",
        "UPDATE video_preferences SET text_size = 9.5",
        "INSERT INTO step_runs (step, status, started_at) VALUES ('crop', 'complete', 'now')",
    )


def read_again(folder: Path) -> None:
    with replacing_database(folder, "fullOCR", reads=()) as connection:
        writer = OcrWriter(connection)
        writer.add_frame(0, [], 0.0)
        writer.add_failure(100, "it fell over")
        writer.save_run(OcrRun("null", "1", "{}", "hash", 2, 1, "then", "now"))


def crop_again(folder: Path) -> None:
    raw(
        folder / "cropping.db",
        "DELETE FROM cropped_frames WHERE frame_index = 1",
        "UPDATE cropped_frames SET pts = 5, time_base = '1/25' WHERE frame_index = 0",
        "INSERT INTO crop_runs (video_hash, crop_bounds_version, regions, settings, frame_count, source_frame_count, "
        "started_at, finished_at) VALUES ('h', 2, '[]', '{}', 2, 50, 'then', 'now')",
        "INSERT INTO change_signal (first_frame, frame_count, mask_width, mask_height, times, masks) "
        "VALUES (0, 1, 8, 8, x'00', x'01')",
    )


def change_the_clock(folder: Path) -> None:
    raw(
        folder / "video.db", "UPDATE video_metadata SET index_framerate_hz = 25.0, time_base = '1/12800', start_pts = 5"
    )


def count_on(folder: Path) -> None:
    raw(
        folder / "captions.db",
        "INSERT INTO captions (start_frame_index, end_frame_index) VALUES (30, 31)",
        "DELETE FROM captions WHERE start_frame_index = 30 AND text IS NULL AND id = (SELECT max(id) FROM captions)",
    )


EDITS = [edit_captions, edit_layout, edit_state, read_again, crop_again, change_the_clock, count_on]


def everything(folder: Path) -> dict[str, object]:
    """Return the hash of every table of every database, and how far each counter has counted."""
    with VideoDatabase(folder, readonly=True) as connection:
        found: dict[str, object] = {}
        for schema in ("video", "fullOCR", "layout", "captions", "cropping", "state"):
            for (table,) in connection.execute(
                f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table'"
            ).fetchall():
                if table == "sqlite_sequence":
                    sql = f"SELECT name, seq FROM {schema}.sqlite_sequence ORDER BY name"
                    found[f"{schema}.sequences"] = connection.execute(sql).fetchall()
                elif not table.startswith("sqlite_"):
                    found[f"{schema}.{table}"] = row_hash(connection, schema, table)
        return found


@pytest.mark.parametrize("edit", [*EDITS, None], ids=lambda edit: edit.__name__ if edit else "all")
@pytest.mark.parametrize("name", ["captions.db", "annotations.db"])
def test_the_work_since_comes_back_and_survives_another_migration(
    tmp_path: Path, name: str, edit: Callable[[Path], None] | None
) -> None:
    folder = old_folder(tmp_path, OldFolder(filename=name, full_frames=3, cropped_frames=5))
    facts = facts_of(old_file(folder))[:4]
    triggers = rows(old_file(folder), "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    old = rows_of(folder, {})
    migrate_folder(folder)
    for change in [edit] if edit else EDITS:
        change(folder)
    before, expected = everything(folder), rows_of_new_folder(folder, old)
    outcome = rollback_folder(folder, RollbackOptions(now=NOON))
    assert outcome.detail.startswith("captions.db.old with the work since: ")
    assert "stays as annotations_backup_20260304_120000.db" in outcome.detail
    assert form_of(folder) == "old"
    assert same_rows(rows_of_old_file(old_file(folder)), expected)
    assert facts_of(old_file(folder))[:4] == facts
    assert rows(old_file(folder), "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'") == triggers
    assert same_rows(rows_of_old_file(folder / "annotations_backup_20260304_120000.db"), old)
    migrate_folder(folder)
    after = everything(folder)
    assert all(after.pop(f"{schema}.sequences") >= before.pop(f"{schema}.sequences") for schema in COUNTED)  # type: ignore[operator]
    assert after == before


COUNTED = ("fullOCR", "layout", "captions")
"""Databases with AUTOINCREMENT: a counter may be ahead of its table, but never behind."""


def test_migrate_back_and_migrate_gives_equal_hashes(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder())
    migrate_folder(folder)
    before = everything(folder)
    rollback_folder(folder)
    migrate_folder(folder)
    assert everything(folder) == before


def test_databases_that_are_only_local_may_be_gone(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    expected = rows_of(folder, {})
    migrate_folder(folder)
    (folder / "cropping.db").unlink()
    (folder / "state.db").unlink()
    raw(folder / "layout.db", "UPDATE video_layout_config SET layout_approved = 0")
    outcome = rollback_folder(folder)
    assert "state.db is gone" in outcome.detail
    expected["video_preferences"][0]["layout_approved"] = 0
    assert assert_complete(folder, expected) == "old"


def test_a_file_without_preferences_takes_the_settings_beside(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(old_file(folder), "DELETE FROM video_preferences")
    migrate_folder(folder)
    raw(folder / "layout.db", "UPDATE video_layout_config SET layout_approved = 1")
    before = everything(folder)
    rollback_folder(folder)
    assert rows(old_file(folder), "SELECT layout_approved FROM video_layout_config") == [(1,)]
    migrate_folder(folder)
    assert everything(folder) == before


def test_a_file_without_the_table_of_preferences(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(old_file(folder), "DROP TABLE video_preferences")
    migrate_folder(folder)
    edit_captions(folder)
    change_the_clock(folder)
    before = everything(folder)
    rollback_folder(folder)
    migrate_folder(folder)
    assert everything(folder) == before


def test_unknown_tables_come_back(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(
        old_file(folder),
        "CREATE TABLE notes (word TEXT PRIMARY KEY, twice AS (word || word))",
        "INSERT INTO notes VALUES ('a')",
    )
    migrate_folder(folder, MigrateOptions(carry_unknown=True))
    raw(folder / "state.db", "INSERT INTO notes VALUES ('b')", "UPDATE notes SET word = 'c' WHERE word = 'a'")
    rollback_folder(folder)
    assert rows(old_file(folder), "SELECT word, twice FROM notes ORDER BY word") == [("b", "bb"), ("c", "cc")]


def test_the_backup_is_used_when_the_kept_file_is_gone(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    expected = rows_of(folder, {})
    migrate_folder(folder, MigrateOptions(now=NOON))
    (folder / "captions.db.old").unlink()
    assert rollback_folder(folder).detail == "annotations_backup_20260304_120000.db as it was"
    assert assert_complete(folder, expected) == "old"
    assert (folder / "annotations_backup_20260304_120000.db").is_file()


def test_a_backup_with_a_live_log_is_copied_whole(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    expected = rows_of(folder, {})
    migrate_folder(folder, MigrateOptions(now=NOON))
    (folder / "captions.db.old").unlink()
    backup = folder / "annotations_backup_20260304_120000.db"
    raw(backup, "PRAGMA journal_mode = WAL")
    edit_captions(folder)
    rollback_folder(folder)
    assert form_of(folder) == "old"
    assert rows(old_file(folder), "PRAGMA journal_mode") == [("delete",)]
    assert rows(old_file(folder), "SELECT text FROM captions WHERE id = 1") == [("changed",)]
    assert len(rows_of(folder, {})["full_frames"]) == len(expected["full_frames"])


def test_a_dry_run_tells_and_writes_nothing(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    edit_captions(folder)
    before = fingerprint(folder)
    outcome = rollback_folder(folder, RollbackOptions(dry_run=True))
    assert "table captions was changed" in outcome.detail
    assert fingerprint(folder) == before


def test_copies_are_found_newest_first(tmp_path: Path) -> None:
    for name in ("annotations_backup_1.db", "annotations_backup_2.db", "captions.db.old"):
        (tmp_path / name).touch()
    (tmp_path / "annotations_backup_3.db").mkdir()
    found = [path.name for path in kept_copies(tmp_path)]
    assert found == ["captions.db.old", "annotations_backup_2.db", "annotations_backup_1.db"]
    assert os.path.lexists(tmp_path / "annotations_backup_3.db")
