"""What a network sees of a crop: the same in training and in inference, with nothing cut away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.models.preprocessing import (
    ALIGNMENT,
    CHANNELS,
    LINE_HEIGHT,
    MAX_HEIGHT,
    MAX_WIDTH,
    Band,
    Preprocessor,
    bands_of,
    sampled,
)
from caption_boundaries.types import Box, GrayImage, Region
from support.films import HEIGHT, LINE, WIDTH, Film

LUMA, STROKES, USUAL = range(3)


def one_band(line_height: float, *, dark: bool = False) -> tuple[Band, ...]:
    return (Band(0.0, 1.0, line_height, "dark" if dark else "light"),)


@given(
    width=st.integers(1, 3000),
    height=st.integers(1, 600),
    line_height=st.floats(0.05, 1.0),
)
def test_inputs_are_aligned_bounded_and_never_larger_than_the_crop(width: int, height: int, line_height: float) -> None:
    preprocessor = Preprocessor(width, height, one_band(line_height))
    channels, rows, columns = preprocessor.shape
    assert channels == len(CHANNELS)
    assert rows % ALIGNMENT == columns % ALIGNMENT == 0
    assert preprocessor.width <= min(width, MAX_WIDTH)
    assert preprocessor.height <= min(height, MAX_HEIGHT)
    assert 0 <= rows - preprocessor.height < ALIGNMENT
    assert 0 <= columns - preprocessor.width < ALIGNMENT


@pytest.mark.parametrize("size", [(1280, 164), (640, 82), (1920, 246)])
def test_lines_are_equally_high_whatever_the_video(size: tuple[int, int]) -> None:
    width, height = size
    preprocessor = Preprocessor(width, height, one_band(0.3))
    assert 0.3 * preprocessor.height == pytest.approx(LINE_HEIGHT, abs=0.5)


def test_the_whole_width_is_kept() -> None:
    """A crop of 402 by 27 pixels keeps what changes at its far end."""
    before = np.full((27, 402), 40, np.uint8)
    after = before.copy()
    after[6:22, 392:400] = 240
    preprocessor = Preprocessor(402, 27, one_band(0.8))
    changed = np.abs(preprocessor(before).astype(int) - preprocessor(after))[LUMA]
    assert changed.max() > 100
    assert np.flatnonzero(changed.max(axis=0)).min() > 0.95 * preprocessor.width


def test_dark_text_becomes_light() -> None:
    film = Film(1).show("Good morning", 0, 1)
    light = film.luma(0)
    line_height = LINE / HEIGHT
    as_light = Preprocessor(WIDTH, HEIGHT, one_band(line_height))(light)
    as_dark = Preprocessor(WIDTH, HEIGHT, one_band(line_height, dark=True))(255 - light)
    assert np.abs(as_light.astype(int) - as_dark).max() <= 2, "but for rounding"
    assert as_light[STROKES].max() > 100


def test_each_band_has_its_own_polarity() -> None:
    picture = np.full((80, 320), 128, np.uint8)
    picture[10:30:4] = 250
    picture[50:70:4] = 5
    bands = (Band(0.0, 0.5, 0.4, "light"), Band(0.5, 1.0, 0.4, "dark"))
    strokes = Preprocessor(320, 80, bands)(picture)[STROKES]
    assert strokes[: strokes.shape[0] // 2].max() > 30
    assert strokes[strokes.shape[0] // 2 :].max() > 30


def test_what_is_usual_is_learnt_from_the_video() -> None:
    film = Film(2).show("LOGO", 0, 2)
    preprocessor = Preprocessor(WIDTH, HEIGHT, one_band(LINE / HEIGHT))
    assert not preprocessor(film.luma(0))[USUAL].any()
    preprocessor.learn_usual([film.luma(0), film.luma(1)])
    seen = preprocessor(film.luma(0))
    assert np.array_equal(seen[USUAL], seen[STROKES]), "what is always there is usual"


def test_the_padding_continues_the_picture() -> None:
    preprocessor = Preprocessor(50, 20, one_band(1.0))
    seen = preprocessor(np.full((20, 50), 77, np.uint8))
    assert np.all(seen[LUMA] == 77)
    assert not seen[STROKES].any()


@given(st.integers(1, 5000))
def test_samples_for_the_usual_are_spread_over_the_video(count: int) -> None:
    places = sampled(count)
    assert places == sorted(set(places))
    assert places[0] == 0
    assert places[-1] == count - 1 or count == 1
    assert len(places) <= 24


def test_bands_are_the_stacked_regions() -> None:
    regions = (Region(Box(0, 0.8, 1, 0.9), 0.05, 1, polarity="dark"), Region(Box(0, 0.1, 1, 0.3), 0.08, 2))
    upper, lower = bands_of(regions)
    assert (upper.top, upper.polarity, lower.bottom, lower.polarity) == (0.0, "light", pytest.approx(1.0), "dark")
    assert upper.bottom == lower.top == pytest.approx(2 / 3)
    assert upper.line_height == pytest.approx(0.08 / 0.3)
    assert bands_of(()) == (Band(0.0, 1.0, 0.5),)


def reduced(picture: GrayImage) -> GrayImage:
    return picture[::2, ::2].copy()


def test_a_picture_of_another_size_gives_an_input_of_the_same_size() -> None:
    preprocessor = Preprocessor(WIDTH, HEIGHT, one_band(LINE / HEIGHT))
    assert preprocessor(reduced(Film(1).luma(0))).shape == preprocessor.shape
