"""An engine that reads nothing from the picture: it finds no text, or says what it was told to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caption_boundaries.recognition.engine import WHOLE_PICTURE, Setting, as_rgb
from caption_boundaries.recognition.reading_order import in_reading_order
from caption_boundaries.types import GrayImage, RgbImage, TextLine


class NullEngine:
    """Turns recognition off, or stands in for it where every picture holds the same known lines.

    Args:
        lines: What every picture is said to hold; nothing unless told.
    """

    name = "null"
    version = "1"

    def __init__(self, lines: Sequence[TextLine] = ()) -> None:
        self._lines = tuple(in_reading_order(lines))

    def settings(self) -> Mapping[str, Setting]:
        """Return the texts that it gives, as one string."""
        return {"text": "\n".join(line.text for line in self._lines)}

    def read(self, image: RgbImage | GrayImage) -> list[TextLine]:
        """Return the given lines, whatever the picture shows."""
        as_rgb(image)
        return list(self._lines)

    def read_line(self, image: RgbImage | GrayImage) -> TextLine | None:
        """Return the first of the given lines, as if it filled the picture."""
        as_rgb(image)
        if not self._lines:
            return None
        return TextLine(WHOLE_PICTURE, self._lines[0].text, self._lines[0].confidence)

    def read_lines(self, images: Sequence[RgbImage | GrayImage]) -> list[TextLine | None]:
        """Return what :meth:`read_line` says of every picture."""
        return [self.read_line(image) for image in images]
