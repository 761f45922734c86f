"""The engines by name."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from caption_boundaries.errors import UsageError
from caption_boundaries.recognition.engine import OcrEngine


def _rapidocr(language: str, side_limit: int | None) -> OcrEngine:
    from caption_boundaries.recognition.rapid import RapidEngine, RapidSettings
    from caption_boundaries.recognition.text_detection import DetectionSettings

    if side_limit is None:
        return RapidEngine()
    return RapidEngine(RapidSettings(detection=DetectionSettings(side_limit=side_limit)))


def _tesseract(language: str, side_limit: int | None) -> OcrEngine:
    from caption_boundaries.recognition.tesseract import TesseractEngine

    return TesseractEngine(language)


def _null(language: str, side_limit: int | None) -> OcrEngine:
    from caption_boundaries.recognition.null import NullEngine

    return NullEngine()


# The imports wait until an engine is asked for: each brings heavy libraries with it.
_ENGINES: MappingProxyType[str, Callable[[str, int | None], OcrEngine]] = MappingProxyType(
    {"rapidocr": _rapidocr, "tesseract": _tesseract, "null": _null}
)


def engine_names() -> tuple[str, ...]:
    """Return the names that :func:`create_engine` knows, the default first."""
    return tuple(_ENGINES)


def create_engine(name: str, language: str = "", *, side_limit: int | None = None) -> OcrEngine:
    """Return a new engine; its models are loaded when it first reads.

    Args:
        name: One of :func:`engine_names`.
        language: Hint for engines that need one, such as ``chi_sim+eng``; empty means the engine's default.
        side_limit: Pictures with a longer side, in pixels, are made smaller while text is looked for, and are read at
            full size; for engines that work so. None means the engine's default.

    Raises:
        UsageError: There is no engine of that name.
        RecognitionError: The engine or its language data is not installed.
    """
    if name not in _ENGINES:
        raise UsageError(f"There is no OCR engine called {name!r}.", hint=f"Choose one of: {', '.join(_ENGINES)}.")
    return _ENGINES[name](language, side_limit)
