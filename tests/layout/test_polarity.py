"""Light or dark: plain and outlined letters on backgrounds of every kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.layout.polarity import estimate_polarity
from caption_boundaries.types import GrayImage

TEXTS = ("Hello there, old friend", "Wait... what was that?", "Somebody has been eating", "12 of them, I said")
Ground = Callable[[int, int], np.ndarray]


def flat(value: int) -> Ground:
    return lambda height, width: np.full((height, width), value)


def slope(height: int, width: int) -> np.ndarray:
    return np.tile(np.linspace(20, 230, width), (height, 1))


def line(text: str, ground: Ground, fill: int, rim: int | None, size: int = 40) -> GrayImage:
    font = ImageFont.load_default(size)
    width = int(font.getlength(text)) + size
    image = Image.fromarray(ground(size * 3 // 2, width).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    stroke = 0 if rim is None else max(1, size // 13)
    draw.text((size // 2, size // 6), text, font=font, fill=fill, stroke_width=stroke, stroke_fill=rim or 0)
    return np.asarray(image)


@pytest.mark.parametrize("size", [28, 40])
@pytest.mark.parametrize(
    ("fill", "rim", "ground", "polarity"),
    [
        (245, None, flat(10), "light"),
        (245, None, flat(120), "light"),
        (245, None, slope, "light"),
        (245, 10, flat(10), "light"),
        (245, 10, flat(120), "light"),
        (245, 10, flat(240), "light"),
        (245, 10, slope, "light"),
        (190, 10, flat(240), "light"),
        (10, None, flat(240), "dark"),
        (10, None, flat(120), "dark"),
        (10, None, slope, "dark"),
        (10, 245, flat(10), "dark"),
        (10, 245, flat(240), "dark"),
        (10, 245, slope, "dark"),
    ],
)
def test_polarity(fill: int, rim: int | None, ground: Ground, polarity: str, size: int) -> None:
    found, clarity = estimate_polarity([line(text, ground, fill, rim, size) for text in TEXTS])
    assert found == polarity
    assert clarity > 0.7


@pytest.mark.parametrize(
    "pictures",
    [[], [np.zeros((3, 40), np.uint8)], [np.full((30, 200), 90, np.uint8)], [np.full((1, 0), 90, np.uint8)]],
)
def test_nothing_to_see_counts_as_light(pictures: list[GrayImage]) -> None:
    assert estimate_polarity(pictures) == ("light", 0.0)
