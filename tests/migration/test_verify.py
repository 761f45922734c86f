"""Verification names the file, the table and the row, and tells damage from work."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.actions import ActionLog, ActionRequest
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.old_mapping import TableMap
from caption_boundaries.database.table_shapes import Table
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.migration.digests import TableDigest, difference
from caption_boundaries.migration.explaining import Explanation
from caption_boundaries.migration.findings import Finding, Level
from caption_boundaries.migration.manifest import MANIFEST_FILENAME, MovedTable, _checksum
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.row_checks import _tell
from caption_boundaries.migration.swapping import WORK_FOLDER
from caption_boundaries.migration.synthetic import OldFolder
from caption_boundaries.migration.verify import (
    _as_far_as_readable,
    verify_all_videos,
    verify_data_integrity,
    verify_folder,
    verify_row_counts,
)
from support.databases import filled_folder, fingerprint, kill_writer, raw, rows
from support.old_folders import VIDEO_ID, old_file, old_folder

WANTED = OldFolder(full_frames=4, cropped_frames=60, picture_bytes=20_000)
OTHER_ID = "7b0d55d3-1f5c-4e3f-9a51-0123456789ab"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A migrated folder without a copy of its old file, so that only the manifest knows what it was."""
    made = old_folder(tmp_path / VIDEO_ID[:2], WANTED)
    migrate_folder(made, MigrateOptions(backup=False))
    (made / "captions.db.old").unlink()
    return made


def problems(folder: Path, level: Level = "content", *, deep: bool = False) -> list[Finding]:
    return list(verify_folder(folder, level, deep=deep).problems)


@pytest.mark.parametrize("level", ["header", "structure", "content"])
def test_a_migrated_folder_has_no_problems_and_is_left_alone(folder: Path, level: Level) -> None:
    before = fingerprint(folder)
    report = verify_folder(folder, level, deep=True)
    assert report
    assert report.findings == ()
    assert (report.form, report.row_counts, report.data_integrity) == ("new", True, True)
    assert fingerprint(folder) == before


def test_a_folder_of_the_pipeline_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    report = verify_folder(filled_folder(tmp_path / "video"), "structure")
    assert report
    assert [finding.message for finding in report.findings] == ["is not there: nothing to compare with"]
    assert report.tables["captions.captions"] == 1


def test_a_copy_of_the_old_file_stands_in_for_a_lost_manifest(tmp_path: Path) -> None:
    made = migrated(tmp_path)
    (made / MANIFEST_FILENAME).unlink()
    assert verify_folder(made).findings == ()
    raw(made / "captions.db", "UPDATE captions SET text = 'x' WHERE id = 3")
    assert [finding.place for finding in problems(made)] == ["captions.db, table captions, row 3"]
    shutil.copy(made / "state.db", made / "captions.db.old")
    assert not verify_folder(made)


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


def test_what_is_local_may_change(tmp_path: Path) -> None:
    made = old_folder(tmp_path, WANTED)
    raw(old_file(made), "CREATE TABLE words (word TEXT PRIMARY KEY)", "INSERT INTO words VALUES ('a')")
    migrate_folder(made, MigrateOptions(carry_unknown=True))
    raw(made / "state.db", "UPDATE words SET word = 'b'")
    assert verify_folder(made).findings == (Finding("note", "state.db", "is local to this machine", "words"),)


def test_many_rows_are_named_in_part(folder: Path) -> None:
    raw(folder / "cropping.db", "UPDATE cropped_frames SET width = 65")
    found = [finding for finding in problems(folder) if finding.table == "cropped_frames"]
    assert [finding.row for finding in found] == [0, 1, 2, 3, 4, None]
    assert "55 more such rows" in found[-1].message


def test_what_made_no_sense_in_the_old_file_is_only_a_warning(tmp_path: Path) -> None:
    made = old_folder(tmp_path, WANTED)
    raw(
        old_file(made),
        "UPDATE full_frame_box_labels SET frame_index = 777 WHERE id = 1",
        "UPDATE captions SET end_frame_index = 500 WHERE id = 6",
    )
    migrate_folder(made)
    report = verify_folder(made)
    assert report
    assert {finding.weight for finding in report.findings} == {"warning"}
    assert {finding.place for finding in report.findings} >= {
        "layout.db, table full_frame_box_labels, row 1",
        "captions.db, table captions, row 6",
    }
    raw(made / "captions.db", "UPDATE captions SET end_frame_index = 400, text_updated_at = '2099-01-01' WHERE id = 6")
    assert "captions.db, table captions, row 6" in [finding.place for finding in problems(made)]


def perform(folder: Path, schema: str, *statements: str) -> None:
    """Change rows as the tools do: with an entry in the log."""
    with VideoDatabase(folder, writes={schema}) as connection:

        def apply() -> None:
            for statement in statements:
                connection.execute(statement)

        ActionLog(connection, schema).perform(ActionRequest("u-1", "Anna", "window", "edit"), apply)


