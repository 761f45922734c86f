"""Other pictures of the same pair: what may differ between videos without changing what a pair shows.

All pictures are changed alike, but for noise: whatever differs between them is what the network has to judge.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Pair = NDArray[np.uint8]
"""The inputs of a pair between its neighbours, shape (`preprocessing.WINDOW`, channels, height, width)."""
LUMA, STROKES, USUAL = range(3)
NO_LUMA, NO_STROKES, NO_USUAL = 0.15, 0.1, 0.25
"""Share of pairs that lack a channel, so that none is relied on alone: backgrounds are learnt by heart otherwise."""
NOISE = np.array([NormalDist().inv_cdf((level + 0.5) / 256) for level in range(256)], dtype=np.float32)
"""Noise of a standard deviation of one for every value of a random byte."""
FLIPPED, TURNED_OVER = 0.5, 0.25
"""Share of pairs that are mirrored from left to right, and upside down: strokes of text they are all the same."""


def augment(pair: Pair, random: np.random.Generator, strength: float = 1.0) -> Pair:
    """Return a pair that shows the same in another look.

    Args:
        pair: As a preprocessor makes it.
        random: Decides on the look.
        strength: 0 gives the pair as it is, 1 the usual differences.
    """
    if strength <= 0:
        return pair
    pair = _mirrored(pair, random, strength)
    pair = _scaled(pair, random, strength)
    pair = _shifted(pair, random, strength)
    pair = _toned(pair, random, strength)
    if random.random() < 0.2 * strength:
        pair = _blurred(pair, random)
    return _without_a_channel(_noisy(pair, random, strength), random, strength)


def _mirrored(pair: Pair, random: np.random.Generator, strength: float) -> Pair:
    if random.random() < FLIPPED * strength:
        pair = pair[:, :, :, ::-1]
    if random.random() < TURNED_OVER * strength:
        pair = pair[:, :, ::-1]
    return np.ascontiguousarray(pair)


def _without_a_channel(pair: Pair, random: np.random.Generator, strength: float) -> Pair:
    """Return the pair without its usual strokes, or without its luma or its strokes: one of both always stays."""
    changed, draw = pair.copy(), random.random()
    if random.random() < NO_USUAL * strength:
        changed[:, USUAL] = 0
    if draw < NO_LUMA * strength:
        changed[:, LUMA] = 128
    elif draw < (NO_LUMA + NO_STROKES) * strength:
        changed[:, STROKES] = 0
    return changed


def _scaled(pair: Pair, random: np.random.Generator, strength: float) -> Pair:
    """Return the pair with letters somewhat higher or wider than usual, in a picture of the same size."""
    if random.random() > 0.5 * strength:
        return pair
    height, width = pair.shape[2:]
    # Only smaller: what is cut away might be all that differs.
    scale = random.uniform(1 - 0.25 * min(1.0, strength), 1.0, size=2)
    size = max(4, round(width * scale[0])), max(4, round(height * scale[1]))
    left, top = (int(random.integers(0, room + 1)) for room in (width - size[0], height - size[1]))
    borders = (top, height - size[1] - top, left, width - size[0] - left)
    return _each_channel(
        pair,
        lambda channel: cv2.copyMakeBorder(
            cv2.resize(channel, size, interpolation=cv2.INTER_AREA), *borders, cv2.BORDER_REPLICATE
        ),
    )


def _shifted(pair: Pair, random: np.random.Generator, strength: float) -> Pair:
    """Return the pair moved by a few pixels; what leaves the picture is at most a margin."""
    x, y = (int(random.integers(-reach, reach + 1)) for reach in (round(3 * strength), round(2 * strength)))
    if x == y == 0:
        return pair
    padded = np.pad(pair, ((0, 0), (0, 0), (abs(y), abs(y)), (abs(x), abs(x))), mode="edge")
    height, width = pair.shape[2:]
    return np.ascontiguousarray(padded[:, :, abs(y) + y :, abs(x) + x :][:, :, :height, :width])


def _toned(pair: Pair, random: np.random.Generator, strength: float) -> Pair:
    """Return the pair with another contrast and brightness, and sometimes with a slight flicker between both."""
    contrast = float(random.uniform(1 - 0.45 * min(1.0, strength), 1 + 0.25 * strength))
    brightness = float(random.normal(0, 28 * strength))
    flicker = float(random.normal(0, 3 * strength)) if random.random() < 0.3 else 0.0
    levels = np.arange(256, dtype=np.float32)
    changed = np.empty_like(pair)
    changed[:, STROKES:] = _looked_up(pair[:, STROKES:], _table(levels * contrast))
    for number in range(len(pair)):
        shift = brightness + flicker * (number % 2)
        changed[number, LUMA] = _looked_up(pair[number, LUMA], _table((levels - 128) * contrast + 128 + shift))
    return changed


def _table(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _looked_up(values: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``table[values]``, in a fraction of the time."""
    rows = np.ascontiguousarray(values).reshape(-1, values.shape[-1])
    return np.asarray(cv2.LUT(rows, table), dtype=np.uint8).reshape(values.shape)


def _blurred(pair: Pair, random: np.random.Generator) -> Pair:
    sigma = float(random.uniform(0.4, 0.9))
    return _each_channel(pair, lambda channel: cv2.GaussianBlur(channel, (3, 3), sigma))


def _noisy(pair: Pair, random: np.random.Generator, strength: float) -> Pair:
    """Return the pair with noise of its own in each picture, as compression makes it."""
    level = random.uniform(0, 5 * strength)
    changed = pair.copy()
    for channel, share in ((LUMA, 1.0), (STROKES, 0.5)):
        picture = pair[:, channel]
        drawn = np.frombuffer(random.bytes(picture.size), dtype=np.uint8).reshape(picture.shape)
        lighter, darker = (_looked_up(drawn, _table(sign * NOISE * (level * share))) for sign in (1, -1))
        changed[:, channel] = cv2.subtract(cv2.add(picture, lighter), darker)
    return changed


def _each_channel(pair: Pair, change: Callable[[Picture], NDArray[Any]]) -> Pair:
    usual = change(pair[0, USUAL])  # all pictures share it
    changed = [np.stack([change(picture[LUMA]), change(picture[STROKES]), usual]) for picture in pair]
    return np.stack(changed).astype(np.uint8, copy=False)
