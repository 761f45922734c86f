"""Figures against hand-made cases, and what must always hold for them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.evaluation.metrics import TOLERANCES, Score, score, total
from caption_boundaries.evaluation.text import plain_form, strict_form
from caption_boundaries.evaluation.truth import TimedText

FRAME = 1 / 25


def T(start: float, end: float, text: str = "abcd") -> TimedText:  # noqa: N802 - reads like the value it is
    return TimedText(start, end, text)


CASES = {
    # truth, predicted, then (matched, missed, invented, both ends, boundaries matched at 0.05 / 0.1 / 0.2, edits)
    "nothing at all": ([], [], (0, 0, 0, 0, 0, 0, 0, 0)),
    "perfect": ([T(1, 2), T(2, 3)], [T(1, 2), T(2, 3)], (2, 0, 0, 2, 4, 4, 4, 0)),
    "missed": ([T(1, 2), T(2, 3)], [T(1, 2)], (1, 1, 0, 1, 2, 2, 2, 4)),
    "invented": ([T(1, 2)], [T(1, 2), T(5, 6)], (1, 0, 1, 1, 2, 2, 2, 0)),
    "start off by a frame": ([T(1, 2)], [T(1.04, 2)], (1, 0, 0, 1, 2, 2, 2, 0)),
    "start off by two frames": ([T(1, 2)], [T(1.08, 2)], (1, 0, 0, 0, 1, 2, 2, 0)),
    "end off by four frames": ([T(1, 2)], [T(1, 1.84)], (1, 0, 0, 0, 1, 1, 2, 0)),
    "both merged": ([T(1, 2, "ab"), T(2, 3, "cd")], [T(1, 3, "ab")], (1, 1, 0, 0, 2, 2, 2, 2)),
    "a start is no end": ([T(1, 2)], [T(2, 3)], (0, 1, 1, 0, 0, 0, 0, 4)),
    "one wrong character": ([T(1, 2, "abcd")], [T(1, 2, "abxd")], (1, 0, 0, 1, 2, 2, 2, 1)),
    "all wrong and longer": ([T(1, 2, "ab")], [T(1, 2, "wxyz")], (1, 0, 0, 1, 2, 2, 2, 4)),
}


@pytest.mark.parametrize(("truth", "predicted", "expected"), CASES.values(), ids=CASES)
def test_counts(truth: list[TimedText], predicted: list[TimedText], expected: tuple[int, ...]) -> None:
    result = score(truth, predicted, frame_seconds=FRAME)
    assert (
        result.captions.matched,
        result.captions.missed,
        result.captions.invented,
        result.both_ends_exact,
        *(result.boundaries[tolerance].matched for tolerance in TOLERANCES),
        result.plain.edits,
    ) == expected


def test_rates() -> None:
    result = score(
        [T(0, 1, "abcdefgh"), T(2, 3, "ij"), T(4, 5, "kl")], [T(0, 1, "abcdefgx"), T(2, 3, "ij")], frame_seconds=FRAME
    )
    assert result.captions.recall == pytest.approx(2 / 3)
    assert result.captions.precision == 1.0
    assert result.boundaries[0.05].f1 == pytest.approx(0.8)
    assert result.both_ends_share == pytest.approx(2 / 3)
    assert result.plain.rate == pytest.approx(3 / 12)
    assert result.plain.mean_rate == pytest.approx((1 / 8 + 1) / 3)


FORMS = {
    "case": ("Hello", "hello", "Hello"),
    "punctuation": ("Who? - Me!", "whome", "Who? - Me!"),
    "two lines": ("one\ntwo", "onetwo", "one two"),
    "wide characters": ("Ａ？　Ｂ", "ab", "A? B"),
    "chinese": ("你好，世界！", "你好世界", "你好,世界!"),
    "ellipsis": ("wait…", "wait", "wait..."),
    "ligature": ("ﬁne", "fine", "fine"),
    "sharp s": ("Straße", "strasse", "Straße"),
    "numbers and symbols stay": ("5 + 5 = 10 €", "5+5=10€", "5 + 5 = 10 €"),
}


@pytest.mark.parametrize(("text", "plain", "strict"), FORMS.values(), ids=FORMS)
def test_forms_of_a_text(text: str, plain: str, strict: str) -> None:
    assert plain_form(text) == plain
    assert strict_form(text) == strict


def test_the_strict_error_sees_what_the_plain_one_does_not() -> None:
    result = score([T(0, 1, "Yes, I do.\nYou?")], [T(0, 1, "yes I do. You?")], frame_seconds=FRAME)
    assert result.plain.edits == 0
    assert result.strict.edits == 2


# What must always hold ------------------------------------------------------------------------------------------------


@st.composite
def caption_lists(draw: st.DrawFn) -> list[TimedText]:
    captions, now = [], 0.0
    for _ in range(draw(st.integers(0, 6))):
        start = now + draw(st.sampled_from([0.0, 0.04, 0.2, 1.0]))
        now = start + draw(st.sampled_from([0.04, 0.2, 0.52, 1.0, 2.0]))
        captions.append(T(start, now, draw(st.text(alphabet="ab 你,", max_size=5))))
    return captions


def ratios(result: Score) -> list[float]:
    counts = [result.captions, *result.boundaries.values()]
    return [ratio for count in counts for ratio in (count.recall, count.precision, count.f1)] + [result.both_ends_share]


@given(truth=caption_lists())
def test_the_truth_itself_scores_one(truth: list[TimedText]) -> None:
    result = score(truth, truth, frame_seconds=FRAME)
    assert ratios(result) == [1.0] * 13
    assert (result.plain.rate, result.strict.rate, result.plain.mean_rate) == (0.0, 0.0, 0.0)


@given(truth=caption_lists(), predicted=caption_lists())
def test_swapping_sides_swaps_recall_and_precision(truth: list[TimedText], predicted: list[TimedText]) -> None:
    there = score(truth, predicted, frame_seconds=FRAME)
    back = score(predicted, truth, frame_seconds=FRAME)
    assert there.captions.matched == back.captions.matched
    assert there.both_ends_exact == back.both_ends_exact
    for tolerance in TOLERANCES:
        assert there.boundaries[tolerance].matched == back.boundaries[tolerance].matched
        assert there.boundaries[tolerance].f1 == back.boundaries[tolerance].f1


@given(truth=caption_lists(), predicted=caption_lists(), data=st.data())
def test_dropping_a_prediction_never_finds_more(
    truth: list[TimedText], predicted: list[TimedText], data: st.DataObject
) -> None:
    if not predicted:
        return
    dropped = data.draw(st.integers(0, len(predicted) - 1))
    before = score(truth, predicted, frame_seconds=FRAME)
    after = score(truth, predicted[:dropped] + predicted[dropped + 1 :], frame_seconds=FRAME)
    assert after.captions.recall <= before.captions.recall
    for tolerance in TOLERANCES:
        assert after.boundaries[tolerance].recall <= before.boundaries[tolerance].recall


@given(truth=caption_lists(), data=st.data())
def test_dropping_a_true_caption_lowers_the_score(truth: list[TimedText], data: st.DataObject) -> None:
    if not truth:
        return
    dropped = data.draw(st.integers(0, len(truth) - 1))
    after = score(truth, truth[:dropped] + truth[dropped + 1 :], frame_seconds=FRAME)
    assert after.captions.f1 < 1
    assert after.boundaries[0.05].f1 < 1
    assert after.plain.edits == len(plain_form(truth[dropped].text))


@given(truth=caption_lists(), predicted=caption_lists())
def test_a_wider_tolerance_never_lowers_the_score(truth: list[TimedText], predicted: list[TimedText]) -> None:
    boundaries = score(truth, predicted, frame_seconds=FRAME).boundaries
    matched = [boundaries[tolerance].matched for tolerance in TOLERANCES]
    assert matched == sorted(matched)


@given(clips=st.lists(st.tuples(caption_lists(), caption_lists()), max_size=4))
def test_clips_add_up(clips: list[tuple[list[TimedText], list[TimedText]]]) -> None:
    scores = [score(truth, predicted, frame_seconds=FRAME) for truth, predicted in clips]
    together = total(scores)
    assert together.captions.truth == sum(len(truth) for truth, _ in clips)
    assert together.captions.matched == sum(each.captions.matched for each in scores)
    assert together.plain.edits == sum(each.plain.edits for each in scores)
    assert math.isclose(together.strict.rate_sum, sum(each.strict.rate_sum for each in scores))


def test_figures_have_names() -> None:
    figures = score([T(0, 1)], [T(0, 1)], frame_seconds=FRAME).as_dict()
    assert figures["boundary_f1_0.05s"] == 1.0
    assert figures["both_ends_within_one_frame"] == 1
    assert set(figures) >= {"recall", "precision", "missed", "invented", "cer", "cer_strict"}
