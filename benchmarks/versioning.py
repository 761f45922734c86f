"""Measure versioning: bytes pushed per session, and processor seconds on a fleet.

    python benchmarks/versioning.py [--videos N] [--small] [--keep FOLDER]

Sessions are pushed to a local remote twice: as one file per video with plain DVC, and as split databases with our
commands. The fleet compares our commands with DVC's own. Results are stored in `results/versioning.json`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from machine import describe
from report import RESULTS, Figure, write_report
from versioning_fleet import measure_fleet
from versioning_sessions import SessionBytes, Size, measure_sessions

SMALL = Size(frames=5, crops=100, boxes=60, captions=60)


def main() -> int:
    """Measure, print and store."""
    options = _options()
    machine, console = describe(), Console()
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-bench-") as name:
        root = options.keep or Path(name)
        sessions = measure_sessions(root / "sessions", SMALL if options.small else Size())
        console.print(_session_table(sessions))
        (root / "fleet").mkdir()
        fleet = measure_fleet(root / "fleet", options.videos)
        console.print(_figure_table(fleet))
    figures = [*map(_session_figure, sessions), *fleet]
    details = {"sessions": [{**asdict(s), "saved": s.saved} for s in sessions], "videos": options.videos}
    path = write_report("versioning", figures, machine=machine, details=details, folder=options.results)
    console.print(f"Stored in {path}")
    return 0


def _session_figure(session: SessionBytes) -> Figure:
    aim = ">= 98.8 % less" if "session" in session.name else ""
    return Figure(f"bytes pushed: {session.name}", session.split, "bytes", session.one_file, "one file per video", aim)


def _session_table(sessions: list[SessionBytes]) -> Table:
    table = Table(title="Bytes pushed per session")
    for column in ("session", "one file per video", "split databases", "saved"):
        table.add_column(column, justify="left" if column == "session" else "right")
    for s in sessions:
        table.add_row(s.name, f"{s.one_file:,}", f"{s.split:,}", f"{s.saved:.3%}")
    return table


def _figure_table(figures: list[Figure]) -> Table:
    table = Table(title="Fleet")
    for column in ("what", "value", "unit", "reference", "ratio", "aim"):
        table.add_column(column)
    for f in figures:
        reference = f"{f.reference:.1f} ({f.reference_name})" if f.reference is not None else ""
        ratio = f"{f.ratio:.3f}" if f.ratio is not None else ""
        table.add_row(f.name, f"{f.value:.1f}", f.unit, reference, ratio, f.aim)
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=374, help="size of the fleet")
    parser.add_argument("--small", action="store_true", help="a small video for the sessions")
    parser.add_argument("--keep", type=Path, default=None, help="work in this new folder, and keep it")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
