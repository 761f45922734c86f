"""`migrate`, `verify`, `rollback`, `clean-backups`: old folders on their way to the new form, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from caption_boundaries.cli.batches import BackupOption, JobsOption, folders_of, run_and_tell, size_text
from caption_boundaries.cli.options import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    QuietOption,
    TargetsArgument,
    VerboseOption,
)
from caption_boundaries.cli.output import Output
from caption_boundaries.errors import CaptionBoundariesError, DatabaseCorruptError, UsageError
from caption_boundaries.migration.cleaning import clean_folder
from caption_boundaries.migration.copying import kept_copies
from caption_boundaries.migration.findings import LEVELS, Report
from caption_boundaries.migration.make_old import make_old_copy
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder, needed_bytes, plan_folder
from caption_boundaries.migration.outcome import Outcome
from caption_boundaries.migration.rollback import RollbackOptions, rollback_folder
from caption_boundaries.migration.source import find_source
from caption_boundaries.migration.space import check_space
from caption_boundaries.migration.synthetic import OldFolder, make_old_folder, old_video_id
from caption_boundaries.migration.verify import verify_folder
from caption_boundaries.step import Progress

KeepGoing = Annotated[
    bool, typer.Option("--keep-going/--stop-at-failure", help="After a failure go on with the next video.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(migrate)
    app.command()(verify)
    app.command()(rollback)
    app.command("clean-backups")(clean_backups)
    app.command("make-old", hidden=True)(make_old)


def migrate(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    dry_run: DryRun = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Migrate at most so many videos.")] = None,
    jobs: JobsOption = 1,
    backup: BackupOption = True,
    carry_unknown: Annotated[
        bool, typer.Option("--carry-unknown", help="Keep tables that the new form does not know in state.db.")
    ] = False,
    keep_damaged: Annotated[
        bool, typer.Option("--keep-damaged", help="Carry pictures that cannot be decoded as they are.")
    ] = False,
    keep_going: KeepGoing = True,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Move folders with one big `captions.db` (or `annotations.db`) to the new form; no row is lost, whatever happens.

    Example: `caption-boundaries migrate films --dry-run`
    """
    out = Output(json, quiet, verbose)
    options = MigrateOptions(backup=backup, carry_unknown=carry_unknown, keep_damaged=keep_damaged)
    folders = _first_old(folders_of(targets, data), limit)
    if dry_run:
        run_and_tell(folders, partial(_planned, options=options), out, what="would be migrated", keep_going=True)
        return
    _check_all_space(folders, options)
    work = partial(migrate_folder, options=options)
    outcomes = run_and_tell(folders, work, out, what="migrated", jobs=jobs, keep_going=keep_going)
    _tell_copies(outcomes, out)


