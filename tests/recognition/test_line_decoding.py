from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.recognition.line_decoding import (
    LINE_HEIGHT,
    MAX_WIDTH,
    Mark,
    decode,
    reader_input,
    with_counted_dots,
)

ALPHABET = ["", *"abcl.我要去店吗……？，", " "]


def answer(pattern: str, faint_spaces: dict[int, float] | None = None) -> np.ndarray:
    """Return what the network says when column ``i`` shows ``pattern[i]``; ``_`` is blank."""
    values = np.zeros((len(pattern), len(ALPHABET)), np.float32)
    for column, character in enumerate(pattern):
        values[column, 0 if character == "_" else ALPHABET.index(character)] = 0.9
    for column, probability in (faint_spaces or {}).items():
        values[column, -1] = probability
    return values


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param("____", "", id="blank"),
        pytest.param("aab_c", "abc", id="a character that spans columns is one"),
        pytest.param("al_l_", "all", id="a blank parts doubled letters"),
        pytest.param("a_ _b", "a b", id="space"),
        pytest.param(" a  b ", "a b", id="no space at the ends, never two"),
        pytest.param("我_要_去", "我要去", id="ideographs"),
        pytest.param("我_ _去", "我 去", id="ideographs with a space"),
        pytest.param("a._.", "a...", id="two dots are an ellipsis"),
        pytest.param("a._._.", "a...", id="so are three"),
    ],
)
def test_text_is_decoded(pattern: str, text: str) -> None:
    reading = decode(answer(pattern), ALPHABET)
    assert reading.text == text
    assert reading.confidence == pytest.approx(0.9 if text else 0.0)


@pytest.mark.parametrize(
    ("pattern", "faint", "text"),
    [
        pytest.param("我__要", {1: 0.02}, "我 要", id="between ideographs"),
        pytest.param("我__要", {1: 0.001}, "我要", id="too faint"),
        pytest.param("，__要", {1: 0.1}, "，要", id="never after a mark"),
        pytest.param("a__b", {1: 0.1}, "ab", id="too faint between letters"),
        pytest.param("a__b", {1: 0.13}, "a b", id="between letters"),
        pytest.param("a__我", {1: 0.13}, "a我", id="never between a letter and an ideograph"),
    ],
)
def test_a_faint_space_counts(pattern: str, faint: dict[int, float], text: str) -> None:
    assert decode(answer(pattern, faint), ALPHABET).text == text


def marks(pattern: str) -> list[Mark]:
    return [Mark(character, column) for column, character in enumerate(pattern) if character != "_"]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param("我___要___去___…___…___店", "我要去……店", id="right already"),
        pytest.param("我___要___去_____…_____店", "我要去……店", id="one too few"),
        pytest.param("我___要___去__…___…_…___店", "我要去……店", id="one too many"),
        pytest.param("我___要___去___…___店", "我要去…店", id="a single one"),
        pytest.param("我___要___去___…___…_…", "我要去……", id="at the end"),
        pytest.param("…___…___我___要___去", "……我要去", id="at the beginning"),
        pytest.param("我___…_…_…", "我………", id="no grid to count by"),
        pytest.param("a_b_…_…", "ab……", id="letters have no grid"),
    ],
)
def test_dots_are_counted_by_the_grid(pattern: str, text: str) -> None:
    assert "".join(mark.character for mark in with_counted_dots(marks(pattern))) == text


@given(st.text("_abcl我要去 ", max_size=30))
def test_decoding_is_total_and_tidy(pattern: str) -> None:
    reading = (
        decode(answer(pattern), ALPHABET) if pattern else decode(np.zeros((0, len(ALPHABET)), np.float32), ALPHABET)
    )
    assert reading.text == " ".join(reading.text.split())
    assert 0.0 <= reading.confidence <= 1.0
    assert set(reading.text) <= set(pattern) | {" "}


@pytest.mark.parametrize(
    ("shape", "width"),
    [
        pytest.param((48, 480, 3), 624, id="stretched"),
        pytest.param((24, 240, 3), 624, id="a small line becomes as large"),
        pytest.param((96, 1, 3), 8, id="never narrower than a column"),
        pytest.param((5, 2000, 3), MAX_WIDTH, id="never longer than the network reads"),
    ],
)
def test_lines_enter_the_network_at_one_height(shape: tuple[int, int, int], width: int) -> None:
    assert reader_input(np.zeros(shape, np.uint8), 1.3).shape == (1, 3, LINE_HEIGHT, width)
