"""Finding videos in a data root, and the one that a person means."""

from __future__ import annotations

from pathlib import Path

import pytest

from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.video import VideoDbWriter, VideoMetadata
from caption_boundaries.errors import TargetError
from caption_boundaries.library import find_video_folders, known_hashes, load_video, load_videos, resolve_target

FIRST = "5f2a0000-0000-4000-8000-000000000001"
SECOND = "5f2b0000-0000-4000-8000-000000000002"


def add_video(root: Path, video_id: str, filename: str | None) -> Path:
    folder = root / video_id[:2] / video_id
    folder.mkdir(parents=True)
    create_databases(folder)
    if filename is not None:
        metadata = VideoMetadata(video_id, f"hash of {filename}", filename, filename, 1)
        with replacing_database(folder, "video", reads=()) as connection:
            VideoDbWriter(connection).save_metadata(metadata)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "films"
    add_video(root, FIRST, "one.mp4")
    add_video(root, SECOND, "two.mp4")
    return root


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (FIRST, [FIRST]),
        ("5f2a", [FIRST]),
        ("0002", [SECOND]),
        ("two.mp4", [SECOND]),
        ("two", [SECOND]),
        ("tw", [SECOND]),
    ],
)
def test_a_target_means_one_video(root: Path, target: str, expected: list[str]) -> None:
    assert [folder.name for folder in resolve_target(target, root)] == expected


@pytest.mark.parametrize(
    "target", ["three.mp4", "5f2", "", "zzzz"], ids=["unknown", "two fit", "empty", "nothing fits"]
)
def test_a_target_that_means_none_or_several_is_refused(root: Path, target: str) -> None:
    with pytest.raises(TargetError) as refusal:
        resolve_target(target, root)
    assert refusal.value.hint


def test_two_videos_of_one_name_are_not_guessed_between(root: Path) -> None:
    add_video(root, "aaaa0000-0000-4000-8000-000000000003", "one.mp4")
    with pytest.raises(TargetError, match=r"2 videos fit 'one\.mp4'"):
        resolve_target("one.mp4", root)


def test_a_folder_is_its_video_and_a_root_all_of_them(root: Path) -> None:
    folder = root / "5f" / FIRST
    assert resolve_target(str(folder), root) == [folder]
    assert [found.name for found in resolve_target(str(root), Path("elsewhere"))] == [FIRST, SECOND]


def test_a_folder_without_videos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="holds no videos"):
        resolve_target(str(tmp_path), tmp_path)


def test_videos_are_found_at_any_depth_but_not_in_hidden_folders(root: Path) -> None:
    deep = add_video(root / "!__local" / "a b", "bbbb0000-0000-4000-8000-000000000004", None)
    add_video(root / ".partial-1-x", "cccc0000-0000-4000-8000-000000000005", None)
    assert deep in list(find_video_folders(root))
    assert len(list(find_video_folders(root))) == 3


def test_a_video_is_called_by_its_file_or_else_its_id(root: Path) -> None:
    bare = add_video(root, "dddd0000-0000-4000-8000-000000000006", None)
    assert load_video(bare).name == bare.name
    assert {video.name for video in load_videos(root)} == {"one.mp4", "two.mp4", bare.name}


def test_a_folder_that_cannot_be_read_is_listed_without_metadata(root: Path) -> None:
    (root / "5f" / FIRST / "video.db").write_text("not a database")
    assert load_video(root / "5f" / FIRST).metadata is None


def test_known_hashes_lead_to_the_folders(root: Path) -> None:
    assert known_hashes(root) == {
        "hash of one.mp4": root / "5f" / FIRST,
        "hash of two.mp4": root / "5f" / SECOND,
    }


def test_looking_leaves_every_file_as_it_was(root: Path) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    load_videos(root)
    with VideoDatabase(root / "5f" / FIRST, readonly=True):
        pass
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
