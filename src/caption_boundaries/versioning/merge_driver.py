"""git's merge driver for pointers: the databases they point to are joined row by row."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

from caption_boundaries.atomic import discard, write_file
from caption_boundaries.errors import InputError
from caption_boundaries.versioning.dvc_store import DvcStore, find_dvc_root, open_store
from caption_boundaries.versioning.git import Git
from caption_boundaries.versioning.merging import Merged, merge_databases
from caption_boundaries.versioning.pointers import (
    POINTER_SUFFIX,
    NoPlainPointerError,
    Pointer,
    parse_pointer,
    with_content,
)

_REPORT_NAME = "caption-boundaries.merged"


def merge_pointers(base: Path, ours: Path, theirs: Path, name: str) -> Merged:
    """Join two versions of a database given by their pointers; ``ours`` gets the pointer to the result.

    Args:
        base: Pointer to what both began with; empty: nothing.
        ours: Pointer to one version.
        theirs: Pointer to the other.
        name: The pointer's path in the repository, as git knows it.

    Raises:
        InputError: One of them is no plain pointer.
        DvcError: A version is neither in the cache nor on the remote.
    """
    filename = PurePosixPath(name).name.removesuffix(POINTER_SUFFIX)
    old, mine, other = (_pointer(path, filename) for path in (base, ours, theirs))
    if mine is None or other is None:
        raise InputError(f"{name} is no pointer on one side.", hint="Choose a side with git.")
    with open_store(find_dvc_root(Path())) as store:
        store.fetch(pointer for pointer in (old, mine, other) if pointer is not None)
        done, merged = _merged(store, old, mine, other)
    write_file(ours, with_content(ours.read_text(encoding="utf-8"), merged).encode())
    _report(name, done)
    return done


def take_reports(git: Git) -> Iterator[dict[str, Any]]:
    """Yield what the driver has merged since the last time, and forget it."""
    path = git.folder() / _REPORT_NAME
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)
        discard(path)


def _pointer(path: Path, filename: str) -> Pointer | None:
    text = path.read_text(encoding="utf-8", errors="replace")
    if not text.strip():
        return None
    try:
        return parse_pointer(text, filename)
    except NoPlainPointerError as error:
        raise InputError(
            f"{path} is no plain pointer to {filename} ({error}).", hint="Choose a side with git."
        ) from error


def _merged(store: DvcStore, old: Pointer | None, mine: Pointer, other: Pointer) -> tuple[Merged, Pointer]:
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-") as folder:
        output = Path(folder) / "merged.db"
        base = store.object_path(old.md5) if old is not None else None
        for pointer in (mine, other):
            store.check(pointer)
        done = merge_databases(base, store.object_path(mine.md5), store.object_path(other.md5), output)
        return done, store.store(output)


def _report(name: str, done: Merged) -> None:
    """Leave word for the command that had git merge: the driver's own words may be swallowed."""
    line = json.dumps({"file": name, **asdict(done)}, ensure_ascii=False, default=str)
    with (Git(Path(os.curdir)).folder() / _REPORT_NAME).open("a", encoding="utf-8") as report:
        report.write(line + "\n")
