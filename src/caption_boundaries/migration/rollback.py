"""Moving one folder back to the old form, with the work that was done since the migration."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from caption_boundaries.atomic import copy_rights, storage_errors
from caption_boundaries.database.folders import KEPT_FILENAME
from caption_boundaries.database.header import read_header
from caption_boundaries.database.old_form import find_old_database
from caption_boundaries.database.sqlite_errors import primary_code, translate
from caption_boundaries.errors import CaptionBoundariesError, DatabaseError
from caption_boundaries.locking import video_lock
from caption_boundaries.migration.copying import backup_name, copy_descriptor, kept_copies
from caption_boundaries.migration.digests import digest_tables
from caption_boundaries.migration.holding import held_databases, set_journal_mode
from caption_boundaries.migration.manifest import Manifest, read_manifest
from caption_boundaries.migration.merging import Changes, find_changes, merge_back
from caption_boundaries.migration.outcome import Outcome
from caption_boundaries.migration.queries import old_query
from caption_boundaries.migration.source import SOURCE, connect_source
from caption_boundaries.migration.space import check_space
from caption_boundaries.migration.swapping import MERGED_FILENAME, Swap, begin_work, commit_rollback, recover
from caption_boundaries.step import Progress, silent


@dataclass(frozen=True)
class RollbackOptions:
    """How to roll back."""

    discard_changes: bool = False
    """Go back to the old file as it was, without what was done since."""
    dry_run: bool = False
    """Only tell what would be done."""
    timeout: float = 5.0
    """Seconds to wait for somebody who uses a database."""
    now: datetime | None = None
    """Goes into the names of copies; None: the time when the folder's turn comes."""


@dataclass(frozen=True)
class RollbackPlan:
    """What a rollback would do."""

    base: Path
    """The copy of the old file from which it starts."""
    changes: Changes
    """What was done since the migration."""
    keep_as: str | None
    """What ``captions.db.old`` is called afterwards, where it is not what comes back."""


def rollback_folder(
    folder: Path, options: RollbackOptions = RollbackOptions(), *, progress: Progress = silent
) -> Outcome:
    """Move one folder back to the old form.

    A kill at any moment leaves it complete in one of the two forms; running it again finishes the job.

    Raises:
        VideoBusyError: Another process works on the video.
        DatabaseBusyError: Somebody uses one of the databases.
        DatabaseError: There is nothing to go back to, or work would be lost; the folder is unchanged.
        StorageError: The disk refused; the folder is unchanged.
    """
    started = time.perf_counter()
    with video_lock(folder):
        if not options.dry_run:
            recover(folder)
        old = find_old_database(folder)
        if old is not None and old.name != KEPT_FILENAME:
            return Outcome(folder, "skipped", "already in the old form")
        manifest = _manifest(folder)
        if old is not None and not options.dry_run:
            return _rename_kept(folder, manifest)
        if options.dry_run:
            plan = plan_rollback(folder, manifest, options)
            return Outcome(folder, "done", _told(plan, options), manifest.source_size)
        with held_databases(folder, timeout=options.timeout, damaged_too=options.discard_changes) as keep_everybody_out:
            try:
                plan = plan_rollback(folder, manifest, options)
                keep_everybody_out()
                _apply(folder, manifest, plan, options)
            except BaseException as error:
                with suppress(CaptionBoundariesError):  # the error that is on its way says more
                    recover(folder)
                if isinstance(error, sqlite3.Error):
                    raise translate(error, folder) from error
                raise
    return Outcome(folder, "done", _told(plan, options), manifest.source_size, time.perf_counter() - started)


def plan_rollback(folder: Path, manifest: Manifest, options: RollbackOptions) -> RollbackPlan:
    """Return what a rollback would do; nothing is written.

    Raises:
        DatabaseError: There is nothing to go back to, or work would be lost.
    """
    base = _base(folder, manifest)
    kept = folder / KEPT_FILENAME
    changes = _changes(folder, manifest, options)
    if changes.obstacles and not options.discard_changes:
        raise DatabaseError(
            f"{folder} is not rolled back, because this would be lost: {'; '.join(changes.sentences())}.",
            hint="Nothing was changed. --discard-changes goes back to the old file as it was.",
        )
    merged = base != kept or (bool(changes) and not options.discard_changes)
    keep_as = backup_name(folder, (options.now or datetime.now(UTC))) if merged and kept.exists() else None
    return RollbackPlan(base, changes, keep_as)


