"""Copies of the old file: made through a descriptor that stays open, because closing one gives up SQLite's locks."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from caption_boundaries.atomic import storage_errors, sync_folder
from caption_boundaries.database.folders import KEPT_FILENAME
from caption_boundaries.errors import StorageError

BACKUP_PATTERN = "annotations_backup_*.db"

_CHUNK = 1 << 22
"""Bytes that are copied or compared at once."""


def backup_name(folder: Path, now: datetime) -> str:
    """Return a name for a backup that is free in ``folder``."""
    name = f"annotations_backup_{now:%Y%m%d_%H%M%S}"
    number = 1
    while os.path.lexists(folder / f"{name}.db"):
        number += 1
        name = f"annotations_backup_{now:%Y%m%d_%H%M%S}_{number}"
    return f"{name}.db"


def kept_copies(folder: Path) -> list[Path]:
    """Return the copies of the old file that lie in a folder: the kept original first, then the newest backup."""
    found = [folder / KEPT_FILENAME, *sorted(folder.glob(BACKUP_PATTERN), reverse=True)]
    return [path for path in found if path.is_file()]


def make_backup(descriptor: int, folder: Path, work: Path, now: datetime) -> str:
    """Copy the file behind ``descriptor`` into ``folder``, durably, and return the name of the copy.

    A backup with the same bytes that is there already, from a run that was killed, is not made again.

    Args:
        descriptor: Of a file that nobody writes meanwhile.
        folder: Gets the backup.
        work: Folder for the unfinished copy.
        now: Goes into the name.

    Raises:
        StorageError: The disk refused, or did not keep what was written.
    """
    with storage_errors(folder):
        for known in folder.glob(BACKUP_PATTERN):
            if known.is_file() and _same_bytes(descriptor, known):
                return known.name
        name = backup_name(folder, now)
        unfinished = work / name
        copy_descriptor(descriptor, unfinished)
        if not _same_bytes(descriptor, unfinished):
            raise StorageError(f"The backup {name} does not equal its original.", hint="Check the disk.")
        unfinished.rename(folder / name)
        sync_folder(folder)
    return name


def copy_descriptor(descriptor: int, target: Path) -> None:
    """Copy the whole file behind ``descriptor`` to the new file ``target``, durably.

    Raises:
        OSError: The disk refused.
    """
    out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        done = 0
        while copied := _copy_part(descriptor, out, done):
            done += copied
        os.fsync(out)
    finally:
        os.close(out)


def same_bytes(one: Path, other: Path) -> bool:
    """Tell whether two files hold the same; this process must not need a lock on either."""
    descriptor = os.open(one, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _same_bytes(descriptor, other)
    finally:
        os.close(descriptor)


def _copy_part(descriptor: int, out: int, offset: int) -> int:
    try:
        return os.copy_file_range(descriptor, out, _CHUNK, offset, offset)  # shares the blocks where the disk can
    except OSError:
        return os.pwrite(out, os.pread(descriptor, _CHUNK, offset), offset)


def _same_bytes(descriptor: int, other: Path) -> bool:
    if os.fstat(descriptor).st_size != other.stat().st_size:
        return False
    offset = 0
    with other.open("rb") as file:
        while data := file.read(_CHUNK):
            if os.pread(descriptor, len(data), offset) != data:
                return False
            offset += len(data)
    return True
