"""From a picture with light captions to a page of black strokes on white paper. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import GrayImage, RgbImage

MAX_SCALE = 3.0
"""Enlarging further shows nothing new."""


@dataclass(frozen=True, slots=True)
class StrokeSettings:
    """How the strokes of a caption are told from the picture behind them; lengths in pixels of the page."""

    working_width: int = 1600
    """Pictures of unknown content are brought to this width, so that letters are as large as they are read best."""
    line_height: int = 64
    """Pictures of one line are brought to this height."""
    min_luma: int = 180
    """Strokes are at least this bright."""
    min_contrast: int = 100
    """Strokes are at least this much brighter than what surrounds them."""
    max_stroke: int = 21
    """Strokes are thinner than this."""
    outline_reach: int = 13
    """Side of the square round a stroke's pixel in which it must be dark somewhere: an outline, a shadow, the night."""
    max_outline_luma: int = 70
    """What counts as dark."""
    min_surrounded: float = 0.8
    """Part of a stroke's pixels that must have the dark near them."""
    min_area: int = 6
    """Strokes have at least this many pixels."""
    margin: int = 20
    """White paper on each side of the page."""


def picture_scale(width: int, settings: StrokeSettings) -> float:
    """Return by how much a picture of ``width`` pixels is resized before it is searched for lines."""
    return min(MAX_SCALE, settings.working_width / width)


def line_scale(height: int, settings: StrokeSettings) -> float:
    """Return by how much a picture that one line of ``height`` pixels fills is resized."""
    return min(MAX_SCALE, settings.line_height / height)


def stroke_page(image: RgbImage, scale: float, settings: StrokeSettings) -> GrayImage:
    """Return black strokes on white paper: the picture resized by ``scale``, with the margin round it."""
    luma: GrayImage = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    size = max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale))
    interpolation = cv2.INTER_CUBIC if scale > 1.0 else cv2.INTER_AREA
    resized: GrayImage = np.asarray(cv2.resize(luma, size, interpolation=interpolation), dtype=np.uint8)
    page = np.where(_strokes(resized, settings), 0, 255).astype(np.uint8)
    return np.pad(page, settings.margin, constant_values=255)


def _strokes(luma: GrayImage, settings: StrokeSettings) -> NDArray[np.bool_]:
    """Return which pixels belong to bright, thin parts that stand on dark ground."""
    contrast = cv2.morphologyEx(luma, cv2.MORPH_TOPHAT, _square(settings.max_stroke))
    bright = (luma >= settings.min_luma) & (contrast >= settings.min_contrast)
    _, labels, parts, _ = cv2.connectedComponentsWithStats(bright.astype(np.uint8), connectivity=8)
    near_dark = cv2.erode(luma, _square(settings.outline_reach)) < settings.max_outline_luma
    surrounded = np.bincount(labels.ravel(), weights=near_dark.ravel(), minlength=len(parts))
    area = parts[:, cv2.CC_STAT_AREA]
    kept = (area >= settings.min_area) & (surrounded >= settings.min_surrounded * area)
    kept[0] = False
    return np.asarray(kept[labels], dtype=np.bool_)


def _square(side: int) -> NDArray[np.uint8]:
    return np.ones((side, side), np.uint8)
