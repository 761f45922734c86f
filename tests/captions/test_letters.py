"""Letters that stay are known whatever moves behind them; a letter that changes is noticed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.captions.letters import same_letters
from caption_boundaries.media.jpeg import decode_jpeg_gray, encode_jpeg
from caption_boundaries.types import Box, GrayImage, Polarity

WIDTH, HEIGHT = 480, 80
LINE = Box(0.1, 0.22, 0.9, 0.78)


def plain(luma: int) -> GrayImage:
    return np.full((HEIGHT, WIDTH), luma, np.uint8)


def grass(seed: int) -> GrayImage:
    """Thin blades, none as bright as the text."""
    image, random = Image.new("L", (WIDTH, HEIGHT), 120), np.random.default_rng(seed)
    draw = ImageDraw.Draw(image)
    for _ in range(300):
        x, y = int(random.integers(0, WIDTH)), int(random.integers(0, HEIGHT))
        draw.line((x, y, x + int(random.integers(-4, 5)), y + 25), fill=int(random.integers(60, 180)), width=2)
    return np.asarray(image)


BACKGROUNDS = {"dark": plain(40), "light": plain(190), "grass": grass(1), "other grass": grass(2)}


def drawn(text: str, background: GrayImage, *, size: int = 30, polarity: Polarity = "light") -> GrayImage:
    """Draw a caption with an outline over a background, and compress it as the crop step does."""
    image = Image.fromarray(background)
    ImageDraw.Draw(image).text(
        (WIDTH / 2 - 120, HEIGHT / 2),
        text,
        font=ImageFont.load_default(size=size),
        fill=250,
        stroke_width=2,
        stroke_fill=0,
        anchor="lm",
    )
    picture = np.asarray(image)
    picture = 255 - picture if polarity == "dark" else picture
    return decode_jpeg_gray(encode_jpeg(np.repeat(picture[:, :, None], 3, axis=2), 90))


PAIRS = [
    ("Chapter 8", "Chapter 3"),
    ("We won't go.", "We want go."),
    ("They hear you", "They near you"),
    ("the mole said", "the male said"),
    ("No. 15", "No. 16"),
    ("well", "wall"),
    ("Yes", "Yes!"),
    ("ill", "lll"),
    ("Yes.", "Yes,"),
    ("Chapter 6", "Chapter 8"),
    ("oil", "ail"),
    ("form", "farm"),
    ("Good morning", ""),
]


@pytest.mark.parametrize("behind", [("dark", "dark"), ("dark", "light"), ("grass", "dark")], ids="-".join)
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_another_letter_is_noticed(one: str, other: str, behind: tuple[str, str]) -> None:
    a, b = drawn(one, BACKGROUNDS[behind[0]]), drawn(other, BACKGROUNDS[behind[1]])
    assert not same_letters(a, b, LINE, "light")
    assert not same_letters(b, a, LINE, "light")


@pytest.mark.parametrize("behind", [("dark", "light"), ("grass", "dark"), ("grass", "other grass")], ids="-".join)
@pytest.mark.parametrize("text", ["Good morning", "iiii llll", "No. 15, Mr. O'Hara!"])
@pytest.mark.parametrize("polarity", ["light", "dark"])
@pytest.mark.parametrize("size", [28, 34])
def test_the_same_letters_are_known_over_another_background(
    text: str, behind: tuple[str, str], polarity: Polarity, size: int
) -> None:
    a, b = (drawn(text, BACKGROUNDS[name], size=size, polarity=polarity) for name in behind)
    assert same_letters(a, b, LINE, polarity)


def test_letters_of_the_other_polarity_are_none() -> None:
    light, dark = drawn("Good morning", plain(120)), drawn("Good morning", plain(120), polarity="dark")
    assert not same_letters(light, dark, LINE, "light")


def test_no_letters_are_not_the_same_letters() -> None:
    assert not same_letters(plain(60), plain(60), LINE, "light")


@pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(0, 0, 0.002, 0.01), Box(0.995, 0.98, 1, 1)])
def test_any_box_will_do(box: Box) -> None:
    picture = drawn("Good morning", plain(60))
    assert same_letters(picture, picture, box, "light") in (True, False)
