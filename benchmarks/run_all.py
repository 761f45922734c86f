"""Run every benchmark, store its figures, and write the page of the documentation that shows them all.

    python benchmarks/run_all.py                        # everything; hours on two cores
    python benchmarks/run_all.py --quick                # small sizes; minutes
    python benchmarks/run_all.py --only access growth
    python benchmarks/run_all.py --page                 # only write the page again

A benchmark that fails is told at the end, and its figures of last time stay. The page is `docs/benchmarks.md`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from page import write_page
from report import RESULTS

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Benchmark:
    """A script of this folder."""

    name: str
    full: tuple[str, ...] = ()
    """Its arguments for figures to keep."""
    quick: tuple[str, ...] = ()
    """Its arguments for a quick look."""


BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark("extraction", ("--repeat", "3", "--long", "10", "40"), ("--clips", "example", "big_buck")),
    Benchmark("growth", (), ("--minutes", "1", "--tiny-hours", "0.1", "--fleet", "1", "2")),
    Benchmark("access", (), ("--videos", "3", "--pictures", "60", "--rounds", "3")),
    Benchmark("frames", (), ("--frames", "200", "--reads", "400", "--rounds", "2")),
    Benchmark("loader", (), ("--steps", "4", "--rounds", "1")),
    Benchmark("boundaries", (), ("--no-captions",)),
    Benchmark("annotation", (), ("--boxes", "2000", "--captions", "600", "--presses", "10")),
    Benchmark("annotation_oracle", (), ("--films", "2")),
    Benchmark("versioning", (), ("--small", "--videos", "8")),
    Benchmark("migration", (), ("--repeat", "1")),
    Benchmark("fleet", (), ("--videos", "12")),
    Benchmark("fleet_simulation", (), ("--hours", "1000")),
)


def main() -> int:
    """Run, then write the page; returns 1 where a benchmark failed."""
    options = _options()
    console, failed = Console(), list[str]()
    for benchmark in () if options.page else chosen(options.only):
        console.rule(benchmark.name)
        started = time.perf_counter()
        if not run(benchmark, quick=options.quick):
            failed.append(benchmark.name)
        console.print(f"{benchmark.name}: {time.perf_counter() - started:.0f} s", style="dim", highlight=False)
    if not options.quick:
        console.print(f"Wrote {write_page(RESULTS, options.docs)}", highlight=False)
    if failed:
        console.print(f"Failed: {', '.join(failed)}", style="red")
    return 1 if failed else 0


def chosen(names: Sequence[str]) -> list[Benchmark]:
    """Return the benchmarks of these names, or all, that lie in this folder."""
    return [one for one in BENCHMARKS if (not names or one.name in names) and (HERE / f"{one.name}.py").is_file()]


def run(benchmark: Benchmark, *, quick: bool) -> bool:
    """Run one; what is quick leaves no figures behind. Returns whether it went well."""
    arguments = list(benchmark.quick if quick else benchmark.full)
    if quick:
        nowhere = "--no-store" if benchmark.name.startswith("annotation") else "--results"
        arguments += [nowhere] if nowhere == "--no-store" else [nowhere, str(HERE.parent / "build" / "benchmarks")]
    command = [sys.executable, str(HERE / f"{benchmark.name}.py"), *arguments]
    return subprocess.run(command, check=False).returncode == 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", choices=[one.name for one in BENCHMARKS])
    parser.add_argument("--quick", action="store_true", help="small sizes; nothing is kept")
    parser.add_argument("--page", action="store_true", help="run nothing, write the page from the stored figures")
    parser.add_argument("--docs", type=Path, default=HERE.parent / "docs", help="folder of the documentation")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
