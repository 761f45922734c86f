"""Where the way back is barred: a refusal says what is at stake, and what is given up by name is given up."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caption_boundaries.errors import DatabaseBusyError, DatabaseError, StorageError
from caption_boundaries.migration import rollback as rollback_module
from caption_boundaries.migration import swapping
from caption_boundaries.migration.manifest import MANIFEST_FILENAME
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.rollback import RollbackOptions, rollback_folder
from caption_boundaries.migration.synthetic import OldFolder
from support.databases import fingerprint, md5, names, raw, rows
from support.old_folders import NEW_FILES, NOON, assert_complete, edit_captions, form_of, old_file, old_folder, rows_of

DISCARD = RollbackOptions(discard_changes=True, now=NOON)


def test_changes_are_discarded_when_asked(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    expected, before = rows_of(folder, {}), md5(old_file(folder))
    migrate_folder(folder)
    edit_captions(folder)
    outcome = rollback_folder(folder, DISCARD)
    assert "without the work since: table captions was changed" in outcome.detail
    assert assert_complete(folder, expected) == "old"
    assert md5(old_file(folder)) == before


def strange_table(folder: Path) -> None:
    raw(folder / "layout.db", "CREATE TABLE my_notes (a)", "INSERT INTO my_notes VALUES (1)")


def lost_file(folder: Path) -> None:
    (folder / "layout.db").unlink()


def lost_table(folder: Path) -> None:
    raw(folder / "captions.db", "DROP TABLE text_review_status")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (strange_table, r"table my_notes in layout\.db has rows; table my_notes in layout\.db is unknown"),
        (lost_file, r"layout\.db is missing"),
        (lost_table, r"table text_review_status is missing in captions\.db"),
    ],
)
def test_what_cannot_be_brought_back_is_told_and_nothing_is_changed(
    tmp_path: Path, damage: Callable[[Path], None], reason: str
) -> None:
    folder = old_folder(tmp_path)
    expected = rows_of(folder, {})
    migrate_folder(folder)
    damage(folder)
    before = {name: mark[0] for name, mark in fingerprint(folder).items()}
    with pytest.raises(
        DatabaseError, match=f"not rolled back, because this would be lost: {reason}.*--discard-changes"
    ):
        rollback_folder(folder)
    assert {name: mark[0] for name, mark in fingerprint(folder).items()} == before
    rollback_folder(folder, DISCARD)
    assert assert_complete(folder, expected) == "old"


def damaged_pages(folder: Path) -> None:
    content = bytearray((folder / "captions.db").read_bytes())
    content[4096 * 2 :] = bytes(len(content) - 4096 * 2)
    (folder / "captions.db").write_bytes(content)


def no_database(folder: Path) -> None:
    (folder / "captions.db").write_text("not a database")


def another_kind(folder: Path) -> None:
    raw(folder / "layout.db", "PRAGMA application_id = 5")


def damaged_picture(folder: Path) -> None:
    content = bytearray((folder / "cropping.db").read_bytes())
    (root,) = rows(folder / "cropping.db", "SELECT rootpage FROM sqlite_master WHERE name = 'cropped_frames'")[0]
    assert isinstance(root, int)
    content[(root - 1) * 8192 : root * 8192] = bytes(8192)
    (folder / "cropping.db").write_bytes(content)


@pytest.mark.parametrize("damage", [damaged_pages, no_database, another_kind, damaged_picture])
def test_damaged_databases_block_the_way_back_only_until_they_are_given_up(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = old_folder(tmp_path)
    expected = rows_of(folder, {})
    migrate_folder(folder)
    damage(folder)
    before = {name: mark[0] for name, mark in fingerprint(folder).items()}
    with pytest.raises(DatabaseError):
        rollback_folder(folder)
    assert {name: mark[0] for name, mark in fingerprint(folder).items()} == before
    rollback_folder(folder, DISCARD)
    assert assert_complete(folder, expected) == "old"


@pytest.mark.parametrize("merged", [False, True], ids=["kept", "merged"])
def test_an_interrupted_rollback_beside_a_damaged_file_is_undone(tmp_path: Path, merged: bool) -> None:
    folder = old_folder(tmp_path, OldFolder(filename="annotations.db"))
    expected = rows_of(folder, {})
    migrate_folder(folder)
    work = folder / swapping.WORK_FOLDER
    work.mkdir()
    swapping._write_journal(work, swapping.Swap("rollback", "annotations.db", merged=merged))
    if merged:
        shutil.copy(folder / "captions.db.old", folder / "annotations.db")
    else:
        (folder / "captions.db.old").rename(folder / "annotations.db")
    swapping.recover(folder)
    assert (folder / "captions.db.old").is_file()
    assert not (folder / "annotations.db").exists()
    assert assert_complete(folder, expected) == "new"
    work.mkdir()
    swapping._write_journal(work, swapping.Swap("rollback", "captions.db"))
    damaged_pages(folder)
    raw_header = (folder / "captions.db").read_bytes()[:68] + bytes(4) + (folder / "captions.db").read_bytes()[72:]
    (folder / "captions.db").write_bytes(raw_header)  # so that it is not told by its application id
    swapping.recover(folder)
    assert set(NEW_FILES) <= names(folder)


@pytest.mark.parametrize("damage", ["other rows", "other tables", "no database", "gone"])
def test_a_kept_file_that_is_not_what_was_moved_is_not_used(tmp_path: Path, damage: str) -> None:
    folder = old_folder(tmp_path)
    expected = rows_of(folder, {})
    migrate_folder(folder, MigrateOptions(now=NOON))
    kept = folder / "captions.db.old"
    if damage == "other rows":
        raw(kept, "UPDATE captions SET text = 'x' WHERE id = 1")
    elif damage == "other tables":
        raw(kept, "DROP TABLE full_frames")
    elif damage == "no database":
        kept.write_text("not a database")
    else:
        kept.unlink()
    shutil.copytree(folder, tmp_path / "again")
    rollback_folder(folder, RollbackOptions(now=datetime(2026, 3, 5, tzinfo=UTC)))
    assert assert_complete(folder, expected) == "old"
    assert (folder / "annotations_backup_20260305_000000.db").exists() == (damage != "gone")
    (tmp_path / "again" / "annotations_backup_20260304_120000.db").unlink()
    with pytest.raises(DatabaseError, match="no sound copy of the old file"):
        rollback_folder(tmp_path / "again")


def test_a_folder_that_was_never_migrated_is_told(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    (folder / MANIFEST_FILENAME).unlink()
    with pytest.raises(DatabaseError, match="has no manifest"):
        rollback_folder(folder)


def test_a_folder_with_only_the_kept_file_gets_its_name_back(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    expected = rows_of(folder, {})
    migrate_folder(folder)
    for path in folder.glob("*.db"):
        path.unlink()
    kept = (folder / "captions.db.old").read_bytes()
    raw(folder / "captions.db.old", "UPDATE captions SET text = 'x' WHERE id = 1")
    with pytest.raises(DatabaseError, match=r"captions\.db\.old holds other rows in table captions"):
        rollback_folder(folder)
    (folder / "captions.db.old").write_bytes(kept)
    assert rollback_folder(folder).detail == "captions.db.old as it was; the databases of the new form were gone"
    assert assert_complete(folder, expected) == "old"


def test_a_name_that_is_taken_is_told(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(filename="annotations.db"))
    migrate_folder(folder)
    (folder / "annotations.db").write_text("something else")
    with pytest.raises(DatabaseError, match=r"annotations\.db is there already"):
        rollback_folder(folder)
    assert (folder / "annotations.db").read_text() == "something else"
    assert form_of(folder) == "new"


@pytest.mark.parametrize("database", ["captions.db", "state.db"])
def test_a_database_in_use_is_told(tmp_path: Path, database: str) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    before = {name: mark[0] for name, mark in fingerprint(folder).items()}
    with closing(sqlite3.connect(folder / database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusyError):
            rollback_folder(folder, RollbackOptions(timeout=0.01))
        connection.execute("ROLLBACK")
    assert {name: mark[0] for name, mark in fingerprint(folder).items()} == before


def test_room_for_a_merged_file_is_looked_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    edit_captions(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**6, 10**6, 0))  # type: ignore[attr-defined]
    with pytest.raises(StorageError, match="free space"):
        rollback_folder(folder)
    assert form_of(folder) == "new"
    assert not list(folder.glob(".partial*"))


def test_a_merge_that_does_not_equal_the_folder_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    edit_captions(folder)
    merge_back = rollback_module.merge_back

    def damaging(where: Path, merged: Path, *rest: object) -> None:
        raw(merged, "UPDATE full_frame_ocr SET text = 'x' WHERE id = 1")
        merge_back(where, merged, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(rollback_module, "merge_back", damaging)
    with pytest.raises(DatabaseError, match=r"full_frame_ocr of .* cannot be brought back value for value"):
        rollback_folder(folder)
    assert form_of(folder) == "new"
