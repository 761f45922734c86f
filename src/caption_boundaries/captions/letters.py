"""Whether two pictures show the same letters in a line, whatever stands behind them. Pure.

Letters have one brightness and hide what is behind them. So where they stay, the pixels that are strokes and have the
brightness of the text stay as they are, however much the background moves; and where a letter becomes another one, a
stroke comes or goes. Thin things of the background that are as bright as the text look like a change, which errs to
the safe side: the line is then read once more.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import Box, GrayImage, Polarity

COMPARED_HEIGHT = 40
"""Pixels: higher lines are made so high before they are compared."""
STROKE_SHARE = 0.3
"""Width up to which something is a stroke, as a share of the line's height."""
STROKE_CONTRAST = 28
"""How much a stroke stands out from what is beside it, in steps of luma out of 255."""
TEXT_QUANTILE = 0.97
"""Of the brightness of all strokes: that of the text."""
TEXT_REACH = 25
"""The insides of letters are darker than that by so many steps of luma at most; their edges mix with what is behind."""
SPOT = 2
"""Side in pixels of the smallest difference that counts: about half the width of a stroke."""
LEAST_CHANGE = 40.0
"""Mean difference of luma in a spot from which on a stroke has changed. Letters that stay differ by 25 at most in two
of three pairs of pictures; an i beside an l, a comma beside a full stop, or a 己 beside a 已 differ by 45 or more."""


def same_letters(one: GrayImage, other: GrayImage, box: Box, polarity: Polarity) -> bool:
    """Tell whether two pictures of one size show the same letters in a line.

    Args:
        one: Luma, shape (height, width).
        other: The same.
        box: Where the line is.
        polarity: Whether the letters are light or dark.
    """
    inner, scale, wide = _places(one, box)
    views = [_scaled(picture[wide], scale, polarity) for picture in (one, other)]
    strokes = [_strokes(view, scale, box, one.shape[0])[inner] for view in views]
    a, b = (view[inner] for view in views)
    if not strokes[0].any() or not strokes[1].any():
        return False
    text = min(float(np.quantile(view[mask], TEXT_QUANTILE)) for view, mask in zip((a, b), strokes, strict=True))
    inside = ((a >= text - TEXT_REACH) & strokes[0]) | ((b >= text - TEXT_REACH) & strokes[1])
    changed = np.where(inside, cv2.absdiff(a, b), 0).astype(np.float32)
    return float(cv2.blur(changed, (SPOT, SPOT), borderType=cv2.BORDER_CONSTANT).max()) < LEAST_CHANGE


def _places(picture: GrayImage, box: Box) -> tuple[tuple[slice, slice], float, tuple[slice, slice]]:
    """Return the line's place in its scaled surroundings, the scale, and the surroundings' place in the picture."""
    pixels = box.to_pixels(picture.shape[1], picture.shape[0])
    margin = pixels.height // 2  # what is a stroke is seen from both sides of it
    top, left = max(0, pixels.top - margin), max(0, pixels.left - margin)
    wide = slice(top, pixels.bottom + margin), slice(left, pixels.right + margin)
    scale = min(1.0, COMPARED_HEIGHT / max(1, pixels.height))
    rows = slice(round((pixels.top - top) * scale), round((pixels.bottom - top) * scale))
    return (rows, slice(round((pixels.left - left) * scale), round((pixels.right - left) * scale))), scale, wide


def _scaled(part: GrayImage, scale: float, polarity: Polarity) -> GrayImage:
    """Return a part of a picture made smaller, with light letters."""
    if scale < 1:
        size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return 255 - part if polarity == "dark" else part


def _strokes(view: GrayImage, scale: float, box: Box, height: int) -> NDArray[np.bool_]:
    side = max(3, round(box.height * height * scale * STROKE_SHARE) | 1)
    standing_out = cv2.morphologyEx(view, cv2.MORPH_TOPHAT, np.ones((side, side), np.uint8))
    return np.asarray(standing_out >= STROKE_CONTRAST)
