"""Commands that do the same to many folders: targets, progress in bytes, and the table at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from caption_boundaries.cli.output import Output
from caption_boundaries.errors import CaptionBoundariesError
from caption_boundaries.library import resolve_target
from caption_boundaries.migration.batch import Work, run_batch
from caption_boundaries.migration.outcome import Outcome
from caption_boundaries.migration.source import find_source
from caption_boundaries.step import Progress as Report
from caption_boundaries.step import silent

JobsOption = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Videos that are worked on at once.")]
BackupOption = Annotated[
    bool,
    typer.Option("--backup/--no-backup", help="Copy the old file first; it is kept as captions.db.old anyway."),
]


def folders_of(targets: Sequence[str], data: Path) -> list[Path]:
    """Return the video folders of all targets, each once, in order."""
    return list(dict.fromkeys(folder for target in targets for folder in resolve_target(target, data)))


def run_and_tell(
    folders: Sequence[Path],
    work: Work,
    out: Output,
    *,
    what: str,
    jobs: int = 1,
    keep_going: bool = True,
    fail: bool = True,
) -> list[Outcome]:
    """Do ``work`` to every folder under a progress bar, then print a table of what became of each.

    Args:
        folders: Folders of videos.
        work: What to do to each.
        out: Where words go.
        what: Past participle for the last line, such as ``"migrated"``.
        jobs: How many folders at once.
        keep_going: False: stop at the first failure.
        fail: Leave with the exit code of the failures, if there are any.

    Raises:
        typer.Exit: There were failures.
    """
    with _bar(folders, out) as progress:
        outcomes = run_batch(folders, work, jobs=jobs, keep_going=keep_going, progress=progress)
    rows = [
        (outcome.folder.name, outcome.status, size_text(outcome.bytes) if outcome.bytes else "", outcome.detail)
        for outcome in outcomes
    ]
    out.table("", ("video", "", "size>", "what"), rows)
    for outcome in outcomes:
        for note in outcome.notes:
            out.detail(f"{outcome.folder.name}: {note}")
    counts = Counter(outcome.status for outcome in outcomes)
    told = f"{counts['done']} {what}, {counts['skipped']} skipped, {counts['failed']} failed"
    left = len(folders) - len(outcomes)
    out.say(f"{told}{f', {left} not begun' if left else ''}.", style="bold")
    out.emit([asdict(outcome) for outcome in outcomes])
    codes = {outcome.exit_code for outcome in outcomes if outcome.status == "failed"}
    if fail and codes:
        raise typer.Exit(codes.pop() if len(codes) == 1 else 1)
    return outcomes


def size_text(size: int) -> str:
    """Return a number of bytes for people."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size} {unit}"
        size = round(size / 1000)
    return f"{size} GB"


@contextmanager
def _bar(folders: Sequence[Path], out: Output) -> Iterator[Report]:
    console = Console(stderr=True)
    if out.quiet or out.json or not console.is_terminal:
        yield silent
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(f"{len(folders)} videos", total=sum(map(_size, folders)))
        yield lambda done, total, unit: bars.update(task, completed=done)


def _size(folder: Path) -> int:
    """Return how many bytes there are to work on in a folder, as far as that can be told before."""
    try:
        source = find_source(folder)
    except CaptionBoundariesError:
        return 0
    return source.size if source is not None else 0
