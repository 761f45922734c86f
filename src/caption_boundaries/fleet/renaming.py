"""Bringing several finished files into a video's folder so that all of them count, or none.

They are copied into a hidden folder beside their places. Renaming that folder to ``.publishing`` is the moment from
which they count: whoever comes next finishes what was cut off after it, and drops what was cut off before it.
"""

from __future__ import annotations

import filecmp
import json
import os
import secrets
import shutil
from pathlib import Path

from caption_boundaries.atomic import PARTIAL_PREFIX, copy_rights, storage_errors, sync_file, sync_folder
from caption_boundaries.errors import ConflictError
from caption_boundaries.fleet.contents import resting, travelling_files
from caption_boundaries.fleet.homes import Report

_STAGED = ".publishing"
_EXPECTED = ".expected.json"
Stamp = tuple[int, int]
"""Size and modification time in nanoseconds: what identifies a file's present content without reading it."""
Stamps = dict[str, Stamp]
"""By name."""


def stamps(folder: Path) -> Stamps:
    """Return what identifies the present content of each of a video's files, without reading them."""
    return {name: stamp_of(path) for name, path in travelling_files(folder).items()}


def finish_publishing(home: Path) -> None:
    """Finish a publication that was cut off after the moment from which it counts, and drop one cut off before.

    A file that somebody has changed since is theirs and stays. Call it only while holding the video's lock.

    Raises:
        StorageError: The disk refused.
    """
    with storage_errors(home):
        for left in home.glob(f"{PARTIAL_PREFIX}*{_STAGED}"):
            shutil.rmtree(left)
        staged = home / _STAGED
        if staged.is_dir():
            with resting(home):
                _put_in_place(staged, home)


def publish_by_renaming(folder: Path, home: Path, before: Stamps, report: Report) -> tuple[str, ...]:
    """Put the files of ``folder`` that differ from those of ``home`` in their place; returns their names.

    Call it only while holding the video's lock.

    Args:
        folder: Holds finished files; those that it does not hold stay at home.
        home: The video's folder.
        before: What was at home when the work began.
        report: Is told of the bytes.

    Raises:
        ConflictError: Somebody has changed the home since; nothing was published.
        DatabaseBusyError: A database at home is open for writing.
        StorageError: The disk refused.
    """
    changed = [name for name, path in travelling_files(folder).items() if stamp_of(path) != before.get(name)]
    changed = [name for name in changed if not _is_equal(folder / name, home / name)]
    if not changed:
        return ()
    staged = home / f"{PARTIAL_PREFIX}{secrets.token_hex(4)}{_STAGED}"
    try:
        with storage_errors(home):
            staged.mkdir()
            _stage(folder, home, staged, changed, before, report)
            with resting(home):
                if any(_stamp_or_none(home / name) != before.get(name) for name in before.keys() | set(changed)):
                    raise changed_meanwhile(home, "while it was worked on")
                staged.rename(home / _STAGED)  # from here on it counts
                sync_folder(home)
                _put_in_place(home / _STAGED, home)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return tuple(changed)


def _stage(folder: Path, home: Path, staged: Path, names: list[str], before: Stamps, report: Report) -> None:
    total, done = sum((folder / name).stat().st_size for name in names), 0
    for name in names:
        report("publish", done, total)
        shutil.copy2(folder / name, staged / name)
        if (home / name).exists():
            copy_rights(home / name, staged / name)
        sync_file(staged / name)
        done += (folder / name).stat().st_size
    (staged / _EXPECTED).write_text(json.dumps({name: before.get(name) for name in names}))
    sync_file(staged / _EXPECTED)
    sync_folder(staged)
    report("publish", done, total)


def _put_in_place(staged: Path, home: Path) -> None:
    expected = json.loads((staged / _EXPECTED).read_text())
    for name, stamp in expected.items():
        old = _stamp_or_none(home / name)
        if (staged / name).exists() and old == (tuple(stamp) if stamp else None):
            (staged / name).replace(home / name)
    sync_folder(home)
    shutil.rmtree(staged)


def _is_equal(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


def stamp_of(path: Path) -> Stamp:
    """Return what identifies the present content of a file."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _stamp_or_none(path: Path) -> Stamp | None:
    return stamp_of(path) if os.path.lexists(path) else None


def changed_meanwhile(home: Path, when: str) -> ConflictError:
    """Return the error for a home that changed under our hands; ``when`` ends the sentence."""
    return ConflictError(f"Somebody changed {home} {when}; their version stays.", rows=(), actor="", at="", revision=0)