def verify(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    level: Annotated[str, typer.Option("--level", help="How deep to look: header, structure or content.")] = "content",
    deep: Annotated[bool, typer.Option("--deep", help="Decode every picture, and look at the copies too.")] = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Check that folders are whole and still hold what was migrated; names the file, the table and the row.

    Example: `caption-boundaries verify films --level structure`
    """
    if level not in LEVELS:
        raise UsageError(f"There is no level {level}.", hint=f"The levels are {', '.join(LEVELS)}.")
    out = Output(json, quiet, verbose)
    reports = [verify_folder(folder, level, deep=deep) for folder in folders_of(targets, data)]
    rows = [
        (report.folder.name, finding.weight, finding.place, finding.message)
        for report in reports
        for finding in report.findings
        if verbose or finding.weight != "note"
    ]
    if rows:
        out.table("", ("video", "", "where", "what"), rows)
    failed = [report for report in reports if not report]
    forms = Counter(report.form for report in reports)
    told = ", ".join(f"{count} of the {form} form" for form, count in sorted(forms.items()))
    out.say(f"{len(reports)} videos looked at ({told}), {len(failed)} with problems.", style="bold")
    out.emit([_report_json(report) for report in reports])
    if failed:
        first = failed[0].problems[0]
        raise DatabaseCorruptError(
            f"{len(failed)} of {len(reports)} videos have problems: {failed[0].folder.name}, {first.place}: "
            f"{first.message}.",
            hint="Restore the file, or make it again with its step; then verify again.",
        )


def rollback(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    dry_run: DryRun = False,
    discard_changes: Annotated[
        bool, typer.Option("--discard-changes", help="Go back to the old file as it was, without the work since.")
    ] = False,
    jobs: JobsOption = 1,
    keep_going: KeepGoing = True,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Move folders back to the old form; the work since the migration is merged back, or the rollback refuses.

    Example: `caption-boundaries rollback films/3f/3f2a9c1e-…`
    """
    out = Output(json, quiet, verbose)
    options = RollbackOptions(discard_changes=discard_changes, dry_run=dry_run)
    work = partial(rollback_folder, options=options)
    what = "would be rolled back" if dry_run else "rolled back"
    run_and_tell(folders_of(targets, data), work, out, what=what, jobs=jobs, keep_going=keep_going)


def clean_backups(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    include_other: Annotated[
        bool, typer.Option("--include-other", help="Also older backups that hold other rows than were migrated.")
    ] = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Remove `captions.db.old` and the backups of folders that verify at level content.

    Example: `caption-boundaries clean-backups films --yes`
    """
    out = Output(json, quiet, verbose)
    folders = [folder for folder in folders_of(targets, data) if kept_copies(folder)]
    copies = [path for folder in folders for path in kept_copies(folder)]
    total = size_text(sum(path.stat().st_size for path in copies))
    out.say(f"{len(copies)} copies of old files in {len(folders)} folders take {total}.")
    if copies and not yes:
        typer.confirm("Remove them where the folder verifies?", abort=True, err=True)
    work = partial(clean_folder, include_other=include_other)
    outcomes = run_and_tell(folders, work, out, what="cleaned", fail=False)
    freed = sum(outcome.bytes for outcome in outcomes if outcome.status == "done")
    out.say(f"Freed {size_text(freed)}.", style="bold")
    raise typer.Exit(max((outcome.exit_code for outcome in outcomes), default=0))


def make_old(
    target: Annotated[Path, typer.Argument(help="A folder of the new form, or the data root of new synthetic ones.")],
    output: Annotated[Path | None, typer.Option("--output", help="Folder that gets the old file.")] = None,
    synthetic: Annotated[int, typer.Option("--synthetic", min=0, help="Make so many folders out of nothing.")] = 0,
    pictures: Annotated[int, typer.Option("--pictures", min=0, help="Cropped frames in each.")] = 40,
    picture_bytes: Annotated[int, typer.Option("--picture-bytes", min=1, help="Size of one.")] = 900,
    wal: Annotated[bool, typer.Option("--wal", help="Write-ahead mode.")] = False,
    name: Annotated[str, typer.Option("--name", help="captions.db or annotations.db.")] = "captions.db",
) -> None:
    """Make old folders, for tests and benchmarks."""
    if not synthetic:
        make_old_copy(target, output or target.with_name(f"{target.name}-old"))
        return
    for number in range(synthetic):
        video_id = old_video_id(number)
        wanted = OldFolder(cropped_frames=pictures, picture_bytes=picture_bytes, wal=wal, filename=name, seed=number)
        make_old_folder(target / video_id[:2] / video_id, wanted)


def _planned(folder: Path, *, options: MigrateOptions, progress: Progress) -> Outcome:
    planned = plan_folder(folder, options)
    if planned is None:
        return Outcome(folder, "skipped", "already in the new form")
    source, plan = planned
    detail = f"{source.path.name}, {len(plan.tables)} tables, needs {size_text(needed_bytes(source, options))} free"
    return Outcome(folder, "done", detail, source.size, notes=plan.notes)


def _first_old(folders: Sequence[Path], limit: int | None) -> list[Path]:
    """Return the folders, after ``limit`` that are to be migrated no more."""
    chosen, left = [], limit
    for folder in folders:
        if left == 0:
            break
        chosen.append(folder)
        if left is not None and not _is_done(folder):
            left -= 1
    return chosen


def _is_done(folder: Path) -> bool:
    try:
        return find_source(folder) is None
    except CaptionBoundariesError:
        return False


def _check_all_space(folders: Sequence[Path], options: MigrateOptions) -> None:
    """Make sure before the first folder that there is room for the last."""
    needed: Counter[int] = Counter()
    some: dict[int, Path] = {}
    for folder in folders:
        try:
            source = find_source(folder)
        except CaptionBoundariesError:
            continue  # it will be told when it is its turn
        if source is not None:
            disk = folder.stat().st_dev
            needed[disk] += needed_bytes(source, options)
            some[disk] = folder
    for disk, size in needed.items():
        hint = "Free some space, migrate a few at a time with --limit, or leave out the copies: --no-backup."
        check_space(some[disk], size, hint=hint)


def _tell_copies(outcomes: Sequence[Outcome], out: Output) -> None:
    sizes = [size for outcome in outcomes for size in outcome.copies.values()]
    if sizes:
        out.say(
            f"{len(sizes)} copies of old files are kept and take {size_text(sum(sizes))}: captions.db.old, and "
            "annotations_backup_*.db where a backup was made. `caption-boundaries clean-backups` removes them."
        )


def _report_json(report: Report) -> dict[str, Any]:
    return {**asdict(report), "ok": bool(report)}
