"""Where a fade is half done, seen from the strokes that come little by little and from how bright they are. Pure.

A caption that fades counts as shown from the first frame on which at least half of it is there. A stroke is in the mask
as soon as it stands out enough, and strong ones do so long before half of them is there: taken as it is, a fade seems
to be over early. But the thin edges of letters come later than their middles, so that the share of strokes still grows
when the fade is half done. How it grows is much the same for all captions. Fades of every length are laid over what is
seen, at every place, and the one that fits best tells the frame. A hard cut is a fade of no length.

Strokes of high contrast are all there on the first frame of a fade. Where there are pictures, these say how much of the
caption is there, though only ten times a second: the fade that fits both is surer than what the strokes say alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.opacity import Opacities
from caption_boundaries.captions.strokes import Mask

OPACITIES = (0.0, 0.11, 0.22, 0.33, 0.44, 0.56, 0.67, 0.78, 0.89, 1.0)
SHARES = (0.0, 0.12, 0.52, 0.72, 0.82, 0.90, 0.94, 0.965, 0.985, 1.0)
"""Which share of a caption's strokes is in the masks at these opacities, as measured on synthetic training videos."""
LONGEST_FADE = 8
"""Frames on which a caption is partly there, at most."""
REACH = 5
"""Frames on either side of a first guess within which the fade is half done."""
SETTLED = 4
"""Frames from the guess on which say nothing of what is inside and what is outside."""
STEADY = 0.8
"""A stroke is the caption's when it is there on this share of the frames inside."""
EDGE = 5
"""Side in mask pixels of the square around every known stroke in which its edges lie."""
FEWEST = 20.0
"""Strokes that come, in pixels, below which there is nothing to measure."""
UNEXPLAINED, BETTER = 0.02, 0.8
"""A fade has to leave no larger share of how the strokes come unexplained, and this share of what a hard cut leaves: on
synthetic training videos one hard cut in twenty does, and six fades in seven."""
SUDDEN, SHORT_FADE = 0.58, 2
"""Where so much of the strokes comes from one frame to the next, it is no fade of more frames than these."""
SURELY_SUDDEN = 0.85
"""Where so much of them does, looking at pictures is spared: on synthetic training videos nine hard cuts in ten do."""
PICTURES_NEAR = 9
"""Frames on either side of a first guess within which pictures are compared with a fade."""
WORST_FIT = 9.0
"""A picture speaks no more against a hard cut than this, in squared errors: it may show something else. One that
speaks so much against a fade rules it out: something else has changed near by."""
STROKES_WEIGHT = 60.0
"""Squared errors that strokes of which nothing is explained are worth."""
SURER = 10.0
"""By so many squared errors a fade has to fit better than any hard cut."""


def half_way(
    values: NDArray[np.float32], guess: int, look: Callable[[], Opacities | None] = lambda: None
) -> tuple[int, int]:
    """Return the first row on which at least half of a caption is there, and over how many rows it fades.

    What comes at once stays at the guess: the strokes that it rests on are surer than the edges around them.

    Args:
        values: Which strokes in and around the caption's are there; rows from outside the caption to its inside.
        guess: About the first row that shows it.
        look: Returns what pictures say of how much of the caption is there; asked only where it matters.
    """
    count = len(values)
    if count < 4:
        return guess, 0
    inside = values[min(count - 2, guess + SETTLED) :].mean(axis=0)
    outside = values[: max(1, guess - SETTLED)].mean(axis=0)
    weights = np.clip(inside - outside, 0, None) * (inside >= STEADY)
    total = float(weights.sum())
    if total < FEWEST:
        return guess, 0
    levels = values @ weights / total
    seen = look() if np.diff(levels).max() < SURELY_SUDDEN * np.ptp(levels) else None
    place, fade = (seen and fit_opacities(seen, levels, guess)) or fit_fade(levels, guess)
    return (place, fade) if fade else (guess, 0)


def fit_opacities(seen: Opacities, levels: NDArray[np.float32], guess: int) -> tuple[int, int] | None:
    """Return place and length of the fade that fits pictures and strokes best; None where a hard cut may fit as well.

    Args:
        seen: What the pictures show.
        levels: Which share of the strokes every row shows.
        guess: About the first row that shows the caption.
    """
    fades, courses = _courses(len(levels), min(max(guess, 1), len(levels) - 1))
    near = np.abs(seen.rows - guess) <= PICTURES_NEAR
    errors = (seen.values[near] - _opacity(fades, seen.rows[near])) / seen.noise
    left, total = _unexplained(levels, courses)
    wrong = np.minimum(errors**2, WORST_FIT)
    misfit = wrong.sum(axis=1) + STROKES_WEIGHT * left / max(total, 1e-12)
    best = int(np.argmin(misfit))
    surer = misfit[best] + SURER < misfit[fades[:, 1] == 0].min()
    return (int(fades[best, 0]), int(fades[best, 1])) if surer and wrong[best].max() < WORST_FIT else None


def fit_fade(levels: NDArray[np.float32], guess: int) -> tuple[int, int]:
    """Return the place from which at least half is there, and the length, of the fade that fits ``levels`` best."""
    fades, courses = _courses(len(levels), min(max(guess, 1), len(levels) - 1))
    left, total = _unexplained(levels, courses)
    if np.diff(levels).max() > SUDDEN * np.ptp(levels):
        left[fades[:, 1] > SHORT_FADE] = np.inf
    best, hard = int(np.argmin(left)), int(np.argmin(np.where(fades[:, 1] == 0, left, np.inf)))
    fits = left[best] <= min(UNEXPLAINED * total, BETTER * left[hard])
    place, fade = fades[best if fits else hard].tolist()
    return place, fade


def _unexplained(levels: NDArray[np.float32], courses: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return how much of the strokes' coming each course leaves unexplained, and how much there is to explain."""
    levels = levels - levels.mean()
    slopes, total = courses @ levels, float(levels @ levels)
    return total - np.where(slopes > 0, slopes**2 / np.maximum((courses**2).sum(axis=1), 1e-12), 0.0), total


@lru_cache(maxsize=128)
def _courses(count: int, guess: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return place and length of every fade, shape (n, 2), and its course over ``count`` rows, less its mean."""
    places = range(max(1, guess - REACH), min(count - 1, guess + REACH) + 1)
    fades = np.array([(place, fade) for fade in range(0, LONGEST_FADE + 1, 2) for place in places], dtype=np.int64)
    courses = np.interp(_opacity(fades, np.arange(count)), OPACITIES, SHARES)
    return fades, courses - courses.mean(axis=1, keepdims=True)


def _opacity(fades: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how much of a caption each row shows in each fade, 0 to 1, shape (fades, rows)."""
    place, fade = fades[:, :1], fades[:, 1:]
    return np.clip((rows - place + fade / 2 + 1) / (fade + 1), 0, 1)


def with_edges(ink: Mask) -> Mask:
    """Return the strokes of a caption with the edges around them."""
    return cv2.dilate(ink.astype(np.uint8), np.ones((EDGE, EDGE), np.uint8)).astype(np.bool_)
