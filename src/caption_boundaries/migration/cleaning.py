"""Removing the copies of the old file, where the new form is proven whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.atomic import storage_errors, sync_folder
from caption_boundaries.database.old_form import find_old_database
from caption_boundaries.errors import DatabaseCorruptError, DatabaseError
from caption_boundaries.locking import video_lock
from caption_boundaries.migration.copying import kept_copies
from caption_boundaries.migration.manifest import read_manifest
from caption_boundaries.migration.outcome import Outcome
from caption_boundaries.migration.rollback import copy_problem
from caption_boundaries.migration.swapping import recover
from caption_boundaries.migration.verify import verify_folder
from caption_boundaries.step import Progress, silent


@dataclass(frozen=True)
class CleaningPlan:
    """Which copies of the old file can go."""

    folder: Path
    removable: tuple[Path, ...]
    """Copies that hold exactly what was migrated."""
    other: tuple[str, ...]
    """Copies that hold something else and stay, with what it is."""

    @property
    def bytes(self) -> int:
        """What it frees."""
        return sum(path.stat().st_size for path in self.removable)


def plan_cleaning(folder: Path, *, include_other: bool = False) -> CleaningPlan:
    """Return which copies of the old file can go from a folder.

    Args:
        folder: Folder of a video.
        include_other: Also those that hold something else than what was migrated, such as older backups.

    Raises:
        DatabaseError: The folder is not migrated, or not proven whole.
    """
    copies = kept_copies(folder)
    if not copies:
        return CleaningPlan(folder, (), ())
    if find_old_database(folder) is not None:
        raise DatabaseError(f"{folder} is still in the old form.", hint="Its copies stay.")
    manifest = read_manifest(folder)
    if manifest is None:
        raise DatabaseError(f"{folder} has no manifest of a migration.", hint="Its copies stay.")
    report = verify_folder(folder, "content")
    if not report:
        first = report.problems[0]
        raise DatabaseCorruptError(
            f"{folder} does not verify: {first.place} {first.message}.",
            hint="Its copies stay. `caption-boundaries verify` tells all that is wrong.",
        )
    problems = {path: copy_problem(path, manifest) for path in copies}
    if include_other:
        return CleaningPlan(folder, tuple(problems), ())
    other = tuple(f"{path.name} {problem}" for path, problem in problems.items() if problem is not None)
    return CleaningPlan(folder, tuple(path for path, problem in problems.items() if problem is None), other)


def clean_folder(folder: Path, *, include_other: bool = False, progress: Progress = silent) -> Outcome:
    """Remove the copies of the old file from one folder, if that is proven whole.

    Args:
        folder: Folder of a video.
        include_other: Also copies that hold something else than what was migrated.
        progress: Is told when it is done.

    Raises:
        VideoBusyError: Another process works on the video.
        DatabaseError: The folder is not migrated, or not proven whole; nothing is removed.
        StorageError: The disk refused.
    """
    with video_lock(folder):
        recover(folder)
        plan = plan_cleaning(folder, include_other=include_other)
        notes = tuple(f"{other}, so it stays" for other in plan.other)
        if not plan.removable:
            return Outcome(folder, "skipped", "no copies to remove", notes=notes)
        freed = plan.bytes
        with storage_errors(folder):
            for path in plan.removable:
                path.unlink()
            sync_folder(folder)
    progress(freed, freed, "bytes")
    names = ", ".join(path.name for path in plan.removable)
    return Outcome(folder, "done", f"removed {names}", bytes=freed, notes=notes)
