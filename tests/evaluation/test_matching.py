"""Pairs are one to one, within the tolerance, of the same kind."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.evaluation.matching import count_boundary_matches, match_captions, temporal_iou
from caption_boundaries.evaluation.truth import TimedText


def spans(*pairs: tuple[float, float]) -> list[TimedText]:
    return [TimedText(start, end, "x") for start, end in pairs]


IOU = {
    "equal": ((1, 3), (1, 3), 1.0),
    "half inside": ((0, 2), (0, 1), 0.5),
    "one third": ((0, 2), (1, 3), 1 / 3),
    "touching": ((0, 1), (1, 2), 0.0),
    "apart": ((0, 1), (5, 6), 0.0),
}


@pytest.mark.parametrize(("one", "other", "expected"), IOU.values(), ids=IOU)
def test_temporal_iou(one: tuple[float, float], other: tuple[float, float], expected: float) -> None:
    (a,), (b,) = spans(one), spans(other)
    assert temporal_iou(a, b) == pytest.approx(expected)
    assert temporal_iou(b, a) == pytest.approx(expected)


CAPTIONS = {
    "nothing": ([], [], []),
    "nothing predicted": ([(0, 1)], [], []),
    "exact": ([(0, 1), (1, 2)], [(0, 1), (1, 2)], [(0, 0), (1, 1)]),
    "half is enough": ([(0, 2)], [(0, 1)], [(0, 0)]),
    "less than half is not": ([(0, 2)], [(0, 0.99)], []),
    "one for two": ([(0, 1), (1, 2)], [(0, 2)], [(0, 0)]),
    "split in two": ([(0, 3)], [(0, 1), (1, 3)], [(0, 1)]),
    "the better overlap wins": ([(0, 2)], [(0, 1.2), (0.1, 2)], [(0, 1)]),
    "a caption too many": ([(0, 1)], [(0, 1), (5, 6)], [(0, 0)]),
    "in any order": ([(5, 6), (0, 1)], [(0, 1), (5, 6)], [(1, 0), (0, 1)]),
}


@pytest.mark.parametrize(("truth", "predicted", "expected"), CAPTIONS.values(), ids=CAPTIONS)
def test_captions(
    truth: list[tuple[float, float]], predicted: list[tuple[float, float]], expected: list[tuple[int, int]]
) -> None:
    ours, theirs = spans(*truth), spans(*predicted)
    pairs = [(match.truth, match.predicted) for match in match_captions(ours, theirs)]
    assert pairs == [(ours[row], theirs[column]) for row, column in expected]


BOUNDARIES = {
    "nothing": ([], [], 0.1, 0),
    "exact": ([1, 2], [1, 2], 0.0, 2),
    "at the tolerance": ([1.0], [1.05], 0.05, 1),
    "beyond what rounding explains": ([1 + 1 / 3], [1.282], 0.05, 0),
    "rounded to milliseconds": ([1 / 3], [0.333], 0.0, 1),
    "beyond the tolerance": ([1.0], [1.052], 0.05, 0),
    "one for two": ([1.0, 1.05], [1.02], 0.1, 1),
    "two for one": ([1.0], [0.99, 1.01], 0.1, 1),
    "greedy by distance would lose one": ([1.0, 1.1], [1.08, 1.2], 0.1, 2),
    "in any order": ([2.0, 1.0], [1.0, 2.0], 0.05, 2),
}


@pytest.mark.parametrize(("truth", "predicted", "tolerance", "expected"), BOUNDARIES.values(), ids=BOUNDARIES)
def test_boundaries(truth: list[float], predicted: list[float], tolerance: float, expected: int) -> None:
    assert count_boundary_matches(truth, predicted, tolerance) == expected


moments = st.lists(st.integers(0, 12).map(lambda tick: tick / 10), max_size=5)


@given(truth=moments, predicted=moments, tolerance=st.sampled_from([0.0, 0.1, 0.25]))
def test_no_pairing_of_boundaries_is_larger(truth: list[float], predicted: list[float], tolerance: float) -> None:
    few, many = sorted([truth, predicted], key=len)
    best = max(
        sum(abs(a - b) <= tolerance + 0.001 for a, b in zip(few, chosen, strict=True))
        for chosen in itertools.permutations(many, len(few))
    )
    assert count_boundary_matches(truth, predicted, tolerance) == best
