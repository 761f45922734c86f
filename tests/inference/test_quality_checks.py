"""What looks wrong in a model's word, found without the truth."""

from __future__ import annotations

import numpy as np
import pytest

from caption_boundaries.inference.predictor import Prediction
from caption_boundaries.inference.quality_checks import caption_lengths, check_prediction
from caption_boundaries.inference.statistics import InputStatistics, summarize, total
from caption_boundaries.types import DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, SAME, VALID_EMPTY, BoundaryProbabilities

S, D, E, C, G = SAME, DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, VALID_EMPTY
USUAL = [E] * 10 + [C] + [S] * 15 + [G] + [E] * 5 + [C] + [S] * 20 + [D] + [S] * 12 + [G] + [E] * 8
FINE = InputStatistics(100, luma=40.0, contrast=15.0, strokes=3.0, edge=0.9)
TRAINED_ON = {"luma_mean": 0.4, "luma_spread": 0.05, "strokes_mean": 0.03, "strokes_spread": 0.01}


def said(classes: list[int], sure: float = 0.96) -> BoundaryProbabilities:
    rows = np.full((len(classes), 5), (1 - sure) / 4, dtype=np.float32)
    rows[np.arange(len(classes)), classes] = sure
    return rows


def findings(
    classes: list[int], *, sure: float = 0.96, apart: float = 0.01, statistics: InputStatistics = FINE
) -> list[str]:
    rows = said(classes, sure)
    prediction = Prediction(rows, np.full(len(rows), apart, np.float32), statistics)
    return [finding.check for finding in check_prediction(prediction, 10.0, trained_on=TRAINED_ON)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"classes": USUAL}, []),
        ({"classes": []}, []),
        ({"classes": [S, E] * 20}, ["impossible sequence", "durations"]),
        ({"classes": USUAL, "sure": 0.5}, ["low confidence"]),
        ({"classes": USUAL, "apart": 0.5}, ["disagreement of the passes"]),
        ({"classes": [C] + [S] * 400 + [G]}, ["durations"]),
        ({"classes": [C, G] * 10}, ["durations"]),
        ({"classes": USUAL, "statistics": InputStatistics(100, 40.0, 15.0, 3.0, 2.9)}, ["crop cut"]),
        ({"classes": USUAL, "statistics": InputStatistics(100, 95.0, 15.0, 3.0, 0.9)}, ["drift"]),
    ],
    ids=["usual", "nothing", "impossible", "unsure", "apart", "too long", "too short", "cut", "unlike the training"],
)
def test_checks(arguments: dict[str, object], expected: list[str]) -> None:
    found = findings(**arguments)  # type: ignore[arg-type]
    assert found == expected or (arguments["classes"] == [S, E] * 20 and found[0] == "impossible sequence")


def test_a_finding_tells_where_and_how_much() -> None:
    prediction = Prediction(said(USUAL, 0.5), np.zeros(len(USUAL), np.float32), FINE)
    (finding,) = check_prediction(prediction, 10.0)
    assert finding.value == 1.0
    assert finding.places[:3] == (0, 1, 2)
    assert len(finding.places) <= 20
    assert finding.as_dict()["message"] == "The model is unsure of 100.0% of the pairs."


@pytest.mark.parametrize(
    ("classes", "lengths"),
    [
        ([], []),
        ([E, E], []),
        ([S, S], [3]),
        ([E, C, S, G, E], [2]),
        ([C, G], [1]),
        ([C, S, D, S, S], [2, 3]),
        ([C, S, S], [3]),
    ],
)
def test_lengths_of_captions(classes: list[int], lengths: list[int]) -> None:
    assert caption_lengths(said(classes)) == lengths


def test_statistics_of_parts_add_up() -> None:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (7, 3, 16, 32), dtype=np.uint8)
    whole = summarize(pictures).means()
    parts = total([summarize(pictures[:3]), summarize(pictures[3:])]).means()
    assert parts == pytest.approx(whole, rel=1e-5)
    assert InputStatistics().means() == {}
