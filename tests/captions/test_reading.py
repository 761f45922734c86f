"""One picture made of several, and what stands in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from caption_boundaries.captions.reading import (
    Reading,
    chosen_indices,
    combine,
    in_box,
    ink,
    polarity_at,
    presence,
    text_patch,
)
from caption_boundaries.types import Box, Region, TextLine
from support.films import HEIGHT, REGIONS, WIDTH, Film, drifting, plain, still


@given(
    pictures=st.sampled_from([1, 3, 5, 7]).flatmap(
        lambda count: hnp.arrays(np.uint8, (count, 3, 4, 3), elements=st.integers(0, 255))
    )
)
def test_combining_is_the_median(pictures: np.ndarray) -> None:
    assert np.array_equal(combine(list(pictures)), np.median(pictures, axis=0))


@pytest.mark.parametrize(
    ("indices", "expected"),
    [
        ([], []),
        ([7], [7]),
        ([7, 8], [7]),
        ([7, 8, 9], [7, 8, 9]),
        ([7, 8, 9, 10], [8]),
        ([7, 8, 9, 10, 11], [8, 9, 10]),
        (list(range(20, 40)), [21, 25, 29, 34, 38]),
    ],
)
def test_chosen_indices_are_few_and_away_from_the_ends(indices: list[int], expected: list[int]) -> None:
    assert chosen_indices(indices) == expected


@given(st.lists(st.integers(0, 1000), unique=True, max_size=60).map(sorted))
def test_an_odd_number_is_chosen_in_order(indices: list[int]) -> None:
    chosen = chosen_indices(indices)
    assert chosen == sorted(set(chosen))
    assert set(chosen) <= set(indices)
    assert len(chosen) % 2 == (1 if indices else 0)


def test_text_stays_and_motion_blurs() -> None:
    film = Film(20, background=drifting(1, pixels=7)).show("Good morning", 0, 20)
    picture = combine([film.rgb(i) for i in (0, 4, 8, 12, 16)])
    still_text = film.strokes().share(0, 20) > 0.9
    luma = picture[:, :, 0].astype(int)
    assert np.abs(luma[still_text] - film.luma(0)[still_text]).mean() < 12


@pytest.mark.parametrize("background", [plain(40), plain(200), still(3)], ids=["dark", "bright", "texture"])
def test_ink_is_text(background: object) -> None:
    film = Film(30, background=background).show("Good morning", 0, 30)  # type: ignore[arg-type]
    bare = Film(30, background=background)  # type: ignore[arg-type]
    own = ink(film.strokes().share(0, 30), film.reading_at(10))
    white = film.luma(10) > 150
    assert own.any()
    assert (own & white).sum() >= 0.9 * own.sum()
    assert not ink(bare.strokes().share(0, 30), bare.reading_at(10)).any()


def test_lines_that_were_dropped_have_no_ink() -> None:
    film = Film(30).show("Good morning", 0, 30, center=(0.5, 0.25)).show("Where?", 0, 30, center=(0.5, 0.75))
    reading = film.reading_at(10)
    upper = Reading(reading.lines[:1], reading.patch)
    share = film.strokes().share(0, 30)
    assert ink(share, upper)[HEIGHT // 2 :].sum() == 0
    assert ink(share, reading)[HEIGHT // 2 :].sum() > 0


def test_dark_text_has_ink_too() -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 230, np.uint8)
    picture[30:34, 100:200] = 10
    line = TextLine(Box(0.3, 0.3, 0.65, 0.6), "x", 0.9)
    regions = (Region(Box(0, 0, 1, 1), 0.3, 1, polarity="dark"),)
    patch = text_patch(picture, [line], (HEIGHT, WIDTH), regions)
    assert patch is not None
    assert set(np.unique(patch.luma[patch.core])) == {10}


def test_no_lines_look_like_nothing() -> None:
    assert text_patch(np.zeros((10, 10, 3), np.uint8), [], (10, 10), REGIONS) is None


@pytest.mark.parametrize(
    ("y", "polarity"),
    [(0.0, "light"), (0.65, "light"), (0.7, "dark"), (1.0, "dark")],
    ids=["top", "above", "below", "end"],
)
def test_every_region_has_its_own_polarity(y: float, polarity: str) -> None:
    regions = (Region(Box(0, 0.6, 1, 0.8), 0.1, 1), Region(Box(0, 0.9, 1, 1.0), 0.1, 1, polarity="dark"))
    assert polarity_at(y, regions) == polarity


def test_without_regions_text_is_light() -> None:
    assert polarity_at(0.5, ()) == "light"


def test_reading_as_text() -> None:
    lines = (TextLine(Box(0, 0, 1, 0.5), "one", 0.9), TextLine(Box(0, 0.5, 1, 1), "two", 0.7))
    assert Reading(lines).text == "one\ntwo"
    assert Reading(lines).confidence == 0.7
    assert Reading(()).text == ""
    assert Reading(()).confidence == 0


def test_boxes_are_cut_at_the_edges() -> None:
    line = TextLine(Box(0.0, 0.5, 0.1, 1.0), "x", 1.0)
    assert in_box(line, (10, 20), margin=3) == (slice(2, 10), slice(0, 5))


def test_presence_of_nothing_is_nothing() -> None:
    share = np.ones((4, 4), np.float32)
    assert presence(np.zeros((4, 4), np.bool_), share) == 0
    assert presence(np.ones((4, 4), np.bool_), share / 2) == 0.5