def test_work_is_told_from_damage(folder: Path) -> None:
    perform(
        folder,
        "captions",
        "UPDATE captions.captions SET text = 'better' WHERE id = 2",
        "DELETE FROM captions.captions WHERE id = 3",
        "INSERT INTO captions.captions (start_frame_index, end_frame_index) VALUES (55, 56)",
        "UPDATE captions.text_review_status SET status = 'complete'",
    )
    perform(folder, "layout", "UPDATE layout.full_frame_box_labels SET label = 'out', box_left = 5 WHERE id = 1")
    report = verify_folder(folder)
    assert report, report.problems
    assert verify_row_counts(folder)
    notes = [f"{finding.place}: {finding.message}" for finding in report.findings]
    assert "captions.db, table captions: 1 rows were changed since the migration" in notes
    assert "captions.db, table captions: 1 rows were added since the migration" in notes
    assert "captions.db, table captions, row 3: was migrated and is gone" in notes
    assert "layout.db, table full_frame_box_labels: 1 rows were changed since the migration" in notes
    raw(folder / "captions.db", "UPDATE captions SET text = 'x' WHERE id = 7")
    assert [finding.row for finding in problems(folder)] == [7]


@pytest.mark.parametrize(
    ("file", "statements", "note"),
    [
        (
            "fullOCR.db",
            (
                "INSERT INTO ocr_runs (engine, engine_version, settings, frames_hash, frame_count, failed_count, "
                "started_at, finished_at) VALUES ('null', '1', '{}', '{hash}', 4, 0, 'a', 'b')",
                "DELETE FROM full_frame_ocr WHERE id > 5",
            ),
            "was made anew since the migration",
        ),
        (
            "video.db",
            ("UPDATE video_metadata SET time_base = '1/12800', fps = 24.0",),
            "was made anew by `ingest`",
        ),
        (
            "captions.db",
            (
                "INSERT INTO boundary_runs (detector, version, settings, crop_hash, first_index, pair_count, "
                "probabilities, classes, created_at) "
                "VALUES ('d', '1', '{}', 'h', 0, 0, x'789c030000000001', '[]', 'c')",
                "DELETE FROM captions WHERE id = 1",
            ),
            "was migrated and is gone",
        ),
    ],
)
def test_what_a_step_made_anew_is_not_compared(folder: Path, file: str, statements: tuple[str, ...], note: str) -> None:
    with VideoDatabase(folder, readonly=True) as connection:
        frames_hash = VideoDbReader(connection).frames_hash()
    raw(folder / file, *(statement.replace("{hash}", frames_hash) for statement in statements))
    report = verify_folder(folder)
    assert report, report.problems
    assert note in [finding.message for finding in report.findings]


def test_products_of_other_inputs_are_told(folder: Path) -> None:
    raw(
        folder / "fullOCR.db",
        "INSERT INTO ocr_runs (engine, engine_version, settings, frames_hash, frame_count, failed_count, started_at, "
        "finished_at) VALUES ('null', '1', '{}', 'of others', 4, 0, 'a', 'b')",
    )
    raw(
        folder / "cropping.db",
        "INSERT INTO crop_runs (video_hash, crop_bounds_version, regions, settings, frame_count, source_frame_count, "
        "started_at, finished_at) VALUES ('of another', 1, '[]', '{}', 60, 60, 'a', 'b')",
    )
    raw(
        folder / "captions.db",
        "INSERT INTO boundary_runs (detector, version, settings, crop_hash, first_index, pair_count, probabilities, "
        "classes, created_at) VALUES ('d', '1', '{}', 'of others', 0, 0, x'789c030000000001', '[]', 'c')",
    )
    findings = verify_folder(folder).findings
    places = {finding.place: finding.weight for finding in findings if finding.weight != "note"}
    assert places == {
        "cropping.db, table crop_runs": "problem",
        "fullOCR.db, table ocr_runs": "problem",
        "captions.db, table boundary_runs": "warning",
    }


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    made = filled_folder(tmp_path / "video")
    good = picture(migrated(tmp_path / "other"), "video.db", "full_frames", 0)
    raw(made / "video.db", f"UPDATE full_frames SET image_data = x'{good.hex()}'")
    raw(made / "video.db", f"UPDATE full_frames SET image_data = x'{good[:-200].hex()}' WHERE frame_index = 100")
    found = [finding for finding in problems(made) if finding.table == "full_frames"]
    assert [finding.row for finding in found] == [100]
    assert "cannot be decoded" in found[0].message


def migrated(parent: Path) -> Path:
    made = old_folder(parent, WANTED)
    migrate_folder(made)
    return made


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


def test_deep_looks_at_the_copies(tmp_path: Path) -> None:
    made = migrated(tmp_path)
    assert verify_folder(made, deep=True)
    raw(made / "captions.db.old", "UPDATE captions SET text = 'x' WHERE id = 1")
    assert verify_folder(made)
    assert [(f.file, f.message) for f in problems(made, deep=True)] == [
        ("captions.db.old", "holds other rows in table captions")
    ]
    (made / "captions.db.old").write_text("not a database")
    assert problems(made, deep=True)[0].message == "is no database"


