"""Drawn backgrounds and photos: large pictures over which the frame moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.data.footage import read_photo
from caption_boundaries.data.pictures import Canvas, canvas_of, new_canvas
from caption_boundaries.data.recipe import Shot

Picture = NDArray[np.float32]
"""Colours 0 to 255, shape (height, width, 3)."""

ROOM = 1.4
"""How much larger than the frame the picture is."""


def drawn_pictures(shot: Shot, count: int, width: int, height: int) -> Iterator[Canvas]:
    """Yield ``count`` pictures of a drawn background or a photo for frames of a size.

    Raises:
        InputError: The photo cannot be read.
    """
    chance = np.random.default_rng(shot.seed)
    whole = _whole(shot, chance, width, height)
    grain = _grain(chance, width, height) if shot.kind == "noise" else ()
    speed = chance.uniform(-3, 3, 2) * (chance.random() < 0.7)
    start = chance.random(2)
    for number in range(count):
        left, top = (
            _bounce(start[axis] * room + speed[axis] * number, room)
            for axis, room in enumerate((whole.width - width, whole.height - height))
        )
        canvas = _window(whole, left, top, width, height)
        if grain:
            canvas.luma[:] = cv2.add(canvas.luma, grain[number % len(grain)], dtype=cv2.CV_8U)
        yield canvas


def _whole(shot: Shot, chance: np.random.Generator, width: int, height: int) -> Canvas:
    size = (round(height * ROOM / 2) * 2, round(width * ROOM / 2) * 2)
    picture = (_photo(shot, chance, *size) if shot.kind == "photo" else KINDS[shot.kind](chance, *size)) * shot.gain
    return canvas_of(np.clip(picture, 0, 255).astype(np.uint8))


def _photo(shot: Shot, chance: np.random.Generator, height: int, width: int) -> Picture:
    """Return a part of a photo: as much as fits, or less the more it is enlarged."""
    photo = read_photo(shot.file)
    tall, wide = photo.shape[:2]
    share = min(tall / height, wide / width) / shot.zoom
    part = max(1, int(height * share)), max(1, int(width * share))
    top, left = (
        int(place * (room - size)) for place, room, size in zip(chance.random(2), (tall, wide), part, strict=True)
    )
    cut = photo[top : top + part[0], left : left + part[1]]
    if shot.mirrored:
        cut = cut[:, ::-1]
    smaller = cv2.INTER_AREA if share > 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(cut), (width, height), interpolation=smaller), np.float32)


def _window(whole: Canvas, left: int, top: int, width: int, height: int) -> Canvas:
    canvas = new_canvas(width, height)
    canvas.luma[:] = whole.luma[top : top + height, left : left + width]
    for target, plane in zip(canvas.chroma, whole.chroma, strict=True):
        target[:] = plane[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2]
    return canvas


def _bounce(position: float, room: int) -> int:
    """Return an even place between 0 and ``room`` that turns round at the ends."""
    if room <= 0:
        return 0
    turned = position % (2 * room)
    return int(min(turned, 2 * room - turned)) & ~1


def _grain(chance: np.random.Generator, width: int, height: int) -> tuple[NDArray[np.int8], ...]:
    strength = chance.uniform(1, 4)
    return tuple(
        np.clip(chance.normal(0, strength, (height, width)), -100, 100).astype(np.int8).astype(np.int16)
        for _ in range(3)
    )


def _smooth(chance: np.random.Generator, height: int, width: int, cells: int) -> NDArray[np.float32]:
    """Return soft noise 0 to 1 with about ``cells`` patches from top to bottom, shape (height, width, 3)."""
    rough = chance.random((cells + 2, max(2, round(cells * width / height)) + 2, 3), dtype=np.float32)
    rough += (rough.mean(axis=2, keepdims=True) - rough) * chance.uniform(0.3, 1.0)  # nature is seldom gaudy
    return np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _gradient(chance: np.random.Generator, height: int, width: int) -> Picture:
    one, other = chance.uniform(0, 255, (2, 3)).astype(np.float32)
    angle = chance.uniform(0, np.pi)
    x, y = np.linspace(-1, 1, width, dtype=np.float32)[None, :], np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    share = (np.cos(angle) * x + np.sin(angle) * y)[:, :, None] * 0.35 + 0.5
    return np.asarray(one + (other - one) * share, np.float32)


def _flat(chance: np.random.Generator, height: int, width: int) -> Picture:
    color = chance.uniform(150, 255, 3) if chance.random() < 0.7 else chance.uniform(0, 60, 3)
    return np.full((height, width, 3), color, np.float32)


def _bright(chance: np.random.Generator, height: int, width: int) -> Picture:
    """Return a soft bright picture, on which dark text can be read everywhere."""
    return np.asarray(_smooth(chance, height, width, int(chance.integers(1, 8))) * 70 + 175, np.float32)


def _noise(chance: np.random.Generator, height: int, width: int) -> Picture:
    return np.asarray(_smooth(chance, height, width, int(chance.integers(3, 24))) * 255, np.float32)


def _stripes(chance: np.random.Generator, height: int, width: int) -> Picture:
    period, angle = chance.uniform(6, 80), chance.uniform(0, np.pi)
    x, y = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
    wave = np.sin((np.cos(angle) * x + np.sin(angle) * y) * (2 * np.pi / period))
    share = (wave > 0 if chance.random() < 0.5 else wave * 0.5 + 0.5).astype(np.float32)[:, :, None]
    one, other = chance.uniform(0, 255, (2, 3)).astype(np.float32)
    return np.asarray(one + (other - one) * share, np.float32)


def _texture(chance: np.random.Generator, height: int, width: int) -> Picture:
    """Return many short strokes, which are the hardest to tell from text."""
    picture = np.ascontiguousarray(_smooth(chance, height, width, 4) * 160 + 40)
    for _ in range(int(height * width / chance.uniform(400, 3000))):
        x, y = int(chance.integers(0, width)), int(chance.integers(0, height))
        dx, dy = chance.integers(-14, 15, 2).tolist()
        color = float(chance.uniform(0, 255))
        cv2.line(picture, (x, y), (x + dx, y + dy), (color, color, color), int(chance.integers(1, 4)), cv2.LINE_AA)
    return np.asarray(picture, np.float32)


def _checks(chance: np.random.Generator, height: int, width: int) -> Picture:
    side = int(chance.integers(6, 60))
    odd = (np.arange(height)[:, None] // side + np.arange(width)[None, :] // side) % 2
    one, other = chance.uniform(0, 255, (2, 3)).astype(np.float32)
    return np.asarray(np.where(odd[:, :, None] > 0, one, other), np.float32)


KINDS: dict[str, Callable[[np.random.Generator, int, int], Picture]] = {
    "gradient": _gradient,
    "flat": _flat,
    "bright": _bright,
    "noise": _noise,
    "stripes": _stripes,
    "texture": _texture,
    "checks": _checks,
}
"""Drawn backgrounds by name; each is called with chance, height and width."""
