from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.media.clock import PictureClock

MS = Fraction(1, 1000)


def stamps(given_stamps: list[int | None], duration: Fraction | int = 40) -> list[int]:
    clock = PictureClock(MS, Fraction(duration))
    return [clock.stamp(stamp) for stamp in given_stamps]


@pytest.mark.parametrize(
    ("given_stamps", "expected"),
    [
        pytest.param([0, 40, 80], [0, 40, 80], id="sound"),
        pytest.param([-500, -460, 3], [-500, -460, 3], id="below-zero"),
        pytest.param([7, 9, 900, 100_000], [7, 9, 900, 100_000], id="variable"),
        pytest.param([None, None, None], [0, 40, 80], id="none-at-all"),
        pytest.param([100, None, None, 220], [100, 140, 180, 220], id="missing-within"),
        pytest.param([0, 0, 1, 1], [0, 1, 2, 3], id="repeated"),
        pytest.param([0, 80, 40, 120], [0, 80, 81, 120], id="one-goes-back"),
        pytest.param([90_000, 90_040, 0, 40, 80], [90_000, 90_040, 90_080, 90_120, 90_160], id="clock-starts-anew"),
        pytest.param([5000, 0, 3000, 100, 140], [5000, 5040, 8040, 8080, 8120], id="clock-starts-anew-twice"),
    ],
)
def test_stamps(given_stamps: list[int | None], expected: list[int]) -> None:
    assert stamps(given_stamps) == expected


def test_filled_in_stamps_do_not_drift() -> None:
    assert stamps([None] * 3001, duration=Fraction(1001, 30))[-1] == 100_100


def test_repairs_are_counted() -> None:
    clock = PictureClock(MS, Fraction(40))
    for stamp in (0, 40, 40, None, 200):
        clock.stamp(stamp)
    assert clock.repaired == 2


@given(
    st.lists(st.none() | st.integers(-(2**40), 2**40), max_size=60),
    st.fractions(Fraction(1, 100), 10_000),
    st.sampled_from([MS, Fraction(1, 90_000), Fraction(1, 24), Fraction(1)]),
)
def test_times_always_rise(given_stamps: list[int | None], duration: Fraction, time_base: Fraction) -> None:
    clock = PictureClock(time_base, duration)
    out = [clock.stamp(stamp) for stamp in given_stamps]
    assert all(earlier < later for earlier, later in pairwise(out))


@given(st.sets(st.integers(-(2**40), 2**40)).map(sorted))
def test_rising_stamps_are_kept(given_stamps: list[int]) -> None:
    assert stamps(list(given_stamps)) == given_stamps
