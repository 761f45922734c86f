"""Whatever is damaged in a migrated folder, verification names the file, the table and the row."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.migration.findings import Finding
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.synthetic import OldFolder
from caption_boundaries.migration.verify import verify_all_videos, verify_data_integrity, verify_row_counts
from support.databases import filled_folder, raw, rows
from support.old_folders import VIDEO_ID, old_file, old_folder
from support.verifying import migrated, problems

OTHER_ID = "7b0d55d3-1f5c-4e3f-9a51-0123456789ab"


def flip_a_bit(path: Path, needle: bytes, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(needle) + offset] ^= 1
    path.write_bytes(content)


def picture(folder: Path, file: str, table: str, key: int) -> bytes:
    (data,) = rows(folder / file, f"SELECT image_data FROM {table} WHERE frame_index = {key}")[0]
    assert isinstance(data, bytes)
    return data


@pytest.mark.parametrize(
    ("file", "table", "key"), [("video.db", "full_frames", 200), ("cropping.db", "cropped_frames", 41)]
)
def test_one_flipped_bit_in_a_picture_is_found(folder: Path, file: str, table: str, key: int) -> None:
    data = picture(folder, file, table, key)
    flip_a_bit(folder / file, data[100:400], 33)  # in a comment: the picture looks as before
    with closing(sqlite3.connect(folder / file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert Finding("problem", file, "is not what was migrated, and nobody has changed it", table, key) in problems(
        folder
    )
    assert not verify_data_integrity(folder)
    assert verify_row_counts(folder)
    assert problems(folder, "structure") == []


def test_a_damaged_page_is_found_with_its_rows(folder: Path) -> None:
    data = picture(folder, "cropping.db", "cropped_frames", 30)
    path = folder / "cropping.db"
    content = bytearray(path.read_bytes())
    place = content.index(data[10_000:10_100]) // 8192 * 8192
    content[place : place + 8192] = bytes(8192)
    path.write_bytes(content)
    found = problems(folder)
    assert any(finding.file == "cropping.db" and finding.table is None for finding in found)  # the structure
    assert any(finding.table == "cropped_frames" and finding.row == 30 for finding in found)
    assert {finding.file for finding in found} == {"cropping.db"}


def test_a_table_without_numbers_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    made = old_folder(tmp_path)
    words = ", ".join(f"('{number:04d}', randomblob(900))" for number in range(400))
    raw(
        old_file(made),
        "CREATE TABLE words (word TEXT PRIMARY KEY, said) WITHOUT ROWID",
        f"INSERT INTO words VALUES {words}",
    )
    migrate_folder(made, MigrateOptions(carry_unknown=True))
    content = bytearray((made / "state.db").read_bytes())
    (root,) = rows(made / "state.db", "SELECT rootpage FROM sqlite_master WHERE name = 'words'")[0]
    assert isinstance(root, int)
    content[(root - 1) * 4096 : root * 4096] = bytes(4096)
    (made / "state.db").write_bytes(content)
    assert any(finding.table == "words" and "cannot be read" in finding.message for finding in problems(made))


def delete_rows(folder: Path) -> None:
    raw(folder / "captions.db", "DELETE FROM captions WHERE id IN (1, 3)")


def change_a_value(folder: Path) -> None:
    raw(folder / "layout.db", "UPDATE full_frame_box_labels SET label = 'in' || '' WHERE id = 4 AND label = 'out'")
    raw(folder / "layout.db", "UPDATE full_frame_box_labels SET box_left = 99 WHERE id = 4")


def change_the_type(folder: Path) -> None:
    raw(folder / "fullOCR.db", "UPDATE full_frame_ocr SET text = CAST(text AS BLOB) WHERE id = 2")


def change_a_moved_setting(folder: Path) -> None:
    raw(folder / "video.db", "UPDATE video_metadata SET fps = 29.97")


def drop_a_table(folder: Path) -> None:
    raw(folder / "layout.db", "DROP TABLE video_layout_config")


def empty_a_table(folder: Path) -> None:
    raw(folder / "fullOCR.db", "DELETE FROM full_frame_ocr")


def remove_a_file(folder: Path) -> None:
    (folder / "layout.db").unlink()


def cut_a_file(folder: Path) -> None:
    os.truncate(folder / "fullOCR.db", 8192)


def empty_a_file(folder: Path) -> None:
    (folder / "captions.db").write_bytes(b"")


def older_version(folder: Path) -> None:
    raw(folder / "video.db", "PRAGMA user_version = 0")


def newer_version(folder: Path) -> None:
    raw(folder / "captions.db", "PRAGMA user_version = 900")


def swap_two_files(folder: Path) -> None:
    shutil.copy(folder / "layout.db", folder / "fullOCR.db")


def drop_a_column(folder: Path) -> None:
    raw(folder / "captions.db", "ALTER TABLE captions DROP COLUMN text_confidence")


def lose_a_reference(folder: Path) -> None:
    raw(
        folder / "captions.db",
        "INSERT INTO action_log (uuid, actor, session, at, kind, forward, inverse, undoes) "
        "VALUES ('u', 'a', 's', 'now', 'edit', '[]', '[]', 77)",
    )


def file_of_another_video(folder: Path) -> None:
    other = old_folder(folder.parent, OldFolder(full_frames=4, cropped_frames=60, seed=5), OTHER_ID)
    migrate_folder(other, MigrateOptions(backup=False))
    shutil.copy(other / "cropping.db", folder / "cropping.db")
    shutil.rmtree(other)


def metadata_of_another_video(folder: Path) -> None:
    raw(folder / "video.db", f"UPDATE video_metadata SET video_id = '{OTHER_ID}', updated_at = '2099-01-01'")


def orphan_label(folder: Path) -> None:
    raw(
        folder / "layout.db",
        "INSERT INTO full_frame_box_labels (id, frame_index, box_index, box_text, box_left, box_top, box_right, "
        "box_bottom, label, label_source) VALUES (500, 12345, 0, 'a', 0, 0, 1, 1, 'in', 'user')",
    )


def orphan_label_of_a_crop(folder: Path) -> None:
    orphan_label(folder)
    raw(folder / "layout.db", "UPDATE full_frame_box_labels SET annotation_source = 'cropped_frame' WHERE id = 500")


def orphan_ocr(folder: Path) -> None:
    raw(
        folder / "fullOCR.db",
        "INSERT INTO full_frame_ocr (id, frame_index, box_index, text, confidence, x, y, width, height) "
        "VALUES (900, 12345, 0, 'a', 1, 0, 0, 1, 1)",
    )


def add_caption(start: int, end: int) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        values = f"(800, {start}, {end})"
        raw(folder / "captions.db", f"INSERT INTO captions (id, start_frame_index, end_frame_index) VALUES {values}")

    return damage


DAMAGE: list[tuple[str, Callable[[Path], None], str, str]] = [
    ("rows are gone", delete_rows, "captions.db, table captions, row 3", "was migrated and is gone"),
    ("rows are fewer", delete_rows, "captions.db, table captions", r"has 8 rows; 10 were migrated"),
    ("a value", change_a_value, "layout.db, table full_frame_box_labels, row 4", "is not what was migrated"),
    ("a type", change_the_type, "fullOCR.db, table full_frame_ocr, row 2", "is not what was migrated"),
    ("metadata", change_a_moved_setting, "video.db, table video_metadata, row 1", "is not what was migrated"),
    ("a table", drop_a_table, "layout.db, table video_layout_config", "is missing; 1 rows were migrated"),
    ("all rows", empty_a_table, "fullOCR.db, table full_frame_ocr", "has 0 rows; 12 were migrated"),
    ("a file", remove_a_file, "layout.db", "is missing; `caption-boundaries layout` makes it"),
    ("a cut file", cut_a_file, "fullOCR.db", "is cut short: 8192 bytes instead of"),
    ("an empty file", empty_a_file, "captions.db", "not a SQLite database"),
    ("an older schema", older_version, "video.db", "older schema version 0"),
    ("a newer schema", newer_version, "captions.db", "schema version 900"),
    ("the wrong file", swap_two_files, "fullOCR.db", "not a fullOCR.db"),
    ("a column", drop_a_column, "captions.db, table captions", "lacks column text_confidence"),
    ("a reference", lose_a_reference, "captions.db, table action_log, row 1", "refers to a missing row of action_log"),
    ("another video's file", file_of_another_video, "cropping.db, table cropped_frames, row 0", "is not what was"),
    ("another video's id", metadata_of_another_video, "video.db, table video_metadata", f"is of the video {OTHER_ID}"),
    ("a label", orphan_label, "layout.db, table full_frame_box_labels, row 500", "labels a frame that is not there"),
    ("a crop's label", orphan_label_of_a_crop, "layout.db, table full_frame_box_labels, row 500", "cropped frame"),
    ("an OCR line", orphan_ocr, "fullOCR.db, table full_frame_ocr, row 900", "read on a frame that is not there"),
    ("a long caption", add_caption(58, 70), "captions.db, table captions, row 800", "lies beyond the last frame"),
    ("a turned caption", add_caption(50, 40), "captions.db, table captions, row 800", "starts after it ends"),
    ("an early caption", add_caption(-5, -1), "captions.db, table captions, row 800", "or before the video"),
    ("an overlap", add_caption(0, 50), "captions.db, table captions, row 2", "overlaps a caption before it"),
]


@pytest.mark.parametrize(
    ("damage", "place", "message"), [case[1:] for case in DAMAGE], ids=[case[0] for case in DAMAGE]
)
def test_damage_is_named(folder: Path, damage: Callable[[Path], None], place: str, message: str) -> None:
    damage(folder)
    found = problems(folder)
    assert any(finding.place == place and message.split(";")[0] in finding.message for finding in found), found
    assert not verify_data_integrity(folder)
    assert not verify_all_videos(folder.parents[1])[f"{VIDEO_ID[:2]}/{VIDEO_ID}"]


def test_row_counts_alone(folder: Path) -> None:
    assert verify_row_counts(folder)
    delete_rows(folder)
    assert not verify_row_counts(str(folder))


def test_many_rows_are_named_in_part(folder: Path) -> None:
    raw(folder / "cropping.db", "UPDATE cropped_frames SET width = 65")
    found = [finding for finding in problems(folder) if finding.table == "cropped_frames"]
    assert [finding.row for finding in found] == [0, 1, 2, 3, 4, None]
    assert "55 more such rows" in found[-1].message


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    made = filled_folder(tmp_path / "video")
    good = picture(migrated(tmp_path / "other"), "video.db", "full_frames", 0)
    raw(made / "video.db", f"UPDATE full_frames SET image_data = x'{good.hex()}'")
    raw(made / "video.db", f"UPDATE full_frames SET image_data = x'{good[:-200].hex()}' WHERE frame_index = 100")
    found = [finding for finding in problems(made) if finding.table == "full_frames"]
    assert [finding.row for finding in found] == [100]
    assert "cannot be decoded" in found[0].message


def test_deep_decodes_every_picture(tmp_path: Path) -> None:
    made = filled_folder(tmp_path / "video")
    good = picture(migrated(tmp_path / "other"), "cropping.db", "cropped_frames", 0)
    columns = "frame_index, image_data, width, height, file_size, crop_left, crop_top, crop_right, crop_bottom"
    with closing(sqlite3.connect(made / "cropping.db")) as connection:
        connection.executemany(
            f"INSERT INTO cropped_frames ({columns}) VALUES (?, ?, 64, 36, 1, 0, 0, 1, 1)",
            ((number, good[:-200] if number == 131 else good) for number in range(200)),
        )
        connection.commit()
    named = [finding.row for finding in problems(made, deep=True) if finding.table == "cropped_frames"]
    assert named == [131]
    assert [finding for finding in problems(made) if finding.table == "cropped_frames"] == []


def test_a_whole_data_root(tmp_path: Path) -> None:
    good, bad = migrated(tmp_path / "aa"), migrated(tmp_path / "bb")
    delete_rows(bad)
    reports = verify_all_videos(str(tmp_path))
    assert {name: bool(report) for name, report in reports.items()} == {
        f"aa/{good.name}": True,
        f"bb/{bad.name}": False,
    }
    assert reports[f"bb/{bad.name}"].row_counts is False
