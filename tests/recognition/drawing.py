"""Pictures with captions, drawn with the font that comes with Pillow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.types import RgbImage


def caption_picture(
    lines: Sequence[str],
    *,
    size: tuple[int, int] = (900, 160),
    height: int = 44,
    background: tuple[int, int, int] = (40, 60, 90),
    left: int | None = None,
) -> RgbImage:
    """Return a picture of ``size`` (width, height) with outlined white lines, centred or from ``left`` on."""
    image = Image.new("RGB", size, background)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(height)
    top = (size[1] - 1.3 * height * len(lines)) / 2
    for number, text in enumerate(lines):
        x = (size[0] - font.getlength(text)) / 2 if left is None else left
        draw.text((x, top + 1.3 * height * number), text, "white", font, stroke_width=3, stroke_fill="black")
    return np.asarray(image)


def row_picture(parts: Sequence[tuple[int, str]], *, size: tuple[int, int] = (900, 120), height: int = 44) -> RgbImage:
    """Return a picture with several texts on one row, each starting at its own pixel."""
    image = Image.new("RGB", size, (40, 60, 90))
    draw = ImageDraw.Draw(image)
    for left, text in parts:
        font = ImageFont.load_default(height)
        draw.text((left, size[1] / 3), text, "white", font, stroke_width=3, stroke_fill="black")
    return np.asarray(image)
