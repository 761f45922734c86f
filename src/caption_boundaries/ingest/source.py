"""Finding the video file that belongs to a video folder."""

from __future__ import annotations

from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.errors import VideoFileError
from caption_boundaries.media.opening import choose_stream, open_container

_NEVER_VIDEO = (".db", ".db-wal", ".db-shm", ".db-journal", ".old", ".srt", ".vtt", ".ass", ".json", ".jsonl", ".csv")
"""Endings of files that lie beside a video and need not be opened to be told from it."""


def find_video_file(video_dir: Path, storage_path: str | None = None) -> Path:
    """Return the video file of a folder.

    Args:
        video_dir: Folder of the video.
        storage_path: Where the file is as the folder's metadata says, relative to the folder or absolute; None =
            unknown: it is the one file of the folder that can be opened as a video.

    Raises:
        VideoFileError: The file is gone, or there is no video in the folder, or more than one.
    """
    if storage_path is not None:
        path = video_dir / storage_path
        if not path.exists():
            raise VideoFileError(
                f"The video file {path} is gone.", hint="Put it back, mount its disk, or take the video in again."
            )
        return path
    found = [path for path in _candidates(video_dir) if _is_video(path)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise VideoFileError(f"{video_dir} holds no video file.", hint="Put the video file into it.")
    names = ", ".join(path.name for path in found[:5])
    raise VideoFileError(f"{video_dir} holds {len(found)} video files: {names}.", hint="Leave only one in it.")


def _candidates(video_dir: Path) -> list[Path]:
    with storage_errors(video_dir):
        entries = sorted(video_dir.iterdir())
    return [
        path
        for path in entries
        if path.is_file() and not path.name.startswith(".") and not path.name.lower().endswith(_NEVER_VIDEO)
    ]


def _is_video(path: Path) -> bool:
    try:
        with open_container(path) as container:
            choose_stream(container, path)
    except VideoFileError:
        return False
    return True
