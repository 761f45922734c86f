"""Verification tells damage from work, and looks at whatever there is to compare with."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
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
    verify_data_integrity,
    verify_folder,
    verify_row_counts,
)
from support.databases import filled_folder, fingerprint, kill_writer, raw, rows
from support.old_folders import old_file, old_folder
from support.verifying import WANTED, migrated, problems


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


def test_what_is_local_may_change(tmp_path: Path) -> None:
    made = old_folder(tmp_path, WANTED)
    raw(old_file(made), "CREATE TABLE words (word TEXT PRIMARY KEY)", "INSERT INTO words VALUES ('a')")
    migrate_folder(made, MigrateOptions(carry_unknown=True))
    raw(made / "state.db", "UPDATE words SET word = 'b'")
    assert verify_folder(made).findings == (Finding("note", "state.db", "is local to this machine", "words"),)


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
