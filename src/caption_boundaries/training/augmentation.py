"""Other pictures of the same pair: what may differ between videos without changing what a pair shows.

Both pictures are changed alike, but for noise: whatever differs between them is what the network has to judge.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pair = NDArray[np.uint8]
"""Both inputs of a pair, shape (2, channels, height, width); channels as in `preprocessing.CHANNELS`."""
LUMA, STROKES, USUAL = range(3)
NO_LUMA, NO_STROKES, NO_USUAL = 0.15, 0.1, 0.25
"""Share of pairs that lack a channel, so that none is relied on alone: backgrounds are learnt by heart otherwise."""
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
    for number, shift in enumerate((brightness, brightness + flicker)):
        changed[number, LUMA] = _table((levels - 128) * contrast + 128 + shift)[pair[number, LUMA]]
        changed[number, STROKES:] = _table(levels * contrast)[pair[number, STROKES:]]
    return changed


def _table(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _blurred(pair: Pair, random: np.random.Generator) -> Pair:
    sigma = float(random.uniform(0.4, 0.9))
    return _each_channel(pair, lambda channel: cv2.GaussianBlur(channel, (3, 3), sigma))


def _noisy(pair: Pair, random: np.random.Generator, strength: float) -> Pair:
    """Return the pair with noise of its own in each picture, as compression makes it."""
    level = float(random.uniform(0, 5 * strength))
    shape = (2, 2, *pair.shape[2:])
    noise = random.standard_normal(shape, dtype=np.float32) * np.float32(level)
    noise[:, STROKES] *= 0.5
    changed = pair.copy()
    changed[:, :USUAL] = np.clip(pair[:, :USUAL] + noise, 0, 255).astype(np.uint8)
    return changed


def _each_channel(pair: Pair, change: object) -> Pair:
    assert callable(change)
    return np.stack([np.stack([change(channel) for channel in picture]) for picture in pair])
