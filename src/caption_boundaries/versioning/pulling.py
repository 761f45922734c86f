"""Getting versions: what is local and unsaved is never overwritten, and no file is seen half."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.atomic import discard, partial_path, replace_file, storage_errors
from caption_boundaries.database.creation import create_database
from caption_boundaries.database.header import check_header
from caption_boundaries.database.paths import database_path, side_files
from caption_boundaries.database.replacing import remove_partials
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.errors import CaptionBoundariesError
from caption_boundaries.versioning.dvc_store import DvcStore
from caption_boundaries.versioning.files import (
    BY_FILENAME,
    held_alone,
    in_groups,
    quiet_folders,
    refuse_side_files,
    seal_file,
    settle,
)
from caption_boundaries.versioning.git import GitError
from caption_boundaries.versioning.history import known_contents
from caption_boundaries.versioning.pointers import (
    POINTER_SUFFIX,
    NoPlainPointerError,
    Pointer,
    pointer_path,
    read_pointer,
)
from caption_boundaries.versioning.workplace import Workplace

_HAND_EDITED = frozenset(spec.filename for spec in BY_SCHEMA.values() if spec.hand_edited)


class UnsavedError(CaptionBoundariesError):
    """A database has changes that are in no snapshot, so it is not overwritten."""

    exit_code = 6


@dataclass(frozen=True, slots=True)
class CheckoutPlan:
    """Which files get which content."""

    wanted: tuple[tuple[Path, Pointer], ...]
    bytes: int
    """How much of it is not in the cache yet."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did."""

    changed: tuple[Path, ...]
    bytes: int
    """How much was downloaded."""


def settle_all(place: Workplace) -> None:
    """Finish or take back what killed writers left beside the tracked databases.

    Raises:
        CaptionBoundariesError: Somebody writes one of them, or what lies there belongs to another version.
    """
    for path in _tracked(place):
        if path.exists() and path.name in BY_FILENAME:
            settle(path)


def refuse_unsaved(place: Workplace) -> None:
    """Make sure that every tracked file that is there is in a commit, of whatever branch.

    Raises:
        UnsavedError: One of them is not.
    """
    odd = [path for path, pointer in _tracked(place).items() if path.exists() and place.store.hash(path) != pointer.md5]
    known = known_contents(place.git, {place.name_of(path.parent) for path in odd}) if odd else {}
    unsaved = [path for path in odd if not _is_known(path, place, known.get(place.name_of(path), set()))]
    if unsaved:
        raise UnsavedError(
            f"{len(unsaved)} files have changes that are in no snapshot, such as {unsaved[0]}.",
            hint="Run `caption-boundaries snapshot -m MESSAGE` first, then pull.",
        )


def plan_checkout(place: Workplace) -> CheckoutPlan:
    """Find the files whose content is not what their pointers say; nothing is written."""
    wanted = [
        (path, pointer)
        for path, pointer in _tracked(place).items()
        if not path.exists() or place.store.hash(path) != pointer.md5
    ]
    missing = {p.md5: p.size for _, p in wanted if not place.store.object_path(p.md5).is_file()}
    return CheckoutPlan(tuple(wanted), sum(missing.values()))


def apply_checkout(place: Workplace, plan: CheckoutPlan) -> Pulled:
    """Download what is missing, and give every file its content; each is its old or its new self at any moment.

    Raises:
        CaptionBoundariesError: A file is in use, or a version is not on the remote; running it again goes on.
    """
    wanted = dict(plan.wanted)
    came = place.store.fetch(wanted.values())
    for group in in_groups(wanted):
        with quiet_folders(dict.fromkeys(path.parent for path in group)):
            for folder in dict.fromkeys(path.parent for path in group):
                remove_partials(folder)
            for path in group:
                _place(place.store, path, wanted[path])
    for folder in place.folders:
        if database_path(folder, "video").exists():  # what is local to a machine begins empty
            create_database(database_path(folder, "state"), BY_SCHEMA["state"])
    return Pulled(tuple(wanted), came)


def _tracked(place: Workplace) -> dict[Path, Pointer]:
    found = {}
    for folder in place.folders:
        for pointed in sorted(folder.glob(f"*{POINTER_SUFFIX}")):
            path = pointed.with_name(pointed.name.removesuffix(POINTER_SUFFIX))
            pointer = _plain_pointer(path)
            if pointer is not None:
                found[path] = pointer
    return found


def _plain_pointer(path: Path) -> Pointer | None:
    try:
        return read_pointer(path)
    except NoPlainPointerError as error:
        if "<<<<<<<" in pointer_path(path).read_text(encoding="utf-8", errors="replace"):
            raise GitError(
                f"{pointer_path(path)} holds the marks of a merge.", hint="Choose a side with git, then run this again."
            ) from error
        return None


def _is_known(path: Path, place: Workplace, known: set[str]) -> bool:
    if place.store.hash(path) in known:
        return True
    # The same rows in other bytes are saved, too.
    return seal_file(path) and place.store.hash(path) in known


def _place(store: DvcStore, path: Path, pointer: Pointer) -> None:
    """Put a content from the cache in the place of a file; the caller keeps steps and tools of ours away."""
    store.check(pointer)
    stored, partial = store.object_path(pointer.md5), partial_path(path)
    try:
        with storage_errors(path):
            _copy_or_link(stored, partial, store.link_kind if path.name not in _HAND_EDITED else "copy")
        if path.name in BY_FILENAME:
            check_header(partial, BY_FILENAME[path.name])
        with _nobody_uses(path):
            if partial.is_symlink():
                partial.replace(path)
            else:
                replace_file(partial, path)
    finally:
        discard(partial)
    store.remember(path, pointer.md5)


@contextmanager
def _nobody_uses(path: Path) -> Iterator[None]:
    """Keep other tools from the file for the block, and make sure that no journal of the old one is left.

    SQLite would take it for one of the new file.
    """
    if path.name not in BY_FILENAME:
        yield
    elif not path.exists():
        for left in side_files(path):
            discard(left)
        yield
    elif path.is_symlink() or path.stat().st_nlink > 1:
        refuse_side_files(path)  # it is shared with the cache, which nobody writes
        yield
    else:
        with held_alone(path):
            refuse_side_files(path)
            yield


def _copy_or_link(stored: Path, partial: Path, kind: str) -> None:
    if kind == "hardlink":
        os.link(stored, partial)
    elif kind == "symlink":
        partial.symlink_to(stored)
    else:
        shutil.copyfile(stored, partial)
