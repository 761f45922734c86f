"""Building a video's folder out of sight, so that it appears whole or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from caption_boundaries.atomic import PARTIAL_PREFIX, still_lies_at, storage_error, storage_errors, sync_folder
from caption_boundaries.errors import StorageError

_LOCK_PREFIX = ".registering-"


def prepare_root(data_root: Path) -> None:
    """Make the data root if only its last folder is missing, and remove what killed runs left half made in it.

    Raises:
        StorageError: It is no folder, or the folder above it is missing too, as when a disk is not mounted.
    """
    with storage_errors(data_root):
        if not data_root.exists():
            if not data_root.parent.is_dir():
                raise StorageError(
                    f"The data root {data_root} cannot be made: there is no folder {data_root.parent}.",
                    hint="Mount the disk, or make the folder first.",
                )
            data_root.mkdir(exist_ok=True)
        if not data_root.is_dir():
            raise StorageError(f"The data root {data_root} is no folder.", hint="Choose another one with --data.")
        for left in data_root.glob(f"{PARTIAL_PREFIX}*"):
            if left.is_dir() and not _is_alive(left):
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def staged_folder(data_root: Path, final: Path) -> Iterator[Path]:
    """Give a hidden folder to fill; when the block ends well it becomes ``final``, after an error it is gone.

    Raises:
        StorageError: The disk refused.
    """
    staging = data_root / f"{PARTIAL_PREFIX}{os.getpid()}-{final.name}"
    try:
        with storage_errors(data_root):
            staging.mkdir()
        yield staging
        with storage_errors(final):
            sync_folder(staging)
            final.parent.mkdir(exist_ok=True)
            staging.rename(final)
            sync_folder(final.parent)
            sync_folder(data_root)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        with suppress(OSError):  # other videos may lie in it
            final.parent.rmdir()
        raise


@contextmanager
def registration_lock(data_root: Path, digest: str) -> Iterator[None]:
    """Let one process at a time register the video with the hash ``digest``; others wait.

    Raises:
        StorageError: The data root cannot be written.
    """
    path = data_root / f"{_LOCK_PREFIX}{digest[:32]}"
    descriptor = _lock(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _lock(path: Path) -> int:
    while True:
        with storage_errors(path.parent):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Who held it before has removed the file: what we hold is a lock that nobody else will ever see.
            if still_lies_at(path, descriptor):
                return descriptor
        except OSError as error:
            os.close(descriptor)
            raise storage_error(error, path) from error
        os.close(descriptor)


def _is_alive(staging: Path) -> bool:
    """Tell whether the process that builds ``staging`` still runs."""
    number = staging.name.removeprefix(PARTIAL_PREFIX).split("-")[0]
    if not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs for another user
    return True
