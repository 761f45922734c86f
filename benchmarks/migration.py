"""Measure the migration: bytes per second beside copying and hashing the same bytes, peak memory, growth with size.

    python benchmarks/migration.py [--sizes MB ...] [--repeat N] [--folder FOLDER]

For every size an old folder is made. In each round its file is copied and synced, and hashed, and right after that the
folder is migrated and verified in fresh processes: trust the ratios, not the seconds. Results are stored in
`results/migration.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from caption_boundaries.migration.synthetic import OldFolder, make_old_folder
from machine import describe
from measuring import run_process
from report import RESULTS, Figure, write_report

PICTURE_BYTES = 12_000
"""About what a cropped frame of a television picture takes."""

PAGE_BYTES = 4096
"""What SQLite has made since 2016, unless told otherwise."""

WORK = """
import sys, time
from pathlib import Path
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.rollback import rollback_folder
from caption_boundaries.migration.verify import verify_folder
folder = Path(sys.argv[2])
started = time.perf_counter()
if sys.argv[1] == "verify":
    assert verify_folder(folder, "content"), "the folder does not verify"
elif sys.argv[1] == "rollback":
    rollback_folder(folder)
else:
    migrate_folder(folder, MigrateOptions(backup=sys.argv[1] == "migrate with backup"))
print(time.perf_counter() - started)
"""

JOBS = ("migrate", "verify", "rollback", "migrate with backup")


@dataclass(frozen=True)
class Row:
    """What one size took; seconds are medians of the rounds."""

    bytes: int
    copy_seconds: float
    hash_seconds: float
    seconds: dict[str, float]
    ratios: dict[str, float]
    """Medians of the ratios of each round: seconds of the reference over seconds of the job."""
    peak_memory_mb: dict[str, float]


def main() -> int:
    """Measure, print and store."""
    options = _options()
    machine, console = describe(), Console()
    if not console.is_terminal:
        console.width = 150
    rows = []
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-bench-", dir=options.folder) as name:
        for size in options.sizes:
            console.print(f"{size} MB …", style="dim")
            rows.append(_measure(Path(name) / str(size), size * 1_000_000, options.repeat))
    console.print(_table(rows))
    figures = [figure for row in rows for figure in _figures(row)] + _growth(rows)
    path = write_report("migration", figures, machine=machine, folder=options.results)
    console.print(f"Stored in {path}")
    return 0


def _measure(root: Path, size: int, rounds: int) -> Row:
    folder = root / "video"
    wanted = OldFolder(
        cropped_frames=int(size * 0.91 / PICTURE_BYTES),
        full_frames=300,
        captions=400,
        labels=800,
        picture_bytes=PICTURE_BYTES,
        page_size=PAGE_BYTES,
    )
    source = make_old_folder(folder, wanted)
    copies, hashes = [], []
    seconds: dict[str, list[float]] = {job: [] for job in JOBS}
    ratios: dict[str, list[float]] = {job: [] for job in JOBS}
    memory = dict.fromkeys(JOBS, 0.0)
    for _ in range(rounds):
        for job in JOBS:
            kept = folder / "captions.db.old"
            reference = _timed(_hash if job == "verify" else _copy, kept if kept.exists() else source)
            (hashes if job == "verify" else copies).append(reference)
            cost = run_process([sys.executable, "-c", WORK, job, str(folder)])
            if cost.exit_code:
                raise RuntimeError(f"{job} failed: {cost.errors}")
            seconds[job].append(float(cost.output))
            ratios[job].append(reference / seconds[job][-1])
            memory[job] = max(memory[job], cost.peak_memory_mb)
        run_process([sys.executable, "-c", WORK, "rollback", str(folder)])
        for backup in folder.glob("annotations_backup_*.db"):
            backup.unlink()
    found = source.stat().st_size
    shutil.rmtree(root)
    medians = {job: statistics.median(values) for job, values in seconds.items()}
    middle = {job: statistics.median(values) for job, values in ratios.items()}
    return Row(found, statistics.median(copies), statistics.median(hashes), medians, middle, memory)


def _timed(work: Callable[[Path], None], path: Path) -> float:
    os.sync()
    started = time.perf_counter()
    work(path)
    return time.perf_counter() - started


def _copy(path: Path) -> None:
    target = path.with_name("copy")
    with path.open("rb") as source, target.open("wb") as out:
        while data := source.read(1 << 20):
            out.write(data)
        out.flush()
        os.fsync(out.fileno())
    target.unlink()


def _hash(path: Path) -> None:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while data := source.read(1 << 20):
            digest.update(data)


def _figures(row: Row) -> list[Figure]:
    name = f"{row.bytes / 1e6:.0f} MB"
    copied, hashed = row.bytes / row.copy_seconds, row.bytes / row.hash_seconds
    limits = {
        "migrate": (copied, "copy and fsync", ">= 0.5"),
        "migrate with backup": (copied, "copy and fsync", ""),
        "rollback": (copied, "copy and fsync", ""),
        "verify": (hashed, "SHA-256 of the file", ">= 0.5"),
    }
    figures = []
    for job, (_, reference, aim) in limits.items():
        speed = row.bytes / row.seconds[job]
        figures.append(Figure(f"{job}, {name}", speed, "bytes/s", speed / row.ratios[job], reference, aim))
        aim = "<= 200" if row.bytes > 4e8 or job == "migrate" else ""
        figures.append(Figure(f"peak memory of {job}, {name}", row.peak_memory_mb[job], "MB", aim=aim))
    return figures


def _growth(rows: list[Row]) -> list[Figure]:
    """Return seconds per byte of the largest over the smallest: 1 is linear."""
    if len(rows) < 2:
        return []
    small, large = rows[0], rows[-1]
    return [
        Figure(
            f"growth of {job} from {small.bytes / 1e6:.0f} to {large.bytes / 1e6:.0f} MB",
            large.seconds[job] / large.bytes,
            "s/byte",
            small.seconds[job] / small.bytes,
            "the smallest",
            "about 1",
        )
        for job in ("migrate", "verify")
    ]


def _table(rows: list[Row]) -> Table:
    table = Table(title="Migration", title_justify="left", title_style="bold")
    for title in ("MB", "copy+fsync MB/s", "SHA-256 MB/s", *(f"{job}: MB/s, ratio, MB" for job in JOBS)):
        table.add_column(title, justify="right")
    for row in rows:
        cells = (
            f"{row.bytes / row.seconds[job] / 1e6:.0f}, {row.ratios[job]:.2f}, {row.peak_memory_mb[job]:.0f}"
            for job in JOBS
        )
        speeds = (f"{row.bytes / row.copy_seconds / 1e6:.0f}", f"{row.bytes / row.hash_seconds / 1e6:.0f}")
        table.add_row(f"{row.bytes / 1e6:.0f}", *speeds, *cells)
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[100, 250, 500], metavar="MB", help="sizes of old files"
    )
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="rounds per size; figures are medians")
    parser.add_argument("--folder", type=Path, help="where to work (default: the system's temporary folder)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
