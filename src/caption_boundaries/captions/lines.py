"""Which of the lines that were read are the caption's: not logos, not specks, not other text of the scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.reading import Reading
from caption_boundaries.captions.standing import standing_texts
from caption_boundaries.captions.text import folded
from caption_boundaries.types import Anchor, TextLine

LOWEST, HIGHEST = 0.5, 2.0
"""Bounds of a caption line's height, in usual line heights."""
STRAY_LETTERS = 3
"""So many letters at most, far from where captions stand, are a speck that looks like text."""
STRAY_WIDTH = 6.0
"""It is no wider than this, in line heights."""
STRAY_DISTANCE = 1.2
"""In line heights."""
STRAY_LEVEL = 0.25
"""So far from where captions stand they are one, too, when they were not read for sure; in line heights."""
UNSURE_LETTERS = 0.6
"""So few letters read with less confidence than this are a speck wherever they stand."""
ALIGNED, ALIGNED_SHARE, ALIGNED_LINES = 0.5, 0.8, 5
"""Where this share of all texts, and so many at least, stand this close to the anchor, in line heights ..."""
KNOWN_LINES, KNOWN_SHARE = 2, 0.5
"""Where the layout says where they are aligned, so many texts, and this share of all, are enough to bear it out."""
ASIDE, SPREADS = 2.5, 4.0
"""... one that is so far from it, and so many times as far as is usual, is something else, such as a speaker's name."""
STACK_PITCH = 1.6
"""Lines of one caption are closer than this, in line heights."""
SURE = 0.9
"""Confidence of the lines from which is learnt where captions stand."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What a fraction of the crop picture means."""

    line_heights: tuple[float, ...]
    """Usual height of a line in each region, as fractions of the picture's height."""
    aspect: float
    """Width of the picture divided by its height."""
    anchor: Anchor
    """At which side the lines are aligned."""
    place: float | None = None
    """Where that side is by the layout, as a fraction of the picture's width; None: it does not say."""
    spread: float = 0.0
    """How far lines usually are from there, in line heights."""

    @property
    def line_height(self) -> float:
        """The tallest region's usual line height, as a fraction of the picture's height."""
        return max(self.line_heights)

    @property
    def line_width(self) -> float:
        """The same length as a fraction of the picture's width."""
        return self.line_height / self.aspect


def caption_lines(
    readings: Sequence[Reading], durations: Sequence[float], scale: Scale, caption: Sequence[float] = ()
) -> list[Reading]:
    """Return the readings with only those lines that may be captions.

    Args:
        readings: Of the video's stretches in order.
        durations: How long each of them is, in any unit.
        scale: Of the crop picture.
        caption: How probable it is that each stretch shows a caption; empty: nobody knows.
    """
    sized = _keep(readings, lambda line: has_line_size(line, scale))
    standing = standing_texts(sized, durations, scale.line_width, scale.line_height, caption)
    moving = _keep(sized, lambda line: not any(spot.holds(line) for spot in standing))
    known = scale.place is not None and _keep_to(
        moving, scale.place, scale, max(ALIGNED, scale.spread), at_least=KNOWN_LINES, share=KNOWN_SHARE
    )
    place, level = scale.place if known else _usual_place(moving, scale.anchor), _usual_levels(moving)
    kept = [_without(reading, lambda line: _is_stray(line, place, level, scale), scale) for reading in moving]
    if place is None:
        return kept
    if not known and not _keep_to(kept, place, scale, ALIGNED, at_least=ALIGNED_LINES, share=ALIGNED_SHARE):
        return kept
    aside = max(ASIDE, SPREADS * scale.spread)
    return [_without(reading, lambda line: _off_anchor(line, place, scale) > aside, scale) for reading in kept]


def _keep(readings: Sequence[Reading], wanted: Callable[[TextLine], bool]) -> list[Reading]:
    kept = [tuple(line for line in reading.lines if wanted(line)) for reading in readings]
    return [replace(reading, lines=lines) for reading, lines in zip(readings, kept, strict=True)]


