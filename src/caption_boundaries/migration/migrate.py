"""Moving one old folder to the new form: plan, back up, build, compare, and only then change a name."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from caption_boundaries import __version__
from caption_boundaries.atomic import copy_rights, storage_errors, write_file
from caption_boundaries.database.row_hash import quoted
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.errors import CaptionBoundariesError, DatabaseCorruptError
from caption_boundaries.locking import video_lock
from caption_boundaries.migration.building import build_databases
from caption_boundaries.migration.copying import kept_copies, make_backup
from caption_boundaries.migration.counting import Counter
from caption_boundaries.migration.manifest import MANIFEST_FILENAME, manifest_of
from caption_boundaries.migration.outcome import Outcome
from caption_boundaries.migration.pictures import SAMPLE, damaged_pictures
from caption_boundaries.migration.plan import MigrationPlan, plan_migration
from caption_boundaries.migration.source import (
    SOURCE,
    Source,
    connect_source,
    find_source,
    held_source,
    version_refusal,
    video_id_of,
)
from caption_boundaries.migration.space import check_space
from caption_boundaries.migration.swapping import begin_work, commit_migration, recover
from caption_boundaries.step import Progress, silent

SLACK_BYTES = 4_000_000
"""Free space that is left alone beside what the new files need."""

_GROWTH = 1.1
"""How much larger than the old file the new ones may be together: pages are larger, some space is unused."""


@dataclass(frozen=True)
class MigrateOptions:
    """How to migrate."""

    backup: bool = True
    """Copy the old file first; it is kept as ``captions.db.old`` anyway."""
    carry_unknown: bool = False
    """Keep tables that the new form does not know in ``state.db`` instead of refusing."""
    keep_damaged: bool = False
    """Carry pictures that cannot be decoded instead of refusing."""
    timeout: float = 5.0
    """Seconds to wait for a writer of the old file."""
    now: datetime | None = None
    """Goes into the names of copies; None: the time when the folder's turn comes."""


def plan_folder(folder: Path, options: MigrateOptions = MigrateOptions()) -> tuple[Source, MigrationPlan] | None:
    """Return what a migration of ``folder`` would do, or None where it is of the new form already.

    Raises:
        DatabaseError: It could not be migrated.
        StorageError: The old file cannot be read.
    """
    source = find_source(folder)
    return None if source is None else (source, _plan(source, options))


def needed_bytes(source: Source, options: MigrateOptions) -> int:
    """Return how much free space the migration of an old file takes; nothing of it is given back at the end."""
    return int(source.size * (_GROWTH + options.backup)) + SLACK_BYTES


def migrate_folder(folder: Path, options: MigrateOptions = MigrateOptions(), *, progress: Progress = silent) -> Outcome:
    """Move one folder to the new form.

    A kill at any moment leaves it complete in one of the two forms; running it again finishes the job.

    Raises:
        VideoBusyError: Another process works on the video.
        DatabaseBusyError: The old file is in use.
        DatabaseError: The folder cannot be migrated, and why; it is unchanged.
        StorageError: The disk refused; the folder is unchanged.
    """
    started = time.perf_counter()
    with video_lock(folder):
        recover(folder)
        source = find_source(folder)
        if source is None:
            return Outcome(folder, "skipped", "already in the new form")
        if source.wal:
            _plan(source, options)  # before the file is taken out of that mode, so that a refusal leaves it untouched
        with held_source(source, timeout=options.timeout) as descriptor:
            try:
                notes = _migrate(folder, source, descriptor, options, progress)
            except BaseException:
                with suppress(CaptionBoundariesError):  # the error that is on its way says more
                    recover(folder)
                raise
    copies = {path.name: path.stat().st_size for path in kept_copies(folder)}
    return Outcome(folder, "done", "", source.size, time.perf_counter() - started, notes, copies)


def _migrate(
    folder: Path, source: Source, descriptor: int, options: MigrateOptions, progress: Progress
) -> tuple[str, ...]:
    plan = _plan(Source(source.path, source.size, wal=False), options, journal_mode=source.journal_mode)
    check_space(folder, needed_bytes(source, options), hint="Free some space, or leave out the copy: --no-backup.")
    work = begin_work(folder)
    now = options.now or datetime.now(UTC)
    backup = make_backup(descriptor, folder, work, now) if options.backup else None
    with storage_errors(work):
        tables = build_databases(source.path, plan, work, Counter(source.size, progress))
        with closing(connect_source(source.path)) as connection:
            video_id = video_id_of(connection)
        for spec in DATABASES:
            copy_rights(source.path, work / spec.filename, writable=True)
    manifest = manifest_of(
        plan,
        tables,
        program=__version__,
        migrated_at=f"{now:%Y-%m-%d %H:%M:%S}",
        video_id=video_id,
        source_name=source.path.name,
        source_size=source.size,
        backup=backup,
    )
    write_file(work / MANIFEST_FILENAME, manifest.to_json().encode("ascii"))
    commit_migration(folder, source.path, descriptor)
    return plan.notes


def _plan(source: Source, options: MigrateOptions, *, journal_mode: str | None = None) -> MigrationPlan:
    """Look the old file over and return what becomes of it; every reason to refuse is found here.

    Raises:
        DatabaseVersionError: It has a form that cannot be moved.
        DatabaseCorruptError: It is damaged.
    """
    try:
        with closing(connect_source(source.path, wal=source.wal)) as connection:
            plan = plan_migration(
                connection,
                SOURCE,
                journal_mode=journal_mode or source.journal_mode,
                carry_unknown=options.carry_unknown,
            )
            if plan.refusals:
                raise version_refusal(source.path, plan.refusals)
            if not options.keep_damaged:
                _refuse_damaged_pictures(connection, source.path, plan)
    except sqlite3.Error as error:
        raise translate(error, source.path) from error
    return plan


def _refuse_damaged_pictures(connection: sqlite3.Connection, path: Path, plan: MigrationPlan) -> None:
    for mapped in plan.tables:
        if mapped.table in ("full_frames", "cropped_frames"):
            for key, problem in damaged_pictures(connection, f"{SOURCE}.{quoted(mapped.old.name)}", sample=SAMPLE):
                raise DatabaseCorruptError(
                    f"{path}: the picture in row {key} of table {mapped.old.name} {problem}.",
                    hint="The file was not changed. --keep-damaged carries such pictures as they are.",
                )
