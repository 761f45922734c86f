"""Local folders in which the videos of a remote home are worked on.

A worker that is killed leaves its folder behind, and so does a step that fails: the steps before it are done. The next
worker of the same machine goes on in it, as long as the video at home is still what was fetched.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from caption_boundaries.atomic import still_lies_at, storage_errors, write_file
from caption_boundaries.errors import CaptionBoundariesError, DatabaseError, StorageError, VideoBusyError
from caption_boundaries.fleet.patience import TransferFailedError
from caption_boundaries.fleet.renaming import Stamps, stamps


@contextmanager
def scratch_folder(
    scratch: Path, label: str, video_id: str, base: bytes, fill: Callable[[Path], None]
) -> Iterator[Path]:
    """Give a folder filled with the video, and remove it after the block.

    It stays where this process is killed, and where something was done in it before an error, so that this is not
    lost. After an error of a disk or a database it goes, and where the home has moved on.

    Args:
        scratch: Where such folders are made.
        label: The video's home; each has a folder of its own.
        video_id: Name of the folder.
        base: Identifies what is fetched: a folder filled from the same base is used again.
        fill: Fetches the video into an empty folder.

    Raises:
        VideoBusyError: Another process of this machine works in it.
        StorageError: The disk refused.
    """
    place = scratch / hashlib.sha256(label.encode()).hexdigest()[:16]
    with storage_errors(place):
        place.mkdir(parents=True, exist_ok=True)
    with _lock(place / "lock", label):
        folder, told = place / video_id, place / "base"
        found: Stamps = {}
        try:
            if not _is_filled(folder, told, base):
                _empty(folder, told)
                fill(folder)
                write_file(told, base)
                found = stamps(folder)
            yield folder
        except CaptionBoundariesError as error:
            if _is_futile(error) or not told.is_file() or stamps(folder) == found:
                _remove(place)
            raise
        _remove(place)


def _is_futile(error: CaptionBoundariesError) -> bool:
    """Tell whether the folder is damaged, takes room that is missing, or was overtaken: it is fetched anew then."""
    return isinstance(error, StorageError | DatabaseError) and not isinstance(error, TransferFailedError)


def _is_filled(folder: Path, told: Path, base: bytes) -> bool:
    return folder.is_dir() and told.is_file() and told.read_bytes() == base


def _empty(folder: Path, told: Path) -> None:
    with storage_errors(folder):
        told.unlink(missing_ok=True)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()


def _remove(place: Path) -> None:
    with suppress(OSError):
        (place / "base").unlink()  # first, so that what is left of a removal is never taken for a filled folder
    shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _lock(path: Path, label: str) -> Iterator[None]:
    """Hold a lock file that is removed by its holder."""
    descriptor = _open_current(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise VideoBusyError(
                f"Another process of this machine is working on {label}.", hint="Wait until it is done."
            ) from error
        if not still_lies_at(path, descriptor):
            raise VideoBusyError(f"Another process of this machine has just worked on {label}.", hint="Run it again.")
        yield
    finally:
        os.close(descriptor)


def _open_current(path: Path) -> int:
    with storage_errors(path):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
