"""Tesseract: the optional engine for the many scripts that the bundled models do not know."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from caption_boundaries.errors import RecognitionError
from caption_boundaries.recognition.engine import WHOLE_PICTURE, Setting, as_rgb
from caption_boundaries.recognition.reading_order import is_cjk, join_lines
from caption_boundaries.recognition.stroke_page import StrokeSettings, line_scale, picture_scale, stroke_page
from caption_boundaries.types import Box, GrayImage, RgbImage, TextLine

DATA_FOLDERS = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)
"""Where systems keep the language data; the folder that TESSDATA_PREFIX names goes before them."""

DEFAULT_LANGUAGES = ("chi_sim", "eng")
"""Used as far as they are installed when no language is named."""

SHORT_NAMES = {
    "zh": "chi_sim",
    "en": "eng",
    "ar": "ara",
    "bg": "bul",
    "cs": "ces",
    "da": "dan",
    "de": "deu",
    "el": "ell",
    "es": "spa",
    "fa": "fas",
    "fi": "fin",
    "fr": "fra",
    "he": "heb",
    "hi": "hin",
    "hu": "hun",
    "id": "ind",
    "it": "ita",
    "ja": "jpn",
    "ko": "kor",
    "nl": "nld",
    "no": "nor",
    "pl": "pol",
    "pt": "por",
    "ro": "ron",
    "ru": "rus",
    "sr": "srp",
    "sv": "swe",
    "th": "tha",
    "tr": "tur",
    "uk": "ukr",
    "vi": "vie",
}
"""The names of ISO 639-1, which people know, and those of Tesseract."""

MIN_CONFIDENCE = 0.5
"""Lines below this are no text."""


class TesseractEngine:
    """Reads light captions through the Tesseract library.

    Args:
        language: Languages by Tesseract's names or by those of ISO 639-1, joined with ``+``, such as ``ru`` or
            ``chi_tra+eng``; empty means Chinese and English, as far as they are installed.
        data_folders: Where language data is looked for.

    Raises:
        RecognitionError: The library or the language data is not installed.
    """

    name = "tesseract"

    def __init__(self, language: str = "", data_folders: Sequence[Path] | None = None) -> None:
        self._library = _library()
        self._data, self._language = find_language(
            language, standard_folders() if data_folders is None else data_folders
        )
        self._strokes = StrokeSettings()
        # Two threads in one handle end the whole process, so a caller who forgets the rule is made to wait.
        self._alone = Lock()

    @property
    def version(self) -> str:
        """Version of the Tesseract library."""
        return str(self._library.tesseract_version()).split()[1]

    def settings(self) -> Mapping[str, Setting]:
        """Return every setting that can change what is read."""
        return {"language": self._language, "min_confidence": MIN_CONFIDENCE, **asdict(self._strokes)}

    def read(self, image: RgbImage | GrayImage) -> list[TextLine]:
        """Return the lines of light text in reading order; fragments of one row are joined."""
        rgb = as_rgb(image)
        height, width = rgb.shape[:2]
        lines = self._lines(rgb, picture_scale(width, self._strokes), self._library.PSM.SPARSE_TEXT)
        return join_lines(lines, aspect=width / height)

    def read_line(self, image: RgbImage | GrayImage) -> TextLine | None:
        """Return the line that fills ``image``, or None when there is none."""
        rgb = as_rgb(image)
        lines = self._lines(rgb, line_scale(rgb.shape[0], self._strokes), self._library.PSM.SINGLE_LINE)
        return TextLine(WHOLE_PICTURE, lines[0].text, lines[0].confidence) if lines else None

    def read_lines(self, images: Sequence[RgbImage | GrayImage]) -> list[TextLine | None]:
        """Return what :meth:`read_line` says of every picture."""
        return [self.read_line(image) for image in images]

    def _lines(self, rgb: RgbImage, scale: float, segmentation: int) -> list[TextLine]:
        """Return the lines in the order in which Tesseract gives them."""
        page = stroke_page(rgb, scale, self._strokes)
        if page.min() == page.max():
            return []  # Tesseract warns on standard error about pages without any ink.
        try:
            with self._alone:
                self._api.SetPageSegMode(segmentation)
                self._api.SetImageBytes(page.tobytes(), page.shape[1], page.shape[0], 1, page.shape[1])
                self._api.Recognize()
                return list(self._found(rgb.shape, scale))
        except RuntimeError as error:
            raise RecognitionError(f"Tesseract failed on a picture: {error}") from error

    def _found(self, shape: tuple[int, ...], scale: float) -> Iterator[TextLine]:
        """Yield what was found on the page of a picture of ``shape`` (height, width, 3) resized by ``scale``."""
        level = self._library.RIL.TEXTLINE
        iterator = self._api.GetIterator()
        for item in self._library.iterate_level(iterator, level) if iterator else ():
            edges = item.BoundingBox(level)
            text = without_stray_spaces(item.GetUTF8Text(level) or "") if edges else ""
            confidence = min(1.0, item.Confidence(level) / 100) if text else 0.0
            if confidence >= MIN_CONFIDENCE:
                yield TextLine(_box(edges, shape, scale, self._strokes.margin), text, confidence)

    @cached_property
    def _api(self) -> Any:
        """The library's handle; one thread may use it."""
        try:
            return self._library.PyTessBaseAPI(path=str(self._data), lang=self._language)
        except RuntimeError as error:
            raise RecognitionError(
                f"Tesseract cannot load the language data {self._language} in {self._data}: {error}",
                hint=f"Run `apt-get install --reinstall {_packages(self._language.split('+'))}`.",
            ) from error


