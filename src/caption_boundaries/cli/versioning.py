"""`track`, `snapshot` and `pull`: versions of the databases with DVC and git."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from caption_boundaries.cli.options import DEFAULT_DATA, DataOption, JsonOption, QuietOption, VerboseOption
from caption_boundaries.cli.output import Output
from caption_boundaries.errors import TargetError
from caption_boundaries.versioning.merge_driver import take_reports
from caption_boundaries.versioning.pulling import (
    CheckoutPlan,
    Pulled,
    apply_checkout,
    plan_checkout,
    refuse_unsaved,
    settle_all,
)
from caption_boundaries.versioning.snapshots import apply_snapshot, plan_snapshot, push, uncommitted
from caption_boundaries.versioning.targets import resolve_versioned
from caption_boundaries.versioning.three_way import Conflict
from caption_boundaries.versioning.tracking import TrackPlan, apply_tracking, plan_tracking
from caption_boundaries.versioning.upstream import merge_upstream
from caption_boundaries.versioning.workplace import Workplace, open_workplace

VersionedTargets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET...]",
        help="A video folder, a data root, or a video's id or file name, or a unique part of either; --data unless "
        "given.",
        show_default=False,
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", "-n", help="Only say what would be done.")]

_TOLD = {
    "track": "put under version control",
    "update": "stored again",
    "replace": "stored in the place of the old single file",
    "repair": "stored again, pointer repaired",
    "remove": "no longer versioned",
    "unchanged": "unchanged",
    "keep": "left alone",
    "absent": "not there",
    "skip": "left out",
}


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (track, snapshot, pull):
        app.command()(command)


def track(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="TARGET...", help="Video folders, data roots, ids or file names.", show_default=False),
    ],
    data: DataOption = DEFAULT_DATA,
    include_derived: Annotated[bool, typer.Option("--include-derived", help="Track the crops, too.")] = False,
    include_video: Annotated[bool, typer.Option("--include-video", help="Track the video file, too.")] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Put videos under version control: one pointer for each database, all stored in one operation.

    Example: `caption-boundaries track films`
    """
    out = Output(json, quiet, verbose)
    with open_workplace(folders_of(targets, data), progress=not (json or quiet)) as place:
        plan = plan_tracking(place, derived=include_derived, video=include_video)
        _print_plan(plan, place, out)
        if not dry_run:
            apply_tracking(place, plan)
            waiting = uncommitted(place)
            if waiting:
                out.say("Now commit and upload it: `caption-boundaries snapshot -m MESSAGE --push`.", style="dim")
    out.emit(
        {
            "dry_run": dry_run,
            "counts": plan.counts,
            "files": [{"file": str(i.path), "action": i.action, "reason": i.reason} for i in plan.items],
            "ignore_files": [str(path) for path, _ in plan.texts],
        }
    )


