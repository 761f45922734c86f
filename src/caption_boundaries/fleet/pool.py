"""Worker processes on this machine, each with one job at a time; a worker that dies is replaced.

The standard pools lose the whole run when a worker is killed, for example by the kernel for want of memory. Here
only that worker's video is affected: it is given to a new worker, and called failed when it has cost several.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from types import ModuleType

from caption_boundaries.fleet.events import MAX_ATTEMPTS, PROGRESS_SECONDS, Event, Finished, Progressed
from caption_boundaries.fleet.jobs import Job, JobResult, failed_result, run_job

_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass
class _Worker:
    process: ForkServerProcess
    pipe: Connection
    job: Job
    attempt: int
    started: float


class WorkerPool:
    """Runs jobs in worker processes and yields what happens."""

    def __init__(self, size: int, *, max_attempts: int = MAX_ATTEMPTS) -> None:
        """Prepare for ``size`` workers side by side; none is started yet."""
        if size < 1:
            raise ValueError("a pool needs at least one worker")
        self._size = size
        self._max_attempts = max_attempts
        self._waiting: deque[tuple[Job, int]] = deque()
        self._workers: list[_Worker] = []

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are alive."""
        return tuple(worker.process.pid for worker in self._workers if worker.process.pid is not None)

    def run(self, jobs: Iterable[Job]) -> Generator[Event, None, None]:
        """Run every job once and yield events as they come; leaving the loop early stops the workers."""
        self._waiting = deque((job, 1) for job in jobs)
        try:
            while self._waiting or self._workers:
                self._fill()
                yield from self._events()
        finally:
            self._stop()

    def _fill(self) -> None:
        while self._waiting and len(self._workers) < self._size:
            job, attempt = self._waiting.popleft()
            self._workers.append(_start(job, attempt))

    def _events(self) -> Iterator[Event]:
        ready = wait([worker.pipe for worker in self._workers])
        for worker in [worker for worker in self._workers if worker.pipe in ready]:
            event = self._receive(worker)
            if event is not None:
                yield event

    def _receive(self, worker: _Worker) -> Event | None:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            return self._died(worker)
        if isinstance(message, JobResult):
            self._dismiss(worker)
            return Finished(worker.job, replace(message, attempts=worker.attempt))
        step, done, total = message
        return Progressed(worker.job, step, done, total)

    def _died(self, worker: _Worker) -> Event | None:
        """Give the job of a dead worker to another, or up."""
        self._dismiss(worker)
        if worker.attempt < self._max_attempts:
            self._waiting.appendleft((worker.job, worker.attempt + 1))
            return None
        error = (
            f"{worker.attempt} workers died on {worker.job.home.label}, the last with "
            f"{_how(worker.process.exitcode)}. Run it alone to see why; too little memory is the usual reason."
        )
        seconds = time.perf_counter() - worker.started
        return Finished(worker.job, failed_result(worker.job, error, seconds=seconds, attempts=worker.attempt))

    def _dismiss(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.process.join()
        worker.pipe.close()

    def _stop(self) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in list(self._workers):
            self._dismiss(worker)


def _start(job: Job, attempt: int) -> _Worker:
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_work, args=(job, theirs), daemon=True)
    with _without_program():
        process.start()
    theirs.close()  # so that the death of the worker ends the pipe
    return _Worker(process, ours, job, attempt, time.perf_counter())


@contextmanager
def _without_program() -> Iterator[None]:
    """Keep new workers from importing the program that called us: they need nothing of it, and it takes a second."""
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


def _work(job: Job, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends the workers
    last = 0.0

    def report(step: str, done: float, total: float | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PROGRESS_SECONDS:
            last = now
            try:
                pipe.send((step, done, total))
            except BrokenPipeError:
                sys.exit(1)  # the parent was killed: unwind, so that the video is free

    pipe.send(run_job(job, report))
    pipe.close()


def _how(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


# Imported once, before workers are forked; the engine is what most videos are read with.
_CONTEXT.set_forkserver_preload(["caption_boundaries.fleet.jobs", "caption_boundaries.recognition.rapid"])
