"""What a migration makes of an old folder: every row, the copies of the file, and what may go wrong on the way."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from caption_boundaries.database.header import read_header
from caption_boundaries.database.paths import side_files
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.errors import DatabaseError, StorageError, VideoBusyError
from caption_boundaries.locking import video_lock
from caption_boundaries.migration import copying, swapping
from caption_boundaries.migration.manifest import read_manifest
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder, needed_bytes, plan_folder
from caption_boundaries.migration.synthetic import OldFolder
from support.databases import fingerprint, kill_writer, md5, names, rows
from support.old_folders import NEW_FILES, NOON, assert_complete, form_of, old_file, old_folder, rows_of


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
