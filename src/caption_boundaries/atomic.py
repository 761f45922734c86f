"""Files that appear whole or not at all, and errors of the disk told in one sentence."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    """Return a new name beside ``final`` for what will become it; every call gives another one."""
    # A process number would not do: threads share it, and so do containers on one folder.
    # Only the end of the name: a name of full length has no room for a prefix.
    return final.with_name(f"{PARTIAL_PREFIX}{secrets.token_hex(4)}-{final.name[-40:]}")


def discard(path: Path) -> None:
    """Remove a file that nobody needs; where that fails, whatever failed before is the better news."""
    with suppress(OSError):
        path.unlink()


def still_lies_at(path: Path, descriptor: int) -> bool:
    """Tell whether an open file is the one at ``path``: another process may remove or replace it at any moment."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def may_write(path: Path) -> bool:
    """Tell whether this process may write a file, or make files in a folder."""
    return os.access(path, os.W_OK, effective_ids=True)


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


def place_file(partial: Path, final: Path) -> bool:
    """Give the finished file ``partial`` its final name, durably, unless that name is taken.

    Returns:
        False where ``final`` exists already; it is left alone, and ``partial`` stays.

    Raises:
        StorageError: The disk refused.
    """
    with storage_errors(final):
        sync_file(partial)
        try:
            os.link(partial, final)  # unlike a rename, it never takes the name from another file
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            if os.path.lexists(final):
                return False
            partial.rename(final)
        discard(partial)
        sync_folder(final.parent)
    return True


def copy_rights(model: Path, path: Path, *, writable: bool = False) -> None:
    """Give ``path`` the owner and the permissions of ``model``, as far as this user may.

    Args:
        model: An existing file.
        path: The file that will take its place.
        writable: Let the owner write it, whatever ``model`` says.
    """
    known = model.stat()
    with suppress(OSError):
        os.chown(path, known.st_uid, known.st_gid)
    with suppress(OSError):
        path.chmod(stat.S_IMODE(known.st_mode) | (stat.S_IWUSR if writable else 0))


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
        discard(partial)
