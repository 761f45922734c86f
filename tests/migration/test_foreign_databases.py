"""Databases of another program under the names of ours: refused, with what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from caption_boundaries.database.foreign import named_difference
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.errors import DatabaseVersionError
from caption_boundaries.migration.verify import verify_folder
from support.databases import fingerprint, new_folder, raw

FOREIGN = [
    (
        "fullOCR",
        (
            "CREATE TABLE full_frame_ocr (id INTEGER PRIMARY KEY, frame_index INTEGER, box_index INTEGER, text TEXT, "
            "confidence REAL, bbox_left INTEGER, bbox_top INTEGER, bbox_right INTEGER, bbox_bottom INTEGER)",
        ),
        r"table full_frame_ocr lacks created_at, height, .* and has bbox_bottom, bbox_left, bbox_right, bbox_top",
    ),
    (
        "video",
        ("CREATE TABLE full_frames (frame_number INTEGER PRIMARY KEY, jpeg BLOB)",),
        r"table full_frames lacks created_at, file_size, .* and 2 more and has frame_number, jpeg",
    ),
    (
        "layout",
        ("CREATE TABLE box_classification_model (id INTEGER PRIMARY KEY, model_version TEXT, model_data BLOB)",),
        r"table box_classification_model lacks .* and has model_data",
    ),
    ("captions", ("CREATE TABLE notes (a)",), r"it holds the tables notes"),
    ("captions", (), r"it holds the tables nothing"),
]


@pytest.mark.parametrize(("schema", "statements", "message"), FOREIGN)
def test_the_difference_is_named(tmp_path: Path, schema: str, statements: tuple[str, ...], message: str) -> None:
    folder = new_folder(tmp_path / "video")
    path = folder / BY_SCHEMA[schema].filename
    path.unlink()
    raw(path, *statements, "PRAGMA user_version = 2")
    before = fingerprint(folder)
    with pytest.raises(DatabaseVersionError, match=message):
        VideoDatabase(folder, readonly=True).__enter__()
    found = [finding for finding in verify_folder(folder, "header").findings if finding.weight == "problem"]
    assert [finding.file for finding in found] == [path.name]
    assert "application id" in found[0].message
    assert fingerprint(folder) == before


def test_a_newer_or_unreadable_file_is_refused_as_before(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "video")
    error = DatabaseVersionError("As it was said before.")
    spec = BY_SCHEMA["layout"]
    assert named_difference(folder / "layout.db", spec, error) is error
    (folder / "layout.db").write_text("not a database")
    assert named_difference(folder / "layout.db", spec, error) is error
    raw(folder / "video.db", "PRAGMA application_id = 7")
    content = bytearray((folder / "video.db").read_bytes())
    content[100:8192] = bytes(8092)
    (folder / "video.db").write_bytes(content)
    assert named_difference(folder / "video.db", BY_SCHEMA["video"], error) is error
