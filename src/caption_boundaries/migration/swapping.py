"""The moment in which a folder changes its form, and what to do when a process was killed near it.

New files are made in a work folder. What decides is always one rename (or removal) of ``captions.db``: before it the
folder is of the one form, after it of the other, and all the rest is preparation that can be undone or cleaning up
that can be finished. A journal in the work folder says which; it is there before the first name changes.

    migrate:   journal · link captions.db to captions.db.old · place the other databases · **rename captions.db**
               · remove the work folder
    rollback:  journal · **rename the old file to captions.db** · remove the other databases · remove the work folder

An old file called ``annotations.db`` takes its other name last, and comes back before ``captions.db`` is removed.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from caption_boundaries.atomic import PARTIAL_PREFIX, copy_rights, storage_errors, sync_file, sync_folder
from caption_boundaries.database.folders import KEPT_FILENAME
from caption_boundaries.database.header import read_header
from caption_boundaries.database.old_form import is_old_database
from caption_boundaries.database.paths import all_databases, side_files
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.errors import CaptionBoundariesError, DatabaseError, StorageError
from caption_boundaries.migration.copying import copy_descriptor, same_bytes
from caption_boundaries.migration.manifest import MANIFEST_FILENAME

WORK_FOLDER = f"{PARTIAL_PREFIX}migration"
"""Where new files are made; inside the video folder, so that a rename can place them."""

MERGED_FILENAME = "merged.db"
"""Name in the work folder of an old file that a rollback has made."""

_JOURNAL = "journal.json"
_CAPTIONS = BY_SCHEMA["captions"].filename


@dataclass(frozen=True)
class Swap:
    """What is about to happen to a folder."""

    kind: Literal["migrate", "rollback"]
    source_name: str
    """Name of the old file, before a migration or after a rollback."""
    merged: bool = False
    """rollback: the old file is made anew in the work folder; else the kept one comes back."""
    keep_as: str | None = None
    """rollback: what the kept old file is called afterwards, where a merged one takes its place."""


def begin_work(folder: Path) -> Path:
    """Return a new, empty work folder.

    Raises:
        StorageError: The disk refused.
    """
    work = folder / WORK_FOLDER
    with storage_errors(work):
        work.mkdir()
    return work


def recover(folder: Path) -> bool:
    """Finish or undo what a killed process left in ``folder``; call it only while holding the video's lock.

    Returns:
        True where there was something.

    Raises:
        StorageError: The disk refused; call it again.
    """
    work = folder / WORK_FOLDER
    if not work.is_dir():
        return False
    with storage_errors(work):
        swap = _read_journal(work)
        if swap is not None:
            if _decided(folder, swap):
                _finish(folder, swap)
            else:
                _undo(folder, swap)
        _remove_work(folder)
    return True


def commit_migration(folder: Path, source: Path, descriptor: int) -> None:
    """Turn the folder over to the databases in its work folder; the old file stays under another name.

    Args:
        folder: Folder of the video.
        source: The old file, which nobody else may write meanwhile.
        descriptor: Of the old file, for reading.

    Raises:
        StorageError: The disk refused. `recover` then brings the folder into one of the two forms.
    """
    swap = Swap("migrate", source.name)
    work = folder / WORK_FOLDER
    with storage_errors(folder):
        _write_journal(work, swap)
        if source.name == _CAPTIONS:
            _keep(source, folder / KEPT_FILENAME, work, descriptor)
        for name in _others():
            _place(work / name, folder / name)
        sync_folder(folder)
        (work / _CAPTIONS).rename(folder / _CAPTIONS)
        sync_folder(folder)
        _finish(folder, swap)
        _remove_work(folder)


def commit_rollback(folder: Path, swap: Swap) -> None:
    """Turn the folder over to the old form; the databases of the new form go.

    Raises:
        StorageError: The disk refused. `recover` then brings the folder into one of the two forms.
    """
    work = folder / WORK_FOLDER
    with storage_errors(folder):
        _write_journal(work, swap)
        old = work / MERGED_FILENAME if swap.merged else folder / KEPT_FILENAME
        old.rename(folder / swap.source_name)
        sync_folder(folder)
        if swap.source_name != _CAPTIONS:
            (folder / _CAPTIONS).unlink(missing_ok=True)
            sync_folder(folder)
        _finish(folder, swap)
        _remove_work(folder)


def _decided(folder: Path, swap: Swap) -> bool:
    """Tell whether the rename that decides has happened.

    Raises:
        DatabaseError: The folder is as neither a kill nor a power cut leaves it; nothing is changed.
    """
    captions, source = folder / _CAPTIONS, folder / swap.source_name
    is_old = _is_sound_old(source)
    if swap.kind == "rollback":
        return is_old and (source == captions or not captions.exists())
    header = read_header(captions) if captions.is_file() else None
    is_new = header is not None and header.application_id == BY_SCHEMA["captions"].application_id
    if not is_new and not is_old:
        raise DatabaseError(
            f"A migration of {folder} was interrupted, and {source.name} was changed by something else since.",
            hint=f"Look at {KEPT_FILENAME} and the files in {WORK_FOLDER} before anything else; nothing was changed.",
        )
    return is_new


def _is_sound_old(path: Path) -> bool:
    try:
        return path.is_file() and is_old_database(path)
    except CaptionBoundariesError:
        return False


def _finish(folder: Path, swap: Swap) -> None:
    kept = folder / KEPT_FILENAME
    if swap.kind == "migrate":
        if swap.source_name != _CAPTIONS and (folder / swap.source_name).exists():
            (folder / swap.source_name).rename(kept)
    else:
        for name in _others():
            for path in (*side_files(folder / name), folder / name):
                path.unlink(missing_ok=True)
        if swap.keep_as is not None and kept.exists():
            kept.rename(folder / swap.keep_as)
    sync_folder(folder)


def _undo(folder: Path, swap: Swap) -> None:
    work, source, kept = folder / WORK_FOLDER, folder / swap.source_name, folder / KEPT_FILENAME
    if swap.kind == "migrate":
        for name in _others():
            # What is no longer in the work folder, or under both names, was placed by us.
            if (folder / name).exists() and (not (work / name).exists() or (work / name).samefile(folder / name)):
                (folder / name).unlink()
        if source.name == _CAPTIONS and kept.exists() and (kept.samefile(source) or same_bytes(kept, source)):
            kept.unlink()
    elif source.name != _CAPTIONS and source.exists():
        if swap.merged:
            source.unlink()
        else:
            source.rename(kept)
    sync_folder(folder)


def _others() -> tuple[str, ...]:
    """Return the names that a migration makes, without the one that decides."""
    return (*(path.name for path in all_databases(Path()).values() if path.name != _CAPTIONS), MANIFEST_FILENAME)


def _keep(source: Path, kept: Path, work: Path, descriptor: int) -> None:
    """Give the old file a second name, so that the first never stands for nothing."""
    try:
        os.link(source, kept)
    except OSError:
        if os.path.lexists(kept):
            raise
        # A file system without hard links: a copy has to do. The file itself is not opened again: closing it would
        # give up the lock on it.
        copy = work / KEPT_FILENAME
        copy_descriptor(descriptor, copy)
        copy_rights(source, copy)
        copy.rename(kept)


def _place(made: Path, final: Path) -> None:
    """Give a finished file its name, unless that is taken."""
    if os.path.lexists(final):
        raise StorageError(f"{final} appeared meanwhile.", hint="Move it away and run the command again.")
    made.rename(final)


def _write_journal(work: Path, swap: Swap) -> None:
    path = work / _JOURNAL
    path.write_text(json.dumps(asdict(swap)), encoding="ascii")
    sync_file(path)
    sync_folder(work)
    sync_folder(work.parent)


def _read_journal(work: Path) -> Swap | None:
    """Return what was about to happen; None where no name was changed yet."""
    path = work / _JOURNAL
    if not path.is_file():
        return None
    try:
        return Swap(**json.loads(path.read_text(encoding="ascii")))
    except (ValueError, TypeError):
        return None  # it was being written: nothing had begun


def _remove_work(folder: Path) -> None:
    work = folder / WORK_FOLDER
    for path in work.iterdir():
        if path.name != _JOURNAL:
            path.unlink()
    # The journal goes last: as long as there is anything to finish or undo, it says what.
    with suppress(FileNotFoundError):
        (work / _JOURNAL).unlink()
    work.rmdir()
    sync_folder(folder)
