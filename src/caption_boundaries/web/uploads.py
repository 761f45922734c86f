"""Taking in a video file that a person adds on the page."""

from __future__ import annotations

import shutil
import unicodedata
import uuid
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

from starlette.concurrency import run_in_threadpool

from caption_boundaries.atomic import storage_errors
from caption_boundaries.errors import UsageError, VideoFileError
from caption_boundaries.library import known_hashes

VIDEO_SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".ts", ".m4v", ".flv", ".wmv", ".mpg", ".mpeg")
WAITING_PREFIX = ".upload-"
"""Folders of files that are on their way; what begins with a dot is never taken for a video."""
LONGEST_NAME = 150
"""Characters of a file name; file systems allow 255 bytes, and other names are made of it."""


async def take_in(chunks: AsyncIterator[bytes], name: str, root: Path) -> tuple[Path, bool]:
    """Write a video file into the data root and give it its folder.

    Args:
        chunks: The file.
        name: Its name where it came from.
        root: The data root.

    Returns:
        The video's folder, and whether the same file was there already.

    Raises:
        UsageError: The name is not that of a video file.
        VideoFileError: It is no video that can be read.
        StorageError: The disk refused.
    """
    waiting = root / f"{WAITING_PREFIX}{uuid.uuid4().hex}"
    path = waiting / safe_name(name)
    try:
        with storage_errors(waiting):
            await run_in_threadpool(waiting.mkdir, parents=True)
            with path.open("wb") as file:
                async for chunk in chunks:
                    await run_in_threadpool(file.write, chunk)
        return await run_in_threadpool(_register, path, root)
    finally:
        await run_in_threadpool(shutil.rmtree, waiting, ignore_errors=True)


def safe_name(name: str) -> str:
    """Return the last part of ``name`` without what file systems or people could stumble over.

    Raises:
        UsageError: It does not end as video files do.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip(" .")
    stem, suffix = PurePosixPath(kept).stem, PurePosixPath(kept).suffix.lower()
    if suffix not in VIDEO_SUFFIXES or not stem:
        raise UsageError("This is not the name of a video file.", hint=f"They end in {', '.join(VIDEO_SUFFIXES)}.")
    return stem.encode()[:LONGEST_NAME].decode(errors="ignore") + suffix


def _register(path: Path, root: Path) -> tuple[Path, bool]:
    from caption_boundaries.ingest.register import register_video  # loads the video decoder: only where it is needed

    known = known_hashes(root)
    try:
        registration = register_video(path, root, known=known, on_duplicate="reuse", mode="link")
    except VideoFileError as error:
        # A person knows the file by its name, not by the place where it waits.
        raise VideoFileError(error.message.replace(str(path), path.name), hint=error.hint) from error
    return registration.video_dir, not registration.created
