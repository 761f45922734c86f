"""What is compared: captions with times, from files of truth and of results.

A file of truth is JSON with ``fps`` and ``captions`` of ``first_frame``, ``last_frame`` (source pictures from 0, both
inclusive) and ``text``: a caption lasts from ``first_frame / fps`` to ``(last_frame + 1) / fps``. Every file that the
export reads will do as well, though the times of subtitles made by hand are seldom exact to the picture.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caption_boundaries.atomic import storage_errors
from caption_boundaries.errors import InputError
from caption_boundaries.export.formats import format_of

DEFAULT_FRAME_SECONDS = 1 / 24
"""Length of a source picture where a file does not say."""


@dataclass(frozen=True, slots=True, order=True)
class TimedText:
    """A caption as it is scored."""

    start: float
    """Seconds."""
    end: float
    """Seconds, exclusive."""
    text: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What a clip really shows."""

    captions: tuple[TimedText, ...]
    frame_seconds: float
    """How long one source picture is shown."""
    video: str | None = None
    """File name of the clip."""
    frames: int | None = None
    """How many source pictures the clip has."""


def read_truth(path: Path) -> Truth:
    """Return the truth in ``path``: frame-exact JSON, or any format that the export knows.

    Raises:
        InputError: The file is neither.
        StorageError: It cannot be read.
    """
    if path.suffix.lower() == ".json":
        document = _json_object(path)
        if "fps" in document:
            return _frame_exact(document, path)
    return Truth(read_captions(path), DEFAULT_FRAME_SECONDS)


def read_captions(path: Path) -> tuple[TimedText, ...]:
    """Return the captions of a subtitle file, in order of time.

    Raises:
        InputError: Its format is unknown, or it cannot be read as that format.
        StorageError: It cannot be read.
    """
    known = format_of(path)
    with storage_errors(path):
        data = path.read_bytes()
    return tuple(sorted(TimedText(cue.start, cue.end, cue.text) for cue in known.decode(data) if cue.text))


def _json_object(path: Path) -> dict[str, Any]:
    with storage_errors(path):
        data = path.read_bytes()
    try:
        document = json.loads(data)
    except ValueError as error:
        raise InputError(f"{path.name} is no JSON: {error}.") from error
    if not isinstance(document, dict):
        raise InputError(f"{path.name} holds no JSON object.")
    return document


def _frame_exact(document: dict[str, Any], path: Path) -> Truth:
    try:
        fps = float(document["fps"])
        captions = tuple(
            sorted(
                TimedText(caption["first_frame"] / fps, (caption["last_frame"] + 1) / fps, str(caption["text"]))
                for caption in document["captions"]
            )
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise InputError(
            f"{path.name} is no truth: {error!r}.",
            hint="It needs fps and captions of first_frame, last_frame and text.",
        ) from error
    return Truth(captions, 1 / fps, document.get("video"), document.get("frames"))
