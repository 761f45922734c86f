"""Copies of the old file go only where the new form is proven whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from caption_boundaries.errors import DatabaseCorruptError, DatabaseError
from caption_boundaries.migration.cleaning import clean_folder, plan_cleaning
from caption_boundaries.migration.manifest import MANIFEST_FILENAME
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.verify import verify_folder
from support.databases import names, raw
from support.old_folders import assert_complete, old_file, old_folder, rows_of

NOON = MigrateOptions(now=datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC))
BACKUP = "annotations_backup_20260304_120000.db"


def test_all_copies_go_and_the_folder_still_verifies(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    size, expected = old_file(folder).stat().st_size, rows_of(folder, {})
    migrate_folder(folder, NOON)
    told: list[float] = []
    outcome = clean_folder(folder, progress=lambda done, total, unit: told.append(done))
    assert (outcome.status, outcome.bytes) == ("done", 2 * size)
    assert outcome.detail == f"removed captions.db.old, {BACKUP}"
    assert told == [2 * size]
    assert not {"captions.db.old", BACKUP} & names(folder)
    assert assert_complete(folder, expected) == "new"
    assert verify_folder(folder)
    assert clean_folder(folder).status == "skipped"


def test_work_since_the_migration_is_no_obstacle(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder)
    raw(folder / "captions.db", "UPDATE captions SET text = 'x', text_updated_at = '2099-01-01' WHERE id = 1")
    assert clean_folder(folder).status == "done"


def test_a_folder_with_a_problem_keeps_its_copies(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder, NOON)
    raw(folder / "fullOCR.db", "DELETE FROM full_frame_ocr WHERE id = 3")
    with pytest.raises(DatabaseCorruptError, match=r"does not verify: fullOCR\.db, table full_frame_ocr"):
        clean_folder(folder)
    assert {"captions.db.old", BACKUP} <= names(folder)


def test_an_old_folder_keeps_its_copies(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    (folder / BACKUP).write_bytes(old_file(folder).read_bytes())
    with pytest.raises(DatabaseError, match="still in the old form"):
        clean_folder(folder)
    assert BACKUP in names(folder)


def test_without_a_manifest_the_copies_stay(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    migrate_folder(folder, NOON)
    (folder / MANIFEST_FILENAME).unlink()
    with pytest.raises(DatabaseError, match="no manifest"):
        clean_folder(folder)
    assert {"captions.db.old", BACKUP} <= names(folder)


def test_a_copy_that_holds_something_else_stays_unless_it_is_asked_for(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    other = folder / "annotations_backup_20240101_000000.db"
    other.write_bytes(old_file(folder).read_bytes())
    raw(other, "UPDATE captions SET text = 'of last year' WHERE id = 1")
    migrate_folder(folder, NOON)
    outcome = clean_folder(folder)
    assert outcome.notes == (f"{other.name} holds other rows in table captions, so it stays",)
    assert other.exists()
    assert clean_folder(folder).detail == "no copies to remove"
    assert plan_cleaning(folder, include_other=True).removable == (other,)
    clean_folder(folder, include_other=True)
    assert not other.exists()
