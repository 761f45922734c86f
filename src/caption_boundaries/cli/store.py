"""`store list`, `publish`, `fetch` and `prune`: videos in an object store or on another disk."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from caption_boundaries.cli.batches import folders_of, size_text
from caption_boundaries.cli.options import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    KeepGoingOption,
    QuietOption,
    TargetsArgument,
    VerboseOption,
)
from caption_boundaries.cli.output import Output
from caption_boundaries.errors import CaptionBoundariesError, FleetError, TargetError
from caption_boundaries.fleet import pruning
from caption_boundaries.fleet.exchange import compare, fetch_video, folder_in, publish_folder
from caption_boundaries.fleet.homes import Report
from caption_boundaries.fleet.manifest import Manifest
from caption_boundaries.fleet.pruning import GRACE_SECONDS, PruningPlan, plan_pruning
from caption_boundaries.fleet.store import VideoStore

T = TypeVar("T")
R = TypeVar("R")
AddressArgument = Annotated[
    str,
    typer.Argument(metavar="STORE", help="Address such as s3://bucket/films or file:///mnt/films.", show_default=False),
]
HELP = """Videos in an object store: list, publish, fetch, prune.

Example: `caption-boundaries store list s3://bucket/films`
"""
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    store = typer.Typer(help=HELP, no_args_is_help=True)
    for name, command in (("list", list_videos), ("publish", publish), ("fetch", fetch), ("prune", prune)):
        store.command(name)(command)
    app.add_typer(store, name="store")


def list_videos(address: AddressArgument, json: JsonOption = False) -> None:
    """List the videos of a store with their newest generation.

    Example: `caption-boundaries store list s3://bucket/films`
    """
    out = Output(json)
    manifests = list(VideoStore(address).all_latest())
    rows = [(m.video_id, m.title, m.generation, len(m.files), size_text(m.size), m.published_at) for m in manifests]
    out.table("", ("id", "video", "generation>", "files>", "size>", "published"), rows)
    out.emit([_to_json(manifest) for manifest in manifests])


def publish(
    targets: TargetsArgument,
    to: Annotated[str, typer.Option("--to", metavar="STORE", help="Address of the store.", show_default=False)],
    data: DataOption = DEFAULT_DATA,
    keep_going: KeepGoingOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Send videos to a store: only what it does not have, and never over what somebody else has published.

    Example: `caption-boundaries store publish films --to s3://bucket/films`
    """
    out, store, run = Output(json, quiet, verbose), VideoStore(to), secrets.token_hex(8)

    def work(folder: Path, report: Report) -> str:
        if dry_run:
            return f"would be compared: {compare(store, folder, folder.absolute().name).difference}"
        done = publish_folder(store, folder, run=run, report=report)
        return f"generation {done.manifest.generation}, {len(done.sent)} files sent" if done.new else "is there already"

    _each([(folder.name, folder) for folder in folders_of(targets, data)], work, out, keep_going=keep_going)


