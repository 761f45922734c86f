"""The stroke masks: text stays, whatever is broad goes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.crop.signal import MASK_LINE_HEIGHT, StrokeMasker
from caption_boundaries.types import GrayImage, Polarity

WIDTH, HEIGHT, LINE = 400, 80, 48


def picture(background: GrayImage | int, ink: int | None, *, rim: int | None = None) -> GrayImage:
    """A line of text of luma ``ink`` over a background, with an outline of luma ``rim``."""
    image = Image.new("L", (WIDTH, HEIGHT), background if isinstance(background, int) else 0)
    if not isinstance(background, int):
        image = Image.fromarray(background)
    if ink is not None:
        font = ImageFont.load_default(size=38)
        stroke = {"stroke_width": 3, "stroke_fill": rim} if rim is not None else {}
        ImageDraw.Draw(image).text((40, 16), "Hill Top 25", font=font, fill=ink, **stroke)
    return np.asarray(image)


def ramp(low: int, high: int) -> GrayImage:
    return np.tile(np.linspace(low, high, WIDTH).astype(np.uint8), (HEIGHT, 1))


def in_text(mask: np.ndarray) -> float:
    return float(mask[8:26, 20:].mean())


@pytest.mark.parametrize(
    ("background", "ink", "rim", "polarity"),
    [
        (30, 240, None, "light"),
        (150, 240, None, "light"),
        (255, 240, 0, "light"),
        (30, 226, None, "light"),
        (200, 10, None, "dark"),
        (0, 20, 240, "dark"),
    ],
    ids=["on dark", "on gray", "outlined on white", "yellow on dark", "dark on light", "dark with light outline"],
)
def test_text_is_masked(background: int, ink: int, rim: int | None, polarity: Polarity) -> None:
    masker = StrokeMasker(WIDTH, HEIGHT, LINE, polarity)
    assert in_text(masker.mask(picture(background, ink, rim=rim))) > 0.1
    assert not masker.mask(picture(background, None)).any()


@pytest.mark.parametrize("polarity", ["light", "dark"])
def test_broad_things_are_not_masked(polarity: Polarity) -> None:
    masker = StrokeMasker(WIDTH, HEIGHT, LINE, polarity)
    scene = ramp(0, 255)
    scene[:, 100:200] = 255
    scene[30:, 250:320] = 0
    assert not masker.mask(scene).any()


def test_text_over_a_gradient_is_masked_as_over_a_plain_background() -> None:
    masker = StrokeMasker(WIDTH, HEIGHT, LINE)
    plain, graded = masker.mask(picture(60, 250)), masker.mask(picture(ramp(20, 120), 250))
    assert (plain & graded).sum() > 0.85 * plain.sum()


@pytest.mark.parametrize(
    ("line_height", "scale"), [(8, 1), (32, 1), (46, 1), (50, 2), (58, 2), (78, 2), (90, 3), (110, 3)]
)
def test_a_line_has_about_the_same_height_in_every_mask(line_height: int, scale: int) -> None:
    masker = StrokeMasker(1920, 200, line_height)
    assert masker.scale == scale
    assert masker.mask(np.zeros((200, 1920), np.uint8)).shape == (masker.height, masker.width)
    if line_height > MASK_LINE_HEIGHT:
        assert 0.7 * MASK_LINE_HEIGHT <= line_height / masker.scale <= 1.5 * MASK_LINE_HEIGHT


@settings(max_examples=60, deadline=None)
@given(width=st.integers(1, 90), height=st.integers(1, 60), line_height=st.floats(0.5, 400), dark=st.booleans())
def test_every_size_of_picture_has_a_mask(width: int, height: int, line_height: float, dark: bool) -> None:
    masker = StrokeMasker(width, height, line_height, "dark" if dark else "light")
    mask = masker.mask(np.full((height, width), 128, np.uint8))
    assert mask.shape == (masker.height, masker.width)
    assert mask.dtype == np.bool_
    assert not mask.any()


def test_a_part_of_a_larger_picture_need_not_be_copied_first() -> None:
    frame = np.zeros((200, 600), np.uint8)
    frame[100 : 100 + HEIGHT, 50 : 50 + WIDTH] = picture(30, 240)
    masker = StrokeMasker(WIDTH, HEIGHT, LINE)
    part = frame[100 : 100 + HEIGHT, 50 : 50 + WIDTH]
    assert np.array_equal(masker.mask(part), masker.mask(part.copy()))
