"""Reading pictures one after another without reading again what looks as it did a moment ago.

A change of the background cuts a caption into several stretches. Reading its lines in each of them is what the
captions step spends most of its time on, and an engine that sees the same letters again only says the same again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.letters import same_letters
from caption_boundaries.captions.reading import polarity_at
from caption_boundaries.recognition.engine import LineFinder, OcrEngine, as_rgb
from caption_boundaries.recognition.reading_order import in_reading_order, union_of
from caption_boundaries.types import Box, GrayImage, Region, RgbImage, TextLine

COMPARED_HEIGHT = 32
"""Pixels: lines are made so high before they are compared."""
WINDOW = 16
"""Columns of such a line, about a letter's width: every letter must look the same, not only the line as a whole."""
ALIKE = 0.9
"""What correlates so well in every window reads the same. Captions that follow one another stay below 0.5 somewhere,
and an i beside an l, the most alike of letters, stays below 0.82."""
NOISE = 5.0
"""Windows whose luma differs by less than this from picture to picture, root mean square, are the same."""
SURE = 0.99
"""A line read with less confidence is read again when what is behind it changes: one of the readings may be right."""
SAME_PLACE = 0.1
"""Edges that lie within this many line heights of each other are the same."""
REMEMBERED = 2
"""Pictures whose lines are remembered."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read in one picture."""

    gray: GrayImage
    lines: list[tuple[Box, TextLine | None]]
    """Every place where the engine saw text, with what it read there."""


class RereadingEngine:
    """Reads the pictures of one place one after another; takes over lines that look as they did."""

    def __init__(self, engine: OcrEngine, regions: Sequence[Region] = ()) -> None:
        """Wrap an engine; one that cannot find lines without reading them reads everything.

        Args:
            engine: Nobody else may use it meanwhile.
            regions: What the pictures show, top to bottom; says whether text is light.
        """
        self._engine, self._regions = engine, regions
        self._seen: list[_Seen] = []

    def read(self, image: RgbImage) -> list[TextLine]:
        """Return the text lines of ``image`` in reading order; see `OcrEngine.read`."""
        if not isinstance(self._engine, LineFinder):
            return self._engine.read(image)
        rgb = as_rgb(image)
        gray = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        lines = [(box, self._read_box(self._engine, rgb, gray, box)) for box in self._engine.find(rgb)]
        self._seen = [*self._seen[1 - REMEMBERED :], _Seen(gray, lines)]
        return in_reading_order([line for _, line in lines if line is not None])

    def _read_box(self, engine: LineFinder, rgb: RgbImage, gray: GrayImage, box: Box) -> TextLine | None:
        for before, place, line in self._remembered(gray):
            if _is_same_place(box, place, gray.shape) and self._reads_the_same(gray, before, box, place, line):
                return None if line is None else replace(line, box=box)
        return engine.read_box(rgb, box)

    def _reads_the_same(self, gray: GrayImage, before: GrayImage, box: Box, place: Box, line: TextLine | None) -> bool:
        both = union_of([box, place])
        if looks_alike(gray, before, both):
            return True
        sure = line is not None and line.confidence >= SURE
        return sure and same_letters(gray, before, both, polarity_at(both.center[1], self._regions))

    def _remembered(self, gray: GrayImage) -> Iterator[tuple[GrayImage, Box, TextLine | None]]:
        for seen in reversed(self._seen):
            if seen.gray.shape == gray.shape:
                yield from ((seen.gray, place, line) for place, line in seen.lines)


def _is_same_place(one: Box, other: Box, shape: tuple[int, ...]) -> bool:
    height, width = shape
    near = SAME_PLACE * max(one.height, other.height)
    near_x = near * height / width
    return (
        abs(one.top - other.top) <= near
        and abs(one.bottom - other.bottom) <= near
        and abs(one.left - other.left) <= near_x
        and abs(one.right - other.right) <= near_x
    )


def looks_alike(one: GrayImage, other: GrayImage, box: Box) -> bool:
    """Tell whether two pictures show the same letters in a box: every window a letter wide correlates well."""
    height, width = one.shape
    pixels = box.to_pixels(width, height)
    size = (max(WINDOW, round(pixels.width * COMPARED_HEIGHT / pixels.height)), COMPARED_HEIGHT)
    parts = (picture[pixels.top : pixels.bottom, pixels.left : pixels.right] for picture in (one, other))
    a, b = (cv2.resize(part, size, interpolation=cv2.INTER_AREA).astype(np.float32) for part in parts)
    half = COMPARED_HEIGHT // 2  # what tells an h from an n, or an i from an l, fills one half only
    halves = (slice(None, half), slice(half, None))
    return min(float(_window_correlations(a[rows], b[rows]).min()) for rows in halves) >= ALIKE


def _window_correlations(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how well two pictures correlate, -1 to 1, in every window of `WINDOW` columns."""
    mean_a, mean_b = _window_means(a), _window_means(b)
    variance_a = np.maximum(_window_means(a * a) - mean_a**2, NOISE**2)
    variance_b = np.maximum(_window_means(b * b) - mean_b**2, NOISE**2)
    correlations = (_window_means(a * b) - mean_a * mean_b) / np.sqrt(variance_a * variance_b)
    return np.where(_window_means((a - b) ** 2) < NOISE**2, 1.0, correlations)


def _window_means(picture: NDArray[np.float32]) -> NDArray[np.float64]:
    sums = np.concatenate([[0.0], np.cumsum(picture.sum(axis=0, dtype=np.float64))])
    return np.asarray((sums[WINDOW:] - sums[:-WINDOW]) / (WINDOW * picture.shape[0]))