def test_an_old_folder_is_looked_at_too(tmp_path: Path) -> None:
    made = old_folder(tmp_path, WANTED)
    for level in ("header", "structure", "content"):
        report = verify_folder(made, level)  # type: ignore[arg-type]
        assert report
        assert [finding.message for finding in report.findings] == ["is of the old form: not migrated yet"]
    assert not verify_row_counts(made)
    assert not verify_data_integrity(made)
    good = rows(old_file(made), "SELECT image_data FROM full_frames WHERE frame_index = 0")[0][0]
    assert isinstance(good, bytes)
    raw(old_file(made), f"UPDATE full_frames SET image_data = x'{good[:-200].hex()}' WHERE frame_index = 300")
    assert [(f.table, f.row) for f in problems(made)] == [("full_frames", 300)]
    content = bytearray(old_file(made).read_bytes())
    content[2048 * 7 : 2048 * 8] = bytes(2048)
    old_file(made).write_bytes(content)
    assert "damaged" in problems(made, "structure")[0].message


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    made = old_folder(tmp_path, OldFolder(full_frames=80))
    kill_writer(old_file(made), "UPDATE full_frame_ocr SET text = 'never committed' || id, model_version = 'x'")
    assert "killed" in problems(made)[0].message


def test_a_writer_at_work_is_a_note(folder: Path) -> None:
    kill_writer(folder / "captions.db", "UPDATE captions SET text = 'never' || hex(randomblob(5000))")
    report = verify_folder(folder, "header")
    assert [finding.weight for finding in report.findings] == ["note"]
    assert "captions.db-journal" in report.findings[0].message


def test_a_damaged_manifest_is_told(folder: Path) -> None:
    path = folder / MANIFEST_FILENAME
    path.write_text(path.read_text().replace('"rows": 12', '"rows": 13'))
    found = problems(folder)
    assert [finding.file for finding in found] == [MANIFEST_FILENAME]
    assert "damaged" in found[0].message
    assert not verify_row_counts(folder)


def rewrite_manifest(folder: Path, **changes: object) -> None:
    path = folder / MANIFEST_FILENAME
    value = {**json.loads(path.read_text()), **changes}
    value.pop("checksum")
    path.write_text(json.dumps({**value, "checksum": _checksum(value)}))


@pytest.mark.parametrize(("change", "message"), [({"format": 7}, "has format 7"), ({"tables": [{}]}, "is damaged")])
def test_a_manifest_of_another_kind_is_told(folder: Path, change: dict[str, object], message: str) -> None:
    rewrite_manifest(folder, **change)
    assert message in problems(folder)[0].message


def test_a_damaged_copy_cannot_stand_in_for_the_manifest(tmp_path: Path) -> None:
    made = migrated(tmp_path)
    (made / MANIFEST_FILENAME).unlink()
    raw(made / "captions.db.old", "DROP TABLE video_metadata")
    assert verify_folder(made)
    content = bytearray((made / "captions.db.old").read_bytes())
    (root,) = rows(made / "captions.db.old", "SELECT rootpage FROM sqlite_master WHERE name = 'full_frame_ocr'")[0]
    assert isinstance(root, int)
    content[(root - 1) * 2048 : root * 2048] = bytes(2048)
    (made / "captions.db.old").write_bytes(content)
    assert "cannot stand for what was migrated" in problems(made)[0].message


def test_digests_that_agree_by_chance_row_by_row_are_told() -> None:
    table = TableMap(Table("t", (), "", False, False), "captions", "t", True, ())
    moved = MovedTable(table, TableDigest(1, "aa", b"1234", (5,)), None)
    same = difference(moved.digest, TableDigest(1, "bb", b"1234", (5,)))
    assert [finding.message for finding in _tell("captions.db", moved, same, Explanation())] == [
        "does not hold what was migrated"
    ]


def test_what_cannot_be_read_is_never_passed_over(tmp_path: Path) -> None:
    def check() -> Iterator[Finding]:
        yield Finding("note", "a.db", "first")
        raise sqlite3.DatabaseError("a page")

    first = Finding("note", "a.db", "first")
    told = Finding("problem", tmp_path.name, "cannot be read (a page)")
    assert _as_far_as_readable(tmp_path, [], check()) == [first, told]
    assert _as_far_as_readable(tmp_path, [told], check()) == [first]


def test_an_interrupted_migration_is_told(folder: Path) -> None:
    (folder / WORK_FOLDER).mkdir()
    assert [finding.file for finding in problems(folder, "header")] == [WORK_FOLDER]


def test_files_that_may_be_missing(folder: Path) -> None:
    (folder / "cropping.db").unlink()
    (folder / "state.db").unlink()
    report = verify_folder(folder)
    assert report
    assert {(finding.weight, finding.file) for finding in report.findings} == {
        ("note", "cropping.db"),
        ("note", "state.db"),
    }


def test_a_whole_data_root(tmp_path: Path) -> None:
    good, bad = migrated(tmp_path / "aa"), migrated(tmp_path / "bb")
    delete_rows(bad)
    reports = verify_all_videos(str(tmp_path))
    assert {name: bool(report) for name, report in reports.items()} == {
        f"aa/{good.name}": True,
        f"bb/{bad.name}": False,
    }
    assert reports[f"bb/{bad.name}"].row_counts is False
