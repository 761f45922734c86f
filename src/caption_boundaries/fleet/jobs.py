"""What a fleet works on: one job per video, run to its end by one worker, with a result that is plain data."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from caption_boundaries.config import Settings
from caption_boundaries.errors import CaptionBoundariesError
from caption_boundaries.pipeline import Outcome, run_steps, select_steps
from caption_boundaries.step import Progress, Step

Report = Callable[[str, float, float | None], None]
"""Is told (step, done, total) while a job runs."""


@dataclass(frozen=True, slots=True)
class Job:
    """Steps to run on one video."""

    video_dir: Path
    steps: tuple[str, ...]
    """Names, in the pipeline's order."""
    settings: Settings = field(default_factory=Settings)
    force: bool = False


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of one video."""

    video_dir: Path
    status: Literal["done", "failed"]
    outcomes: tuple[Outcome, ...]
    """The steps that came to their end."""
    error: str | None
    """One sentence and a hint; None when done."""
    exit_code: int
    """0, or that of the error."""
    seconds: float
    """Wall time of the last attempt."""
    attempts: int = 1
    """How many workers it took: above 1 where a worker died."""


def run_job(job: Job, report: Report = lambda step, done, total: None) -> JobResult:
    """Run a job in this process; errors that we know become part of the result."""
    started = time.perf_counter()
    outcomes: list[Outcome] = []
    error: CaptionBoundariesError | None = None
    try:
        steps = select_steps(only=job.steps)
        for outcome in run_steps(
            job.video_dir, steps, settings=job.settings, force=job.force, progress_of=lambda step: _told(step, report)
        ):
            outcomes.append(outcome)
    except CaptionBoundariesError as failure:
        error = failure
    return JobResult(
        video_dir=job.video_dir,
        status="failed" if error else "done",
        outcomes=tuple(outcomes),
        error=str(error) if error else None,
        exit_code=error.exit_code if error else 0,
        seconds=time.perf_counter() - started,
    )


def _told(step: Step, report: Report) -> Progress:
    def progress(done: float, total: float | None, unit: str) -> None:
        report(step.name, done, total)

    return progress
