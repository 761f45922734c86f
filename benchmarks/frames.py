"""Measure reading frames: plain files, LMDB, split databases as they open by default and tuned, one file per video.

    python benchmarks/frames.py [--frames N] [--reads N] [--rounds N]

The same pictures lie in each store and are read in the same random order, warm. One round reads all stores one after
the other, so that a busy machine slows all alike; the figure of a store is its best round. The floor is what SQLite
itself takes on the same file, with one statement and nothing around it. Results are stored in `results/frames.json`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from frames_stores import CROPS, FULL_FRAMES, Kind, open_stores
from machine import describe
from report import RESULTS, Figure, write_report

AIM = "<= 1.11, which is 0.9 of the speed"
AIMED = ("split, tuned (pooled)", "pair, tuned, as the data set reads it")
"""What reads as much as plain files do: pictures."""


def main() -> int:
    """Measure, print and store."""
    options = _options()
    machine, console = describe(), Console()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-bench-") as name:
        for kind in (CROPS, FULL_FRAMES):
            found = measure_stores(Path(name) / kind.name, kind, options)
            console.print(_table(f"{kind.name}: processor microseconds per read, warm", found))
            figures += found
    details = {"frames": options.frames, "reads": options.reads, "rounds": options.rounds}
    path = write_report("frames", figures, machine=machine, details=details, folder=options.results)
    console.print(f"Stored in {path}")
    return 0


def measure_stores(folder: Path, kind: Kind, options: argparse.Namespace) -> list[Figure]:
    """Return what a read takes in every store."""
    folder.mkdir(parents=True)
    with ExitStack() as held:
        stores = open_stores(folder, kind, options.frames, held)
        order = [random.Random(1).randrange(options.frames) for _ in range(options.reads)]
        best = dict.fromkeys(stores, float("inf"))
        for read in stores.values():  # warms the caches
            _seconds(read, order)
        for _ in range(options.rounds):
            for store, read in stores.items():
                few = order[: max(50, len(order) // 20)] if "each time" in store else order
                best[store] = min(best[store], _seconds(read, few) / len(few))
    return [_figure(kind, store, best) for store in best]


def _figure(kind: Kind, store: str, best: dict[str, float]) -> Figure:
    reference = "pair from plain files" if store.startswith("pair") else "plain files"
    aim = AIM if store in AIMED else ""
    return Figure(f"{kind.name}: {store}", best[store] * 1e6, "µs", best[reference] * 1e6, reference, aim)


def _seconds(read: Callable[[int], bytes], order: Sequence[int]) -> float:
    # Warm reads wait for nothing, and processor time does not count what else the machine does.
    started = time.process_time()
    for index in order:
        read(index)
    return time.process_time() - started


def _table(title: str, figures: list[Figure]) -> Table:
    table = Table(title=title)
    for column in ("what", "value", "unit", "reference", "speed"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for f in figures:
        reference = f"{f.reference:.1f} ({f.reference_name})" if f.reference is not None else ""
        faster = "" if f.ratio is None else f"{1 / f.ratio if f.unit == 'µs' else f.ratio:.2f} ×"
        table.add_row(f.name, f"{f.value:,.1f}", f.unit, reference, faster)
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=2000, help="pictures in each store")
    parser.add_argument("--reads", type=int, default=4000, help="reads in a round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the best counts")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
