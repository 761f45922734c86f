"""The data root: finding video folders, and the one that a person means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.database.folders import find_video_folders, is_video_folder
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.video import VideoDbReader, VideoMetadata
from caption_boundaries.errors import CaptionBoundariesError, TargetError

__all__ = [
    "Video",
    "find_video_folders",
    "is_video_folder",
    "known_hashes",
    "load_video",
    "load_videos",
    "resolve_target",
]


@dataclass(frozen=True)
class Video:
    """A video folder and what is known of its video."""

    folder: Path
    metadata: VideoMetadata | None
    """None where the video was not ingested, or its ``video.db`` cannot be read."""

    @property
    def video_id(self) -> str:
        """The folder's name, which is the video's id."""
        return self.folder.name

    @property
    def name(self) -> str:
        """What people call the video."""
        known = self.metadata and (self.metadata.display_path or self.metadata.original_filename)
        return known or self.video_id


def load_video(folder: Path) -> Video:
    """Return the video of a folder; a folder that cannot be read has no metadata."""
    try:
        with VideoDatabase(folder, readonly=True, attach={"video"}, requires={"video"}) as connection:
            return Video(folder, VideoDbReader(connection).metadata())
    except CaptionBoundariesError:
        return Video(folder, None)  # the commands that use the folder say what is wrong with it


def load_videos(root: Path) -> list[Video]:
    """Return every video at or below ``root``."""
    return [load_video(folder) for folder in find_video_folders(root)]


def known_hashes(root: Path) -> dict[str, Path]:
    """Return the folders of all ingested videos by the identity hash of their files."""
    return {
        video.metadata.video_hash: video.folder
        for video in load_videos(root)
        if video.metadata is not None and video.metadata.video_hash
    }


def resolve_target(target: str, root: Path) -> list[Path]:
    """Return the video folders that ``target`` means.

    Args:
        target: A video folder, a data root, or a video's id or original file name, or a unique part of either.
        root: The data root in which ids and names are looked up.

    Raises:
        TargetError: Nothing fits, or several videos do.
    """
    if not target:
        raise TargetError("The target is empty.", hint="Give a video folder, an id, a name or a data root.")
    path = Path(target)
    if path.is_dir():
        if is_video_folder(path):
            return [path]
        folders = list(find_video_folders(path))
        if not folders:
            raise TargetError(
                f"{path} holds no videos.", hint="Put one in with `caption-boundaries extract VIDEO --data DIR`."
            )
        return folders
    return [_find_one(target, root)]


def _find_one(target: str, root: Path) -> Path:
    videos = load_videos(root)
    exact = [video for video in videos if target in _names(video)]
    fitting = exact or [video for video in videos if any(target in name for name in _names(video))]
    if len(fitting) == 1:
        return fitting[0].folder
    if not fitting:
        raise TargetError(
            f"No video fits {target!r} in {root}.", hint="`caption-boundaries list` shows the videos there are."
        )
    several = ", ".join(sorted(video.video_id for video in fitting)[:5])
    raise TargetError(
        f"{len(fitting)} videos fit {target!r} in {root}: {several}.", hint="Give more of the id, or the folder."
    )


def _names(video: Video) -> set[str]:
    """Return everything that means this very video."""
    names = {video.video_id}
    if video.metadata is not None and video.metadata.original_filename:
        names |= {video.metadata.original_filename, Path(video.metadata.original_filename).stem}
    return names
