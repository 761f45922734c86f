"""At which source frame a caption begins and ends.

The strokes of the caption are known. Around its first guess each of them is weighed by how much more it is seen inside
than outside, so that strokes which a static background or the neighbouring caption shares count for nothing. The
weighted share of strokes that a frame shows is low outside and high inside; the boundary is near where a single step
fits these values best, so that no single odd frame moves it, and `fading` tells where half of the caption is there.

Where the scene is cut shortly before, strokes of the new background may come first and the caption's follow. All
strokes of a caption are there as long as it is, so it begins with the last that come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.fading import half_way, with_edges
from caption_boundaries.captions.opacity import Lumas, Opacities, opacities
from caption_boundaries.captions.strokes import Mask, StrokeMasks

ROUNDS = 5
"""Rounds of weighing strokes and finding the step at most; two usually do."""
LEAST_WEIGHT = 1e-6
LATE_FRAMES = 2
"""Strokes that come so many frames later than others are looked at by themselves; fewer are a fade, or blur."""
LATE_SUPPORT = 0.25
"""Strokes that come later are the caption's when they are this share of all."""
LATE_CONTRAST = 0.85
LEAST_SUPPORT = 0.04
"""Where fewer of the strokes come, as when a dot becomes an exclamation mark, noise weighs as much as they do."""
BEYOND = 2
"""Pictures are looked at so many frames further on either side than strokes are."""
PAUSE_FRAMES = 2
PAUSE_DEPTH = 0.3
PAUSE_RETURN = 0.15
"""In a pause of so many frames the level falls by so much, and comes back to so much below it before."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a caption begins or ends."""

    frame: int
    """The first source frame that shows it, or the first that no longer does."""
    contrast: float
    """By how much more of the strokes that matter is seen inside than outside, 0 to 1; 0: it is a guess."""
    support: float = 0.0
    """Which share of the caption's strokes matters: is seen inside and not outside."""
    fade: int = 0
    """On how many frames it is partly there; 0: it comes or goes at once."""


def refine_start(strokes: StrokeMasks, ink: Mask, guess: int, low: int, high: int, lumas: Lumas | None = None) -> Edge:
    """Return where a caption begins.

    Args:
        strokes: The stroke masks.
        ink: The caption's own strokes.
        guess: About where it begins.
        low: The first source frame to look at.
        high: The source frame after the last to look at; those from ``guess`` on should show the caption.
        lumas: The pictures, to see how it fades in; None: the strokes alone have to tell.
    """
    edge = _last_step(_ink_values(strokes, ink, low, high), guess - low)
    if edge is None:
        return Edge(guess, 0.0)
    place, fade = _half_way(strokes, ink, edge[0], low, high, lumas, backwards=False)
    return Edge(low + place, *edge[1:], fade)


def refine_end(strokes: StrokeMasks, ink: Mask, guess: int, low: int, high: int, lumas: Lumas | None = None) -> Edge:
    """Return where a caption ends: the first source frame without it. Takes what `refine_start` does."""
    edge = _last_step(_ink_values(strokes, ink, low, high)[::-1], high - guess)
    if edge is None:
        return Edge(guess, 0.0)
    place, fade = _half_way(strokes, ink, edge[0], low, high, lumas, backwards=True)
    return Edge(high - place, *edge[1:], fade)


def _half_way(
    strokes: StrokeMasks, ink: Mask, place: int, low: int, high: int, lumas: Lumas | None, *, backwards: bool
) -> tuple[int, int]:
    """Return what `half_way` does; rows are counted from outside the caption, which is its end backwards."""
    around = with_edges(ink)

    def look() -> Opacities | None:
        if lumas is None:
            return None
        pictures = lumas.between(low - BEYOND, high + BEYOND)
        return opacities([(high - 1 - f if backwards else f - low, luma) for f, luma in pictures], around, place)

    values = _ink_values(strokes, around, low, high)
    return half_way(values[::-1] if backwards else values, place, look)


def _ink_values(strokes: StrokeMasks, ink: Mask, low: int, high: int) -> NDArray[np.float32]:
    """Return which of the caption's strokes every frame shows, shape (frames, strokes)."""
    if high - low < 2 or not ink.any():
        return np.zeros((0, 0), dtype=np.float32)
    return strokes.masks(low, high)[:, ink].astype(np.float32)


def _last_step(values: NDArray[np.float32], guess: int) -> tuple[int, float, float] | None:
    """Return the row from which all strokes are shown, its contrast and its support; None if there is no such row.

    Args:
        values: Which strokes are shown, rows from outside the caption to its inside.
        guess: About the row from which they are shown.
    """
    dropped = _pause_begin(values, guess)
    step = _step(values[dropped:], guess - dropped)
    if step is None or step[2] < LEAST_SUPPORT:
        return None
    step = dropped + step[0], step[1], step[2]
    while True:
        place = step[0]
        later = _step(values[place:], 1)
        if later is None or later[0] < LATE_FRAMES or later[1] < LATE_CONTRAST or later[2] < LATE_SUPPORT:
            return step
        step = place + later[0], later[1], later[2]


def _pause_begin(values: NDArray[np.float32], guess: int) -> int:
    """Return the row at which a pause before the caption begins, if another one with much the same strokes ends there.

    Rows before it say nothing of when this one begins; 0 where there is no such pause.
    """
    if len(values) < PAUSE_FRAMES + 2:
        return 0
    level = values.mean(axis=1)
    inside = float(np.median(level[min(guess, len(level) - 1) :]))
    low = np.flatnonzero(level < inside - PAUSE_DEPTH)
    if not len(low):
        return 0
    end = begin = int(low[-1])
    while begin > 0 and level[begin - 1] < inside - PAUSE_DEPTH:
        begin -= 1
    came_back = bool((level[:begin] >= inside - PAUSE_RETURN).any())
    return begin if came_back and end - begin + 1 >= PAUSE_FRAMES else 0


def _step(values: NDArray[np.float32], guess: int) -> tuple[int, float, float] | None:
    """Return the row from which most strokes are shown, its contrast and its support; None if there is no such row."""
    count = len(values)
    if count < 2:
        return None
    place, contrast, support = min(max(guess, 1), count - 1), 0.0, 0.0
    for _ in range(ROUNDS):
        # One row on either side of the step is left out: it may be the step.
        outside = values[: max(1, place - 1)].mean(axis=0)
        inside = values[min(count - 1, place + 1) :].mean(axis=0)
        weights = np.clip(inside - outside, 0, None) ** 2
        support = float(weights.mean())
        if support < LEAST_WEIGHT:
            return None
        found = best_step(values @ weights / weights.sum())
        if found is None:
            return None
        before, (place, contrast) = place, found
        if place == before:
            break
    return place, contrast, support


def best_step(levels: NDArray[np.float32]) -> tuple[int, float] | None:
    """Return the place in ``levels`` from which they are higher, so that two constants fit best, and by how much.

    Returns:
        The index of the first high level, 1 or more, and the difference; None where no place has higher levels after
        it than before it.
    """
    count = len(levels)
    sums = np.concatenate([[0.0], np.cumsum(levels, dtype=np.float64)])
    places = np.arange(1, count)
    low = sums[places] / places
    high = (sums[count] - sums[places]) / (count - places)
    # The squares' sum is the same for all places, so the fit is best where the means explain most.
    explained = np.where(high > low, places * low**2 + (count - places) * high**2, -1.0)
    best = int(np.argmax(explained)) if count > 1 else 0
    if count < 2 or explained[best] < 0:
        return None
    return int(places[best]), float(high[best] - low[best])