def has_line_size(line: TextLine, scale: Scale) -> bool:
    """Tell whether a line is about as high as a caption's line of some region."""
    return any(LOWEST * height <= line.box.height <= HIGHEST * height for height in scale.line_heights)


def _usual_place(readings: Sequence[Reading], anchor: Anchor) -> float | None:
    """Return where the anchors of the lines lie, weighted by letters, as a fraction of the width."""
    lines = [line for reading in readings for line in reading.lines if line.confidence >= SURE]
    if not lines:
        return None
    places = np.array([_anchor_of(line, anchor) for line in lines])
    letters = np.array([len(line.text) for line in lines])
    order = np.argsort(places, kind="stable")
    return float(places[order][np.searchsorted(np.cumsum(letters[order]), letters.sum() / 2)])


def _anchor_of(line: TextLine, anchor: Anchor) -> float:
    return {"left": line.box.left, "center": line.box.center[0], "right": line.box.right}[anchor]


def _usual_levels(readings: Sequence[Reading]) -> NDArray[np.float64]:
    """Return the heights at which lines stand that are no specks, as fractions of the picture's height."""
    lines = (line for reading in readings for line in reading.lines)
    sure = [line.box.center[1] for line in lines if line.confidence >= SURE and len(folded(line.text)) > STRAY_LETTERS]
    return np.array(sure, dtype=np.float64)


def _is_stray(line: TextLine, place: float | None, levels: NDArray[np.float64], scale: Scale) -> bool:
    # A wide line of few letters is no speck, but in a script that the engine cannot read.
    if place is None or len(folded(line.text)) > STRAY_LETTERS or line.box.width > STRAY_WIDTH * scale.line_width:
        return False
    if line.confidence < UNSURE_LETTERS:
        return True
    if _off_anchor(line, place, scale) > STRAY_DISTANCE:
        return True
    off = np.abs(levels - line.box.center[1]).min(initial=np.inf) / scale.line_height
    return bool(line.confidence < SURE and len(levels) and off > STRAY_LEVEL)


def _off_anchor(line: TextLine, place: float, scale: Scale) -> float:
    """Return how far a line stands from where captions are aligned, in line heights."""
    return abs(_anchor_of(line, scale.anchor) - place) / scale.line_width


def _keep_to(
    readings: Sequence[Reading], place: float, scale: Scale, distance: float, *, at_least: int, share: float
) -> bool:
    """Tell whether so many texts, and such a share of all, stand within a distance, in line heights, of a place."""
    # Each text once: a plate stands through several captions.
    lines = {folded(line.text): line for reading in readings for line in reading.lines if line.confidence >= SURE}
    close = sum(_off_anchor(line, place, scale) < distance for line in lines.values())
    return close >= at_least and close >= share * len(lines)


def _without(reading: Reading, is_odd: Callable[[TextLine], bool], scale: Scale) -> Reading:
    """Return a reading without the lines that are odd and are no further line of a caption that is not."""
    odd = [is_odd(line) for line in reading.lines]
    good = [line for line, is_one in zip(reading.lines, odd, strict=True) if not is_one]
    kept = (
        line
        for line, is_one in zip(reading.lines, odd, strict=True)
        if not is_one or any(_are_stacked(line, other, scale) for other in good)
    )
    return replace(reading, lines=tuple(kept))


def _are_stacked(one: TextLine, other: TextLine, scale: Scale) -> bool:
    """Tell whether two lines stand below each other and begin or end together, as when two people speak."""
    ends = min(abs(one.box.left - other.box.left), abs(one.box.right - other.box.right))
    pitch = abs(one.box.center[1] - other.box.center[1])
    return ends < ALIGNED * scale.line_width and pitch < STACK_PITCH * scale.line_height
