"""Options that many commands share, each defined once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        "-d",
        envvar="CAPTION_BOUNDARIES_DATA",
        help="Data root: the folder that holds the video folders.",
        show_default=True,
    ),
]
DEFAULT_DATA = Path("caption-data")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of tables.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Print more: settings, times, tracebacks.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Run also what is up to date.")]
KeepGoingOption = Annotated[bool, typer.Option("--keep-going", help="After a failure go on with the next video.")]
TargetsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="TARGET...",
        help="A video folder, a data root, or a video's id or file name, or a unique part of either.",
        show_default=False,
    ),
]
EngineOption = Annotated[str, typer.Option("--engine", help="OCR engine: rapidocr, tesseract or null.")]
LanguageOption = Annotated[
    str, typer.Option("--language", help="Language for engines that need one, such as chi_sim+eng for tesseract.")
]
WorkersOption = Annotated[int, typer.Option("--workers", min=1, help="OCR engines that read side by side.")]
JobsOption = Annotated[
    int,
    typer.Option("--jobs", "-j", min=0, help="Videos worked on side by side; 0 = as many as cores and memory allow."),
]
