"""What happens while a fleet runs, whatever engine runs it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Protocol

from caption_boundaries.fleet.jobs import Job, JobResult

MAX_ATTEMPTS = 3
"""After so many dead workers a video is called failed."""
PROGRESS_SECONDS = 0.2
"""A worker reports its progress at most this often."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """A job has come this far."""

    job: Job
    step: str
    """A step's name, or ``fetch`` or ``publish``."""
    done: float
    total: float | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A job has come to its end, good or bad."""

    job: Job
    result: JobResult


Event = Progressed | Finished


class Engine(Protocol):
    """Runs jobs somewhere."""

    def run(self, jobs: Iterable[Job]) -> Generator[Event, None, None]:
        """Run every job once and yield events as they come; leaving the loop early stops the workers."""
