"""Every setting of the pipeline with its default and its unit, refused early when out of range."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from caption_boundaries.errors import UsageError
from caption_boundaries.types import DEFAULT_INDEX_RATE_HZ


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(message)


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """How full frames are sampled."""

    index_framerate_hz: float = DEFAULT_INDEX_RATE_HZ
    """Frame indices per second."""
    sample_every_seconds: float = 10.0
    """Distance of the full frames in a long video."""
    min_samples: int = 20
    """Short videos are sampled more densely, so that they have about this many full frames."""
    jpeg_quality: int = 90
    """1 to 100."""

    def __post_init__(self) -> None:
        _require(self.index_framerate_hz > 0, "index_framerate_hz must be above 0.")
        _require(self.sample_every_seconds > 0, "sample_every_seconds must be above 0.")
        _require(self.min_samples >= 1, "min_samples must be at least 1.")
        _require(1 <= self.jpeg_quality <= 100, "jpeg_quality must be from 1 to 100.")


@dataclass(frozen=True, slots=True)
class OcrSettings:
    """Which engine reads, and how."""

    engine: str = "rapidocr"
    """Name in the registry of engines: rapidocr, tesseract or null."""
    language: str = ""
    """Language hint for engines that need one (Tesseract: chi_sim+eng); empty = the engine's default."""
    workers: int = 2
    """Engines that read side by side, one thread each."""

    def __post_init__(self) -> None:
        _require(self.workers >= 1, "workers must be at least 1.")


@dataclass(frozen=True, slots=True)
class CropSettings:
    """How the caption region is cut out."""

    jpeg_quality: int = 90
    """1 to 100."""

    def __post_init__(self) -> None:
        _require(1 <= self.jpeg_quality <= 100, "jpeg_quality must be from 1 to 100.")


DETECTORS = ("auto", "combined", "model", "strokes")
"""What finds the changes of captions: the strokes of every source frame, the learned model, or both together."""


@dataclass(frozen=True, slots=True)
class CaptionSettings:
    """How captions are found."""

    detector: str = "auto"
    """One of `DETECTORS`; auto = both together where the package carries a model, else the strokes."""
    model: Path | None = None
    """A training's folder or an exported model; None = the model that comes with the package."""

    def __post_init__(self) -> None:
        _require(self.detector in DETECTORS, f"detector must be one of {', '.join(DETECTORS)}.")


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """Which subtitle files are written, and where."""

    formats: tuple[str, ...] = ("srt",)
    """Names in the table of formats; used when ``output`` is None."""
    output: Path | None = None
    """The one file to write, its suffix decides the format; None = beside the databases, named like the video."""
    include_predicted: bool = True
    """False: only captions whose extents a person has confirmed."""

    def __post_init__(self) -> None:
        _require(bool(self.formats), "formats must name at least one format.")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one run."""

    ingest: IngestSettings = field(default_factory=IngestSettings)
    ocr: OcrSettings = field(default_factory=OcrSettings)
    crop: CropSettings = field(default_factory=CropSettings)
    captions: CaptionSettings = field(default_factory=CaptionSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
