"""Files that appear whole or not at all, and errors of the disk told in one sentence."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caption_boundaries.errors import StorageError

PARTIAL_PREFIX = ".partial-"
"""Names of files and folders that are still being made begin with this; whatever is left of a killed run can go."""

_REASONS = {
    errno.ENOSPC: ("The disk is full", "Free some space and run the command again; nothing was lost."),
    errno.EDQUOT: ("The disk quota is used up", "Free some space and run the command again; nothing was lost."),
    errno.EROFS: ("The file system is read-only", "Choose a folder that can be written."),
    errno.EACCES: ("Permission is missing", "Give this user the right to write there, or choose another folder."),
    errno.EPERM: ("Permission is missing", "Give this user the right to write there, or choose another folder."),
    errno.ENAMETOOLONG: ("The name is too long", "Choose a shorter one."),
    errno.EIO: ("The disk reported an error", "Check the disk; nothing was replaced."),
}


def storage_error(error: OSError, path: Path) -> StorageError:
    """Return ``error`` as a sentence about ``path``."""
    reason, hint = _REASONS.get(error.errno or 0, (error.strerror or str(error), "Check the path and try again."))
    return StorageError(f"{reason}: {path}.", hint=hint)


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn every ``OSError`` of the block into a `StorageError` about ``path``."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, path) from error


def partial_path(final: Path) -> Path:
    """Return a name beside ``final`` for what will become it; unique to this process."""
    # Only the end of the name: a name of full length has no room for a prefix.
    return final.with_name(f"{PARTIAL_PREFIX}{os.getpid()}-{final.name[-40:]}")


def sync_file(path: Path) -> None:
    """Flush the file's data to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Flush the folder's entries to the disk, so that a rename survives a power cut."""
    sync_file(folder)


def replace_file(partial: Path, final: Path) -> None:
    """Give the finished file ``partial`` its final name, durably; readers see the old or the new file.

    Raises:
        StorageError: The disk refused; ``final`` is as it was.
    """
    with storage_errors(final):
        sync_file(partial)
        partial.replace(final)
        sync_folder(final.parent)


def write_file(final: Path, data: bytes) -> None:
    """Write ``data`` to ``final`` as a whole.

    Raises:
        StorageError: The disk refused; ``final`` is as it was.
    """
    partial = partial_path(final)
    try:
        with storage_errors(final):
            partial.write_bytes(data)
        replace_file(partial, final)
    finally:
        partial.unlink(missing_ok=True)
