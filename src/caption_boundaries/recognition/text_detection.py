"""From a picture to the detector's input, and from its answer to boxes of text. Arrays in, values out."""

from __future__ import annotations

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
    pixel_threshold: float = 0.3
    """Probability from which a pixel counts as text."""
    box_threshold: float = 0.5
    """Mean probability that a box must have."""
    unclip_ratio: float = 1.6
    """The network marks the core of a line; boxes grow by this times area / perimeter."""


def input_size(width: int, height: int, side_limit: int) -> tuple[int, int]:
    """Return (width, height) in which a picture enters the network: multiples of 32, never enlarged on purpose."""
    scale = min(1.0, side_limit / max(width, height))
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


def text_boxes(probabilities: NDArray[np.float32], settings: DetectionSettings) -> list[Box]:
    """Return the upright boxes of text in a probability map of shape (height, width), as fractions of it."""
    mask = cv2.dilate((probabilities > settings.pixel_threshold).astype(np.uint8), np.ones((2, 2), np.uint8))
    _, _, spots, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = []
    for left, top, width, height, _ in spots[1:].tolist():
        core = probabilities[top : top + height, left : left + width]
        if min(width, height) >= MIN_SIDE and float(core.mean()) >= settings.box_threshold:
            boxes.append(_grown(left, top, width, height, probabilities.shape, settings.unclip_ratio))
    return boxes


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
