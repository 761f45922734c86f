"""Boundaries in frame indices: one to one, within a tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.evaluation.boundaries import NOBODY, labels_of, owners_of, score_pairs, total
from caption_boundaries.evaluation.pairs import (
    calibration_error,
    class_f1,
    confusion,
    cross_entropy,
    macro_f1,
    summary,
)
from caption_boundaries.evaluation.plots import plot_evaluation
from caption_boundaries.types import (
    BOUNDARY_CLASSES,
    DIFFERENT,
    EMPTY_EMPTY,
    EMPTY_VALID,
    SAME,
    VALID_EMPTY,
    BoundaryProbabilities,
    FrameRange,
)

N = NOBODY


def certain(labels: np.ndarray) -> BoundaryProbabilities:
    return np.eye(len(BOUNDARY_CLASSES), dtype=np.float32)[labels]


@pytest.mark.parametrize(
    ("owners", "labels"),
    [
        ([N, N], [EMPTY_EMPTY]),
        ([N, 0, 0], [EMPTY_VALID, SAME]),
        ([0, 1, N], [DIFFERENT, VALID_EMPTY]),
        ([0], []),
    ],
)
def test_classes_follow_from_who_is_shown(owners: list[int], labels: list[int]) -> None:
    assert labels_of(np.array(owners)).tolist() == labels


def test_who_is_shown_at_each_index() -> None:
    owners = owners_of([FrameRange(2, 3), FrameRange(4, 4)], np.array([0, 2, 3, 4, 7]))
    assert owners.tolist() == [N, 0, 0, 1, N]


TRUTH = np.array([N, N, 0, 0, 0, 1, 1, N, N, N])


@pytest.mark.parametrize(
    ("found", "hits"),
    [
        ([(2, 4), (5, 6)], (3, 3, 3)),
        ([(3, 4), (5, 6)], (2, 3, 3)),
        ([(2, 6)], (2, 2, 2)),
        ([(0, 4), (5, 8)], (1, 1, 2)),
        ([], (0, 0, 0)),
        ([(2, 2), (3, 4), (5, 6)], (3, 3, 3)),
    ],
    ids=["exact", "late by one", "merged", "by two", "nothing", "one too many"],
)
def test_boundaries_are_paired_one_to_one(found: list[tuple[int, int]], hits: tuple[int, int, int]) -> None:
    score = score_pairs(TRUTH, found, certain(labels_of(TRUTH)))
    assert tuple(score.boundaries[tolerance].matched for tolerance in (0, 1, 2)) == hits
    assert score.boundaries[0].truth == 3


def test_shares_of_time() -> None:
    score = score_pairs(TRUTH, [(2, 4), (6, 7)], certain(labels_of(TRUTH)))
    assert score.intervals == (1.0, pytest.approx(1 / 3))
    assert score_pairs(TRUTH, [], certain(labels_of(TRUTH))).intervals == (0.0, 0.0)


def test_videos_add_up() -> None:
    one = score_pairs(TRUTH, [(2, 4), (5, 6)], certain(labels_of(TRUTH)))
    both = total([one, score_pairs(TRUTH, [], certain(labels_of(TRUTH)))]).as_dict()
    assert both["boundaries"] == 6
    assert both["recall_0"] == 0.5
    assert both["precision_0"] == 1.0
    assert both["interval_iou"] == 0.5
    assert both["macro_f1"] == 1.0
    assert total([]).as_dict()["pairs"] == 0


LABELS = np.array([SAME, SAME, SAME, DIFFERENT, EMPTY_VALID])


def test_rare_classes_count_as_much_as_frequent_ones() -> None:
    matrix = confusion(LABELS, np.array([SAME, SAME, SAME, SAME, EMPTY_VALID]))
    assert matrix[DIFFERENT, SAME] == 1
    assert class_f1(matrix)[SAME] == pytest.approx(6 / 7)
    assert macro_f1(matrix) == pytest.approx((6 / 7 + 0 + 1) / 3)
    assert np.isnan(class_f1(matrix)[EMPTY_EMPTY])


@pytest.mark.parametrize(("confidence", "right", "error"), [(0.8, 0.8, 0.0), (1.0, 0.5, 0.5), (0.6, 1.0, 0.4)])
def test_calibration(confidence: float, right: float, error: float) -> None:
    rows = np.full((10, 5), (1 - confidence) / 4, dtype=np.float32)
    rows[:, SAME] = confidence
    labels = np.where(np.arange(10) < 10 * right, SAME, DIFFERENT)
    assert calibration_error(labels, rows) == pytest.approx(error, abs=1e-5)


def test_nothing_to_judge() -> None:
    nothing = np.zeros((0, 5), np.float32)
    labels = np.zeros(0, np.int64)
    assert calibration_error(labels, nothing) == cross_entropy(labels, nothing) == 0.0
    assert macro_f1(confusion(labels, labels)) == 0.0


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_figures_lie_within_their_bounds(labels: list[int], seed: int) -> None:
    rows = np.random.default_rng(seed).dirichlet(np.ones(5), len(labels)).astype(np.float32)
    figures = summary(np.array(labels), rows)
    assert all(0 <= value <= 1 for name, value in figures.items() if name != "loss")
    assert figures["loss"] >= 0
    perfect = summary(np.array(labels), certain(np.array(labels)))
    assert perfect["macro_f1"] == perfect["accuracy"] == 1.0


def test_the_plot_is_a_picture(tmp_path: object) -> None:
    path = tmp_path / "plots" / "figures.png"  # type: ignore[operator]
    plot_evaluation({"model": score_pairs(TRUTH, [(2, 4)], certain(labels_of(TRUTH)))}, path)
    assert path.read_bytes().startswith(b"\x89PNG")
