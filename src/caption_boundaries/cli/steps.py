"""`ingest`, `ocr`, `layout`, `crop`, `captions`, `export` and `run`: the steps one by one, or in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from caption_boundaries.cli.detection import DetectorOption, ModelOption, caption_settings
from caption_boundaries.cli.fleet import FleetOptions, homes_of, print_plan, run_fleet
from caption_boundaries.cli.options import (
    DEFAULT_DATA,
    DataOption,
    EngineOption,
    ForceOption,
    JobsOption,
    JsonOption,
    KeepGoingOption,
    LanguageOption,
    QuietOption,
    TargetsArgument,
    VerboseOption,
    WorkersOption,
)
from caption_boundaries.cli.output import Output
from caption_boundaries.cli.registration import IfKnownOption, KeepOption, register
from caption_boundaries.config import (
    CropSettings,
    ExportSettings,
    IngestSettings,
    OcrSettings,
    Settings,
)
from caption_boundaries.errors import CaptionBoundariesError, UsageError
from caption_boundaries.fleet.homes import InPlace
from caption_boundaries.library import is_video_folder, load_video, resolve_target
from caption_boundaries.pipeline import BY_NAME, Outcome, run_steps, select_steps
from caption_boundaries.step import Step

QualityOption = Annotated[int, typer.Option("--quality", min=1, max=100, help="JPEG quality of the stored pictures.")]
FormatsOption = Annotated[
    list[str], typer.Option("--format", "-f", help="srt, vtt, ass, ttml, csv, json or jsonl; may be given again.")
]
ClusterOption = Annotated[
    str,
    typer.Option(
        "--cluster",
        metavar="tcp://HOST:PORT|local:N",
        help="Run on the workers of a dask cluster, or of one with N workers started for this run.",
        show_default=False,
    ),
]
ResourcesOption = Annotated[
    list[str],
    typer.Option(
        "--resource",
        metavar="NAME=AMOUNT",
        help="What each video takes of a cluster's worker, such as GPU=1; may be given again.",
        show_default=False,
    ),
]
ScratchOption = Annotated[
    Path | None,
    typer.Option(
        "--scratch",
        metavar="DIR",
        help="Work on copies here, on a local disk of each worker, and publish them: for shared or mounted data roots "
        "and for stores.",
    ),
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write what became of every video to this JSON file.")
]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (ingest, ocr, layout, crop, captions, export):
        app.command()(command)
    app.command("run")(run_command)


def ingest(
    videos: Annotated[
        list[Path],
        typer.Argument(metavar="VIDEO...", help="Video files, or video folders to sample again.", show_default=False),
    ],
    data: DataOption = DEFAULT_DATA,
    if_known: IfKnownOption = "reuse",
    keep: KeepOption = "link",
    quality: QualityOption = 90,
    force: ForceOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Give each video a folder with its databases, and sample its full frames.

    Example: `caption-boundaries ingest film.mp4 --data films`
    """
    out = Output(json, quiet, verbose)
    folders = [
        video if is_video_folder(video) else register(video, data, if_known=if_known, keep=keep, out=out)
        for video in videos
    ]
    run_on(folders, [BY_NAME["ingest"]], Settings(ingest=IngestSettings(jpeg_quality=quality)), out, force=force)


