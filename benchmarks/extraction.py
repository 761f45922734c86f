"""Measure the whole extraction: how good the captions are and what they cost, clip by clip.

    python benchmarks/extraction.py [--data FOLDER ...] [--clips PART ...] [--long MINUTES ...] [--repeat N] [--json]

Every clip is taken from video to captions in a fresh process through the command line, and decoded alone in the same
run. The figures are printed and stored in `results/extraction.json` and `results/extraction.png`; README.md in this
folder says what they mean.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from caption_boundaries.evaluation.metrics import Score, total
from caption_boundaries.evaluation.truth import read_truth
from clips import DEFAULT_FOLDERS, Clip, find_clips
from extraction_figures import clip_figures, differences, grouped, groups, headline_figures
from extraction_run import ExtractionFailedError, Result, measure
from long_videos import long_video
from machine import describe
from report import RESULTS, write_report

TABLE_WIDTH = 170
"""Columns of text where there is no terminal that says how many it has."""


def main() -> int:
    """Measure, print and store; returns 1 where a clip failed."""
    options = _options()
    console = Console(stderr=options.json)
    if not console.is_terminal:
        console.width = TABLE_WIDTH
    clips = [*find_clips(options.data or DEFAULT_FOLDERS, options.clips), *long_clips(options.long)]
    if not clips:
        console.print("No clip with a truth was found; name a folder with --data.")
        return 2
    machine, results, failures = describe(), list[Result](), dict[str, str]()
    for clip in clips:
        console.print(f"{clip.name} …", style="dim")
        try:
            results.append(measure(clip, options.repeat))
        except ExtractionFailedError as error:
            failures[clip.name] = str(error)
            console.print(f"{clip.name} failed: {error}", style="red")
    document = {"clips": [clip_figures(result) for result in results], "groups": groups(results), "failures": failures}
    if results:
        console.print(table(results))
        _print_misses(results, console)
        _store(results, machine, document, options.results, console)
    if options.json:
        print(json.dumps({"machine": machine, **document}, ensure_ascii=False, indent=1))
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", help="folder of clips with truths; may be given again")
    parser.add_argument("--clips", nargs="+", default=[], metavar="PART", help="only clips whose name holds a PART")
    parser.add_argument(
        "--long", nargs="*", type=float, default=[], metavar="MINUTES", help="also made videos so long, such as 10 40"
    )
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="runs per clip; times are medians")
    parser.add_argument("--json", action="store_true", help="print JSON to standard output, the rest to standard error")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store (default: %(default)s)")
    options = parser.parse_args()
    if options.repeat < 1:
        parser.error("--repeat must be at least 1")
    return options


def long_clips(minutes: Sequence[float]) -> list[Clip]:
    """Return made videos of such lengths; none where there is no footage to make them of."""
    videos = [long_video(60 * length) for length in minutes]
    return [Clip(video, read_truth(video.with_suffix(".json")), "long, burned in") for video in videos if video]


def table(results: Sequence[Result]) -> Table:
    """Return the figures for people: a row per clip, a sum per group."""
    titles = ["clip", "captions", "missed", "invented", "≤ 1 picture", "F1 .05", "F1 .1", "F1 .2", "CER %", "strict %"]
    shown = Table(title="Extraction", title_justify="left", title_style="bold")
    for title in [*titles, "wall s", "RTF", "× decode", "CPU ×", "MB"]:
        shown.add_column(title, justify="left" if title == "clip" else "right", no_wrap=title != "clip")
    for name, members in grouped(results):
        for member in members:
            shown.add_row(member.clip.name, *_quality_cells(member.score), *_cost_cells([member]))
        shown.add_row(
            name,
            *_quality_cells(total(m.score for m in members)),
            *_cost_cells(members),
            style="bold",
            end_section=True,
        )
    return shown


def _quality_cells(figures: Score) -> list[str]:
    captions = figures.captions
    return [
        str(captions.truth),
        str(captions.missed),
        str(captions.invented),
        f"{figures.both_ends_exact}/{captions.truth}",
        *(f"{count.f1:.3f}" for count in figures.boundaries.values()),
        f"{100 * figures.plain.rate:.2f}",
        f"{100 * figures.strict.rate:.2f}",
    ]


def _cost_cells(members: Sequence[Result]) -> list[str]:
    wall = sum(member.wall for member in members)
    return [
        f"{wall:.1f}",
        f"{wall / sum(member.duration for member in members):.3f}",
        f"{wall / sum(member.decoding_wall for member in members):.1f}",
        f"{sum(m.cpu for m in members) / sum(m.decoding_cpu for m in members):.1f}",
        f"{max(member.memory for member in members):.0f}",
    ]


def _print_misses(results: Sequence[Result], console: Console) -> None:
    for result in results:
        for line in differences(result):
            console.print(f"  {result.clip.name}  {line}", style="yellow", highlight=False, markup=False)
        if not result.repeatable:
            console.print(f"  {result.clip.name}  the runs gave different captions", style="red")


def _store(
    results: Sequence[Result], machine: dict[str, Any], document: dict[str, Any], folder: Path, console: Console
) -> None:
    path = write_report("extraction", headline_figures(results), machine=machine, details=document, folder=folder)
    console.print(f"Stored {path}", highlight=False)
    try:
        from extraction_plot import save_plot
    except ImportError:
        console.print("No plot: matplotlib is missing (install the extra `plots`).")
        return
    console.print(f"Stored {save_plot(results, folder / 'extraction.png')}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
