"""Bringing a video file into its folder: as a hard link, as a copy, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Literal

from caption_boundaries.atomic import storage_errors, sync_file
from caption_boundaries.errors import StorageError, VideoFileError
from caption_boundaries.media.identity import video_hash
from caption_boundaries.step import Progress

Keep = Literal["link", "copy", "reference"]
"""How the video file is kept."""

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""Why a hard link may be impossible where a copy is not."""
_CHUNK_BYTES = 8_000_000
_LONGEST_NAME = 180
"""Bytes; leaves room for endings and prefixes that are put to the name."""


def stored_name(original: str) -> str:
    """Return the name under which a video file lies in its folder: its own, unless that could be misunderstood."""
    suffix = Path(original).suffix
    plain_suffix = suffix if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 8 else ""
    harmless = (
        original.isprintable()
        and not original.startswith((".", "-", " "))
        and plain_suffix
        and suffix.lower() not in {".db", ".old"}
        and not any(character in original for character in '\\/:*?"<>|')
        and len(original.encode("utf-8", "surrogateescape")) <= _LONGEST_NAME
    )
    return original if harmless else f"video{plain_suffix if suffix.lower() not in {'.db', '.old'} else ''}"


def place_file(source: Path, target: Path, mode: Keep, digest: str, progress: Progress) -> Keep:
    """Bring ``source`` to ``target``, which does not exist; returns how it was done.

    The caller gives ``target`` its final name afterwards, and removes it after an error.

    Raises:
        StorageError: There is no room, or the disk refused.
        VideoFileError: The file changed while it was copied.
    """
    with storage_errors(target):
        if mode == "link" and _link(source, target):
            return "link"
        _require_room(source, target)
        _copy(source, target, progress)
        sync_file(target)
        grown = source.stat().st_size != target.stat().st_size
    if grown or video_hash(target) != digest:
        raise VideoFileError(
            f"{source} changed while it was copied.", hint="Wait until it is complete, then try again."
        )
    return "copy"


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source.resolve(), target)
    except OSError as error:
        if error.errno in _NO_LINK:
            return False
        raise
    return True


def _require_room(source: Path, target: Path) -> None:
    needed, free = source.stat().st_size, shutil.disk_usage(target.parent).free
    if needed > free:
        raise StorageError(
            f"{target.parent} has {free / 1e6:.0f} MB free, and the video needs {needed / 1e6:.0f} MB.",
            hint="Free some space, or keep only a reference to the file with --keep reference.",
        )


def _copy(source: Path, target: Path, progress: Progress) -> None:
    total, done = source.stat().st_size, 0
    with source.open("rb") as reader, target.open("xb") as writer:
        # No further than it was long: a recording that still runs would never end.
        while chunk := reader.read(min(_CHUNK_BYTES, total - done)):
            writer.write(chunk)
            done += len(chunk)
            progress(done, total, "bytes")
