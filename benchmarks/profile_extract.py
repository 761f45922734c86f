"""Where the time of an extraction goes: each step beside decoding alone, and inside a step thread by thread.

    python benchmarks/profile_extract.py VIDEO [--steps crop captions] [--sample] [--repeat N]

Every step runs in this process, one after the other, as `extract` runs them; what `extract` needs besides is the
start of Python, its imports, and the copy or link of the video file. With ``--sample`` the stacks of all threads are
looked at a hundred times a second, and the functions that were met most are listed for each thread.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from caption_boundaries.config import Settings
from caption_boundaries.ingest.register import register_video
from caption_boundaries.pipeline import STEPS, run_step
from machine import describe
from measuring import DecodingCost, decode_only
from report import RESULTS, Figure, write_report

SAMPLES_PER_SECOND = 100
SHOWN_FUNCTIONS = 12


@dataclass
class StepCost:
    """What one step took, run by run."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Of all threads."""


def main() -> int:
    """Measure, print and store."""
    options = _options()
    console, machine = Console(), describe()
    decoding, costs, samples = [], dict[str, StepCost](), dict[str, Counter[str]]()
    for _ in range(options.repeat):
        decoding.append(decode_only(options.video))
        for name, wall, cpu in run_all(options.video, options.steps, samples if options.sample else None):
            cost = costs.setdefault(name, StepCost())
            cost.wall.append(wall)
            cost.cpu.append(cpu)
    console.print(table(options.video, decoding, costs))
    for thread, counts in samples.items():
        print_samples(console, thread, counts)
    figures = list(step_figures(options.video.stem, decoding, costs))
    path = write_report(options.name, figures, machine=machine, folder=options.results)
    console.print(f"Stored {path}", highlight=False)
    return 0


def run_all(
    video: Path, steps: list[str], samples: dict[str, Counter[str]] | None
) -> Iterator[tuple[str, float, float]]:
    """Run the steps on a fresh folder; yields name, wall and processor seconds of those that are asked for."""
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-profile-") as root:
        folder = register_video(video, Path(root), known={}).video_dir
        for step in STEPS:
            sampled = samples if not steps or step.name in steps else None
            wall, cpu = time.perf_counter(), time.process_time()
            with sampling(step.name, sampled):
                run_step(step, folder, Settings())
            if not steps or step.name in steps:
                yield step.name, time.perf_counter() - wall, time.process_time() - cpu


@contextmanager
def sampling(step: str, samples: dict[str, Counter[str]] | None) -> Iterator[None]:
    """Look at the stacks of every other thread until the block ends; does nothing without ``samples``."""
    if samples is None:
        yield
        return
    done = threading.Event()

    def look() -> None:
        while not done.wait(1 / SAMPLES_PER_SECOND):
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident != threading.get_ident():
                    counts = samples.setdefault(f"{step} / {names.get(ident, '?')}", Counter())
                    counts.update(_functions(frame))

    thread = threading.Thread(target=look, name="sampler")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _functions(frame: FrameType | None) -> set[str]:
    """Return every function on a stack, each once, and the line on top."""
    assert frame is not None
    found = {f"    at {Path(frame.f_code.co_filename).name}:{frame.f_lineno}"}
    while frame is not None:
        found.add(f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_qualname}")
        frame = frame.f_back
    return found


def print_samples(console: Console, thread: str, counts: Counter[str]) -> None:
    """Print which functions were on the stack most."""
    total = max(counts.values())
    console.print(f"\n[bold]{thread}[/] ({total / SAMPLES_PER_SECOND:.1f} s)")
    for name, count in counts.most_common(SHOWN_FUNCTIONS * 4):
        if count > total / 40:
            console.print(f"  {count / total:6.1%}  {name}", highlight=False, markup=False)


def table(video: Path, decoding: list[DecodingCost], costs: dict[str, StepCost]) -> Table:
    """Return the figures for people."""
    wall, cpu = _decoding(decoding)
    shown = Table(title=f"{video.name}: decoding alone takes {wall:.2f} s, {cpu:.2f} s of processors")
    for title in ("step", "wall s", "CPU s", "wall ÷ decoding", "CPU ÷ decoding", "threads busy"):
        shown.add_column(title, justify="left" if title == "step" else "right")
    sums = (
        sum(statistics.median(c.wall) for c in costs.values()),
        sum(statistics.median(c.cpu) for c in costs.values()),
    )
    rows = [(name, statistics.median(c.wall), statistics.median(c.cpu)) for name, c in costs.items()]
    for name, step_wall, step_cpu in [*rows, ("all", *sums)]:
        values = (step_wall, step_cpu, step_wall / wall, step_cpu / cpu, step_cpu / step_wall)
        shown.add_row(name, *(f"{value:.2f}" for value in values))
    return shown


def step_figures(video: str, decoding: list[DecodingCost], costs: dict[str, StepCost]) -> Iterator[Figure]:
    """Yield the numbers that count."""
    wall, cpu = _decoding(decoding)
    for name, cost in costs.items():
        yield Figure(f"{video}: {name}, wall", statistics.median(cost.wall), "s", wall, "decoding alone")
        yield Figure(f"{video}: {name}, processors", statistics.median(cost.cpu), "s", cpu, "decoding alone")


def _decoding(decoding: list[DecodingCost]) -> tuple[float, float]:
    return (
        statistics.median(cost.wall_seconds for cost in decoding),
        statistics.median(cost.cpu_seconds for cost in decoding),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path, help="the video file")
    parser.add_argument("--steps", nargs="+", default=[], metavar="STEP", help="only these; the others run unseen")
    parser.add_argument("--sample", action="store_true", help="also look into the steps, thread by thread")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="runs; times are medians")
    parser.add_argument("--name", default="profile", help="name of the file of results (default: %(default)s)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
