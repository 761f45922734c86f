"""Which detector finds the captions, and with which model: the same options for every command that finds some."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from caption_boundaries.config import CaptionSettings
from caption_boundaries.errors import UsageError

DetectorOption = Annotated[
    str, typer.Option("--detector", help="What finds changes: auto, strokes, model (learned) or combined (both).")
]
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", help="A training's folder or an exported model. [default: the one in the package]"),
]


def caption_settings(detector: str, model: Path | None) -> CaptionSettings:
    """Return the settings of the captions step; a model that cannot be used is refused before the long work.

    Raises:
        UsageError: There is no such detector, or it asks no model.
        InputError: There is no such model, or it cannot be read.
    """
    if model is None:
        return CaptionSettings(detector)
    if detector == "strokes":
        raise UsageError("--detector strokes asks no model.", hint="Leave out --model, or name another detector.")
    from caption_boundaries.inference.predictor import BoundaryPredictor

    BoundaryPredictor.load(model)
    return CaptionSettings(detector, model.resolve())  # steps may run elsewhere
