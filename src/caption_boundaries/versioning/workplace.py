"""The repository that holds a set of video folders, locked for one command at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.atomic import discard, storage_errors
from caption_boundaries.errors import UsageError, VideoBusyError
from caption_boundaries.versioning.dvc_store import DvcStore, find_dvc_root, open_store
from caption_boundaries.versioning.git import Git, find_git_root

_LOCK_NAME = "caption-boundaries.lock"
_WORKING_NAME = "caption-boundaries.working"
_GIT_LOCKS = ("index.lock", "HEAD.lock")
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Workplace:
    """Video folders, and the git and DVC repositories that keep their versions."""

    folders: tuple[Path, ...]
    """Absolute, without links."""
    git: Git
    dvc_root: Path
    store: DvcStore

    @property
    def root(self) -> Path:
        """Top folder of the git repository."""
        return self.git.root

    def name_of(self, path: Path) -> str:
        """Return a path as git knows it: relative to the top folder, with slashes."""
        return path.relative_to(self.root).as_posix()


@contextmanager
def open_workplace(
    folders: Sequence[Path], *, start: Path | None = None, progress: bool = False, timeout: float = 10.0
) -> Iterator[Workplace]:
    """Open the repositories that hold ``folders``, and keep other commands of ours away from them.

    Locks that a killed git left are removed: nobody can have them while this lock is held.

    Args:
        folders: Video folders, all in one repository.
        start: A folder of the repository; the first video folder unless given.
        progress: Let DVC show bars.
        timeout: Seconds to wait for another command.

    Raises:
        UsageError: No git or DVC repository, or more than one.
        VideoBusyError: Another command works on the repository.
    """
    real = tuple(dict.fromkeys(Path(os.path.realpath(folder)) for folder in folders))
    inside = start or real[0]
    root, dvc_root = Path(os.path.realpath(find_git_root(inside))), Path(os.path.realpath(find_dvc_root(inside)))
    outside = [folder for folder in real if root not in (folder, *folder.parents)]
    if outside:
        raise UsageError(f"{outside[0]} is not in the repository {root}.", hint="Name videos of one repository.")
    with (
        _repository_lock(Git(root).folder(), timeout=timeout) as descriptor,
        open_store(dvc_root, progress=progress) as store,
    ):
        yield Workplace(real, Git(root, held=descriptor), dvc_root, store)


@contextmanager
def _repository_lock(git_folder: Path, *, timeout: float) -> Iterator[int]:
    """Hold the lock; a git that outlives its parent holds it, too, because it inherits the descriptor."""
    path = git_folder / _LOCK_NAME
    with storage_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    working = git_folder / _WORKING_NAME
    try:
        _take(descriptor, git_folder, timeout)
        _remove_left_locks(git_folder, working)
        with storage_errors(working):
            working.touch()
        yield descriptor
        discard(working)
    except Exception:
        discard(working)  # git has ended, one way or the other
        raise
    finally:
        os.close(descriptor)


def _take(descriptor: int, git_folder: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise VideoBusyError(
                    f"Another command works on the versions in {git_folder.parent}.", hint="Wait until it is done."
                ) from error
            time.sleep(_POLL_SECONDS)
        else:
            return


def _remove_left_locks(git_folder: Path, working: Path) -> None:
    """Remove the locks of a git that was killed together with the command that had called it."""
    if not working.exists():
        return
    since = working.stat().st_mtime
    locks = [git_folder / name for name in _GIT_LOCKS] + list((git_folder / "refs").rglob("*.lock"))
    for lock in locks:
        with suppress(FileNotFoundError):
            if lock.stat().st_mtime >= since:  # an older one is somebody else's
                lock.unlink()
