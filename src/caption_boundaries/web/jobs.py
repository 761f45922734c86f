"""Steps that run in the background: each in a process of its own, one video after the other.

A process can be stopped at any moment without harm, since a step either finishes or leaves everything as it was; and
recognition does not slow down the pages.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

from caption_boundaries.errors import CaptionBoundariesError, VideoBusyError
from caption_boundaries.step import Progress, Step

JobState = Literal["waiting", "running", "done", "failed", "stopped"]
Work = Callable[[Path, Sequence[str], Callable[..., None]], None]
"""What the process does: it gets the folder, the names of the steps, and a function that sends news."""


@dataclass(frozen=True, slots=True)
class Job:
    """Steps that were asked for on one video, and how far they have come."""

    video_id: str
    steps: tuple[str, ...]
    state: JobState = "waiting"
    step: str = ""
    """The step that runs now."""
    done: float = 0.0
    total: float | None = None
    """None: unknown."""
    unit: str = ""
    message: str = ""
    """What the last step did, or why it failed."""
    finished: tuple[str, ...] = ()
    """Steps that are through."""

    @property
    def active(self) -> bool:
        """True: it waits or runs."""
        return self.state in ("waiting", "running")


def run_pipeline(folder: Path, steps: Sequence[str], send: Callable[..., None]) -> None:
    """Run the named steps of a video and send news of each."""
    from caption_boundaries.pipeline import run_steps, select_steps  # loads the engines: in this process only

    def progress_of(step: Step) -> Progress:
        send(step=step.name, done=0.0, total=None, unit="")
        return lambda done, total, unit: send(done=done, total=total, unit=unit)

    for outcome in run_steps(folder, select_steps(only=steps), progress_of=progress_of):
        send(finished=outcome.step, message=outcome.result.summary)


@dataclass(slots=True)
class _Running:
    process: BaseProcess | None = None
    stopped: threading.Event = field(default_factory=threading.Event)


class Jobs:
    """All jobs of one server: the last one of each video."""

    def __init__(self, work: Work = run_pipeline) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._running: dict[str, _Running] = {}
        # Steps use every core they get, so a second video beside the first would only slow both down.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jobs")

    def get(self, video_id: str) -> Job | None:
        """Return the last job of a video, or None."""
        return self._jobs.get(video_id)

    def active(self) -> list[Job]:
        """Return the jobs that wait or run."""
        return [job for job in list(self._jobs.values()) if job.active]

    def start(self, video_id: str, folder: Path, steps: Sequence[str]) -> Job:
        """Run steps on a video as soon as those before it are through.

        Raises:
            VideoBusyError: A job of this video waits or runs already.
        """
        with self._lock:
            last = self._jobs.get(video_id)
            if last is not None and last.active:
                raise VideoBusyError("Steps of this video are running already.", hint="Wait until they are done.")
            job = self._jobs[video_id] = Job(video_id, tuple(steps))
            self._running[video_id] = _Running()
        self._executor.submit(self._run, job, folder)
        return job

    def stop(self, video_id: str) -> None:
        """Stop the job of a video, if one waits or runs; what its steps have finished stays."""
        running = self._running.get(video_id)
        if running is None:
            return
        running.stopped.set()
        if running.process is not None:
            running.process.terminate()

    def close(self) -> None:
        """Stop everything."""
        for video_id in list(self._running):
            self.stop(video_id)
        self._executor.shutdown(wait=True, cancel_futures=True)
        for job in self.active():  # those that never began
            self._update(job.video_id, state="stopped")

    def _run(self, job: Job, folder: Path) -> None:
        running = self._running[job.video_id]
        if running.stopped.is_set():
            self._update(job.video_id, state="stopped")
            return
        self._update(job.video_id, state="running")
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        running.process = context.Process(target=_child, args=(sender, self._work, folder, job.steps), daemon=True)
        running.process.start()
        sender.close()
        while (news := _receive(receiver)) is not None:
            self._update(job.video_id, **news)
        running.process.join()
        self._finish(job.video_id, running)

    def _finish(self, video_id: str, running: _Running) -> None:
        assert running.process is not None
        with self._lock:
            job = self._jobs[video_id]
            if job.state == "running":
                state: JobState = "stopped" if running.stopped.is_set() else "failed"
                message = "" if running.stopped.is_set() else f"The process ended with code {running.process.exitcode}."
                self._jobs[video_id] = replace(job, state=state, message=message)
            del self._running[video_id]

    def _update(self, video_id: str, *, finished: str | None = None, **changes: Any) -> None:
        with self._lock:
            job = self._jobs[video_id]
            through = (*job.finished, finished) if finished else job.finished
            self._jobs[video_id] = replace(job, finished=through, **changes)


def _receive(receiver: Connection) -> dict[str, Any] | None:
    try:
        news: dict[str, Any] = receiver.recv()
    except EOFError:
        return None
    return news


def _child(sender: Connection, work: Work, folder: Path, steps: Sequence[str]) -> None:
    """Run in the process of a job."""

    def send(**news: Any) -> None:
        sender.send(news)

    try:
        work(folder, steps, send)
    except CaptionBoundariesError as error:
        send(state="failed", message=str(error))
    except Exception as error:  # told to the person who waits; nothing else would tell them
        send(state="failed", message=f"Something unforeseen went wrong ({type(error).__name__}: {error}).")
    else:
        send(state="done")
