"""One process at a time works on a video."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.errors import VideoBusyError

LOCK_NAME = ".lock"


@contextmanager
def video_lock(video_dir: Path) -> Iterator[None]:
    """Hold the video's lock for the block; the system lets go of it when the process ends, however it ends.

    Raises:
        VideoBusyError: Another process holds it.
        StorageError: The folder cannot be written.
    """
    path = video_dir / LOCK_NAME
    with storage_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise VideoBusyError(
                f"Another process is working on {video_dir}.", hint="Wait until it is done, then run this again."
            ) from error
        yield
    finally:
        os.close(descriptor)