def standard_folders() -> list[Path]:
    """Return the folders in which language data may lie."""
    named = os.environ.get("TESSDATA_PREFIX")
    return [Path(folder) for folder in ([named] if named else []) + list(DATA_FOLDERS)]


def find_language(language: str, folders: Sequence[Path]) -> tuple[Path, str]:
    """Return the first folder that holds the data of all languages asked for, and the languages joined with ``+``.

    Raises:
        RecognitionError: No folder holds them all.
    """
    wanted = [SHORT_NAMES.get(name, name) for name in language.split("+")] if language else []
    for folder in folders:
        found = [name for name in wanted or DEFAULT_LANGUAGES if (folder / f"{name}.traineddata").is_file()]
        if found and len(found) >= len(wanted):
            return folder, "+".join(found)
    named = wanted or list(DEFAULT_LANGUAGES)
    raise RecognitionError(
        f"Tesseract's language data for {' and '.join(named)} is not installed.",
        hint=f"Run `apt-get install {_packages(named)}`, or set TESSDATA_PREFIX to the folder that holds it.",
    )


def without_stray_spaces(text: str) -> str:
    """Return ``text`` on one line, without the spaces that Tesseract puts between ideographs."""
    words = text.split()
    joined = words[0] if words else ""
    for word in words[1:]:
        joined += ("" if is_cjk(joined[-1]) and is_cjk(word[0]) else " ") + word
    return joined


def _library() -> Any:
    try:
        return import_module("tesserocr")
    except ImportError as error:
        raise RecognitionError(
            f"The OCR engine tesseract is not installed: {error}.",
            hint="Run `pip install 'caption-boundaries[tesseract]'` and `apt-get install tesseract-ocr-eng`.",
        ) from error


def _packages(languages: Sequence[str]) -> str:
    """Return the Debian packages that hold the data of ``languages``."""
    return " ".join(f"tesseract-ocr-{name.lower().replace('_', '-')}" for name in languages)


def _box(edges: tuple[int, int, int, int], shape: tuple[int, ...], scale: float, margin: int) -> Box:
    """Return edges (left, top, right, bottom) in pixels of the page as fractions of the picture."""
    height, width = shape[0] * scale, shape[1] * scale
    left, top, right, bottom = (edge - margin for edge in edges)
    return Box(
        min(1.0, max(0.0, left / width)),
        min(1.0, max(0.0, top / height)),
        min(1.0, max(0.0, right / width)),
        min(1.0, max(0.0, bottom / height)),
    )
