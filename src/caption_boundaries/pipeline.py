"""The pipeline: the steps in order, and the one place that runs them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.captions.step import STEP as CAPTIONS
from caption_boundaries.config import Settings
from caption_boundaries.crop.step import STEP as CROP
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.recovery import recover_folder
from caption_boundaries.database.replacing import remove_partials, replacing_database
from caption_boundaries.database.state import StateWriter
from caption_boundaries.errors import UsageError
from caption_boundaries.export.step import STEP as EXPORT
from caption_boundaries.freshness import step_states
from caption_boundaries.ingest.step import STEP as INGEST
from caption_boundaries.layout.step import STEP as LAYOUT
from caption_boundaries.locking import video_lock
from caption_boundaries.ocr.step import STEP as OCR
from caption_boundaries.step import Progress, Step, StepContext, StepResult, silent

STEPS: tuple[Step, ...] = (INGEST, OCR, LAYOUT, CROP, CAPTIONS, EXPORT)
"""In the order in which data flows."""

BY_NAME: dict[str, Step] = {step.name: step for step in STEPS}


@dataclass(frozen=True)
class Outcome:
    """What became of one step."""

    step: str
    ran: bool
    """False: it was up to date."""
    result: StepResult
    seconds: float
    """Wall time; 0 when it did not run."""


ProgressOf = Callable[[Step], Progress]


def run_steps(
    video_dir: Path,
    steps: Sequence[Step] = STEPS,
    *,
    settings: Settings | None = None,
    force: bool = False,
    progress_of: ProgressOf = lambda step: silent,
) -> Iterator[Outcome]:
    """Run steps on one video in order, those that are up to date left out; yields each outcome as it is there.

    A kill at any moment leaves every database as it was before its step or as it is after; running again goes on.

    Args:
        video_dir: Folder of the video.
        steps: Which steps.
        settings: Settings of the run; the defaults unless given.
        force: Run also what is up to date.
        progress_of: Gives for each step whom to tell how far it has come.

    Raises:
        VideoBusyError: Another process works on the video.
        CaptionBoundariesError: A step failed; what it should have written is as it was.
    """
    settings = settings or Settings()
    with video_lock(video_dir):
        remove_partials(video_dir)
        recover_folder(video_dir)
        for step in steps:
            state = step_states(video_dir).get(step.name)  # an export has no state: it always runs
            if state is not None and state.done and not force:
                yield Outcome(step.name, False, StepResult(state.detail), 0.0)
            else:
                yield run_step(step, video_dir, settings, progress_of(step))


def run_step(step: Step, video_dir: Path, settings: Settings, progress: Progress = silent) -> Outcome:
    """Run one step behind a door that opens what it reads and the one database that it writes."""
    started = time.perf_counter()
    _record(video_dir, lambda state: state.begin_step(step.name))
    try:
        result = _run(step, video_dir, settings, progress)
    except BaseException as error:
        seconds, message = time.perf_counter() - started, str(error) or type(error).__name__
        _record(video_dir, lambda state: state.end_step(step.name, status="failed", message=message, seconds=seconds))
        raise
    seconds = time.perf_counter() - started
    summary = result.summary
    _record(video_dir, lambda state: state.end_step(step.name, status="complete", message=summary, seconds=seconds))
    return Outcome(step.name, True, result, seconds)


def select_steps(*, start: str | None = None, only: Collection[str] = ()) -> tuple[Step, ...]:
    """Return the steps from ``start`` on, or those in ``only``, in the pipeline's order.

    Raises:
        UsageError: There is no such step.
    """
    unknown = ({start} if start is not None else set()) | set(only)
    unknown -= BY_NAME.keys()
    if unknown:
        raise UsageError(f"There is no step {', '.join(sorted(unknown))}.", hint=f"The steps are {', '.join(BY_NAME)}.")
    first = 0 if start is None else STEPS.index(BY_NAME[start])
    return tuple(step for step in STEPS[first:] if not only or step.name in only)


def _run(step: Step, video_dir: Path, settings: Settings, progress: Progress) -> StepResult:
    with _door(step, video_dir) as connection:
        return step.run(StepContext(video_dir, connection, settings, progress))


def _door(step: Step, video_dir: Path) -> AbstractContextManager[sqlite3.Connection]:
    """Return the door that opens what the step reads and the one database that it writes, if it writes any."""
    if step.writes is None:
        return VideoDatabase(video_dir, readonly=True, requires=step.reads, attach=step.reads)
    if step.replaces:
        return replacing_database(video_dir, step.writes, reads=step.reads)
    return VideoDatabase(video_dir, writes={step.writes}, requires=step.reads, attach=step.reads | {step.writes})


def _record(video_dir: Path, note: Callable[[StateWriter], None]) -> None:
    with VideoDatabase(video_dir, writes={"state"}, attach={"state"}) as connection:
        note(StateWriter(connection))
