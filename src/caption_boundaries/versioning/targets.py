"""Finding video folders by their pointers, also where no database was pulled yet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from caption_boundaries.database.schema import DATABASES
from caption_boundaries.errors import TargetError
from caption_boundaries.library import find_video_folders, is_video_folder, resolve_target
from caption_boundaries.versioning.pointers import POINTER_SUFFIX

_POINTERS = frozenset(spec.filename + POINTER_SUFFIX for spec in DATABASES)


def versioned_folders(root: Path) -> Iterator[Path]:
    """Yield every folder at or below ``root`` that holds the pointer of a database, in order of their names."""
    for folder, subfolders, files in os.walk(root):
        if not _POINTERS.isdisjoint(files):
            subfolders.clear()
            yield Path(folder)
            continue
        subfolders[:] = sorted(name for name in subfolders if name not in (".git", ".dvc"))


def resolve_versioned(target: str, root: Path) -> list[Path]:
    """Return the folders that ``target`` means; a folder counts when it holds pointers or databases.

    Args:
        target: A video folder, a data root, or a video's id or original file name, or a unique part of either.
        root: The data root in which ids and names are looked up.

    Raises:
        TargetError: Nothing fits, or several videos do.
    """
    path = Path(target)
    if path.is_dir():
        return list(
            dict.fromkeys([*([path] if is_video_folder(path) else find_video_folders(path)), *versioned_folders(path)])
        )
    fitting = [folder for folder in versioned_folders(root) if target and target in folder.name]
    exact = [folder for folder in fitting if folder.name == target]
    if len(exact or fitting) == 1:
        return exact or fitting
    if fitting:
        names = ", ".join(sorted(folder.name for folder in fitting)[:5])
        raise TargetError(f"{len(fitting)} videos fit {target!r}: {names}.", hint="Give more of the id, or the folder.")
    return resolve_target(target, root)
