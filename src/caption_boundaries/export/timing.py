"""Times of cues on the grid of a file format.

Every time is rounded **down**. A player shows a cue while ``start <= time of the picture < end`` and often cuts the
picture's time down to milliseconds; a start that were rounded up could come one picture late, an end rounded up could
stay one picture too long. Rounded down, both are exact to the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from caption_boundaries.errors import InputError
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.text import tidy_text

_SLACK_ULPS = 4
"""Units in the last place by which a product may fall short of a whole tick, so that 0.999… s is 1 s."""
_SAME_SECONDS = 1e-9
"""Times that are this close are one moment."""


def to_ticks(seconds: float, ticks_per_second: int) -> int:
    """Return ``seconds`` in whole ticks, rounded down and never below zero."""
    if not math.isfinite(seconds):
        raise InputError(f"A cue has the time {seconds}.", hint="Times are numbers of seconds.")
    ticks = seconds * ticks_per_second
    return max(0, math.floor(ticks + _SLACK_ULPS * math.ulp(ticks)))


def on_grid(cues: Iterable[Cue], ticks_per_second: int) -> list[Cue]:
    """Return the cues as a file holds them: tidied, in order, on whole ticks, none empty.

    Every cue lasts at least one tick, and rounding makes none overlap that did not overlap before; where cues are
    shorter than a tick, later ones move on. Cues without text are left out.
    """
    kept = [replace(cue, text=text) for cue in cues if (text := tidy_text(cue.text))]
    kept.sort(key=lambda cue: (cue.start, cue.end))
    placed: list[Cue] = []
    free_from, ended_at = 0, -math.inf
    for cue in kept:
        start = to_ticks(cue.start, ticks_per_second)
        if cue.start + _SAME_SECONDS >= ended_at:
            start = max(start, free_from)
        end = max(start + 1, to_ticks(cue.end, ticks_per_second))
        free_from, ended_at = max(free_from, end), max(ended_at, cue.end)
        placed.append(replace(cue, start=start / ticks_per_second, end=end / ticks_per_second))
    return placed


def clock(seconds: float, *, point: str = ".") -> str:
    """Return ``HH:MM:SS.mmm`` with ``point`` before the milliseconds; hours grow as they must."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, milliseconds = divmod(milliseconds, 1000)
    return f"{hours:02d}:{minutes:02d}:{whole:02d}{point}{milliseconds:03d}"
