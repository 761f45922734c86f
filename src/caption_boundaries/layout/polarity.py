"""Whether a region's text is lighter or darker than what it stands on, from small pictures of its lines.

A letter is a silhouette on the background. Where it is drawn with an outline, the silhouette's rim is the outline and
its inside the stroke, so the stroke has the brightness of the background's side again: white letters with a black rim
on a white sky are light text. Hence: take the silhouettes, and see whether most of what they enclose is rim or inside.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import GrayImage, Polarity

WORK_HEIGHT = 48
"""Height in pixels to which every picture is scaled: an outline is then at least a pixel wide."""
INSIDE_SHARE = 0.25
"""Where the usual silhouette encloses at least this share of itself, the inside is stroke: an ``o`` encloses more, but
letters such as ``l`` and ``s`` nothing."""
DARK_SHARE = 0.6
"""Evidence needed to call text dark: most captions are light, and a busy background votes either way."""
MIN_AREA = 0.03
"""Letters cover at least this share of their line's picture: less is background."""
MIN_CONTRAST = 24
"""Pictures whose two brightnesses differ by less than this (of 255) say nothing."""


def estimate_polarity(pictures: Sequence[GrayImage]) -> tuple[Polarity, float]:
    """Return the polarity of the text in ``pictures`` and how clear it is.

    Args:
        pictures: Luma of single text lines with a little of what surrounds them, each (height, width).

    Returns:
        The polarity, ``light`` when nothing can be said, and the share of the evidence that speaks for it, 0 to 1.
    """
    light = dark = 0.0
    for picture in pictures:
        vote = _vote(picture)
        light, dark = light + max(vote, 0.0), dark + max(-vote, 0.0)
    if light + dark == 0:
        return "light", 0.0
    share = dark / (light + dark)
    return ("dark", share) if share >= DARK_SHARE else ("light", 1 - share)


def _vote(picture: GrayImage) -> float:
    """Return what one picture says: above 0 light, below 0 dark; the size is the area of its silhouettes."""
    if min(picture.shape) < 4:
        return 0.0
    width = max(8, round(picture.shape[1] * WORK_HEIGHT / picture.shape[0]))
    scaled = cv2.resize(picture, (width, WORK_HEIGHT), interpolation=cv2.INTER_CUBIC)
    threshold, _ = cv2.threshold(scaled, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    bright = scaled > threshold
    if not bright.any() or bright.all() or scaled[bright].mean() - scaled[~bright].mean() < MIN_CONTRAST:
        return 0.0
    border = np.concatenate([bright[0], bright[-1]])
    background_is_bright = bool(border.mean() > 0.5)
    background = bright == background_is_bright
    silhouettes = _silhouettes(background)
    area = float(silhouettes.mean())
    if area < MIN_AREA:
        return 0.0
    has_rim = _usual_inside_share(silhouettes, background) >= INSIDE_SHARE
    text_is_bright = background_is_bright == has_rim
    return area if text_is_bright else -area


def _usual_inside_share(silhouettes: NDArray[np.bool_], background: NDArray[np.bool_]) -> float:
    """Return the share of itself that a silhouette encloses: the median over silhouettes, weighted by area."""
    _, labels = cv2.connectedComponents(silhouettes.astype(np.uint8), connectivity=4)
    areas = np.bincount(labels.ravel())[1:]
    shares = np.bincount(labels[background & silhouettes], minlength=len(areas) + 1)[1:] / areas
    order = np.argsort(shares, kind="stable")
    middle = np.searchsorted(np.cumsum(areas[order]), areas.sum() / 2)
    return float(shares[order][middle])


def _silhouettes(background: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what the picture's border cannot be reached from: letters with all they enclose, shape as given.

    Args:
        background: Pixels as bright as most of the border.
    """
    reached = _touching_border(background)
    return ~reached & ~_touching_border(~reached)


def _touching_border(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the connected parts of ``mask`` that touch the picture's border."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    outer = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    touching: NDArray[np.bool_] = np.isin(labels, outer[outer > 0])
    return touching
