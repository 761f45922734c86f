"""Run a fleet of tiny videos through all steps while workers are killed, and measure what a fleet costs.

    python benchmarks/fleet.py [--videos 374] [--kill-every 3] [--without NAME ...]

Every way of running it is compared, row hash by row hash, with a run of one video after the other in one process. The
videos are so small that starting, locking and telling are most of what they cost: the figures per video are overhead.
Results are stored in `results/fleet.json`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster
from rich.console import Console
from rich.table import Table

from caption_boundaries.fleet.cluster import ClusterPool
from caption_boundaries.fleet.events import Engine
from caption_boundaries.fleet.exchange import fetch_video, publish_folder
from caption_boundaries.fleet.homes import Home, InPlace
from caption_boundaries.fleet.jobs import JobResult
from caption_boundaries.fleet.mirrored import Mirrored
from caption_boundaries.fleet.pool import WorkerPool
from caption_boundaries.fleet.store import VideoStore
from caption_boundaries.fleet.stored import Stored
from fleet_videos import contents, copy_of, folders_of, killing, make_fleet, run_serially, timed
from machine import describe
from report import RESULTS, Figure, write_report
from support.fleets import jobs_for, results_of

MANY_ATTEMPTS = 10
"""Somebody who kills a worker every few seconds may hit one video several times."""


@dataclass(frozen=True)
class Run:
    """One way of running the fleet, and what came of it."""

    name: str
    videos: int
    seconds: float
    kills: int
    retried: int
    complete: int
    twice: int
    equal: int

    @property
    def sound(self) -> bool:
        """True where every video is complete, none is there twice, and all equal the serial run."""
        return self.complete == self.equal == self.videos and self.twice == 0


class Bench:
    """A fleet, what a serial run makes of it, and a folder to work in."""

    def __init__(self, root: Path, videos: int, kill_every: float) -> None:
        self.root, self.kill_every = root, kill_every
        self.fleet = root / "fleet"
        _, self.making_seconds = timed(lambda: make_fleet(self.fleet, videos))
        folders = copy_of(self.fleet, root / "serial")
        self.serial, self.serial_seconds = timed(lambda: run_serially(folders))
        self.runs: list[Run] = []

    def local(self, workers: int, *, kill: bool) -> Run:
        """Run it on worker processes of this machine."""
        pool = WorkerPool(workers, max_attempts=MANY_ATTEMPTS)
        return self._run(
            f"{workers} local{' with kills' if kill else ''}", InPlace, pool, lambda: pool.worker_pids, kill
        )

    def cluster(self, kind: str, workers: int, *, kill: bool) -> Run:
        """Run it on a dask cluster of this machine."""
        with ExitStack() as held:
            held.enter_context(dask.config.set({"distributed.deploy.lost-worker-timeout": "1 day"}))
            started = held.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=60,
                    scheduler_kwargs={"allowed_failures": 0},
                )
            )
            client = held.enter_context(Client(started.scheduler_address, set_as_default=False))
            pool = ClusterPool(started.scheduler_address, max_attempts=MANY_ATTEMPTS)
            name = f"{workers} on a cluster, {kind}{' with kills' if kill else ''}"
            return self._run(name, self._home(kind), pool, lambda: client.run(os.getpid).values(), kill)

    def _home(self, kind: str) -> Callable[[Path], Home]:
        scratch, address = self.root / "scratch", f"file://{self.root}/store"
        if kind == "in a store":
            return lambda folder: Stored(address, folder.name, scratch)
        if kind == "on a shared disk":
            return lambda folder: Mirrored(folder, scratch)
        return InPlace

    def _run(
        self, name: str, home: Callable[[Path], Home], engine: Engine, pids: Callable[[], Iterable[int]], kill: bool
    ) -> Run:
        folders = copy_of(self.fleet, self.root / name)
        homes = [home(folder) for folder in folders]
        store = VideoStore(homes[0].address) if isinstance(homes[0], Stored) else None
        for folder in folders if store else []:
            publish_folder(store, folder, run="bench", report=lambda *told: None)
        with killing(pids, self.kill_every if kill else 0) as kills:
            results, seconds = timed(lambda: results_of(engine, jobs_for(homes)))
        if store:
            folders = _fetched(store, self.root / f"{name} fetched")
        run = self._judge(name, results, folders, seconds, kills.count)
        self.runs.append(run)
        return run

    def _judge(self, name: str, results: list[JobResult], folders: list[Path], seconds: float, kills: int) -> Run:
        told = Counter(result.video for result in results)
        return Run(
            name,
            len(self.serial),
            seconds,
            kills,
            retried=sum(result.attempts > 1 for result in results),
            complete=sum(result.status == "done" for result in results),
            twice=sum(count > 1 for count in told.values()),
            equal=sum(contents(folder) == self.serial[folder.name] for folder in folders),
        )


def _fetched(store: VideoStore, root: Path) -> list[Path]:
    for manifest in store.all_latest():
        fetch_video(store, manifest, root, report=lambda *told: None)
    return folders_of(root)


def main() -> int:
    """Measure, print and store."""
    options, console, machine = _options(), Console(), describe()
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-bench-") as name:
        bench = Bench(Path(name), options.videos, options.kill_every)
        plan: dict[str, Callable[[], Run]] = {
            "local": lambda: bench.local(2, kill=True),
            "cluster": lambda: bench.cluster("in place", 2, kill=True),
            "shared": lambda: bench.cluster("on a shared disk", 2, kill=True),
            "store": lambda: bench.cluster("in a store", 2, kill=True),
            "one": lambda: bench.local(1, kill=False),
            "two": lambda: bench.local(2, kill=False),
            "cluster one": lambda: bench.cluster("in place", 1, kill=False),
            "cluster two": lambda: bench.cluster("in place", 2, kill=False),
        }
        for key, run in plan.items():
            if key not in options.without:
                told = run()
                console.print(f"{told.name}: {told.seconds:.1f} s, {'sound' if told.sound else 'NOT SOUND'}")
    console.print(_table(bench.runs))
    figures = _figures(bench)
    for figure in figures:
        console.print(f"{figure.name}: {figure.value:.3f} {figure.unit} {figure.aim and f'(aim {figure.aim})'}")
    details: dict[str, Any] = {
        "videos": options.videos,
        "runs": [vars(run) | {"sound": run.sound} for run in bench.runs],
    }
    console.print(
        f"Stored in {write_report('fleet', figures, machine=machine, details=details, folder=options.results)}"
    )
    return 0 if all(run.sound for run in bench.runs) else 1


def _figures(bench: Bench) -> list[Figure]:
    videos, runs = len(bench.serial), {run.name: run for run in bench.runs}
    serial = bench.serial_seconds / videos
    figures = [Figure("one process, one after the other: per video", serial, "s")]
    for kind in ("local", "on a cluster, in place"):
        one, two = runs.get(f"1 {kind}"), runs.get(f"2 {kind}")
        if one:
            figures.append(Figure(f"1 {kind}: per video", one.seconds / videos, "s", serial, "one process"))
            figures.append(Figure(f"1 {kind}: overhead per video", one.seconds / videos - serial, "s"))
        if one and two:
            figures.append(Figure(f"{kind}: efficiency of 2 workers", one.seconds / two.seconds / 2, "", aim=">= 0.85"))
    for run in bench.runs:
        if run.kills:
            figures.append(
                Figure(f"{run.name}: videos complete and equal", run.equal, "", run.videos, "the fleet", "1.0")
            )
    return figures


def _table(runs: list[Run]) -> Table:
    table = Table(title="The same fleet, run in several ways")
    for column in ("how", "videos", "complete", "twice", "equal to serial", "kills", "retried", "seconds"):
        table.add_column(column, justify="left" if column == "how" else "right")
    for r in runs:
        values = (r.videos, r.complete, r.twice, r.equal, r.kills, r.retried)
        table.add_row(r.name, *map(str, values), f"{r.seconds:.1f}")
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=374, help="size of the fleet")
    parser.add_argument("--kill-every", type=float, default=3.0, help="seconds from one dead worker to the next")
    parser.add_argument("--without", nargs="*", default=[], help="local cluster shared store one two ...")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
