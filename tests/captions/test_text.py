"""Texts compared as a reader of blurred pictures would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.captions.text import differing_spans, folded, letter_edges, similarity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Il faut", "il faut"),
        ("I am 11", "l am II"),
        ("Ya te dije", "Yá te dije"),
        ("Wait... what", "Wait what."),
        ("don't", "don’t"),
        ("早上好，小兔子。", "早上好, 小兔子"),
        ("ＡＢＣ", "abc"),
        ("O0", "oo"),
    ],
)
def test_what_engines_confuse_folds_to_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert similarity(folded(one), folded(other)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Yes.", "Yes!"), ("Room 12", "Room 13"), ("他来了", "她来了"), ("か", "が"), ("Go", "No"), ("Wait?", "Wait!")],
)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(text=st.text(st.characters(categories=["L", "N", "Po", "Zs"]), max_size=40))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(text=st.text(max_size=30))
def test_letters_fill_the_line(text: str) -> None:
    edges = letter_edges(text)
    assert len(edges) == len(text) + 1
    assert edges == sorted(edges)
    assert edges[0] == 0
    if text:
        assert edges[-1] == pytest.approx(1)


def test_wide_letters_are_wider() -> None:
    assert letter_edges("一a") == pytest.approx([0, 1 / 1.55, 1])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Room 12", "Room 13", [((6, 7), (6, 7))]),
        ("Yes.", "Yes!", [((3, 4), (3, 4))]),
        ("him.", "them.", [((0, 0), (0, 1)), ((1, 2), (2, 3))]),
        ("Wait", "Wait.", []),
        ("I am", "l am", []),
        ("same", "same", []),
    ],
)
def test_differing_spans(one: str, other: str, expected: list[object]) -> None:
    assert differing_spans(one, other) == expected
