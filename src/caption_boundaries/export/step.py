"""The export step: captions in, subtitle files out."""

from __future__ import annotations

from pathlib import Path

from caption_boundaries.atomic import storage_errors, write_file
from caption_boundaries.config import ExportSettings
from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import UsageError
from caption_boundaries.export.cues import cues_of
from caption_boundaries.export.formats import Format, format_named, format_of
from caption_boundaries.step import Step, StepContext, StepResult
from caption_boundaries.types import DEFAULT_INDEX_RATE_HZ


def targets(settings: ExportSettings, video_dir: Path, original_filename: str | None) -> list[tuple[Path, Format]]:
    """Return which files are to be written, each with its format.

    Args:
        settings: What the user asked for.
        video_dir: Where the files go when no output is given.
        original_filename: The video's name, after which the files are called.

    Raises:
        UsageError: A format or a suffix is unknown, or the output's folder does not exist.
        StorageError: The output cannot be looked at.
    """
    if settings.output is None:
        stem = Path(original_filename or "").stem or "captions"
        formats = [format_named(name) for name in dict.fromkeys(settings.formats)]
        return [(video_dir / f"{stem}{chosen.extension}", chosen) for chosen in formats]
    chosen = format_of(settings.output)
    with storage_errors(settings.output):
        if settings.output.is_dir():
            raise UsageError(f"{settings.output} is a folder.", hint="Name a file in it.")
        if not settings.output.parent.is_dir():
            raise UsageError(f"The folder {settings.output.parent} does not exist.", hint="Make it, or choose another.")
        # A link stays a link: what it points to is replaced.
        return [(settings.output.resolve(), chosen)]


def run(ctx: StepContext) -> StepResult:
    """Write the captions to the files that the settings ask for, each as a whole."""
    metadata = VideoDbReader(ctx.conn).metadata()
    captions = CaptionReader(ctx.conn).captions()
    settings = ctx.settings.export
    rate_hz = metadata.index_framerate_hz if metadata else DEFAULT_INDEX_RATE_HZ
    cues = cues_of(captions, rate_hz, include_predicted=settings.include_predicted)
    files = targets(settings, ctx.video_dir, metadata.original_filename if metadata else None)
    for path, chosen in files:
        write_file(path, chosen.encode(cues))
    names = ", ".join(str(path) for path, _ in files)
    warnings = () if cues else ("There are no captions to write; the file is empty.",)
    return StepResult(f"{len(cues)} captions → {names}", {"captions": len(cues), "files": len(files)}, warnings)


STEP = Step(
    name="export",
    reads=frozenset({"captions", "video"}),
    writes=None,
    replaces=False,
    run=run,
    help="Write the captions as subtitle files.",
)
