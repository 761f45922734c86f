"""The same work on many folders, side by side; one that fails, or whose process dies, does not stop the others."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from caption_boundaries.errors import CaptionBoundariesError
from caption_boundaries.migration.outcome import Outcome
from caption_boundaries.step import Progress, silent


class Work(Protocol):
    """What is done to one folder; with several jobs it is sent to other processes."""

    def __call__(self, folder: Path, *, progress: Progress) -> Outcome:
        """Do it, and report progress in bytes."""


Told = Callable[[Outcome], None]
"""Is told what became of a folder as soon as that is known."""

_POLL_SECONDS = 0.2


def run_batch(
    folders: Sequence[Path],
    work: Work,
    *,
    jobs: int = 1,
    keep_going: bool = True,
    progress: Progress = silent,
    told: Told = lambda outcome: None,
) -> list[Outcome]:
    """Do ``work`` to every folder and return what became of each, in the order of ``folders``.

    Args:
        folders: Folders of videos.
        work: What to do.
        jobs: How many at once; with more than one, each folder has a process of its own.
        keep_going: False: begin no other folder after a failure.
        progress: Is told how many bytes are done, of all folders together.
        told: Is told every outcome at once.
    """
    runner = _run_here if jobs == 1 else _run_in_processes
    return runner(folders, work, jobs, keep_going, progress, told)


def _run_here(
    folders: Sequence[Path], work: Work, jobs: int, keep_going: bool, progress: Progress, told: Told
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    finished = 0.0
    for folder in folders:
        last = 0.0

        def report(done: float, total: float | None, unit: str, before: float = finished) -> None:
            nonlocal last
            last = done
            progress(before + done, None, unit)

        outcomes.append(attempt(folder, work, report))
        finished += last
        told(outcomes[-1])
        if outcomes[-1].status == "failed" and not keep_going:
            break
    return outcomes


def attempt(folder: Path, work: Work, progress: Progress) -> Outcome:
    """Do ``work`` to one folder; an error becomes an outcome, also one that nobody foresaw."""
    try:
        return work(folder, progress=progress)
    except CaptionBoundariesError as error:
        return Outcome(folder, "failed", str(error), exit_code=error.exit_code)
    except Exception as error:  # the others have to go on; the table at the end tells
        return Outcome(folder, "failed", f"Something unforeseen went wrong ({error!r}).", exit_code=1)


@dataclass
class _Job:
    """A process and its folder."""

    folder: Path
    process: BaseProcess
    results: Connection
    done: float = 0.0
    outcome: Outcome | None = None


def _run_in_processes(
    folders: Sequence[Path], work: Work, jobs: int, keep_going: bool, progress: Progress, told: Told
) -> list[Outcome]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["caption_boundaries.migration.migrate", "caption_boundaries.migration.verify"])
    waiting, running, finished = list(reversed(folders)), list[_Job](), list[_Job]()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(_begin(context, waiting.pop(), work))
            wait([job.results for job in running], timeout=_POLL_SECONDS)
            for job in [job for job in running if _ended(job)]:
                running.remove(job)
                finished.append(job)
                assert job.outcome is not None
                told(job.outcome)
                if job.outcome.status == "failed" and not keep_going:
                    waiting.clear()
            progress(sum(job.done for job in (*running, *finished)), None, "bytes")
    finally:
        for job in running:
            job.process.terminate()
            job.process.join()
    outcomes = {job.folder: job.outcome for job in finished}
    return [outcome for folder in folders if (outcome := outcomes.get(folder)) is not None]


def _begin(context: multiprocessing.context.ForkServerContext, folder: Path, work: Work) -> _Job:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(theirs, folder, work), daemon=True)
    process.start()
    theirs.close()
    return _Job(folder, process, ours)


def _serve(results: Connection, folder: Path, work: Work) -> None:
    """Run in the process of one folder: send how far it has come, then what became of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides, and then terminates
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # unwind
    step = 0.0

    def report(done: float, total: float | None, unit: str) -> None:
        nonlocal step
        if done - step > 1_000_000:
            step = done
            results.send(done)

    results.send(attempt(folder, work, report))


def _ended(job: _Job) -> bool:
    """Take in what a process has sent; tell whether it has ended."""
    with suppress(EOFError):
        while job.results.poll():
            message = job.results.recv()
            if isinstance(message, Outcome):
                job.outcome = message
                job.done = max(job.done, float(message.bytes))
            else:
                job.done = message
    if job.outcome is None and job.process.is_alive():
        return False
    job.process.join()
    if job.outcome is None:
        number = -(job.process.exitcode or 0)
        reason = signal.Signals(number).name if number > 0 else f"exit code {-number}"
        told = f"Its process died ({reason}). Run the command again: nothing is half done."
        job.outcome = Outcome(job.folder, "failed", told, exit_code=1)
    return True
