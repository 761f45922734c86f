"""What an OCR engine must be able to do, and what it may be able to do besides.

Required: :class:`OcrEngine`. Optional: :class:`LineReader`, for engines that can read a picture known to hold one
line without looking for lines first, and :class:`LineFinder`, for engines that can find lines without reading them. Ask
with ``isinstance(engine, LineReader)``.

Every engine raises :class:`~caption_boundaries.errors.RecognitionError` when it is not installed, when a language is
missing, or when it fails on a picture; it never returns an empty result instead. An engine may be used by one thread
at a time: make one engine per thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from caption_boundaries.errors import RecognitionError
from caption_boundaries.types import Box, GrayImage, RgbImage, TextLine

Setting = str | int | float | bool | None
"""A value of an engine's settings; JSON can hold it."""


WHOLE_PICTURE = Box(0.0, 0.0, 1.0, 1.0)
"""The box of a line that fills its picture."""


@runtime_checkable
class OcrEngine(Protocol):
    """Finds and reads the text lines of a picture."""

    @property
    def name(self) -> str:
        """Name in the registry."""

    @property
    def version(self) -> str:
        """Version of the engine and of its models, for the record of a run."""

    def settings(self) -> Mapping[str, Setting]:
        """Return every setting that can change what is read."""

    def read(self, image: RgbImage | GrayImage) -> list[TextLine]:
        """Return the text lines of ``image`` in reading order.

        Args:
            image: Colours of shape (height, width, 3) or luma of shape (height, width), any size from 1×1 up.

        Returns:
            Lines from top to bottom, and from left to right where they share a row but stand far apart. Boxes are
            fractions of the picture, origin top-left. No line is empty. A picture without text gives ``[]``.

        Raises:
            RecognitionError: The engine is not installed, or failed on this picture.
        """


@runtime_checkable
class LineReader(Protocol):
    """Reads pictures that hold one line each; several times as fast as finding the line first."""

    def read_line(self, image: RgbImage | GrayImage) -> TextLine | None:
        """Return the line that fills ``image``, or None when there is none; its box is the whole picture."""

    def read_lines(self, images: Sequence[RgbImage | GrayImage]) -> list[TextLine | None]:
        """Return what :meth:`read_line` says of every picture, in the same order."""


@runtime_checkable
class LineFinder(Protocol):
    """Finds lines first and reads them afterwards, so that lines which are known need not be read."""

    def find(self, image: RgbImage | GrayImage) -> list[Box]:
        """Return where there seems to be text, in no certain order; fractions of the picture."""

    def read_box(self, image: RgbImage | GrayImage, box: Box) -> TextLine | None:
        """Return the line in ``box``, or None when there is none.

        ``read`` returns what this says of every box that ``find`` returns, in reading order.
        """


def as_rgb(image: RgbImage | GrayImage) -> RgbImage:
    """Return ``image`` with three channels.

    Raises:
        RecognitionError: It is no picture of 8 bits per channel, or has no pixels.
    """
    if image.dtype != np.uint8 or image.size == 0 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise RecognitionError(f"An array of {image.dtype} and shape {image.shape} is no picture that can be read.")
    if image.ndim == 2:
        return np.repeat(image[:, :, None], 3, axis=2)
    return image
