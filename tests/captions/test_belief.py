"""What a detector says of captions that were read: ends at which it sees no change, and where one becomes another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from caption_boundaries.captions.belief import NO_HINTS, SURELY_ANOTHER, Belief
from caption_boundaries.captions.decoding import Segment
from caption_boundaries.captions.detector import Detection
from caption_boundaries.captions.extents import TimedText
from caption_boundaries.captions.rows import DOUBTFUL_BOUNDARY, TickedText, limit_confidence
from caption_boundaries.types import DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, SAME, VALID_EMPTY, FrameRange

INDICES = np.arange(20)
SHOWN = INDICES * 2
"""The source frame that each index shows."""


def item(first: int, last: int, confidence: float = 0.9) -> TickedText:
    caption = TimedText(first * 2, last * 2 + 2, "text", 0.95, confidence)
    return TickedText(FrameRange(first, last), first / 10, (last + 1) / 10, caption)


def said(first: int, last: int, *, change: float = 0.9) -> Detection:
    """Return the word of a detector that sees a caption from one index to another."""
    rows = np.zeros((19, 5), np.float32)
    rows[:, EMPTY_EMPTY] = 1
    rows[first : last + 1] = np.eye(5, dtype=np.float32)[SAME]
    rows[first - 1] = rows[last] = 0
    rows[first - 1, [EMPTY_VALID, EMPTY_EMPTY]] = change, 1 - change
    rows[last, [VALID_EMPTY, SAME]] = change, 1 - change
    caption = np.full(20, 0.0005, np.float32)
    caption[first : last + 1] = 0.99
    return Detection(rows, None, caption)


def believed(detection: Detection) -> Belief:
    return Belief(detection, SHOWN[: len(detection.probabilities) + 1])


def becoming_another(**probability_at: float) -> Belief:
    """Return the word of a detector that sees one caption become another at pairs named ``p`` and their number."""
    rows = np.tile(np.eye(5, dtype=np.float32)[SAME], (19, 1))
    for name, probability in probability_at.items():
        rows[int(name[1:]), [SAME, DIFFERENT]] = 1 - probability, probability
    return believed(Detection(rows, None, np.full(20, 0.99, np.float32)))


def cut_at(*frames: int) -> list[Segment]:
    cuts = [0, *frames, 40]
    return [Segment(first, stop, np.arange(0)) for first, stop in itertools.pairwise(cuts)]


def test_a_caption_that_the_detector_does_not_see_is_kept_and_doubtful() -> None:
    seen, unseen = limit_confidence([item(5, 9), item(13, 16)], believed(said(5, 9)), INDICES)
    assert (seen.frames, unseen.frames) == (FrameRange(5, 9), FrameRange(13, 16))
    assert unseen.caption.boundary_confidence < DOUBTFUL_BOUNDARY < seen.caption.boundary_confidence


@pytest.mark.parametrize(
    ("ends", "confidence"),
    [((5, 9), 0.9), ((6, 10), 0.9), ((5, 14), 0.0), ((1, 9), 0.0)],
    ids=["where it says", "nearly there", "no change at the end", "no change at the start"],
)
def test_no_end_is_surer_than_the_detector(ends: tuple[int, int], confidence: float) -> None:
    (one,) = limit_confidence([item(*ends, confidence=0.95)], believed(said(5, 9)), INDICES)
    assert one.caption.boundary_confidence == pytest.approx(confidence, abs=0.01)


def test_the_ends_of_the_video_are_sure() -> None:
    caption = np.full(20, 0.99, np.float32)
    rows = np.tile(np.eye(5, dtype=np.float32)[SAME], (19, 1))
    (one,) = limit_confidence([item(0, 19)], believed(Detection(rows, None, caption)), INDICES)
    assert one.caption.boundary_confidence == pytest.approx(0.9)


KNOWS_NOTHING = {
    "no word on captions": Detection(np.full((19, 5), 0.2, np.float32)),
    "no pair": Detection(np.zeros((0, 5), np.float32), None, np.ones(1, np.float32)),
}


@pytest.mark.parametrize("detection", KNOWS_NOTHING.values(), ids=KNOWS_NOTHING.keys())
def test_a_detector_that_cannot_tell_changes_nothing(detection: Detection) -> None:
    found, belief = [item(5, 9), item(13, 16)], believed(detection)
    assert limit_confidence(found, belief, INDICES) == found
    assert belief.hints(cut_at(10, 20)) == NO_HINTS
    assert belief.others(0, 40) is None


@pytest.mark.parametrize(
    ("probability", "cuts", "parted"),
    [
        (SURELY_ANOTHER, (20,), {20}),
        (SURELY_ANOTHER - 0.01, (20,), set()),
        (0.99, (19,), {19}),
        (0.99, (18, 21), set()),
        (0.99, (19, 20), {19}),
        (0.99, (), set()),
    ],
    ids=["sure enough", "not sure", "between the pictures", "at other pictures", "the nearer one", "nothing was cut"],
)
def test_captions_are_parted_where_the_detector_is_sure(
    probability: float, cuts: tuple[int, ...], parted: set[int]
) -> None:
    assert becoming_another(p9=probability).hints(cut_at(*cuts)).parted == parted


@pytest.mark.parametrize(
    ("probability", "cuts", "united"),
    [
        (0.04, (20,), {20}),
        (0.06, (20,), set()),
        (0.06, (22,), set()),
        (0.06, (16, 25), {16, 25}),
        (0.5, (2, 38), {2, 38}),
    ],
    ids=["sure", "not sure", "the next pair is not", "others are", "at either end"],
)
def test_stretches_are_united_where_the_detector_sees_one_caption(
    probability: float, cuts: tuple[int, ...], united: set[int]
) -> None:
    assert becoming_another(p9=probability).hints(cut_at(*cuts)).united == united


@pytest.mark.parametrize(("probability", "likely"), [(0.49, {20}), (0.51, set())])
def test_stretches_are_likely_united_where_the_detector_rather_sees_one_caption(
    probability: float, likely: set[int]
) -> None:
    hints = becoming_another(p9=probability).hints(cut_at(20))
    assert (hints.united, hints.likely_united) == (set(), likely)


def test_what_comes_or_goes_lasts_and_what_becomes_another_does_not() -> None:
    coming = believed(said(9, 15))
    assert coming.hints(cut_at(18, 26)).united == {26}
    assert coming.hints(cut_at(18, 26)).lasting == {18, 26}
    assert becoming_another(p9=0.9).hints(cut_at(20, 30)).lasting == {30}


def test_where_the_detector_sees_a_caption_come_or_go() -> None:
    assert believed(said(9, 15)).hints(cut_at(10, 18, 31)).coming == {18, 31}
    assert believed(said(9, 15, change=0.6)).hints(cut_at(18, 31)).coming == frozenset()
    assert becoming_another(p9=0.9).hints(cut_at(20)).coming == frozenset()


def test_where_the_detector_sees_no_caption_nothing_is_united() -> None:
    assert believed(said(12, 15)).hints(cut_at(8, 16)).united == frozenset()


@pytest.mark.parametrize(
    ("first", "stop", "others"),
    [(0, 40, 1.6), (10, 22, 0.9), (23, 30, 0.7), (24, 40, 0.0), (0, 16, 0.0)],
)
def test_it_says_how_often_captions_become_others(first: int, stop: int, others: float) -> None:
    assert becoming_another(p9=0.9, p11=0.7).others(first, stop) == pytest.approx(others, abs=1e-5)