def _told(plan: RollbackPlan, options: RollbackOptions) -> str:
    """Say in one sentence what comes back."""
    if not plan.changes:
        return f"{plan.base.name} as it was"
    work = "; ".join(plan.changes.sentences())
    if options.discard_changes:
        return f"{plan.base.name} as it was, without the work since: {work}"
    kept = f"; the file as it was stays as {plan.keep_as}" if plan.keep_as else ""
    return f"{plan.base.name} with the work since: {work}{kept}"


def _apply(folder: Path, manifest: Manifest, plan: RollbackPlan, options: RollbackOptions) -> None:
    merge = bool(plan.changes) and not options.discard_changes
    as_it_is = plan.base == folder / KEPT_FILENAME and not merge
    work = begin_work(folder)
    comes_back = plan.base
    if not as_it_is:
        comes_back = work / MERGED_FILENAME
        with storage_errors(work):
            check_space(folder, 2 * plan.base.stat().st_size)
            _copy(plan.base, comes_back)
            if merge:
                merge_back(folder, comes_back, manifest, plan.changes)
    set_journal_mode(comes_back, manifest.facts.journal_mode)
    swap = Swap("rollback", manifest.source_name, merged=not as_it_is, keep_as=plan.keep_as)
    _refuse_taken(folder, swap)
    commit_rollback(folder, swap)


def _rename_kept(folder: Path, manifest: Manifest) -> Outcome:
    """Give the old file its name back where nothing else is left."""
    problem = copy_problem(folder / KEPT_FILENAME, manifest)
    if problem is not None:
        raise DatabaseError(f"{folder / KEPT_FILENAME} {problem}.", hint="Restore it from a backup first.")
    begin_work(folder)
    commit_rollback(folder, Swap("rollback", manifest.source_name))
    detail = f"{KEPT_FILENAME} as it was; the databases of the new form were gone"
    return Outcome(folder, "done", detail, manifest.source_size)


def _manifest(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    if manifest is None:
        raise DatabaseError(
            f"{folder} was not migrated by this program: it has no manifest.", hint="There is nothing to go back to."
        )
    return manifest


def _base(folder: Path, manifest: Manifest) -> Path:
    """Return a copy of the old file that holds exactly what was moved."""
    reasons = []
    for path in kept_copies(folder):
        problem = copy_problem(path, manifest)
        if problem is None:
            return path
        reasons.append(f"{path.name} {problem}")
    told = "; ".join(reasons) or f"neither {KEPT_FILENAME} nor a backup is there"
    raise DatabaseError(f"{folder} has no sound copy of the old file: {told}.", hint="Restore one of them first.")


def copy_problem(path: Path, manifest: Manifest) -> str | None:
    """Return what is wrong with a copy of the old file, or None where it holds exactly what was moved."""
    try:
        header = read_header(path)
        if header is None:
            return "is no database"
        with closing(connect_source(path, wal=header.wal)) as connection:
            digests = digest_tables(connection, (old_query(moved.mapped, SOURCE) for moved in manifest.tables))
            for moved, found in zip(manifest.tables, digests, strict=True):
                if not found.same_rows(moved.digest):
                    return f"holds other rows in table {moved.mapped.old.name}"
    except (sqlite3.Error, CaptionBoundariesError) as error:
        other = isinstance(error, sqlite3.Error) and primary_code(error) == sqlite3.SQLITE_ERROR
        return f"{'holds other tables' if other else 'cannot be read'} ({error})"
    return None


def _changes(folder: Path, manifest: Manifest, options: RollbackOptions) -> Changes:
    try:
        return find_changes(folder, manifest)
    except (sqlite3.Error, CaptionBoundariesError) as error:
        if options.discard_changes:
            return Changes(obstacles=(f"a database cannot be read ({error})",))
        raise


def _copy(base: Path, target: Path) -> None:
    set_journal_mode(base, "DELETE")  # what is still in its log becomes a part of the file
    descriptor = os.open(base, os.O_RDONLY | os.O_CLOEXEC)
    try:
        copy_descriptor(descriptor, target)
    finally:
        os.close(descriptor)
    copy_rights(base, target, writable=True)


def _refuse_taken(folder: Path, swap: Swap) -> None:
    path = folder / swap.source_name
    if swap.source_name != "captions.db" and os.path.lexists(path):
        raise DatabaseError(f"{path} is there already.", hint="Move it away first; nothing was changed.")
