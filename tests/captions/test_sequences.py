"""Pairs decoded as a sequence: stretches that fit together, whatever the probabilities."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from caption_boundaries.captions.decoding import (
    Segment,
    caption_likelihood,
    caption_probability,
    change_probability,
    most_likely,
    smoothed,
    surely_empty,
)
from caption_boundaries.captions.detector import Detection
from caption_boundaries.types import (
    BOUNDARY_CLASSES,
    DIFFERENT,
    EMPTY_EMPTY,
    EMPTY_VALID,
    SAME,
    VALID_EMPTY,
    BoundaryProbabilities,
)

S, D, E, C, G = SAME, DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, VALID_EMPTY
"""Same, different, empty, comes, goes."""


def said(*classes: int, sure: float = 0.96) -> BoundaryProbabilities:
    rows = np.full((len(classes), 5), (1 - sure) / 4, dtype=np.float32)
    rows[np.arange(len(classes)), list(classes)] = sure
    return rows


def told(probabilities: BoundaryProbabilities) -> list[tuple[int, int, bool]]:
    return [(stretch.first, stretch.last, stretch.shows_caption) for stretch in most_likely(probabilities)]


def probabilities_of(pairs: int) -> st.SearchStrategy[BoundaryProbabilities]:
    raw = arrays(np.float32, (pairs, 5), elements=st.floats(0, 1, width=32))
    return raw.map(lambda rows: (rows + np.float32(1e-4)) / (rows + np.float32(1e-4)).sum(axis=1, keepdims=True))


ANY = st.integers(0, 12).flatmap(probabilities_of)


@pytest.mark.parametrize(
    ("classes", "stretches"),
    [
        ((), [(0, 0, False)]),
        ((E, E), [(0, 2, False)]),
        ((S, S), [(0, 2, True)]),
        ((E, C, S, G, E), [(0, 1, False), (2, 3, True), (4, 5, False)]),
        ((C, G), [(0, 0, False), (1, 1, True), (2, 2, False)]),
        ((S, D, S), [(0, 1, True), (2, 3, True)]),
        ((D, D), [(0, 0, True), (1, 1, True), (2, 2, True)]),
        ((E, C, D, G), [(0, 1, False), (2, 2, True), (3, 3, True), (4, 4, False)]),
    ],
    ids=["one picture", "empty", "one caption", "comes and goes", "a single picture", "changes", "all single", "two"],
)
def test_what_pairs_say(classes: tuple[int, ...], stretches: list[tuple[int, int, bool]]) -> None:
    assert told(said(*classes) if classes else np.zeros((0, 5), np.float32)) == stretches


def test_a_pair_that_fits_nowhere_is_overruled_by_its_neighbours() -> None:
    assert told(said(S, S, E, S, S)) == [(0, 5, True)]
    assert told(said(E, E, G, E, E)) == [(0, 5, False)]


def test_a_sure_mistake_does_not_forbid_a_sequence() -> None:
    certain = np.eye(5, dtype=np.float32)[[S, S, E, S, S]]
    assert told(certain)[0][0] == 0
    assert np.isfinite(smoothed(certain)).all()


@given(ANY)
def test_stretches_cover_every_picture_and_never_overlap(probabilities: BoundaryProbabilities) -> None:
    stretches = most_likely(probabilities)
    covered = [place for stretch in stretches for place in range(stretch.first, stretch.last + 1)]
    assert covered == list(range(len(probabilities) + 1))
    assert all(0 <= stretch.confidence <= 1 + 1e-6 for stretch in stretches)
    for before, after in itertools.pairwise(stretches):
        assert before.shows_caption or after.shows_caption, "two stretches without a caption would be one"


@given(st.integers(1, 6).flatmap(probabilities_of))
def test_no_other_sequence_is_likelier(probabilities: BoundaryProbabilities) -> None:
    def weight(states: tuple[bool, ...]) -> float:
        total = 0.0
        for row, (before, after) in zip(probabilities.astype(np.float64), itertools.pairwise(states), strict=True):
            kinds = {(False, False): [E], (False, True): [C], (True, False): [G], (True, True): [S, D]}
            total += np.log(max(1e-6, *row[kinds[before, after]], 1e-6))
        return total

    best = max(weight(states) for states in itertools.product((False, True), repeat=len(probabilities) + 1))
    found = [s.shows_caption for s in most_likely(probabilities) for _ in range(s.first, s.last + 1)]
    assert weight(tuple(found)) == pytest.approx(best, abs=1e-6)


@given(ANY)
def test_smoothed_pairs_fit_together(probabilities: BoundaryProbabilities) -> None:
    rows = smoothed(probabilities)
    assert rows.shape == probabilities.shape
    assert np.allclose(rows.sum(axis=1), 1, atol=1e-5)
    shows_after = rows[:, [S, D, C]].sum(axis=1)
    shows_before = rows[:, [S, D, G]].sum(axis=1)
    assert np.allclose(shows_after[:-1], shows_before[1:], atol=1e-4), "both pairs say the same of a picture"
    caption = caption_probability(rows)
    assert caption.shape == (len(probabilities) + 1,)
    assert np.all((caption >= 0) & (caption <= 1 + 1e-6))
    change = change_probability(rows)
    assert np.all((change >= 0) & (change <= 1 + 1e-6))


@given(st.integers(1, 12).flatmap(probabilities_of))
def test_time_reversed_means_coming_and_going_exchanged(probabilities: BoundaryProbabilities) -> None:
    mirrored = probabilities[::-1, [SAME, DIFFERENT, EMPTY_EMPTY, VALID_EMPTY, EMPTY_VALID]]
    back = smoothed(mirrored)[::-1, [SAME, DIFFERENT, EMPTY_EMPTY, VALID_EMPTY, EMPTY_VALID]]
    assert np.allclose(back, smoothed(probabilities), atol=1e-4)


def test_only_what_is_surely_empty_is_not_read() -> None:
    indices = np.arange(6)
    caption = np.array([0.0, 0.0005, 0.0005, 0.4, 0.99, 0.0], np.float32)
    stretches = [Segment(0, 6, indices[:3]), Segment(6, 10, indices[2:5]), Segment(10, 11, indices[:0])]
    detection = Detection(said(E, E, C, S, G), None, caption)
    assert surely_empty(detection, indices, stretches).tolist() == [True, False, False]
    assert not surely_empty(Detection(said(E)), indices, stretches).any()


def test_confidence_is_that_of_the_less_certain_end() -> None:
    rows = said(E, C, S, G, E)
    rows[3] = [0.4, 0.02, 0.02, 0.02, 0.54]
    stretches = most_likely(rows)
    assert stretches[1].confidence == stretches[2].confidence < stretches[0].confidence


def test_every_class_is_used() -> None:
    assert sorted({S, D, E, C, G}) == list(range(len(BOUNDARY_CLASSES)))


def test_how_likely_stretches_show_a_caption() -> None:
    indices = np.arange(6)
    stretches = [Segment(0, 4, indices[:2]), Segment(4, 5, indices[:0]), Segment(5, 12, indices[2:])]
    detection = Detection(said(E), None, np.array([0.0, 0.2, 1.0, 1.0, 0.5, 0.9], np.float32))
    assert caption_likelihood(detection, indices, stretches) == pytest.approx((0.1, 0.5, 0.85))
    assert caption_likelihood(Detection(said(E)), indices, stretches) == ()
