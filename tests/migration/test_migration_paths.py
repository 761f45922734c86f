"""Folders with names that break careless code, and the real name of the data root."""

from __future__ import annotations

import os
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.folders import find_video_folders
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.migration.cleaning import clean_folder
from caption_boundaries.migration.migrate import migrate_folder
from caption_boundaries.migration.rollback import rollback_folder
from caption_boundaries.migration.verify import verify_all_videos, verify_folder
from support.databases import names, raw
from support.old_folders import VIDEO_ID, assert_complete, old_folder, rows_of

HOSTILE = [
    "!__local/data/_has_been_deprecated__!",
    "with spaces",
    "quote's",
    'double"quote',
    "what?",
    "hash#tag",
    "%41",
    "%zz",
    "a&b",
    "unicode-视频-é",
    "semi;colon",
    "back\\slash",
    "new\nline",
    "file:x",
    "-leading",
    "?mode=memory",
    "[brackets]*",
    "$HOME `x`",
]


def round_trip(folder: Path) -> None:
    """Read, migrate, verify, edit, roll back, migrate and clean a folder."""
    expected = rows_of(folder, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with VideoDatabase(folder, readonly=True) as connection:
            assert connection.execute("SELECT count(*) FROM video.full_frames").fetchone() == (2,)
    migrate_folder(folder)
    assert assert_complete(folder, expected) == "new"
    assert verify_folder(folder, deep=True)
    raw(folder / "captions.db", "UPDATE captions SET text_notes = 'x' WHERE id = 1")
    rollback_folder(folder)
    expected["captions"][0]["text_notes"] = "x"
    assert assert_complete(folder, expected) == "old"
    migrate_folder(folder)
    clean_folder(folder)
    assert assert_complete(folder, expected) == "new"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    folder = old_folder(root / VIDEO_ID[:2])
    before = {str(path) for path in tmp_path.rglob("*") if folder not in path.parents}
    round_trip(folder)
    assert {str(path) for path in tmp_path.rglob("*") if folder not in path.parents} == before
    assert [path.name for path in find_video_folders(tmp_path)] == [VIDEO_ID]
    assert all(verify_all_videos(root).values())


def test_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path) + b"/\xff\xfe"
    os.mkdir(root)
    round_trip(old_folder(Path(os.fsdecode(root))))


def test_a_name_as_long_as_it_may_be(tmp_path: Path) -> None:
    round_trip(old_folder(tmp_path / ("x" * 255)))


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    round_trip(Path(VIDEO_ID))


def test_a_link_to_the_folder(tmp_path: Path) -> None:
    folder = old_folder(tmp_path / "real")
    (tmp_path / "link").symlink_to(folder)
    round_trip(tmp_path / "link")
    assert "captions.db" in names(folder)


def test_folders_are_found_at_any_depth_and_by_either_name(tmp_path: Path) -> None:
    made = [tmp_path / "a" / "deep" / "one", tmp_path / "two", tmp_path / "b" / "three"]
    for folder, name in zip(made, ("captions.db", "annotations.db", "captions.db.old"), strict=True):
        folder.mkdir(parents=True)
        with closing(sqlite3.connect(folder / name)):
            pass
        (folder / name).touch()
    hidden = tmp_path / ".trash" / "four"
    hidden.mkdir(parents=True)
    (hidden / "captions.db").touch()
    assert list(find_video_folders(tmp_path)) == sorted(made)
