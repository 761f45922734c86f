"""Sources that cannot be migrated: refused with a reason, and untouched byte for byte."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.errors import CaptionBoundariesError
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.rollback import rollback_folder
from caption_boundaries.migration.synthetic import OldFolder
from caption_boundaries.migration.verify import verify_folder
from support.databases import fingerprint, kill_writer, raw, rows
from support.old_folders import assert_complete, old_file, old_folder, rows_of

PICTURES = OldFolder(full_frames=4, cropped_frames=30, picture_bytes=5000)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def only_schema(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


def cut_inside_a_page(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 100)


def zeroed_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(2048 * 5)
        file.write(bytes(2048))


def zeroed_pages_of_a_picture(path: Path) -> None:
    (data,) = rows(path, "SELECT image_data FROM cropped_frames WHERE frame_index = 7")[0]
    assert isinstance(data, bytes)
    content = path.read_bytes()
    place = content.index(data[2048:3000])
    with path.open("r+b") as file:
        file.seek(place // 2048 * 2048)
        file.write(bytes(2048))


def damaged_index(path: Path) -> None:
    (root,) = rows(path, "SELECT rootpage FROM sqlite_master WHERE name = 'idx_full_frame_ocr_label'")[0]
    assert isinstance(root, int)
    with path.open("r+b") as file:
        file.seek((root - 1) * 2048 + 3)
        file.write(bytes(2))  # it says that it has no rows; the table itself is whole


def flipped_bit_in_a_picture(path: Path) -> None:
    (data,) = rows(path, "SELECT image_data FROM full_frames WHERE frame_index = 100")[0]
    assert isinstance(data, bytes)
    flipped = bytearray(data)
    flipped[data.index(b"\xff\xdb") + 1] ^= 0x20  # the mark of a table of the JPEG
    raw(path, f"UPDATE full_frames SET image_data = x'{flipped.hex()}' WHERE frame_index = 100")


def text_file(path: Path) -> None:
    path.write_text("caption_id,start,end\n1,0,10\n" * 10)


def pointer(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 123456\n")


def random_bytes(path: Path) -> None:
    path.write_bytes(b"\x93\xfe" * 4096)


def unknown_table(path: Path) -> None:
    raw(path, "CREATE TABLE notes (a)")


def virtual_table(path: Path) -> None:
    raw(path, "CREATE VIRTUAL TABLE words USING fts5 (text)")


def newer_version(path: Path) -> None:
    raw(path, "PRAGMA user_version = 99")


def newer_schema(path: Path) -> None:
    raw(path, "UPDATE database_metadata SET schema_version = 57")


def foreign_ocr(path: Path) -> None:
    raw(
        path,
        "DROP TABLE full_frame_ocr",
        "CREATE TABLE full_frame_ocr (id INTEGER PRIMARY KEY, frame_index, box_index, text, "
        "bbox_left, bbox_top, bbox_right, bbox_bottom)",
    )


def foreign_layout(path: Path) -> None:
    raw(
        path,
        "CREATE TABLE l AS SELECT * FROM video_layout_config",
        "INSERT INTO l SELECT * FROM video_layout_config",
        "UPDATE l SET id = rowid",
        "DROP TABLE video_layout_config",
        "ALTER TABLE l RENAME TO video_layout_config",
    )


def foreign_model(path: Path) -> None:
    raw(
        path,
        "DROP TABLE box_classification_model",
        "CREATE TABLE box_classification_model (id INTEGER PRIMARY KEY, version TEXT, model_data BLOB)",
    )


def singleton_without_id(path: Path) -> None:
    raw(path, "DROP TABLE text_review_status", "CREATE TABLE text_review_status (status TEXT)")


def missing_column(path: Path) -> None:
    raw(path, "ALTER TABLE full_frames DROP COLUMN file_size")


def only_captions(path: Path) -> None:
    for (table,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'"):
        if table not in ("captions", "text_review_status") and not str(table).startswith("sqlite"):
            raw(path, f"DROP TABLE {table}")


def utf16(path: Path) -> None:
    path.unlink()
    raw(path, "PRAGMA encoding = 'UTF-16'", "CREATE TABLE captions (id, start_frame_index, end_frame_index)")
    raw(path, "CREATE TABLE full_frames (frame_index INTEGER PRIMARY KEY, image_data)")


def a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def a_strange_log(path: Path) -> None:
    kept = path.read_bytes()
    raw(path, "PRAGMA journal_mode = WAL")
    kill_writer(path, "UPDATE captions SET text = 'of another file'", wal=True)
    path.write_bytes(kept)


def a_shared_wal_file(path: Path) -> None:
    raw(path, "PRAGMA journal_mode = WAL")
    os.link(path, path.with_name("cache"))


DAMAGE: list[tuple[Callable[[Path], None], str]] = [
    (nothing, "it has 0 bytes"),
    (only_schema, "does not hold the tables of an old file, but none"),
    (truncated, "damaged"),
    (cut_inside_a_page, "damaged"),
    (zeroed_page, "damaged"),
    (zeroed_pages_of_a_picture, "damaged|cannot be decoded"),
    (damaged_index, "damaged: .*idx_full_frame_ocr_label"),
    (flipped_bit_in_a_picture, "row 100 of table full_frames cannot be decoded"),
    (text_file, "text file"),
    (pointer, "pointer file of a large-file store"),
    (random_bytes, "first bytes are not those of SQLite"),
    (unknown_table, "table notes is unknown"),
    (virtual_table, "words is virtual"),
    (newer_version, "schema version is 99"),
    (newer_schema, "database_metadata says schema version 57"),
    (foreign_ocr, r"full_frame_ocr has no column height, width, x, y \(it has bbox_bottom, bbox_left"),
    (foreign_layout, "video_layout_config has a row with id 2"),
    (foreign_model, r"box_classification_model has no column prior_in, prior_out \(it has id, model_data, version\)"),
    (singleton_without_id, "text_review_status has no column id"),
    (missing_column, "full_frames has no column file_size"),
    (only_captions, "does not hold the tables of an old file, but captions, text_review_status"),
    (utf16, "encoding|is not migrated"),
    (a_link, "is a link"),
    (a_strange_log, "left by another version"),
    (a_shared_wal_file, "shared by a link"),
]


SOUND = (unknown_table, virtual_table, newer_version, newer_schema, foreign_ocr, foreign_layout, missing_column)
"""What is refused for its form, not for damage: also when it is in write-ahead mode."""

CASES = [
    *((damage, reason, False) for damage, reason in DAMAGE),
    *((damage, reason, True) for damage, reason in DAMAGE if damage in SOUND),
]


@pytest.mark.parametrize(("damage", "reason", "wal"), CASES, ids=[f"{case[0].__name__}-{case[2]}" for case in CASES])
def test_a_damaged_or_foreign_source_is_refused_and_untouched(
    tmp_path: Path, damage: Callable[[Path], None], reason: str, wal: bool
) -> None:
    folder = old_folder(tmp_path, PICTURES)
    damage(old_file(folder))
    if wal:
        raw(old_file(folder), "PRAGMA journal_mode = WAL")
    before = fingerprint(folder)
    with pytest.raises(CaptionBoundariesError, match=reason):
        migrate_folder(folder, MigrateOptions(backup=False))
    after = fingerprint(folder)
    after.pop(".lock")
    assert after == before


def test_a_missing_source_is_told(tmp_path: Path) -> None:
    with pytest.raises(CaptionBoundariesError, match="holds no old file"):
        migrate_folder(tmp_path)
    folder = old_folder(tmp_path)
    old_file(folder).rename(folder / "captions.db.old")
    with pytest.raises(CaptionBoundariesError, match=r"only captions\.db\.old: its databases are gone"):
        migrate_folder(folder)


@pytest.mark.parametrize("name", ["video.db", "state.db", "captions.db.old", "fullOCR.db"])
def test_a_name_that_is_taken_by_something_else_is_told(tmp_path: Path, name: str) -> None:
    folder = old_folder(tmp_path)
    (folder / name).write_bytes(b"something")
    before = fingerprint(folder)
    with pytest.raises(CaptionBoundariesError, match=f"already has {name}"):
        migrate_folder(folder)
    assert before.items() <= fingerprint(folder).items()


def test_two_old_files_or_both_forms_are_told(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    (folder / "annotations.db").write_bytes(old_file(folder).read_bytes())
    with pytest.raises(CaptionBoundariesError, match=r"both forms, or two old files: annotations\.db, captions\.db"):
        migrate_folder(folder)
    (folder / "annotations.db").unlink()
    migrate_folder(folder)
    (folder / "annotations.db").write_bytes((folder / "captions.db.old").read_bytes())
    with pytest.raises(CaptionBoundariesError, match=r"annotations\.db, captions\.db, cropping\.db"):
        migrate_folder(folder)


def test_damaged_pictures_are_carried_on_request(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, PICTURES)
    flipped_bit_in_a_picture(old_file(folder))
    expected = rows_of(folder, {})
    migrate_folder(folder, MigrateOptions(keep_damaged=True))
    assert assert_complete(folder, expected) == "new"


def test_pictures_of_another_kind_are_not_judged(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(
        old_file(folder),
        "UPDATE full_frames SET image_data = x'89504e47'",
        "UPDATE cropped_frames SET image_data = 'text'",
    )
    expected = rows_of(folder, {})
    migrate_folder(folder)
    assert assert_complete(folder, expected) == "new"


def test_a_damaged_index_of_an_old_file_is_told_by_the_verification(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, PICTURES)
    damaged_index(old_file(folder))
    assert "idx_full_frame_ocr_label" in verify_folder(folder, "structure").problems[0].message


def test_a_table_that_counts_only_in_the_old_file(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    raw(
        old_file(folder),
        "CREATE TABLE counted (frame_index INTEGER PRIMARY KEY AUTOINCREMENT, image_data BLOB NOT NULL, "
        "width INTEGER, height INTEGER, file_size INTEGER, created_at TEXT)",
        "INSERT INTO counted SELECT frame_index, image_data, width, height, file_size, created_at FROM full_frames",
        "DROP TABLE full_frames",
        "ALTER TABLE counted RENAME TO full_frames",
    )
    migrate_folder(folder)
    assert rollback_folder(folder).detail == "captions.db.old as it was"
