"""What a fleet works on: one job per video, run to its end by one worker, with a result that is plain data."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from caption_boundaries.config import Settings
from caption_boundaries.errors import CaptionBoundariesError
from caption_boundaries.fleet.homes import Home, Report
from caption_boundaries.pipeline import Outcome, run_steps, select_steps
from caption_boundaries.step import Progress, Step


@dataclass(frozen=True, slots=True)
class Job:
    """Steps to run on one video."""

    home: Home
    steps: tuple[str, ...]
    """Names, in the pipeline's order."""
    settings: Settings = field(default_factory=Settings)
    force: bool = False
    run: str = ""
    """Id of the fleet run that the job belongs to."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of one video."""

    video: str
    """The label of its home."""
    status: Literal["done", "failed"]
    outcomes: tuple[Outcome, ...]
    """The steps that came to their end; where a publication failed they are lost all the same."""
    error: str | None
    """One sentence and a hint; None when done."""
    exit_code: int
    """0, or that of the error."""
    seconds: float
    """Wall time of the last attempt, transfers included."""
    attempts: int = 1
    """How many workers it took: above 1 where a worker died."""


def run_job(job: Job, report: Report = lambda step, done, total: None) -> JobResult:
    """Run a job in this process; errors that we know become part of the result."""
    started = time.perf_counter()
    outcomes: list[Outcome] = []
    error: CaptionBoundariesError | None = None
    try:
        with job.home.workplace(job.run, report) as folder:
            steps = select_steps(only=job.steps)
            for outcome in run_steps(
                folder, steps, settings=job.settings, force=job.force, progress_of=lambda step: _told(step, report)
            ):
                outcomes.append(_at_home(outcome, folder, job.home))
    except CaptionBoundariesError as failure:
        error = failure
    return JobResult(
        video=job.home.label,
        status="failed" if error else "done",
        outcomes=tuple(outcomes),
        error=str(error) if error else None,
        exit_code=error.exit_code if error else 0,
        seconds=time.perf_counter() - started,
    )


def failed_result(job: Job, error: str, *, exit_code: int = 1, seconds: float = 0.0, attempts: int = 1) -> JobResult:
    """Return the result of a job that ended without one of its own."""
    return JobResult(job.home.label, "failed", (), error, exit_code, seconds, attempts)


def _at_home(outcome: Outcome, folder: Path, home: Home) -> Outcome:
    """Name files by where they end up, not by the scratch folder in which they were made."""
    summary = outcome.result.summary.replace(str(folder), home.label)
    return replace(outcome, result=replace(outcome.result, summary=summary))


def _told(step: Step, report: Report) -> Progress:
    def progress(done: float, total: float | None, unit: str) -> None:
        report(step.name, done, total)

    return progress
