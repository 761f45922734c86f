"""A second look at text that an engine did not find: strokes that come and go together are read as a line at once.

An engine first looks for lines and then reads them. What it overlooks is short: a word or a single character. But its
strokes stood still, at a level where captions stand, and came or went where a stretch of the video begins or ends; that
says where the line is, and reading a line whose place is known is what engines do best.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.decoding import Segment
from caption_boundaries.captions.lines import SURE, Scale, has_line_size
from caption_boundaries.captions.reading import (
    STABLE_SHARE,
    Reading,
    chosen_indices,
    combine,
    in_box,
    region_at,
    text_patch,
)
from caption_boundaries.captions.shelf import Keep, in_memory
from caption_boundaries.captions.stored import StoredPictures
from caption_boundaries.captions.strokes import Mask, StrokeMasks
from caption_boundaries.media.jpeg import decode_jpeg
from caption_boundaries.recognition.engine import LineReader, OcrEngine
from caption_boundaries.recognition.reading_order import in_reading_order
from caption_boundaries.types import Box, Region, RgbImage, TextLine

NEAR_SECONDS = 0.5
"""Whether a stroke came or went is seen from so much time on the other side of an end."""
AWAY_SHARE = 0.3
"""A stroke that is seen in less than this share of it was not there."""
SAME_LEVEL = 0.5
"""Lines whose centres differ by less than this, in line heights, stand at one level."""
SELDOM = 0.05
"""A level with less than this share of all letters is none."""
OVERLAP = 0.3
"""What covers more than this share of a line's height, where a line was read, is that line."""
LEVEL_REACH = 0.5
"""Strokes up to so many line heights from a level belong to its lines."""
LETTER_GAP = 1.2
"""Strokes further apart than this, in line heights, are not of one line."""
LEAST_INK = 0.03
"""A line has at least so much of strokes, in squared line heights: about that of an i."""
STRAY_INK = 0.5
"""Strokes above and below a line are less than this share of its own, or it is a part of the scene."""
MARGIN = 0.2
"""Room left and right of the strokes, in line heights."""
MIN_CONFIDENCE = 0.85
"""A line found this way and read with less confidence is something in the scene."""
SIGNS_CONFIDENCE = 0.95
"""The same for a line without any letter, digit or ideograph."""


@dataclass(frozen=True, slots=True)
class Level:
    """A height of the crop picture at which lines stand."""

    center: float
    """Fraction of the picture's height."""
    line_height: float
    """Usual height of a line there, as a fraction of the picture's height."""


def look_again(
    pictures: StoredPictures,
    segments: Sequence[Segment],
    readings: Sequence[Reading],
    engine: OcrEngine,
    keep: Keep = in_memory,
) -> list[Reading]:
    """Return the readings with the lines that were overlooked, as far as the engine can read single lines.

    Args:
        pictures: The caption region.
        segments: The stretches of the video.
        readings: What was read in each.
        engine: Nobody else may use it meanwhile.
        keep: Where what lines look like waits until it is compared.
    """
    found = list(readings)
    if not isinstance(engine, LineReader):
        return found
    scale, levels = pictures.scale, usual_levels(readings, pictures.scale, pictures.regions)
    if not levels:
        return found
    for i, (segment, reading) in enumerate(zip(segments, readings, strict=True)):
        if not len(segment.indices) or reading.error is not None:
            continue
        sized = tuple(line for line in reading.lines if has_line_size(line, scale))
        places = list(overlooked(own_strokes(pictures.strokes, segments, i), sized, levels, scale))
        if not places:
            continue
        picture = combine([decode_jpeg(data) for data in pictures.jpegs(chosen_indices(segment.indices.tolist()))])
        added = [line for place in places if (line := _read(engine, picture, place)) is not None]
        if added:
            lines = tuple(in_reading_order([*sized, *added]))
            found[i] = Reading(lines, text_patch(picture, lines, pictures.strokes.size, pictures.regions, keep))
    return found


def usual_levels(readings: Sequence[Reading], scale: Scale, regions: Sequence[Region]) -> list[Level]:
    """Return the levels at which confident lines stand, the one with the most letters first."""
    lines = [line for reading in readings for line in reading.lines if line.confidence >= SURE]
    lines = [line for line in lines if has_line_size(line, scale)]
    centers = np.array([line.box.center[1] for line in lines], dtype=np.float64)
    letters = np.array([len(line.text) for line in lines], dtype=np.int64)
    order = np.argsort(centers, kind="stable")
    centers, letters = centers[order], letters[order]
    levels: list[Level] = []
    seldom = SELDOM * letters.sum()
    while len(centers):
        center, votes, count = _most_voted(centers, letters, SAME_LEVEL / 2 * scale.line_height)
        if votes >= seldom and count > 1:
            levels.append(Level(center, scale.line_heights[region_at(center, regions)]))
        left = np.abs(centers - center) >= SAME_LEVEL * scale.line_height
        centers, letters = centers[left], letters[left]
    return levels


