from __future__ import annotations

from pathlib import Path

import pytest

from caption_boundaries.database.creation import create_databases
from caption_boundaries.errors import StorageError, VideoFileError
from caption_boundaries.ingest.source import find_video_file
from support.clips import write_audio, write_clip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A video folder with all that may lie beside a video."""
    path = tmp_path / "video"
    path.mkdir()
    create_databases(path)
    (path / "film.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    (path / "notes.txt").write_text("hello")
    (path / "captions.db-journal").write_bytes(b"")
    (path / "frames").mkdir()
    write_audio(path / "sound.m4a", duration=0.1)
    write_clip(path / ".hidden.mp4", size=(32, 32), duration=0.1)
    return path


def test_the_one_video_is_found(folder: Path) -> None:
    clip = write_clip(folder / "film", container="mp4", size=(32, 32), duration=0.1)
    assert find_video_file(folder) == clip.path


def test_no_video(folder: Path) -> None:
    with pytest.raises(VideoFileError, match="holds no video file"):
        find_video_file(folder)


def test_several_videos(folder: Path) -> None:
    for name in ("b.mp4", "a.mkv"):
        write_clip(folder / name, size=(32, 32), duration=0.1)
    with pytest.raises(VideoFileError, match=r"holds 2 video files: a.mkv, b.mp4"):
        find_video_file(folder)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        find_video_file(tmp_path / "gone")


def test_what_the_metadata_says_goes_first(folder: Path, tmp_path: Path) -> None:
    inside = write_clip(folder / "film.mp4", size=(32, 32), duration=0.1).path
    outside = write_clip(tmp_path / "other.mp4", size=(32, 32), duration=0.1).path
    assert find_video_file(folder, "film.mp4") == inside
    assert find_video_file(folder, str(outside)) == outside


def test_a_file_that_is_gone(folder: Path) -> None:
    write_clip(folder / "film.mp4", size=(32, 32), duration=0.1)
    with pytest.raises(VideoFileError, match=r"other.mp4 is gone"):
        find_video_file(folder, "other.mp4")
