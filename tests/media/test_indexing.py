from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.media.indexing import (
    TOLERANCE_SECONDS,
    first_index_from,
    indices_of_pictures,
    pictures_at,
    pictures_at_indices,
)


@dataclass(frozen=True)
class Shown:
    seconds: float
    duration_seconds: float = 0.04


def brute_force(pictures: list[Shown], rate: float) -> list[tuple[int, Shown]]:
    """The definition: index k shows the last picture that began by k / rate, until the last one ends."""
    if not pictures:
        return []
    out: list[tuple[int, Shown]] = []
    while True:
        moment = len(out) / rate + TOLERANCE_SECONDS
        begun = [picture for picture in pictures if picture.seconds <= moment]
        if moment >= pictures[-1].seconds + pictures[-1].duration_seconds:
            return out
        out.append((len(out), begun[-1]))


@st.composite
def picture_lists(draw: st.DrawFn) -> list[Shown]:
    """Pictures at a variable rate, in steps of 1 ms from 0, some on ticks, some hairs beside them."""
    gaps = draw(st.lists(st.sampled_from([1, 16, 33, 40, 41, 42, 99, 100, 101, 250, 700]), max_size=25))
    seconds, at = [0.0], 0
    for gap in gaps:
        at += gap
        seconds.append(at / 1000)
    return [Shown(s, draw(st.sampled_from([0.001, 0.04, 0.1, 0.35]))) for s in seconds]


@given(picture_lists(), st.sampled_from([1.0, 7.0, 10.0, 12.5, 25.0, 30000 / 1001]))
def test_against_the_definition(pictures: list[Shown], rate: float) -> None:
    assert list(pictures_at_indices(pictures, rate)) == brute_force(pictures, rate)


@given(picture_lists(), st.sampled_from([1.0, 10.0, 25.0]))
def test_ranges_join_and_every_picture_comes_once(pictures: list[Shown], rate: float) -> None:
    out = list(indices_of_pictures(pictures, rate))
    assert [picture for picture, _ in out] == pictures
    assert out[0][1].start == 0
    assert all(before.stop == after.start for (_, before), (_, after) in pairwise(out))


@given(picture_lists(), st.lists(st.floats(0, 12), max_size=12).map(sorted))
def test_moments_against_the_definition(pictures: list[Shown], moments: list[float]) -> None:
    end = pictures[-1].seconds + pictures[-1].duration_seconds
    expected = [
        [picture for picture in pictures if picture.seconds <= moment + TOLERANCE_SECONDS][-1]
        for moment in moments
        if moment + TOLERANCE_SECONDS < end
    ]
    assert list(pictures_at(pictures, moments)) == expected


@pytest.mark.parametrize(
    ("fps", "count", "rate", "indices"),
    [(24, 1440, 10.0, 600), (25, 200, 10.0, 80), (30000 / 1001, 180, 10.0, 61), (24, 1, 10.0, 1), (10, 7, 10.0, 7)],
)
def test_constant_rate(fps: float, count: int, rate: float, indices: int) -> None:
    pictures = [Shown(n / fps, 1 / fps) for n in range(count)]
    out = list(pictures_at_indices(pictures, rate))
    assert [k for k, _ in out] == list(range(indices))
    assert all(picture.seconds <= k / rate + 1e-6 < picture.seconds + 1 / fps + 2e-6 for k, picture in out)


def test_no_pictures_no_indices() -> None:
    assert list(pictures_at_indices([], 10.0)) == []
    assert list(pictures_at([], [0.0])) == []


def test_a_picture_is_held_no_longer_than_needed() -> None:
    """The source of the pictures is read one ahead, never more."""
    taken: list[float] = []

    def source() -> Iterator[Shown]:
        for n in range(100):
            taken.append(n / 24)
            yield Shown(n / 24)

    pictures = pictures_at_indices(source(), 10.0)
    next(pictures)
    assert len(taken) == 2


@given(st.integers(0, 10**6), st.sampled_from([1.0, 10.0, 24.0, 30000 / 1001]))
def test_a_tick_is_its_own_first_index(index: int, rate: float) -> None:
    assert first_index_from(index / rate, rate) == index
