"""From a picture with light captions to a page of black strokes on white paper. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import GrayImage, RgbImage

MAX_ENLARGEMENT = 3.0


@dataclass(frozen=True, slots=True)
class StrokeSettings:
    """How the strokes of a caption are told from the picture behind them."""

    working_width: int = 1600
    """Narrower pictures are enlarged, at most three times, to about this many pixels: small letters are read badly."""
    min_luma: int = 180
    """Strokes are at least this bright."""
    min_contrast: int = 100
    """Strokes are at least this much brighter than what surrounds them."""
    max_outline_luma: int = 70
    """Round a stroke it is somewhere at least this dark: an outline, a shadow or a dark picture."""
    stroke_fraction: float = 1 / 80
    """Strokes are thinner than this part of the width."""
    outline_fraction: float = 1 / 130
    """The dark is looked for within this part of the width."""
    min_surrounded: float = 0.8
    """Part of a stroke's pixels that must have the dark near them."""
    min_area: int = 6
    """Strokes have at least this many pixels."""
    margin: int = 20
    """Pixels of paper round the page."""


def stroke_page(image: RgbImage, settings: StrokeSettings) -> tuple[GrayImage, float]:
    """Return the page, black on white, and by how much the picture was enlarged on the way.

    The page is the enlarged picture with ``settings.margin`` pixels of white paper on each side.
    """
    luma: GrayImage = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    scale = min(MAX_ENLARGEMENT, max(1.0, settings.working_width / luma.shape[1]))
    if scale > 1.0:
        enlarged = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        luma = np.asarray(enlarged, dtype=np.uint8)
    page = np.where(_strokes(luma, settings), 0, 255).astype(np.uint8)
    edge = settings.margin
    return np.pad(page, edge, constant_values=255), scale


def _strokes(luma: GrayImage, settings: StrokeSettings) -> NDArray[np.bool_]:
    """Return which pixels belong to bright, thin parts that stand on dark ground."""
    contrast = cv2.morphologyEx(luma, cv2.MORPH_TOPHAT, _square(luma.shape[1] * settings.stroke_fraction))
    bright = (luma >= settings.min_luma) & (contrast >= settings.min_contrast)
    _, labels, parts, _ = cv2.connectedComponentsWithStats(bright.astype(np.uint8), connectivity=8)
    darkest_near = cv2.erode(luma, _square(luma.shape[1] * settings.outline_fraction))
    surrounded = np.bincount(
        labels.ravel(), weights=(darkest_near < settings.max_outline_luma).ravel(), minlength=len(parts)
    )
    area = parts[:, cv2.CC_STAT_AREA]
    kept = (area >= settings.min_area) & (surrounded >= settings.min_surrounded * area)
    kept[0] = False
    return np.asarray(kept[labels], dtype=np.bool_)


def _square(side: float) -> NDArray[np.uint8]:
    """Return a square kernel with an odd side of about ``side`` pixels."""
    odd = max(3, int(side) | 1)
    return np.ones((odd, odd), np.uint8)
