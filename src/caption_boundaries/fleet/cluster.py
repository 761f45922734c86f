"""Workers of a dask cluster: an existing one, or one started here for the length of a run. Nothing else knows dask.

The cluster's engine gives the job of a dead worker to another, and new workers take part as soon as they are there.
It may run a finished job a second time; that finds everything up to date. Dead workers are counted per video here,
because the engine also blames jobs that only waited on the worker that died.
"""

from __future__ import annotations

import importlib
import logging
import queue
import secrets
import time
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any

from caption_boundaries import __version__
from caption_boundaries.errors import CaptionBoundariesError, FleetError, UsageError
from caption_boundaries.fleet.events import MAX_ATTEMPTS, PROGRESS_SECONDS, Event, Finished, Progressed
from caption_boundaries.fleet.jobs import Job, JobResult, failed_result, run_job

CONNECT_SECONDS = 30
"""How long a cluster may take to answer and to show its first worker."""
WORKERLESS_SECONDS = 300.0
"""A cluster that has had no worker for so long is called lost."""
_LOOK_SECONDS = 10.0
"""How often we look for workers while nothing is told."""
_NEVER = "1000 days"
"""dask forgets a worker for good that is away at the wrong moment, as one is that dies twice in a row."""
_AHEAD = 2
"""Jobs that lie ready for each worker, so that none waits for us."""
_BLAMED = 3
"""How often a job may be blamed for dead workers, times ``max_attempts``, without a sign that it had begun."""


class RunStoppedError(CaptionBoundariesError):
    """The run was stopped while the job was at work."""


class ClusterPool:
    """Runs jobs on the workers of a cluster and yields what happens."""

    def __init__(
        self, address: str, *, resources: Mapping[str, float] | None = None, max_attempts: int = MAX_ATTEMPTS
    ) -> None:
        """Take note of the cluster; it is reached when the run begins.

        Args:
            address: ``tcp://host:port`` of a scheduler, or ``local:N`` for N workers started here.
            resources: What a worker must offer, such as ``{"GPU": 1}``; each job takes it for itself.
            max_attempts: After so many dead workers a video is called failed.

        Raises:
            UsageError: The address is none, or the extra is not installed.
        """
        self.local_workers = _local_workers(address)
        self.address = address
        self._dask = _require_dask()
        self._resources = dict(resources or {})
        self._max_attempts = max_attempts

    def run(self, jobs: Iterable[Job]) -> Generator[Event, None, None]:
        """Run every job once and yield events as they come; leaving the loop early cancels the rest.

        Raises:
            FleetError: The cluster cannot be reached or used, or was lost.
        """
        with self._connected() as client:
            _check_workers(client, self._resources)
            run = _Run(client, self._resources, self._max_attempts)
            try:
                yield from run.events(jobs)
            finally:
                run.stop()

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        with ExitStack() as held:
            address = self.address
            if self.local_workers:
                address = held.enter_context(_local_cluster(self.local_workers, self._resources)).scheduler_address
            try:
                client = held.enter_context(self._dask.Client(address, timeout=CONNECT_SECONDS, set_as_default=False))
                client.wait_for_workers(1, timeout=CONNECT_SECONDS)
            except (OSError, TimeoutError) as error:
                raise FleetError(
                    f"The cluster at {address} does not answer, or has no worker.",
                    hint="Start `dask scheduler`, and `dask worker` on each machine.",
                ) from error
            yield client