def ocr(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    engine: EngineOption = "rapidocr",
    language: LanguageOption = "",
    workers: WorkersOption = 2,
    force: ForceOption = False,
    keep_going: KeepGoingOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Read the text of every full frame; a run replaces fullOCR.db.

    Example: `caption-boundaries ocr film.mp4 --engine tesseract --language chi_sim+eng`
    """
    settings = Settings(ocr=OcrSettings(engine, language, workers))
    _run_named("ocr", targets, data, settings, Output(json, quiet, verbose), force=force, keep_going=keep_going)


def layout(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    force: ForceOption = False,
    keep_going: KeepGoingOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Find which boxes are the caption, and where to crop.

    Example: `caption-boundaries layout films`
    """
    _run_named("layout", targets, data, Settings(), Output(json, quiet, verbose), force=force, keep_going=keep_going)


def crop(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    quality: QualityOption = 90,
    force: ForceOption = False,
    keep_going: KeepGoingOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Cut the caption region out of the video, ten times a second.

    Example: `caption-boundaries crop 5f2a`
    """
    settings = Settings(crop=CropSettings(jpeg_quality=quality))
    _run_named("crop", targets, data, settings, Output(json, quiet, verbose), force=force, keep_going=keep_going)


def captions(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    detector: DetectorOption = "auto",
    model: ModelOption = None,
    engine: EngineOption = "rapidocr",
    language: LanguageOption = "",
    workers: WorkersOption = 2,
    force: ForceOption = False,
    keep_going: KeepGoingOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Find where each caption starts and ends, and read its text; what a person confirmed stays.

    Example: `caption-boundaries captions film.mp4`
    """
    settings = Settings(ocr=OcrSettings(engine, language, workers), captions=caption_settings(detector, model))
    _run_named("captions", targets, data, settings, Output(json, quiet, verbose), force=force, keep_going=keep_going)


def export(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; its suffix decides the format.")
    ] = None,
    formats: FormatsOption = ["srt"],  # noqa: B006 - typer wants a list and does not change it
    confirmed_only: Annotated[bool, typer.Option(help="Leave out what no person has confirmed.")] = False,
    keep_going: KeepGoingOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Write the captions as subtitles or data.

    Example: `caption-boundaries export film.mp4 -o film.vtt`
    """
    settings = Settings(export=ExportSettings(tuple(formats), output, include_predicted=not confirmed_only))
    out = Output(json, quiet, verbose)
    folders = _folders(targets, data)
    if output is not None and len(folders) > 1:
        raise UsageError(f"--output names one file, but there are {len(folders)} videos.", hint="Use --format instead.")
    run_on(folders, [BY_NAME["export"]], settings, out, keep_going=keep_going)


def run_command(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    start: Annotated[str | None, typer.Option("--from", metavar="STEP", help="Begin with this step.")] = None,
    detector: DetectorOption = "auto",
    model: ModelOption = None,
    engine: EngineOption = "rapidocr",
    language: LanguageOption = "",
    workers: WorkersOption = 2,
    jobs: JobsOption = 1,
    cluster: ClusterOption = "",
    resources: ResourcesOption = [],  # noqa: B006 - typer wants a list and does not change it
    scratch: ScratchOption = None,
    report: ReportOption = None,
    force: ForceOption = False,
    keep_going: KeepGoingOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which steps would run.")] = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Run every step that is missing or stale, on one video or on many, on this machine or on a cluster.

    A TARGET may also be the address of a store, such as `s3://bucket/films`: videos are fetched, worked on in
    scratch, and published.

    Examples: `caption-boundaries run films --from layout --force`,
    `caption-boundaries run films --jobs 0 --keep-going`,
    `caption-boundaries run s3://bucket/films --cluster tcp://10.0.0.1:8786 --scratch /var/tmp --report run.json`
    """
    settings = Settings(ocr=OcrSettings(engine, language, workers), captions=caption_settings(detector, model))
    out, steps = Output(json, quiet, verbose), select_steps(start=start)
    options = FleetOptions(jobs, cluster, tuple(resources), scratch, report, keep_going)
    homes = homes_of(targets, data, options)
    if dry_run:
        print_plan(homes, steps, out, force=force)
        return
    folders = [home.video_dir for home in homes if isinstance(home, InPlace)]
    several = len(homes) > 1 and jobs != 1
    if options.wanted or several or len(folders) < len(homes):
        run_fleet(homes, steps, settings, out, options, force=force)
    else:
        run_on(folders, steps, settings, out, force=force, keep_going=keep_going)


def run_on(
    folders: Sequence[Path],
    steps: Sequence[Step],
    settings: Settings,
    out: Output,
    *,
    force: bool = False,
    keep_going: bool = False,
) -> None:
    """Run steps on videos one after the other, then print what became of them.

    Raises:
        CaptionBoundariesError: A video failed; with ``keep_going`` the last failure, after all were tried.
    """
    report: list[dict[str, Any]] = []
    failure: CaptionBoundariesError | None = None
    for folder in folders:
        entry: dict[str, Any] = {"video": load_video(folder).name, "folder": str(folder), "steps": [], "error": None}
        report.append(entry)
        try:
            for outcome in outcomes_of(folder, steps, settings, out, force=force):
                entry["steps"].append(outcome_to_json(outcome))
        except CaptionBoundariesError as error:
            entry["error"] = str(error)
            failure = error
            if not keep_going:
                break
    _print_report(report, out)
    if failure is not None:
        raise failure


def outcomes_of(
    folder: Path, steps: Sequence[Step], settings: Settings, out: Output, *, force: bool = False
) -> list[Outcome]:
    """Run steps on one video under progress bars, warn of what they warn of, and return what became of them."""
    outcomes = []
    with out.progress() as progress_of:
        for outcome in run_steps(folder, steps, settings=settings, force=force, progress_of=progress_of):
            outcomes.append(outcome)
            for warning in outcome.result.warnings:
                out.warn(warning)
    return outcomes


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """Return what became of a step as plain values."""
    return asdict(replace(outcome, seconds=round(outcome.seconds, 3)))


def _run_named(
    name: str,
    targets: list[str],
    data: Path,
    settings: Settings,
    out: Output,
    *,
    force: bool,
    keep_going: bool,
) -> None:
    run_on(_folders(targets, data), [BY_NAME[name]], settings, out, force=force, keep_going=keep_going)


def _folders(targets: list[str], data: Path) -> list[Path]:
    """Return the video folders of all targets, each once, in order."""
    return list(dict.fromkeys(folder for target in targets for folder in resolve_target(target, data)))


def _print_report(report: list[dict[str, Any]], out: Output) -> None:
    rows = [
        (entry["video"], step["step"], "done" if step["ran"] else "up to date", step["result"]["summary"])
        for entry in report
        for step in entry["steps"]
    ] + [(entry["video"], "", "failed", entry["error"]) for entry in report if entry["error"]]
    out.table("", ("video", "step", "state", "what"), rows)
    out.emit(report)
