"""`dataset`: synthetic videos, frozen data sets, their figures and their exports."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from caption_boundaries.cli.batches import folders_of
from caption_boundaries.cli.options import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    QuietOption,
    TargetsArgument,
    VerboseOption,
)
from caption_boundaries.cli.output import Output
from caption_boundaries.errors import InputError, UsageError
from caption_boundaries.step import Progress as Report
from caption_boundaries.step import silent

if TYPE_CHECKING:
    from caption_boundaries.data.frozen import FrozenDataset
    from caption_boundaries.data.recipe import Excluded

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the data set, or a path that ends in .json.", show_default=False)
]

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
        typer.Option("--footage", help="Video without captions, photo, or a folder of such; may be repeated."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="[FILE:]FROM-TO", help="Seconds of the footage that are not to be used."),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=3600, help="Length of each video.")] = 30.0,
    overlays: Annotated[
        float,
        typer.Option("--overlays", min=0, max=1, help="Share of videos with a logo, clock, ticker or name plates."),
    ] = 0.5,
    haste: Annotated[
        float, typer.Option("--haste", min=0.1, max=10, help="How many times as fast as usual captions follow.")
    ] = 1.0,
    near: Annotated[
        float, typer.Option("--near", min=0, max=1, help="Share of captions with one letter other than the one before.")
    ] = 0.12,
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
        overlay_share=overlays,
        near_share=near,
        haste=haste,
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


@dataset_app.command()
def build(
    name: NameArgument,
    targets: TargetsArgument,
    folds: Annotated[int, typer.Option("--folds", min=1, help="Parts for cross-validation; a group is in one.")] = 5,
    group_by: Annotated[
        str,
        typer.Option(
            "--group-by",
            metavar="video|REGEX",
            help="What stays together: each video for itself, or what a regular expression finds in the videos' names.",
        ),
    ] = "video",
    cap: Annotated[int | None, typer.Option("--cap", min=1, help="The most samples of one class.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides which samples a cap leaves, and the folds.")] = 0,
    data: DataOption = DEFAULT_DATA,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only say what would be in it.")] = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Freeze a data set: which samples of which videos there are, and which video is in which fold.

    The same videos and settings always give the same manifest. A training refuses a data set whose videos have
    changed since.

    Example: `caption-boundaries dataset build first films --folds 5 --group-by "^[^ ]+" --cap 20000`
    """
    from caption_boundaries.data.frozen import FreezeSettings, freeze, manifest_path, save_frozen

    out = Output(json, quiet, verbose)
    path = manifest_path(name, data)
    settings = FreezeSettings(folds, group_by, cap, seed)
    frozen = freeze(path.stem, folders_of(targets, data), settings, root=path.parent)
    _tell(frozen, out)
    if not dry_run:
        save_frozen(frozen, path)
        out.say(f"Frozen as {path}", style="bold")
    out.emit(_told(frozen, path))


@dataset_app.command()
def stats(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="NAME|TARGET...", help="A frozen data set, or videos as for build.", show_default=False),
    ],
    data: DataOption = DEFAULT_DATA,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="PNG", help="Draw the figures.")] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Count the samples of a data set, or of videos: by class and fold, and how long captions last.

    Example: `caption-boundaries dataset stats first --plot first.png`
    """
    from caption_boundaries.data.frozen import FreezeSettings, freeze, manifest_path, open_frozen

    out = Output(json, quiet, verbose)
    path = manifest_path(targets[0], data) if len(targets) == 1 and not Path(targets[0]).is_dir() else None
    if path is not None and path.is_file():
        frozen = open_frozen(path)
    else:
        frozen = freeze(", ".join(targets), folders_of(targets, data), FreezeSettings(folds=1), root=data)
    seconds = [length / video.rate_hz for video in frozen.training_videos() for length in video.lengths]
    _tell(frozen, out)
    told = _told(frozen, path)
    if seconds:
        told["captions"] = {"count": len(seconds), **_quantiles(seconds)}
        words = ", ".join(f"{key} {value:.1f} s" for key, value in _quantiles(seconds).items())
        out.say(f"{len(seconds)} captions: {words}")
    if plot is not None:
        from caption_boundaries.data.statistics import plot_dataset

        plot_dataset(frozen, seconds, plot)
        out.say(f"Drawn as {plot}")
    out.emit(told)


@dataset_app.command()
def export(
    name: NameArgument,
    target: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for the files.")],
    form: Annotated[
        str, typer.Option("--format", help="parquet (Hugging Face datasets), webdataset (shards) or coco (boxes).")
    ] = "parquet",
    data: DataOption = DEFAULT_DATA,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Write a frozen data set as files that other tools read.

    Example: `caption-boundaries dataset export first first-parquet --format parquet`
    """
    from caption_boundaries.data.exporting import export_dataset
    from caption_boundaries.data.frozen import manifest_path, open_frozen

    if form == "parquet":
        _require("pyarrow")
    out = Output(json, quiet, verbose)
    frozen = open_frozen(manifest_path(name, data))
    with _bar(out, f"export {form}", sum(frozen.counts.values())) as report:
        export_dataset(frozen, form, target, progress=report)
    files = sorted(path for path in target.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files)
    out.say(f"{len(files)} files, {size / 1e6:.1f} MB: {target}", style="bold")
    out.emit({"format": form, "folder": str(target), "files": len(files), "bytes": size, "hash": frozen.hash})


def _tell(frozen: FrozenDataset, out: Output) -> None:
    """Print the samples of each class by fold, and what was left out."""
    from caption_boundaries.data.frozen import folds_table

    rows = [(f"fold {fold}", videos, *counts.values()) for fold, videos, counts in folds_table(frozen)]
    rows.append(("all", len(frozen.videos), *frozen.counts.values()))
    out.table(f"{frozen.name}: samples", ("", "videos>", *(f"{name}>" for name in frozen.classes)), rows)
    for video in frozen.left_out:
        out.warn(f"{frozen.folder_of(video)} is left out. {video.reason}")


def _told(frozen: FrozenDataset, path: Path | None) -> dict[str, Any]:
    from caption_boundaries.data.frozen import folds_table

    return {
        "name": frozen.name,
        "manifest": str(path) if path else None,
        "hash": frozen.hash,
        "videos": len(frozen.videos),
        "counts": frozen.counts,
        "folds": [{"fold": fold, "videos": videos, "counts": counts} for fold, videos, counts in folds_table(frozen)],
        "left_out": [{"folder": str(frozen.folder_of(video)), "reason": video.reason} for video in frozen.left_out],
    }


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    places = {"median": 0.5, "P95": 0.95, "P99": 0.99, "longest": 1.0}
    return {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in places.items()}


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
