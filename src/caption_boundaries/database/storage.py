"""The door under the name that earlier code knows."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from caption_boundaries.database.multi_db import VideoDatabase


def get_video_db(
    video_dir: Path | str, readonly: bool = False, *, writes: Collection[str] | None = None
) -> VideoDatabase:
    """Return the door to a video's databases, to be used in a ``with`` statement.

    Args:
        video_dir: Folder of the video.
        readonly: Open every file read-only.
        writes: Schemas to open for writing; the hand-edited ones unless given.
    """
    return VideoDatabase(video_dir, readonly, writes=writes)