def snapshot(
    targets: VersionedTargets = None,
    message: Annotated[str, typer.Option("--message", "-m", help="What was done, for the history.")] = "",
    push_it: Annotated[bool, typer.Option("--push", help="Upload the data, then push the commit.")] = False,
    data: DataOption = DEFAULT_DATA,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Store what has changed, and commit it; a session that changed nothing makes no version.

    Example: `caption-boundaries snapshot -m "Captions of film 7 proof-read" --push`
    """
    out = Output(json, quiet, verbose)
    with open_workplace(folders_of(targets or [str(data)], data), progress=not (json or quiet)) as place:
        plan = plan_snapshot(place)
        for folder in plan.untracked[:3]:
            out.warn(f"{folder} is not under version control: `caption-boundaries track` does that.")
        if dry_run:
            names = [place.name_of(path) for path in plan.changed]
            out.table("", ("would be stored",), [(name,) for name in names])
            out.say(f"{len(names)} files may have changed.")
            out.emit({"dry_run": True, "changed": names})
            return
        done = apply_snapshot(place, plan, message or "Snapshot of annotations")
        names = [place.name_of(path) for path in done.stored]
        for name in names:
            out.detail(name)
        out.say(
            f"{len(names)} new versions, {size(done.bytes)}" + (f", commit {done.commit[:8]}" if done.commit else "")
        )
        report = {"dry_run": False, "stored": names, "bytes": done.bytes, "commit": done.commit}
        if push_it:
            pushed = push(place)
            to = f" and the commits to {pushed.upstream}" if pushed.upstream else "; this branch follows no other"
            out.say(f"Uploaded {size(pushed.bytes)}{to}.")
            report |= {"pushed_bytes": pushed.bytes, "upstream": pushed.upstream}
        out.emit(report)


def pull(
    targets: VersionedTargets = None,
    data: DataOption = DEFAULT_DATA,
    data_only: Annotated[bool, typer.Option("--data-only", help="Leave git alone: only get the data.")] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Get the work of others: commits first, then the databases; what is local and unsaved is never overwritten.

    Example: `caption-boundaries pull films`
    """
    out = Output(json, quiet, verbose)
    wanted = targets or [str(data)]
    start = next((Path(target) for target in wanted if Path(target).is_dir()), data if data.is_dir() else Path())
    with open_workplace(_folders_so_far(wanted, data), start=start.resolve(), progress=not (json or quiet)) as place:
        if not dry_run:
            settle_all(place)
            refuse_unsaved(place)
            if not data_only:
                list(take_reports(place.git))  # of a merge that nobody asked about
                merge_upstream(place.git)
                _print_reports(place, out)
                place = replace(place, folders=tuple(folder.resolve() for folder in folders_of(wanted, data)))
            refuse_unsaved(place)
        plan = plan_checkout(place)
        done = Pulled((), 0) if dry_run else apply_checkout(place, plan)
        _print_pulled(place, plan, done, out, dry_run=dry_run)


def folders_of(targets: Sequence[str], data: Path) -> list[Path]:
    """Return the video folders of all targets, each once, in order.

    Raises:
        TargetError: There is none.
    """
    folders = list(dict.fromkeys(folder for target in targets for folder in resolve_versioned(target, data)))
    if not folders:
        raise TargetError(f"{', '.join(targets)} holds no videos.", hint="Name a data root with --data.")
    return folders


def size(count: int) -> str:
    """Return a number of bytes for people."""
    return f"{count / 1e6:.2f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def _print_reports(place: Workplace, out: Output) -> None:
    """Tell which databases were joined row by row, and what waits for a person."""
    for report in take_reports(place.git):
        conflicts = [Conflict(**conflict) for conflict in report["conflicts"]]
        out.say(f"{report['file']}: both sides joined, {len(conflicts)} conflicts.")
        for conflict in conflicts:
            out.warn(str(conflict))


def _folders_so_far(targets: Sequence[str], data: Path) -> list[Path]:
    """Return the folders that are known before the pull; new ones may come with it."""
    try:
        return folders_of(targets, data)
    except TargetError:
        return []


def _print_plan(plan: TrackPlan, place: Workplace, out: Output) -> None:
    told = [(place.name_of(item.path), _TOLD[item.action], item.reason) for item in plan.items if item.reason]
    notable = told if out.verbose else told[:20]
    if notable:
        out.table("", ("file", "state", "why"), notable)
    counts = ", ".join(f"{count} {_TOLD[action]}" for action, count in plan.counts.items())
    out.say(f"{counts}; {len(plan.texts)} ignore files to write.")


def _print_pulled(place: Workplace, plan: CheckoutPlan, done: Pulled, out: Output, *, dry_run: bool) -> None:
    names = [place.name_of(path) for path, _ in plan.wanted]
    for name in names:
        out.detail(name)
    if dry_run:
        out.say(f"{len(names)} files would change, {size(plan.bytes)} to download.")
    else:
        out.say(f"{len(names)} files changed, {size(done.bytes)} downloaded.")
    if names and not dry_run:
        out.say("Open tools show it when they are reloaded; `caption-boundaries run` makes missing crops.", style="dim")
    out.emit({"dry_run": dry_run, "changed": names, "bytes": plan.bytes if dry_run else done.bytes})
