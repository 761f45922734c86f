"""Measure how the cost of an extraction grows: with the length of a video, and with the number of videos.

    python benchmarks/growth.py [--minutes 1 5 10 40] [--tiny-hours 5] [--fleet 1 4 16]

Each video is extracted by the command line in a fresh process, and decoded alone right before. The long videos are
made of footage with captions of usual density (`long_videos.py`); the very long one is tiny and mostly still, and
shows that memory stays where it is. Results go to `results/growth.json` and `results/growth.png`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from extraction_run import extract
from long_videos import long_video, tiny_video
from machine import describe
from measuring import decode_only, run_process
from report import RESULTS, Figure, write_report

RATIO_AIM = 3.5
MEMORY_AIM = 1.1


@dataclass(frozen=True)
class Point:
    """What one video took."""

    name: str
    minutes: float
    wall: float
    """Seconds, the start of the process included."""
    cpu: float
    decoding_wall: float
    decoding_cpu: float
    memory: float
    """Peak in MB."""
    captions: int


@dataclass(frozen=True)
class FleetPoint:
    """What a fleet of equal videos took."""

    videos: int
    wall: float
    cpu: float


def main() -> int:
    """Measure, print and store."""
    options = _options()
    console, machine = Console(), describe()
    points = [measure(video) for minutes in options.minutes if (video := long_video(60 * minutes))]
    if len(points) < len(options.minutes):
        console.print("There is no footage to make long videos of.")
    tiny = [measure(tiny_video(3600 * hours)) for hours in options.tiny_hours]
    fleets = [measure_fleet(size) for size in options.fleet]
    console.print(length_table([*points, *tiny]))
    console.print(fleet_table(fleets))
    details = {
        "lengths": [asdict(point) for point in [*points, *tiny]],
        "fleets": [asdict(fleet) for fleet in fleets],
    }
    path = write_report("growth", figures(points, tiny), machine=machine, details=details, folder=options.results)
    console.print(f"Stored {path}", highlight=False)
    save_plot(points, options.results / "growth.png")
    return 0


def measure(video: Path) -> Point:
    """Decode a video alone, then extract it."""
    decoding = decode_only(video)
    cost, captions = extract(video)
    return Point(
        video.stem,
        decoding.duration_seconds / 60,
        cost.wall_seconds,
        cost.cpu_seconds,
        decoding.wall_seconds,
        decoding.cpu_seconds,
        cost.peak_memory_mb,
        len(captions),
    )


def measure_fleet(videos: int) -> FleetPoint:
    """Take many copies of a tiny video of twenty seconds in, and run all steps on them."""
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-growth-") as name:
        sources = []
        for number in range(videos):
            sources.append(Path(name) / f"film_{number}.mp4")
            shutil.copyfile(tiny_video(20), sources[-1])
            with sources[-1].open("ab") as file:  # so that no two are the same video
                file.write(b"\0\0\0\x0cfree" + number.to_bytes(4, "big"))
        program = [sys.executable, "-m", "caption_boundaries"]
        taken_in = run_process([*program, "ingest", *map(str, sources), "--data", f"{name}/data"])
        worked = run_process([*program, "run", f"{name}/data", "--data", f"{name}/data"])
        for cost in (taken_in, worked):
            if cost.exit_code:
                raise RuntimeError(cost.errors)
        return FleetPoint(
            videos, taken_in.wall_seconds + worked.wall_seconds, taken_in.cpu_seconds + worked.cpu_seconds
        )


def figures(points: Sequence[Point], tiny: Sequence[Point]) -> Iterator[Figure]:
    """Yield the numbers that count."""
    for point in [*points, *tiny]:
        name = f"{point.minutes:.0f} minutes"
        aim = f"<= {RATIO_AIM}" if point in points and point.minutes > 9 else ""
        yield Figure(f"{name}: wall time", point.wall, "s", point.decoding_wall, "decoding alone", aim)
        yield Figure(f"{name}: processor time", point.cpu, "s", point.decoding_cpu, "decoding alone")
        yield Figure(f"{name}: peak memory", point.memory, "MB")
    long = [point for point in points if point.minutes > 9]
    if len(long) > 1:
        first, last = long[0], long[-1]
        name = f"peak memory, {last.minutes:.0f} beside {first.minutes:.0f} minutes"
        yield Figure(name, last.memory, "MB", first.memory, f"{first.minutes:.0f} minutes", f"<= {MEMORY_AIM}")


def length_table(points: Sequence[Point]) -> Table:
    """Return the figures of single videos for people."""
    shown = Table(title="Growth with length", title_justify="left")
    for title in (
        "video",
        "minutes",
        "captions",
        "wall s",
        "CPU s",
        "wall ÷ decode",
        "CPU ÷ decode",
        "CPU s/min",
        "MB",
    ):
        shown.add_column(title, justify="left" if title == "video" else "right")
    for p in points:
        shown.add_row(
            p.name,
            f"{p.minutes:.1f}",
            str(p.captions),
            f"{p.wall:.1f}",
            f"{p.cpu:.1f}",
            f"{p.wall / p.decoding_wall:.2f}",
            f"{p.cpu / p.decoding_cpu:.2f}",
            f"{p.cpu / p.minutes:.2f}",
            f"{p.memory:.0f}",
        )
    return shown


def fleet_table(fleets: Sequence[FleetPoint]) -> Table:
    """Return the figures of fleets for people."""
    shown = Table(title="Growth with the number of videos", title_justify="left")
    for title in ("videos", "wall s", "CPU s", "wall s per video", "CPU s per video"):
        shown.add_column(title, justify="right")
    for f in fleets:
        shown.add_row(
            str(f.videos), f"{f.wall:.1f}", f"{f.cpu:.1f}", f"{f.wall / f.videos:.2f}", f"{f.cpu / f.videos:.2f}"
        )
    return shown


def save_plot(points: Sequence[Point], path: Path) -> None:
    """Draw the curves into a PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (cost, memory) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    minutes = [point.minutes for point in points]
    cost.plot(minutes, [p.cpu / p.minutes for p in points], "o-", color="#2a6f97", label="extraction")
    cost.plot(minutes, [p.decoding_cpu / p.minutes for p in points], "o-", color="#a9d6e5", label="decoding alone")
    cost.set(title="processor seconds per minute of video", xlabel="minutes", xscale="log", ylim=(0, None))
    cost.legend(frameon=False, fontsize=8)
    memory.plot(minutes, [point.memory for point in points], "o-", color="#bc6c25")
    memory.set(title="peak memory, MB", xlabel="minutes", xscale="log", ylim=(0, None))
    figure.savefig(path, dpi=90)
    plt.close(figure)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", nargs="*", type=float, default=[1, 5, 10, 40], help="lengths of captioned footage")
    parser.add_argument("--tiny-hours", nargs="*", type=float, default=[5], help="lengths of tiny videos")
    parser.add_argument("--fleet", nargs="*", type=int, default=[1, 4, 16], help="numbers of short videos")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