class _Run:
    """One run on one client: what is waiting, what was handed over, and what has been told."""

    def __init__(self, client: Any, resources: dict[str, float], max_attempts: int) -> None:
        self._client, self._resources, self._max_attempts = client, resources, max_attempts
        self._topic = f"caption-boundaries-{secrets.token_hex(8)}"
        self._news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._waiting: deque[Job] = deque()
        self._handed: dict[str, tuple[Job, Any]] = {}
        self._keys = 0
        self._began: Counter[str] = Counter()
        self._blamed: Counter[str] = Counter()
        self._last_seen = time.monotonic()

    def events(self, jobs: Iterable[Job]) -> Iterator[Event]:
        self._waiting = deque(jobs)
        self._client.subscribe_topic(self._topic, lambda event: self._news.put(event[1]))
        while self._waiting or self._handed:
            self._hand_over()
            event = self._next_event()
            if event is not None:
                yield event

    def stop(self) -> None:
        """Cancel what has not begun; what is at work notices it and unwinds."""
        with suppress(Exception):
            if self._handed:
                self._client.cancel([future for _, future in self._handed.values()], force=True)
            self._client.unsubscribe_topic(self._topic)

    def _hand_over(self) -> None:
        room = _AHEAD * max(1, sum(self._client.nthreads().values())) - len(self._handed) if self._waiting else 0
        for _ in range(min(room, len(self._waiting))):
            job = self._waiting.popleft()
            self._keys += 1
            key = f"{self._topic}-{self._keys}"
            future = self._client.submit(
                _work, job, self._topic, key, key=key, pure=False, resources=self._resources or None, retries=0
            )
            self._handed[key] = (job, future)
            future.add_done_callback(lambda done: self._news.put(done.key))

    def _next_event(self) -> Event | None:
        try:
            news = self._news.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            self._look_for_workers()
            return None
        if isinstance(news, str):
            job, future = self._handed.pop(news)
            return self._settle(job, future)
        key, step, done, total = news
        if key not in self._handed:
            return None  # told late, by a worker that was given up
        job, _ = self._handed[key]
        if not step:
            self._began[job.home.label] += 1
            return None
        return Progressed(job, step, done, total)

    def _look_for_workers(self) -> None:
        if self._client.nthreads():
            self._last_seen = time.monotonic()
        elif time.monotonic() - self._last_seen > WORKERLESS_SECONDS:
            raise FleetError(
                f"The cluster has had no worker for {WORKERLESS_SECONDS / 60:.0f} minutes.",
                hint="Start workers and run the same command again: finished videos are kept.",
            )

    def _settle(self, job: Job, future: Any) -> Event | None:
        """Turn a future that has come to its end into a result, or hand the job over again."""
        attempts = max(1, self._began[job.home.label])
        if future.status in ("cancelled", "lost"):
            raise FleetError("The cluster was lost.", hint="Finished videos are kept; run the same command again.")
        try:
            # It may have come to its end and be lost with its worker before it is fetched: then this raises, too.
            result: JobResult = future.result()
        except Exception as found:  # whatever a job raised on its worker
            error = found
        else:
            return Finished(job, replace(result, attempts=attempts))
        if type(error).__name__ != "KilledWorker":
            told = f"{job.home.label} failed on the cluster: {type(error).__name__}: {error}."
            return Finished(job, failed_result(job, told, attempts=attempts))
        self._blamed[job.home.label] += 1
        if attempts < self._max_attempts and self._blamed[job.home.label] < _BLAMED * self._max_attempts:
            self._waiting.appendleft(job)
            return None
        told = (
            f"{attempts} workers died on {job.home.label}. "
            "Run it alone to see why; too little memory is the usual reason."
        )
        return Finished(job, failed_result(job, told, attempts=attempts))


def _work(job: Job, topic: str, key: str) -> JobResult:
    """Run a job on a worker, telling how far it has come; returns early where the run was stopped."""
    worker = _require_dask().get_worker()
    told = time.monotonic()

    def report(step: str, done: float, total: float | None) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= PROGRESS_SECONDS:
            told = now
            worker.log_event(topic, (key, step, done, total))
            if _is_cancelled(worker, key):
                raise RunStoppedError("The run was stopped.")

    worker.log_event(topic, (key, "", 0.0, None))
    return run_job(job, report)


def _is_cancelled(worker: Any, key: str) -> bool:
    """Tell whether nobody waits for a job any more; a worker cannot end it, but knows."""
    task = worker.state.tasks.get(key)
    return task is None or task.state == "cancelled"


def _check_workers(client: Any, resources: Mapping[str, float]) -> None:
    """Refuse a cluster on which no job could run."""
    try:
        versions = client.run(_version)
    except Exception as error:  # whatever the workers raise when they cannot import us
        raise FleetError(
            f"The workers of the cluster cannot run this program: {error}.",
            hint="Install caption-boundaries[cluster] in the workers' environment.",
        ) from error
    others = sorted({version for version in versions.values() if version != __version__})
    if others:
        raise FleetError(
            f"Workers of the cluster run version {', '.join(others)}, and this is {__version__}.",
            hint="Install the same version everywhere.",
        )
    offers = [worker["resources"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()]
    if not any(all(offer.get(name, 0) >= amount for name, amount in resources.items()) for offer in offers):
        wanted = " ".join(f"{name}={amount:g}" for name, amount in resources.items())
        raise FleetError(
            f"No worker of the cluster offers {wanted}.",
            hint=f'Start workers with `dask worker --resources "{wanted}"`.',
        )


def _version() -> str:
    return __version__


@contextmanager
def _local_cluster(workers: int, resources: dict[str, float]) -> Iterator[Any]:
    """Start workers here; each is replaced when it dies."""
    settings = importlib.import_module("dask.config")
    with (
        settings.set({"distributed.deploy.lost-worker-timeout": _NEVER}),
        _require_dask().LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            resources=resources,
            silence_logs=logging.CRITICAL,
            scheduler_kwargs={"allowed_failures": 0},  # we count the deaths, by video
        ) as cluster,
    ):
        yield cluster


def _local_workers(address: str) -> int:
    """Return N of ``local:N``; 0 for the address of a scheduler."""
    kind, _, rest = address.partition(":")
    if kind == "local" and rest.isascii() and rest.isdigit() and int(rest) > 0:
        return int(rest)
    if "://" in address:
        return 0
    raise UsageError(f"{address!r} is no cluster.", hint="Give tcp://host:port of a scheduler, or local:N.")


def _require_dask() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            "A cluster needs dask, which is not installed.", hint="Run `pip install 'caption-boundaries[cluster]'`."
        ) from error
    return distributed
