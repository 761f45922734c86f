"""When captions come and go, and what they say: one after the other, as in real videos and worse."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from caption_boundaries.data.recipe import ScriptedCaption
from caption_boundaries.data.texts import TextWriter

SHORTEST_SECONDS = 0.1
"""At least one frame index shows a caption of this length; a shorter one may be seen at none, and has no row."""
BLINK_SECONDS = 0.2
"""To viewers, a caption that is away for less than this has stayed: it does not come again."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How captions follow one another in a video."""

    adjoining: float
    """Share of the captions that follow without a pause."""
    pause: float
    """Usual pause in seconds."""
    fade: int
    """Frames of a fade; even; 0 = hard cuts."""
    flicker: float
    """By how much the opacity falls on every other frame at most."""
    two_lines: float
    """Share of captions with two lines."""
    near: float = 0.12
    """Share of the captions that differ from the one before in one letter."""
    haste: float = 1.0
    """How many times as fast as usual they follow one another."""
    repeated: float = 0.06
    """Share of the captions that say the same again after a pause."""


def draw_pace(chance: random.Random, *, fades: bool, flickers: bool, near: float = 0.12, haste: float = 1.0) -> Pace:
    """Return how captions follow one another in one video."""
    adjoining, pause = chance.choice([(0.75, 0.6), (0.45, 1.0), (0.2, 1.5), (0.05, 3.0)])
    return Pace(
        adjoining=adjoining,
        pause=pause,
        fade=chance.choice([2, 4, 6, 8]) if fades else 0,
        flicker=chance.uniform(0.1, 0.3) if flickers else 0.0,
        two_lines=chance.choice([0.0, 0.0, 0.25, 0.6]),
        near=near,
        haste=haste,
    )


def write_captions(
    chance: random.Random, pace: Pace, writer: TextWriter, second: TextWriter | None, frames: int, fps: float
) -> tuple[ScriptedCaption, ...]:
    """Return the captions of a video in order, none overlapping the next.

    Args:
        chance: Decides everything.
        pace: How they follow one another.
        writer: Writes the lines.
        second: Writes the second line of bilingual captions; None in one language.
        frames: Source frames of the video.
        fps: Source frames per second.
    """
    captions: list[ScriptedCaption] = []
    for first, last in _extents(chance, pace, frames, fps):
        before = captions[-1] if captions else None
        away = 0.0 if before is None else (first - before.last - 1) / fps
        lines = _lines(chance, pace, writer, second, before, away=away)
        while before is not None and lines == before.lines and away < BLINK_SECONDS:  # nobody sees where it changes
            lines = _lines(chance, pace, writer, second, before, away=away)
        captions.append(ScriptedCaption(first, last, lines, flicker=pace.flicker))
    return _faded(captions, pace.fade)


def _extents(chance: random.Random, pace: Pace, frames: int, fps: float) -> Iterator[tuple[int, int]]:
    first = 0 if chance.random() < 0.15 else round(chance.uniform(0.1, 3.0) * fps)
    while first < frames - _shortest(fps):
        last = first + _length(chance, pace, fps) - 1
        if last >= frames - 1:
            if chance.random() < 0.5:
                yield first, frames - 1
            return
        yield first, last
        first = last + 1 + _pause(chance, pace, fps)


def _shortest(fps: float) -> int:
    """Return how many frames a caption lasts at least."""
    return math.ceil(SHORTEST_SECONDS * fps - 1e-9)


def _length(chance: random.Random, pace: Pace, fps: float) -> int:
    kind = chance.random()
    if kind < 0.06:
        return chance.randint(_shortest(fps), 6)
    if kind < 0.09:
        return round(chance.uniform(5, 12) * fps / pace.haste)
    return max(_shortest(fps), round(min(6.0, chance.lognormvariate(0.45, 0.5)) * fps / pace.haste))


def _pause(chance: random.Random, pace: Pace, fps: float) -> int:
    if chance.random() < pace.adjoining:
        return 0
    if chance.random() < 0.2:
        return chance.randint(1, 6)
    return max(1, round(chance.expovariate(1 / pace.pause) * fps / pace.haste))


def _lines(
    chance: random.Random,
    pace: Pace,
    writer: TextWriter,
    second: TextWriter | None,
    before: ScriptedCaption | None,
    *,
    away: float,
) -> tuple[str, ...]:
    """Return what a caption says that comes ``away`` seconds after the one ``before``."""
    kind = chance.random()
    if before is not None and kind < pace.near:
        number = chance.randrange(len(before.lines))
        author = second if second is not None and number else writer
        return tuple(author.near(line) if i == number else line for i, line in enumerate(before.lines))
    if before is not None and away >= BLINK_SECONDS and kind < pace.near + pace.repeated:
        return before.lines
    if second is not None:
        return writer.line(), second.line()
    return writer.lines(2 if chance.random() < pace.two_lines else 1)


def _faded(captions: list[ScriptedCaption], fade: int) -> tuple[ScriptedCaption, ...]:
    """Return the captions with fades wherever there is room for them."""
    if not fade:
        return tuple(captions)
    around = [None, *captions, None]
    return tuple(
        replace(caption, fade_in=_fade_between(before, caption, fade), fade_out=_fade_between(caption, after, fade))
        for before, caption, after in zip(around, captions, around[2:], strict=False)
    )


def _fade_between(before: ScriptedCaption | None, after: ScriptedCaption | None, fade: int) -> int:
    """Return how many frames a caption fades towards a neighbour: through each other, well apart, or not at all."""
    if any(caption is not None and caption.last - caption.first + 1 < 2 * fade for caption in (before, after)):
        return 0
    if before is None or after is None:
        return fade
    pause = after.first - before.last - 1
    return fade if pause == 0 or pause > 2 * fade else 0
