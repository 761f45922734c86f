"""From a picture to the detector's input, and from its answer to boxes of text. Arrays in, values out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import Box, RgbImage

STRIDE = 32
"""The network takes pictures whose sides are multiples of this."""

MIN_SIDE = 3
"""Spots thinner than this many pixels of the probability map are no text."""


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """How text is told from background."""

    side_limit: int = 960
    """Pictures whose longer side exceeds this many pixels are made smaller before the network looks at them."""
    pixel_limit: int = 320_000
    """So are pictures of more pixels than this: a whole 16:9 frame is looked at 754 pixels wide."""
    pixel_threshold: float = 0.3
    """Probability from which a pixel counts as text."""
    faint_threshold: float = 0.1
    """Probability from which a pixel beside text counts as the end of its line."""
    line_threshold: float = 0.5
    """Mean probability that one spot of a line must have."""
    fragment_threshold: float = 0.3
    """Mean probability that a spot must have to be part of a line."""
    unclip_ratio: float = 1.6
    """The network marks the core of a line; boxes grow by this times area / perimeter."""


MAX_FAINT_HEIGHT = 1.5
"""A faint part that is higher than this many heights of the strong one joins several lines: its ends mean nothing."""


@dataclass(frozen=True, slots=True)
class TextSpot:
    """A place where the detector sees text: a line, or a fragment of one."""

    box: Box
    """Fractions of the picture."""
    score: float
    """Mean probability of its core, 0 to 1."""


def input_size(width: int, height: int, settings: DetectionSettings) -> tuple[int, int]:
    """Return (width, height) in which a picture enters the network: multiples of 32, enlarged only to reach one."""
    scale = min(1.0, settings.side_limit / max(width, height), math.sqrt(settings.pixel_limit / (width * height)))
    return _to_stride(width * scale), _to_stride(height * scale)


def _to_stride(length: float) -> int:
    return max(STRIDE, round(length / STRIDE) * STRIDE)


def network_input(image: RgbImage, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return ``image`` resized to ``size`` (width, height) as both networks want it.

    The result has shape (1, 3, height, width), blue first, and values from -1 to 1.
    """
    resized = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    planes = resized[:, :, ::-1].transpose(2, 0, 1).astype(np.float32)
    planes /= 127.5
    planes -= 1.0
    return np.ascontiguousarray(planes[None])


def text_spots(probabilities: NDArray[np.float32], settings: DetectionSettings) -> list[TextSpot]:
    """Return the spots of text in a probability map of shape (height, width).

    A spot is where the map is strong. Its height is that of the strong part; its left and right ends reach as far as
    the map is faint beside it, because that is where thin characters and dots at the ends of a line are.
    """
    strong = _components(probabilities > settings.pixel_threshold)
    faint = _components(probabilities > settings.faint_threshold)
    spots = []
    for label, (left, top, width, height, _) in enumerate(strong.boxes[1:], start=1):
        if min(width, height) < MIN_SIDE:
            continue
        score = float(probabilities[top : top + height, left : left + width].mean())
        if score < settings.fragment_threshold:
            continue
        row, column = np.argwhere(strong.labels[top : top + height, left : left + width] == label)[0]
        around = faint.boxes[int(faint.labels[top + row, left + column])]
        if around[3] <= MAX_FAINT_HEIGHT * height:
            left, width = around[0], around[2]
        box = _grown(left, top, width, height, probabilities.shape, settings.unclip_ratio)
        spots.append(TextSpot(box, score))
    return spots


@dataclass(frozen=True, slots=True)
class _Components:
    """Connected parts of a mask."""

    labels: NDArray[np.int32]
    """Number of the part that each pixel belongs to; 0 is none."""
    boxes: list[tuple[int, int, int, int, int]]
    """Left, top, width, height and area of every part, in order of the numbers."""


def _components(mask: NDArray[np.bool_]) -> _Components:
    """Return the connected parts of ``mask``, thickened by a pixel to the right and down."""
    thick = cv2.dilate(mask.astype(np.uint8), np.ones((2, 2), np.uint8))
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(thick, connectivity=8)
    return _Components(labels.astype(np.int32, copy=False), boxes.tolist())


def _grown(left: int, top: int, width: int, height: int, shape: tuple[int, ...], unclip_ratio: float) -> Box:
    """Return the box of a core of text, grown to the text's own size and cut at the picture's edges."""
    rows, columns = shape[:2]
    distance = unclip_ratio * width * height / (2 * (width + height))
    return Box(
        max(0.0, (left - distance) / columns),
        max(0.0, (top - distance) / rows),
        min(1.0, (left + width + distance) / columns),
        min(1.0, (top + height + distance) / rows),
    )
