"""`extract`: from a video file to a subtitle file in one command."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from caption_boundaries.cli.detection import DetectorOption, ModelOption, caption_settings
from caption_boundaries.cli.options import (
    DEFAULT_DATA,
    DataOption,
    EngineOption,
    ForceOption,
    JsonOption,
    LanguageOption,
    QuietOption,
    VerboseOption,
    WorkersOption,
)
from caption_boundaries.cli.output import Output, program
from caption_boundaries.cli.registration import IfKnownOption, KeepOption, register
from caption_boundaries.cli.steps import outcome_to_json, outcomes_of
from caption_boundaries.config import ExportSettings, OcrSettings, Settings
from caption_boundaries.database.captions import Caption, CaptionReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.export.cues import Cue, cues_of
from caption_boundaries.export.step import targets
from caption_boundaries.pipeline import STEPS

SHOWN = 30
"""Captions in the printed table; the file has them all."""


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(extract)


def extract(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="The video file.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Subtitle file; its suffix decides the format. [default: in the folder]"),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    detector: DetectorOption = "auto",
    model: ModelOption = None,
    engine: EngineOption = "rapidocr",
    language: LanguageOption = "",
    workers: WorkersOption = 2,
    if_known: IfKnownOption = "reuse",
    keep: KeepOption = "link",
    force: ForceOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Turn a video with burned-in captions into a subtitle file.

    Example: `caption-boundaries extract film.mp4 -o film.srt`
    """
    out = Output(json, quiet, verbose)
    settings = Settings(
        ocr=OcrSettings(engine, language, workers),
        captions=caption_settings(detector, model),
        export=ExportSettings(output=output),
    )
    targets(settings.export, data, None)  # an output that cannot be written is refused before the long work
    folder = register(video, data, if_known=if_known, keep=keep, out=out)
    outcomes = outcomes_of(folder, STEPS, settings, out, force=force)
    cues, files = _product(folder, settings.export)
    _print_cues(cues, out)
    seconds = sum(outcome.seconds for outcome in outcomes)
    out.say(f"{len(cues)} captions in {seconds:.1f} s → {', '.join(str(file) for file in files)}", style="bold green")
    out.say(f"Databases: {', '.join(path.name for path in all_databases(folder).values())} in {folder}")
    out.say(f"Next: {program()} status {folder.name[:8]} --data {data}")
    out.emit(
        {
            "video_id": folder.name,
            "folder": str(folder),
            "files": [str(file) for file in files],
            "captions": [asdict(cue) for cue in cues],
            "steps": [outcome_to_json(outcome) for outcome in outcomes],
        }
    )


def _product(folder: Path, settings: ExportSettings) -> tuple[list[Cue], list[Path]]:
    """Return the captions that were exported, and the files they are in."""
    with VideoDatabase(folder, readonly=True, attach={"video", "captions"}) as connection:
        metadata = VideoDbReader(connection).metadata()
        rows: list[Caption] = CaptionReader(connection).captions()
    assert metadata is not None  # the steps have just run
    cues = cues_of(rows, metadata.index_framerate_hz, include_predicted=settings.include_predicted)
    return cues, [path for path, _ in targets(settings, folder, metadata.original_filename)]


def _print_cues(cues: list[Cue], out: Output) -> None:
    rows = [(f"{cue.start:.3f}", f"{cue.end:.3f}", cue.text) for cue in cues[:SHOWN]]
    out.table("", ("start>", "end>", "text"), rows)
    if len(cues) > SHOWN:
        out.say(f"… and {len(cues) - SHOWN} more")
