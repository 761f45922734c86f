"""Taking a video file into the data root, as several commands do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from caption_boundaries.cli.output import Output
from caption_boundaries.ingest.placing import Keep
from caption_boundaries.ingest.register import IfKnown, register_video
from caption_boundaries.library import known_hashes

IfKnownOption = Annotated[
    IfKnown,
    typer.Option(
        "--if-known",
        help="When the same video is there already: go on with it, refuse, take it in a second time, or replace the "
        "video file and what was derived from it (annotations stay).",
    ),
]
KeepOption = Annotated[
    Keep,
    typer.Option(
        "--keep",
        help="How the video file is kept: as a hard link (a copy where that is impossible), as a copy, or only its "
        "path.",
    ),
]


def register(video: Path, data: Path, *, if_known: IfKnown, keep: Keep, out: Output) -> Path:
    """Give a video file its folder in the data root, or find the one that it has; returns the folder."""
    registration = register_video(video, data, known=lambda: known_hashes(data), on_duplicate=if_known, mode=keep)
    if not registration.created:
        out.detail(f"{video} is known; its folder is {registration.video_dir}.")
    return registration.video_dir
