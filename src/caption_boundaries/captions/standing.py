"""Which of the lines that were read stand in one place and are no captions: logos and clocks.

In a short video a caption may stand as long as a logo does. A detector that knows captions then decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from caption_boundaries.captions.reading import Reading
from caption_boundaries.captions.text import folded, similarity
from caption_boundaries.types import Box, TextLine

STATIC_SHARE = 0.5
"""A line that stands in one place for this share of the video is a logo."""
STATIC_STRETCHES = 6
"""And it was read in at least so many stretches of it."""
FEW_VISITS, THROUGHOUT = 2, 0.8
"""A line that comes so often at most is a caption, however long, unless it is there for this share of the video."""
SURELY_CAPTION = 0.9
"""Where nothing but lines that stand is read and a detector sees a caption with this probability, they are one ..."""
CAPTION_SHARE = 0.5
"""... if that is so for this share of their time."""
STATIC_SIMILARITY = 0.7
USUAL_SPELLING = 0.5
"""Its usual reading has this share of the time."""
NEAR_ACROSS, NEAR_DOWN = 0.7, 0.4
"""Lines whose centres are no further apart than this, in line heights, stand in one place."""
CLOCK = re.compile(r"\W*\d{1,2}(([:.]\d{2}){1,2}|:(\d{2}:)?\d?)\W*")
"""A time, perhaps cut off by the edge of the picture; two different ones in one place are a clock."""


class Standing(Protocol):
    """Something that stands in one place."""

    def holds(self, line: TextLine) -> bool:
        """Tell whether a line is it."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """How close lines are that stand in one place, as fractions of the picture."""

    across: float
    down: float

    def holds(self, one: Box, other: Box) -> bool:
        (x, y), (other_x, other_y) = one.center, other.center
        return abs(x - other_x) < self.across and abs(y - other_y) < self.down


def standing_texts(
    readings: Sequence[Reading],
    durations: Sequence[float],
    line_width: float,
    line_height: float,
    caption: Sequence[float] = (),
) -> list[Standing]:
    """Return the logos and clocks among what was read.

    Args:
        readings: Of the video's stretches in order.
        durations: How long each of them is, in any unit.
        line_width: Usual height of a line as a fraction of the picture's width.
        line_height: The same as a fraction of its height.
        caption: How probable it is that each stretch shows a caption; empty: nobody knows.
    """
    reach = _Reach(NEAR_ACROSS * line_width, NEAR_DOWN * line_height)
    logos = _logos(readings, durations, reach)
    if caption and logos:
        logos = [logo for logo in logos if not _is_caption(logo, logos, readings, durations, caption)]
    return [*logos, *_clocks(readings, reach)]


def _is_caption(
    logo: _Spot,
    logos: Sequence[_Spot],
    readings: Sequence[Reading],
    durations: Sequence[float],
    caption: Sequence[float],
) -> bool:
    """Tell whether what stands like a logo comes or goes, and a detector sees a caption where it stands alone."""
    there = [any(logo.holds(line) for line in reading.lines) for reading in readings]
    if there[0] and there[-1]:
        return False
    alone = sum(
        duration
        for reading, duration, is_there, probability in zip(readings, durations, there, caption, strict=True)
        if is_there and probability >= SURELY_CAPTION
        if all(any(other.holds(line) for other in logos) for line in reading.lines)
    )
    shown = sum(duration for duration, is_there in zip(durations, there, strict=True) if is_there)
    return alone >= CAPTION_SHARE * shown


@dataclass(slots=True)
class _Spot:
    """A text in one place, and for how long it stands there."""

    line: TextLine
    reach: _Reach
    stretches: int = 0
    visits: int = 0
    """How often it comes."""
    last: int = -2
    """Number of the stretch that shows it last."""
    durations: dict[str, float] = field(default_factory=dict)
    """How long each spelling stands there."""

    def holds(self, line: TextLine) -> bool:
        words = folded(line.text)
        if not words:
            return False  # every text in a script that the engine cannot read looks alike to it
        return self.reach.holds(self.line.box, line.box) and (
            similarity(folded(self.line.text), words) >= STATIC_SIMILARITY
        )

    def add(self, line: TextLine, duration: float, stretch: int) -> None:
        self.stretches += 1
        self.visits += stretch > self.last + 1
        self.last = stretch
        spelling = folded(line.text)
        self.durations[spelling] = self.durations.get(spelling, 0.0) + duration

    def is_static(self, total: float) -> bool:
        shown = sum(self.durations.values())
        # Captions in the same place may be as alike as misreadings of a logo, but none of them is the usual one.
        usual = max(self.durations.values()) >= USUAL_SPELLING * shown
        share = STATIC_SHARE if self.visits > FEW_VISITS else THROUGHOUT
        return self.stretches >= STATIC_STRETCHES and shown >= share * total and usual


def _logos(readings: Sequence[Reading], durations: Sequence[float], reach: _Reach) -> list[_Spot]:
    spellings: dict[str, float] = {}
    for reading, duration in zip(readings, durations, strict=True):
        for line in reading.lines:
            spelling = folded(line.text)
            spellings[spelling] = spellings.get(spelling, 0.0) + duration
    total = sum(durations)
    # Comparing every text with every other takes long in a long film, and is spared where no spelling is usual enough.
    if max(spellings.values(), default=0.0) < USUAL_SPELLING * STATIC_SHARE * total:
        return []
    return [spot for spot in _spots(readings, durations, reach) if spot.is_static(total)]


def _spots(readings: Sequence[Reading], durations: Sequence[float], reach: _Reach) -> list[_Spot]:
    """Return every text that stands in one place, with how long it does."""
    spots: list[_Spot] = []
    for number, (reading, duration) in enumerate(zip(readings, durations, strict=True)):
        for line in reading.lines:
            spot = next((spot for spot in spots if spot.holds(line)), None)
            if spot is None:
                spot = _Spot(line, reach)
                spots.append(spot)
            spot.add(line, duration, number)
    return spots


@dataclass(slots=True)
class _Clock:
    """Times that were read in one place."""

    box: Box
    reach: _Reach
    times: set[str] = field(default_factory=set)

    def holds(self, line: TextLine) -> bool:
        return CLOCK.fullmatch(line.text) is not None and self.reach.holds(self.box, line.box)


def _clocks(readings: Sequence[Reading], reach: _Reach) -> Iterator[_Clock]:
    clocks: list[_Clock] = []
    for line in (line for reading in readings for line in reading.lines if CLOCK.fullmatch(line.text)):
        clock = next((clock for clock in clocks if clock.holds(line)), None)
        if clock is None:
            clock = _Clock(line.box, reach)
            clocks.append(clock)
        clock.times.add(folded(line.text))
    yield from (clock for clock in clocks if len(clock.times) > 1)
