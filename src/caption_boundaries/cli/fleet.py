"""Many videos at once: a live line for each worker, and a table of what became of the videos."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from caption_boundaries.cli.output import Output
from caption_boundaries.config import Settings
from caption_boundaries.errors import FleetError
from caption_boundaries.fleet.jobs import Job, JobResult
from caption_boundaries.fleet.pool import Event, Finished, WorkerPool
from caption_boundaries.fleet.report import report_of
from caption_boundaries.library import load_video
from caption_boundaries.step import Step


def run_fleet(
    folders: Sequence[Path],
    steps: Sequence[Step],
    settings: Settings,
    out: Output,
    *,
    workers: int,
    force: bool = False,
    keep_going: bool = False,
) -> None:
    """Run steps on many videos side by side, then print what became of them.

    Raises:
        FleetError: A video failed; without ``keep_going`` the rest was not begun.
    """
    jobs = [Job(folder, tuple(step.name for step in steps), settings, force) for folder in folders]
    started = time.perf_counter()
    results = _run(jobs, workers, out, keep_going=keep_going)
    seconds = time.perf_counter() - started
    _print_results(results, seconds, out)
    out.emit(report_of(results, workers=workers, seconds=seconds))
    failed = [result for result in results if result.status == "failed"]
    if failed:
        untried = len(jobs) - len(results)
        rest = f" {untried} were not begun." if untried else ""
        raise FleetError(f"{len(failed)} of {len(jobs)} videos failed.{rest}", hint=f"The first: {failed[0].error}")


def _run(jobs: Sequence[Job], workers: int, out: Output, *, keep_going: bool) -> list[JobResult]:
    results: list[JobResult] = []
    with _Board(len(jobs), out) as board:
        for event in WorkerPool(workers).run(jobs):
            board.show(event)
            if isinstance(event, Finished):
                results.append(event.result)
                if event.result.status == "failed" and not keep_going:
                    break
    return results


def _print_results(results: Sequence[JobResult], seconds: float, out: Output) -> None:
    shown = [result for result in results if out.verbose or result.status == "failed"]
    rows = [
        (load_video(result.video_dir).name, result.status, f"{result.seconds:.1f} s", result.error or "")
        for result in shown
    ]
    if rows:
        out.table("", ("video", "state", "time>", "why"), rows)
    done = sum(result.status == "done" for result in results)
    out.say(f"{done} of {len(results)} videos done in {seconds:.1f} s", style="bold")


class _Board:
    """The live lines: one for the run as a whole, one for each video that is being worked on."""

    def __init__(self, total: int, out: Output) -> None:
        console = Console(stderr=True)
        hidden = out.quiet or out.json or not console.is_terminal
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=hidden,
        )
        self._all = self._bars.add_task("videos", total=total)
        self._tasks: dict[Path, TaskID] = {}

    def __enter__(self) -> _Board:
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()

    def show(self, event: Event) -> None:
        """Bring the lines up to date."""
        folder = event.job.video_dir
        if isinstance(event, Finished):
            self._bars.advance(self._all)
            if folder in self._tasks:
                self._bars.remove_task(self._tasks.pop(folder))
            return
        if folder not in self._tasks:
            self._tasks[folder] = self._bars.add_task(folder.name[:8], total=None)
        name = f"{folder.name[:8]} {event.step}"
        self._bars.update(self._tasks[folder], description=name, completed=event.done, total=event.total)