def _most_voted(centers: NDArray[np.float64], letters: NDArray[np.int64], reach: float) -> tuple[float, float, int]:
    """Return the height around which most letters stand, how many do, and in how many lines.

    Args:
        centers: Of the lines, ascending.
        letters: How many each line has.
        reach: Lines up to so far above and below count.
    """
    sums = np.concatenate([[0], np.cumsum(letters)])
    first = np.searchsorted(centers, centers - reach, side="right")
    stop = np.searchsorted(centers, centers + reach, side="left")
    votes = sums[stop] - sums[first]
    best = int(votes.argmax())
    return float(np.median(centers[first[best] : stop[best]])), float(votes[best]), int(stop[best] - first[best])


def own_strokes(strokes: StrokeMasks, segments: Sequence[Segment], number: int) -> Mask:
    """Return the strokes that stand still in a stretch and came at its start and went at its end.

    Where none did both, as in one of two stretches that show the same caption, those are returned that did either.
    """
    segment = segments[number]
    near = strokes.frames_in(NEAR_SECONDS, at_least=2)
    still = strokes.share(segment.first, segment.stop) >= STABLE_SHARE
    came = went = np.ones_like(still)
    if segment.first > 0:
        came = strokes.share(max(segments[number - 1].first, segment.first - near), segment.first) < AWAY_SHARE
    if segment.stop < strokes.frame_count:
        went = strokes.share(segment.stop, min(segments[number + 1].stop, segment.stop + near)) < AWAY_SHARE
    both = still & came & went
    return both if both.any() else still & (came | went)


def overlooked(own: Mask, lines: Sequence[TextLine], levels: Sequence[Level], scale: Scale) -> Iterator[Box]:
    """Yield where lines seem to stand that were not read.

    Args:
        own: Strokes that came and went.
        lines: What was read.
        levels: Where captions stand.
        scale: Of the crop picture.
    """
    height, width = own.shape
    left_over, elsewhere = own.copy(), own.copy()
    for line in lines:
        margin = round(MARGIN * scale.line_height * height)
        left_over[in_box(line, own.shape, margin=margin)] = False
    bands = [_band(level, height) for level in levels]
    for rows in bands:
        elsewhere[rows] = False
    for level, rows in zip(levels, bands, strict=True):
        tall = level.line_height * height
        for first, stop in _runs(np.asarray(left_over[rows].any(axis=0)), LETTER_GAP * tall):
            inked = int(np.count_nonzero(left_over[rows, first:stop]))
            stray = int(np.count_nonzero(elsewhere[:, first:stop]))
            place = Box(
                max(0.0, (first - MARGIN * tall) / width),
                rows.start / height,
                min(1.0, (stop + MARGIN * tall) / width),
                rows.stop / height,
            )
            if inked < LEAST_INK * tall**2 or stray > STRAY_INK * inked or any(_covers(line, place) for line in lines):
                continue
            left_over[rows, first:stop] = False
            yield place


def _band(level: Level, height: int) -> slice:
    """Return the rows of a mask that hold a level's lines."""
    center, reach = level.center * height, LEVEL_REACH * level.line_height * height
    return slice(max(0, round(center - reach)), min(height, round(center + reach)))


def _covers(line: TextLine, place: Box) -> bool:
    """Tell whether a line was read in a place already."""
    shared = min(line.box.bottom, place.bottom) - max(line.box.top, place.top)
    beside = line.box.right < place.left or line.box.left > place.right
    return not beside and shared > OVERLAP * place.height


def _runs(inked: Mask, gap: float) -> Iterator[tuple[int, int]]:
    """Yield the stretches of columns (first, stop) that hold strokes with no more than a gap between them."""
    columns = np.flatnonzero(inked)
    if len(columns):
        for part in np.split(columns, np.flatnonzero(np.diff(columns) > gap) + 1):
            yield int(part[0]), int(part[-1]) + 1


def _read(reader: LineReader, picture: RgbImage, place: Box) -> TextLine | None:
    """Return the line that stands in a place, or None where that is no text."""
    pixels = place.to_pixels(picture.shape[1], picture.shape[0])
    line = reader.read_line(np.ascontiguousarray(picture[pixels.top : pixels.bottom, pixels.left : pixels.right]))
    if line is None:
        return None
    needed = MIN_CONFIDENCE if any(letter.isalnum() for letter in line.text) else SIGNS_CONFIDENCE
    return replace(line, box=place) if line.confidence >= needed else None