def fetch(
    address: AddressArgument,
    video_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID...]", help="Ids of videos; all unless given.", show_default=False)
    ] = None,
    data: DataOption = DEFAULT_DATA,
    keep_going: KeepGoingOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Bring videos from a store into the data root; what was changed there and not published is never overwritten.

    Example: `caption-boundaries store fetch s3://bucket/films --data films`
    """
    out, store = Output(json, quiet, verbose), VideoStore(address)

    def work(manifest: Manifest, report: Report) -> str:
        if dry_run:
            standing = compare(store, folder_in(data, manifest.video_id), manifest.video_id)
            return f"would be compared: {standing.difference}"
        changed = fetch_video(store, manifest, data, report=report)
        return f"generation {manifest.generation} fetched" if changed else "is here already"

    _each(
        [(manifest.video_id, manifest) for manifest in _chosen(store, video_ids or [])],
        work,
        out,
        keep_going=keep_going,
    )


def prune(
    address: AddressArgument,
    keep: Annotated[int, typer.Option("--keep", min=1, help="Generations of each video that stay at least.")] = 1,
    grace: Annotated[
        float,
        typer.Option(
            "--grace",
            min=0.0,
            metavar="HOURS",
            help="Leave alone what was needed so lately; less than 24 only while nobody else uses the store.",
        ),
    ] = GRACE_SECONDS / 3600,
    dry_run: DryRunOption = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Remove superseded generations from a store, and files that none names; safe while others read and publish.

    Example: `caption-boundaries store prune s3://bucket/films --keep 3 --dry-run`
    """
    out, store = Output(json, quiet, verbose), VideoStore(address)
    plan = plan_pruning(store, keep=keep, grace=grace * 3600)
    _tell_pruning(plan, out)
    nothing = not (plan.generations or plan.objects)
    if not (nothing or dry_run or yes):
        typer.confirm("Remove them?", abort=True, err=True)
    freed = 0
    if not (nothing or dry_run):
        freed = _under_bar(address, plan, lambda plan, report: pruning.prune(store, plan, report), out)
        out.say(f"Freed {size_text(freed)}.", style="bold")
    removed = [{"video_id": m.video_id, "generation": m.generation} for m in plan.generations]
    out.emit({"generations": removed, "files": len(plan.objects), "bytes": plan.size, "freed": freed})


def _tell_pruning(plan: PruningPlan, out: Output) -> None:
    rows = [(m.video_id, m.title, m.generation, m.published_at) for m in plan.generations]
    if rows:
        out.table("", ("id", "video", "generation>", "published"), rows)
    out.say(
        f"{len(rows)} generations can go, and {len(plan.objects)} files ({size_text(plan.size)}) that no other needs; "
        f"{plan.kept} generations stay."
    )


def _chosen(store: VideoStore, video_ids: list[str]) -> Iterable[Manifest]:
    if not video_ids:
        return store.all_latest()
    found = {video_id: store.latest(video_id) for video_id in video_ids}
    missing = sorted(video_id for video_id, manifest in found.items() if manifest is None)
    if missing:
        raise TargetError(f"{store.address} has no video {', '.join(missing)}.", hint="`store list` shows what it has.")
    return [manifest for manifest in found.values() if manifest is not None]


def _each(items: list[tuple[str, T]], work: Callable[[T, Report], str], out: Output, *, keep_going: bool) -> None:
    """Do something to each video under a bar of bytes, then say what became of each.

    Raises:
        CaptionBoundariesError: One failed, and there was to be no going on.
        FleetError: Some of many failed.
    """
    told: list[dict[str, Any]] = []
    try:
        for name, item in items:
            try:
                told.append({"video": name, "error": None, "what": _under_bar(name, item, work, out)})
            except CaptionBoundariesError as error:
                told.append({"video": name, "error": str(error), "what": "failed"})
                if not keep_going:
                    raise
    finally:
        out.table("", ("video", "what"), [(entry["video"], entry["error"] or entry["what"]) for entry in told])
        out.emit(told)
    failed = [entry for entry in told if entry["error"]]
    if failed:
        raise FleetError(f"{len(failed)} of {len(told)} videos failed.", hint=f"The first: {failed[0]['error']}")


def _under_bar(name: str, item: T, work: Callable[[T, Report], R], out: Output) -> R:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    hidden = out.quiet or out.json or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bars:
        task = bars.add_task(name[:8], total=None)
        return work(
            item,
            lambda step, done, total: bars.update(task, description=f"{name[:8]} {step}", completed=done, total=total),
        )


def _to_json(manifest: Manifest) -> dict[str, Any]:
    files = {name: {"sha256": file.sha256, "size": file.size} for name, file in manifest.files.items()}
    return {
        "video_id": manifest.video_id,
        "title": manifest.title,
        "generation": manifest.generation,
        "size": manifest.size,
        "published_at": manifest.published_at,
        "files": files,
    }
