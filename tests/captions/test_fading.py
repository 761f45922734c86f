"""A fade is half done where half of the caption is there, whatever its strokes say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.captions.extents import time_captions
from caption_boundaries.captions.fading import LONGEST_FADE, OPACITIES, SHARES, fit_fade, half_way, with_edges
from caption_boundaries.captions.joining import join
from support.films import Background, Film, drifting, plain, still

FRAMES = 40


def course(place: int, fade: int) -> np.ndarray:
    """Return which share of the strokes a caption shows that is half there from ``place`` on."""
    opacity = (np.arange(FRAMES) - (place - fade // 2) + 1) / (fade + 1)
    return np.interp(np.clip(opacity, 0, 1), OPACITIES, SHARES).astype(np.float32)


@pytest.mark.parametrize("fade", range(0, LONGEST_FADE + 1, 2))
@pytest.mark.parametrize("error", [-4, 0, 3])
def test_a_fade_is_found_from_a_guess(fade: int, error: int) -> None:
    assert fit_fade(course(20, fade), 20 + error) == (20, fade)


@given(st.integers(12, 28), st.sampled_from([0, 4, 8]), st.integers(0, 2**32 - 1))
def test_noise_moves_a_fade_by_a_frame_at_most(place: int, fade: int, seed: int) -> None:
    noise = np.random.default_rng(seed).uniform(-0.03, 0.03, FRAMES).astype(np.float32)
    found, _ = fit_fade(course(place, fade) + noise, place)
    assert abs(found - place) <= 1


def test_what_comes_at_once_is_no_fade() -> None:
    levels = np.array([0.0] * 10 + [0.2] * 4 + [0.95] * 10, np.float32)
    assert fit_fade(levels, 14) == (14, 0)


def test_what_comes_at_once_stays_where_it_was_found() -> None:
    values = np.zeros((24, 60), np.float32)
    values[12:] = 1
    assert half_way(values, 11) == (11, 0)


def test_what_comes_in_two_leaps_is_no_fade() -> None:
    """As where the background brings strokes of its own a few frames before the caption does."""
    values = np.zeros((30, 100), np.float32)
    values[10:, :40], values[16:] = 1, 1
    assert half_way(values, 16) == (16, 0)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_rows_say_nothing(count: int) -> None:
    assert half_way(np.ones((count, 50), np.float32), 1) == (1, 0)


def test_too_few_strokes_say_nothing() -> None:
    values = np.zeros((20, 5), np.float32)
    values[8:] = 1
    assert half_way(values, 10) == (10, 0)


def test_edges_lie_around_the_strokes() -> None:
    ink = np.zeros((9, 9), np.bool_)
    ink[4, 4] = True
    assert np.array_equal(np.argwhere(with_edges(ink)).min(axis=0), [2, 2])
    assert with_edges(ink).sum() == 25


def shown(film: Film, cuts: list[int]) -> list[tuple[int, int]]:
    """Return the extents of the captions of a film that was cut at some frames."""
    strokes, segments = film.strokes(), film.segments(cuts)
    groups = join(strokes, segments, film.readings(segments))
    return [(item.first, item.stop) for item in time_captions(strokes, groups)]


@pytest.mark.parametrize("background", [plain(60), still(3), drifting(2)], ids=["plain", "still", "drifting"])
@pytest.mark.parametrize("fade", [0, 2, 4, 8])
def test_half_of_a_caption_counts(fade: int, background: Background) -> None:
    film = Film(100, background=background).show("Good morning", 20 - fade // 2, 70 + fade // 2, fade=fade)
    ((first, stop),) = shown(film, [20 - fade // 2, 70 + fade // 2])
    assert abs(first - 20) <= 1
    assert abs(stop - 70) <= 1


def test_a_caption_that_fades_into_the_next_ends_where_that_begins() -> None:
    film = Film(100, background=still(3))
    film.show("Where is the key?", 5, 44, fade=8).show("It is here, I think.", 36, 90, fade=8)
    (_, stop), (first, _) = shown(film, [9, 40, 86])
    assert stop == first
    assert abs(first - 40) <= 1
