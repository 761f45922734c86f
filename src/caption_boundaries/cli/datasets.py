"""`dataset`: synthetic videos, frozen data sets, their figures and their exports."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from caption_boundaries.cli.options import JsonOption, QuietOption, VerboseOption
from caption_boundaries.cli.output import Output
from caption_boundaries.errors import InputError, UsageError
from caption_boundaries.step import Progress as Report
from caption_boundaries.step import silent

if TYPE_CHECKING:
    from caption_boundaries.data.recipe import Excluded

dataset_app = typer.Typer(
    name="dataset",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@dataset_app.callback(invoke_without_command=True)
def dataset(context: typer.Context) -> None:
    """Make synthetic videos, freeze data sets for training, count and export them.

    Example: `caption-boundaries dataset synthesize films --videos 20`
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(dataset_app)


@dataset_app.command()
def synthesize(
    root: Annotated[Path, typer.Argument(metavar="OUT", help="Data root for the videos; made when it is missing.")],
    videos: Annotated[int, typer.Option("--videos", min=1, help="How many.")] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number gives other videos.")] = 0,
    split: Annotated[str, typer.Option("--split", help="train or test: fonts, texts and footage never overlap.")] = (
        "train"
    ),
    footage: Annotated[
        list[Path] | None,
        typer.Option("--footage", help="Video file without captions, or a folder of such; may be given repeatedly."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="[FILE:]FROM-TO", help="Seconds of the footage that are not to be used."),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=3600, help="Length of each video.")] = 30.0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Videos made side by side.")] = 1,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Make videos with burned-in captions and exact truth, each with databases fit for training.

    Videos that are there already are kept, so a run that was stopped goes on where it was.

    Example: `caption-boundaries dataset synthesize films --videos 100 --footage clips --jobs 4`
    """
    _require("PIL")
    from caption_boundaries.data.footage import find_footage
    from caption_boundaries.data.production import make_folders, seeds_of
    from caption_boundaries.data.recipe import Recipe
    from caption_boundaries.data.splits import SPLITS

    out = Output(json, quiet, verbose)
    side = next((name for name in SPLITS if name == split), None)
    if side is None:
        raise UsageError(f"There is no split {split!r}.", hint="Choose train or test.")
    recipe = Recipe(
        split=side,
        seconds=seconds,
        footage=find_footage(footage or []),
        excluded=tuple(map(_excluded, exclude or [])),
    )
    started = time.perf_counter()
    made = []
    with _bar(out, "videos", videos) as report:
        for one in make_folders(recipe, seeds_of(seed, videos), root, jobs=jobs):
            made.append(one)
            report(len(made), videos, "videos")
    new = sum(one.created for one in made)
    out.say(f"{new} videos made, {len(made) - new} were there, in {time.perf_counter() - started:.1f} s: {root}")
    out.emit([{"folder": str(one.folder), "seed": one.seed, "created": one.created} for one in made])


def _excluded(text: str) -> Excluded:
    from caption_boundaries.data.recipe import Excluded

    file, _, span = text.rpartition(":")
    try:
        start, end = (float(part) for part in span.split("-"))
    except ValueError as error:
        raise UsageError(
            f"{text!r} says not from when to when.", hint="Write seconds, such as 60-120, or film.mp4:60-120."
        ) from error
    return Excluded(start, end, file)


def _require(*modules: str) -> None:
    """Say what to install where something that is needed is missing."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"This needs {', '.join(missing)}, which is not installed.",
            hint="Install it: pip install 'caption-boundaries[train]'.",
        )


@contextmanager
def _bar(out: Output, label: str, total: int) -> Iterator[Report]:
    console = Console(stderr=True)
    if out.quiet or out.json or not console.is_terminal:
        yield silent
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(label, total=total)
        yield lambda done, total, unit: bars.update(task, completed=done, total=total)
