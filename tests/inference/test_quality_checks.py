"""What looks wrong in a model's word, found without the truth."""

from __future__ import annotations

import numpy as np
import pytest

from caption_boundaries.inference.predictor import Prediction
from caption_boundaries.inference.quality_checks import caption_lengths, check_prediction, check_sides
from caption_boundaries.inference.statistics import InputStatistics, summarize, total
from caption_boundaries.types import (
    DIFFERENT,
    EMPTY_EMPTY,
    EMPTY_VALID,
    SAME,
    VALID_EMPTY,
    BoundaryProbabilities,
    Box,
    Region,
)

S, D, E, C, G = SAME, DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, VALID_EMPTY
USUAL = [E] * 10 + [C] + [S] * 15 + [G] + [E] * 5 + [C] + [S] * 20 + [D] + [S] * 12 + [G] + [E] * 8
FINE = InputStatistics(100, luma=40.0, contrast=15.0, strokes=3.0)
TRAINED_ON = {"luma_mean": 0.4, "luma_spread": 0.05, "strokes_mean": 0.03, "strokes_spread": 0.01}


def said(classes: list[int], sure: float = 0.96) -> BoundaryProbabilities:
    rows = np.full((len(classes), 5), (1 - sure) / 4, dtype=np.float32)
    rows[np.arange(len(classes)), classes] = sure
    return rows


def findings(
    classes: list[int], *, sure: float = 0.96, apart: float = 0.01, statistics: InputStatistics = FINE
) -> list[str]:
    rows = said(classes, sure)
    prediction = Prediction(rows, np.full(len(rows), apart, np.float32), statistics, np.zeros(len(rows), np.bool_))
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
        ({"classes": USUAL, "statistics": InputStatistics(100, 95.0, 15.0, 3.0)}, ["drift"]),
    ],
    ids=["usual", "nothing", "impossible", "unsure", "apart", "too long", "too short", "unlike the training"],
)
def test_checks(arguments: dict[str, object], expected: list[str]) -> None:
    found = findings(**arguments)  # type: ignore[arg-type]
    assert found == expected or (arguments["classes"] == [S, E] * 20 and found[0] == "impossible sequence")


def test_a_finding_tells_where_and_how_much() -> None:
    prediction = Prediction(said(USUAL, 0.5), np.zeros(len(USUAL), np.float32), FINE, np.zeros(len(USUAL), np.bool_))
    (finding,) = check_prediction(prediction, 10.0)
    assert finding.value == 1.0
    assert finding.places[:3] == (0, 1, 2)
    assert len(finding.places) <= 20
    assert finding.as_dict()["message"] == "The model is unsure of 100.0% of the pairs."


def line(left: float, right: float) -> list[Box]:
    return [Box(left, 0.2, right, 0.8)]


WITHIN = (0.1, 0.9)
"""A crop with some of the frame on either side of it."""


@pytest.mark.parametrize(
    ("crop", "captions", "touching"),
    [
        (WITHIN, [], ()),
        (WITHIN, [line(0.3, 0.7)], ()),
        (WITHIN, [line(0.02, 0.98)], ()),
        (WITHIN, [line(0.0, 0.7), line(0.3, 0.7)], (0,)),
        (WITHIN, [line(0.3, 0.7), line(0.3, 1.0)], (1,)),
        (WITHIN, [line(0.004, 0.996)], (0,)),
        (WITHIN, [[*line(0.3, 0.7), *line(0.0, 0.4)]], (0,)),
        ((0.0, 1.0), [line(0.0, 1.0)], ()),
        ((0.0, 0.9), [line(0.0, 0.7), line(0.3, 1.0)], (1,)),
        ((0.1, 1.0), [line(0.0, 0.7), line(0.3, 1.0)], (0,)),
    ],
    ids=[
        "no caption",
        "far from the sides",
        "close to the sides",
        "at the left",
        "at the right",
        "a tenth of a line height away",
        "its second line",
        "the frame ends there",
        "the frame ends at the left",
        "the frame ends at the right",
    ],
)
def test_text_at_the_sides_of_the_crop(
    crop: tuple[float, float], captions: list[list[Box]], touching: tuple[int, ...]
) -> None:
    region = Region(Box(crop[0], 0.8, crop[1], 0.9), line_height=0.05, line_count=2)
    finding = check_sides(captions, [region], line_width=0.05)
    assert (finding.places if finding else ()) == touching


def test_the_widest_region_says_where_the_crop_ends() -> None:
    narrow, wide = (Region(Box(left, 0.8, 1 - left, 0.9), 0.05, 1) for left in (0.2, 0.0))
    assert check_sides([line(0.0, 1.0)], [narrow, wide], 0.05) is None


def test_the_finding_counts_the_captions() -> None:
    region = Region(Box(0.1, 0.8, 0.9, 0.9), line_height=0.05, line_count=1)
    one = check_sides([line(0.0, 0.5), line(0.3, 0.5)], [region], 0.05)
    many = check_sides([line(0.0, 0.5)] * 30, [region], 0.05)
    assert one is not None
    assert many is not None
    assert (one.check, one.value, one.message.split(":")[0]) == (
        "crop cut",
        0.5,
        "A caption reaches the side of the crop",
    )
    assert many.message.startswith("30 captions reach the side")
    assert len(many.places) == 20


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
