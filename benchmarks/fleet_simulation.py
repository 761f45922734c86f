"""Simulate a fleet of a million hours of video with measured costs, and compare it with the calculation on paper.

    python benchmarks/fleet_simulation.py [--hours 1000000] [--workers 2000] [--gigabits 400]

A discrete-event simulation: every worker takes the next video, fetches it, works on it and publishes it. Transfers
share the bandwidth of the store. Workers die at random moments and are back after a while; the video begins again
elsewhere. Processor seconds per second of video, and those per video, are fitted to `results/extraction.json`; the
overhead of the fleet comes from `results/fleet.json`. Results are stored in `results/fleet_simulation.json`.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from machine import describe
from report import RESULTS, Figure, write_report

HOUR = 3600.0
VIDEO_BYTES_PER_HOUR = 466e6
"""Of the development clips with 720 lines; other videos have other rates."""
MADE_BYTES_PER_HOUR = 1.91e9
"""All databases of an hour with 720 lines, nearly all of it crops; measured on a clip of a minute."""
FETCHES_OF_PUBLISHED = 1
"""What is published is read back once to check it."""


@dataclass(frozen=True)
class Costs:
    """What one video takes."""

    seconds_per_video: float
    """Processor seconds, whatever its length: start, models, locks."""
    seconds_per_second: float
    """Processor seconds per second of video."""
    fetched_bytes: float
    sent_bytes: float
    """Once there and once back."""


@dataclass(frozen=True)
class Fleet:
    """What there is to work with."""

    workers: int
    """One core each."""
    seconds_between_deaths: float
    """Of one worker, on average."""
    seconds_to_return: float
    """From a death to the next video."""
    bytes_per_second: float
    """Of the store, for all together."""
    worker_bytes_per_second: float


@dataclass(frozen=True)
class Outcome:
    """What a run takes."""

    hours: float
    """From the first video's begin to the last one's end."""
    deaths: float
    lost_core_hours: float
    """Begun and lost with a worker."""
    efficiency: float
    """Processor time of the videos over that of all workers."""


def fitted_costs(extraction: Path, overhead_seconds: float) -> Costs:
    """Fit a line through the processor seconds of the clips with 720 lines, by their lengths."""
    clips = [clip for clip in json.loads(extraction.read_text())["clips"] if "720p" in clip["clip"]]
    lengths = np.array([clip["duration_seconds"] for clip in clips])
    seconds = np.array([clip["cpu_seconds"] for clip in clips])
    slope, fixed = np.polyfit(lengths, seconds, 1)
    sent = MADE_BYTES_PER_HOUR * (1 + FETCHES_OF_PUBLISHED)
    return Costs(float(fixed) + overhead_seconds, float(slope), VIDEO_BYTES_PER_HOUR, sent)


def on_paper(lengths: np.ndarray, costs: Costs, fleet: Fleet) -> Outcome:
    """Calculate what a run takes.

    A job of ``L`` seconds on a worker that dies at rate ``r`` takes ``(exp(rL) - 1) / r`` until it comes through, when
    each try begins anew and dying itself costs nothing; each of the ``exp(rL) - 1`` deaths adds the time to return.
    """
    work = costs.seconds_per_video + costs.seconds_per_second * lengths
    share = min(fleet.worker_bytes_per_second, fleet.bytes_per_second)
    moved = (costs.fetched_bytes + costs.sent_bytes) * lengths / HOUR
    job, rate = work + moved / share, 1 / fleet.seconds_between_deaths
    deaths = np.expm1(rate * job)
    busy = deaths / rate + deaths * fleet.seconds_to_return
    seconds = max(busy.sum() / fleet.workers, moved.sum() / fleet.bytes_per_second)
    lost = (deaths / rate - job).sum()
    return Outcome(seconds / HOUR, float(deaths.sum()), lost / HOUR, work.sum() / (seconds * fleet.workers))


def simulate(lengths: np.ndarray, costs: Costs, fleet: Fleet, seed: int = 0) -> Outcome:
    """Play a run, event by event; the longest videos first."""
    chance = random.Random(seed)
    waiting = sorted(lengths.tolist())
    free = [(0.0, worker) for worker in range(fleet.workers)]
    dies = [chance.expovariate(1 / fleet.seconds_between_deaths) for _ in free]
    transfers: list[float] = []  # ends of those under way
    deaths, lost, end = 0, 0.0, 0.0
    while waiting:
        begin, worker = heapq.heappop(free)
        length = waiting.pop()
        done = _job_end(begin, length, costs, fleet, transfers)
        if done <= dies[worker]:
            end = max(end, done)
            heapq.heappush(free, (done, worker))
            continue
        died = max(dies[worker], begin)
        deaths, lost = deaths + 1, lost + died - begin
        waiting.append(length)
        back = died + fleet.seconds_to_return
        dies[worker] = back + chance.expovariate(1 / fleet.seconds_between_deaths)
        heapq.heappush(free, (back, worker))
    work = float((costs.seconds_per_video + costs.seconds_per_second * lengths).sum())
    return Outcome(end / HOUR, deaths, lost / HOUR, work / (end * fleet.workers))


def _job_end(begin: float, length: float, costs: Costs, fleet: Fleet, transfers: list[float]) -> float:
    hours = length / HOUR
    fetched = begin + _transfer(begin, costs.fetched_bytes * hours, fleet, transfers)
    worked = fetched + costs.seconds_per_video + costs.seconds_per_second * length
    return worked + _transfer(worked, costs.sent_bytes * hours, fleet, transfers)


def _transfer(begin: float, size: float, fleet: Fleet, transfers: list[float]) -> float:
    """Return how long a transfer takes that begins now and shares the store with those under way."""
    while transfers and transfers[0] <= begin:
        heapq.heappop(transfers)
    share = min(fleet.worker_bytes_per_second, fleet.bytes_per_second / (len(transfers) + 1))
    heapq.heappush(transfers, begin + size / share)
    return size / share


def sample_lengths(hours: float, seed: int = 0) -> np.ndarray:
    """Return lengths in seconds that add up to about ``hours``: films, episodes and clips, 40 minutes on average."""
    chance = np.random.default_rng(seed)
    count = max(1, round(hours * 60 / 40))
    drawn = np.clip(chance.lognormal(math.log(30 * 60), 0.8, count), 60, 5 * HOUR)
    return drawn * (hours * HOUR / drawn.sum())


def main() -> int:
    """Calculate, simulate, compare, print and store."""
    options, console = _options(), Console()
    overhead = _overhead(options.results / "fleet.json")
    costs = fitted_costs(options.results / "extraction.json", overhead)
    fleet = Fleet(
        workers=options.workers,
        seconds_between_deaths=options.days_between_deaths * 24 * HOUR,
        seconds_to_return=options.minutes_to_return * 60,
        bytes_per_second=options.gigabits * 1e9 / 8,
        worker_bytes_per_second=options.worker_gigabits * 1e9 / 8,
    )
    lengths = sample_lengths(options.hours)
    paper, played = on_paper(lengths, costs, fleet), simulate(lengths, costs, fleet)
    console.print(
        f"{len(lengths):,} videos, {options.hours:,.0f} hours: {costs.seconds_per_second:.3f} core seconds per second "
        f"of video and {costs.seconds_per_video:.1f} per video; {fleet.workers:,} workers of one core."
    )
    for name, outcome in (("on paper", paper), ("simulated", played)):
        console.print(
            f"{name}: {outcome.hours / 24:.2f} days, {outcome.deaths:,.0f} deaths, {outcome.lost_core_hours:,.0f} core "
            f"hours lost, efficiency {outcome.efficiency:.3f}"
        )
    figures = [
        Figure("run of the fleet", played.hours, "h", paper.hours, "on paper", "0.95 to 1.05"),
        Figure("core hours lost with dead workers", played.lost_core_hours, "h", paper.lost_core_hours, "on paper"),
        Figure("bytes fetched", costs.fetched_bytes * options.hours / 1e12, "TB"),
        Figure("bytes published", MADE_BYTES_PER_HOUR * options.hours / 1e12, "TB"),
    ]
    details: dict[str, Any] = {
        "costs": asdict(costs),
        "fleet": asdict(fleet),
        "on_paper": asdict(paper),
        "simulated": asdict(played),
    }
    path = write_report("fleet_simulation", figures, machine=describe(), details=details, folder=options.results)
    console.print(f"Stored in {path}")
    return 0


def _overhead(fleet: Path) -> float:
    """Return what a fleet adds to each video in seconds, as measured; 0 where that was not."""
    if not fleet.exists():
        return 0.0
    found = [f["value"] for f in json.loads(fleet.read_text())["figures"] if f["name"] == "1 local: overhead per video"]
    return max(0.0, found[0]) if found else 0.0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=1e6, help="hours of video")
    parser.add_argument("--workers", type=int, default=2000, help="workers of one core")
    parser.add_argument("--days-between-deaths", type=float, default=1.0, help="of one worker, on average")
    parser.add_argument("--minutes-to-return", type=float, default=5.0, help="until a dead worker is replaced")
    parser.add_argument("--gigabits", type=float, default=400.0, help="a second, of the store")
    parser.add_argument("--worker-gigabits", type=float, default=1.0, help="a second, of one worker")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where figures are read and stored")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
