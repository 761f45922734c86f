"""Other scenes behind the captions of a pair, and cuts between them.

A network that has seen few scenes takes a cut from one to another for a caption that becomes another. Here every pair
of every video can be seen before the scenes of all others: what stands out as strokes stays, the rest gives way.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.models.preprocessing import KERNEL_SHARE, LINE_HEIGHT
from caption_boundaries.training.augmentation import LUMA, STROKES, Pair
from caption_boundaries.types import GrayImage

SCENES = 2
"""Scenes that a pair is laid before; where one gives way to the other there is a cut."""
LEAST_SHARE = 0.4
"""A scene shows through with this share at least."""
STANDS_OUT = 12
"""Steps of luma by which a stroke that stays stands out: less than half of what captions do, since some fade."""
SURROUNDINGS = 7
"""Side in pixels of the square around every stroke that stays with it: its outline and its shadow."""
DRIFT = 3
"""Pixels by which a scene moves from picture to picture at most."""
STROKE_KERNEL = round(LINE_HEIGHT * KERNEL_SHARE) | 1
"""Side in pixels of the kernel that finds strokes in an input."""


def before_scenes(pair: Pair, scenes: Sequence[GrayImage], random: np.random.Generator) -> Pair:
    """Return a pair with its strokes before other scenes; its class stays what it is.

    Args:
        pair: As a preprocessor makes it.
        scenes: `SCENES` pictures without captions, of any size.
        random: Decides how much of the scenes is seen, how they move, and between which pictures the cut is.
    """
    height, width = pair.shape[2:]
    earlier, later = (_fitted(scene, (width, height)) for scene in scenes)
    cut = int(random.integers(0, len(pair)))
    drift = int(random.integers(-DRIFT, DRIFT + 1))
    share = random.uniform(LEAST_SHARE, 1.0)
    changed = pair.copy()
    for number in range(len(pair)):
        weight = share * (1 - _kept(pair[number, STROKES]))
        scene = np.roll(earlier if number < cut else later, number * drift, axis=1)
        luma = pair[number, LUMA] * (1 - weight) + scene * weight
        changed[number, LUMA] = luma.astype(np.uint8)
        changed[number, STROKES] = _strokes(changed[number, LUMA])
    return changed


def _fitted(scene: GrayImage, size: tuple[int, int]) -> GrayImage:
    return np.asarray(cv2.resize(scene, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _kept(strokes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how much of each pixel of a picture stays what it is, 0 to 1."""
    around = cv2.dilate((strokes >= STANDS_OUT).astype(np.float32), np.ones((SURROUNDINGS, SURROUNDINGS), np.uint8))
    return np.asarray(cv2.blur(around, (3, 3)), dtype=np.float32)


def _strokes(luma: GrayImage) -> NDArray[np.uint8]:
    kernel = np.ones((STROKE_KERNEL, STROKE_KERNEL), dtype=np.uint8)
    return np.asarray(cv2.morphologyEx(luma, cv2.MORPH_TOPHAT, kernel), dtype=np.uint8)
