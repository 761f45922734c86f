from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.recognition.reading_order import (
    in_reading_order,
    is_cjk,
    is_ideograph,
    join_lines,
    line_groups,
    union_of,
)
from caption_boundaries.types import Box, TextLine

WIDE = 10.0
"""Width of the pictures here, in heights."""


def line(left: float, top: float, right: float, bottom: float, text: str = "x", confidence: float = 0.9) -> TextLine:
    return TextLine(Box(left, top, right, bottom), text, confidence)


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([Box(0.1, 0.1, 0.9, 0.3)], [[0]], id="one line"),
        pytest.param([Box(0.1, 0.6, 0.9, 0.8), Box(0.2, 0.1, 0.8, 0.3)], [[1], [0]], id="two lines, lower one first"),
        pytest.param([Box(0.1, 0.1, 0.9, 0.52), Box(0.2, 0.48, 0.8, 0.9)], [[0], [1]], id="lines that overlap a bit"),
        pytest.param([Box(0.5, 0.1, 0.9, 0.3), Box(0.1, 0.12, 0.49, 0.3)], [[1, 0]], id="fragments, right one first"),
        pytest.param([Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.1, 0.9, 0.3)], [[0], [1]], id="name plate and clock"),
        pytest.param([Box(0.1, 0.1, 0.5, 0.3), Box(0.51, 0.12, 0.52, 0.16)], [[0, 1]], id="closing quote"),
        pytest.param([Box(0.1, 0.1, 0.5, 0.3), Box(0.54, 0.12, 0.55, 0.16)], [[0], [1]], id="speck far off"),
        pytest.param([Box(0.1, 0.1, 0.5, 0.4), Box(0.51, 0.2, 0.9, 0.3)], [[0], [1]], id="small print beside a line"),
        pytest.param([Box(0.1, 0.1, 0.4, 0.3), Box(0.2, 0.12, 0.6, 0.3)], [[0, 1]], id="fragments that overlap"),
    ],
)
def test_fragments_of_a_line_are_grouped(boxes: list[Box], expected: list[list[int]]) -> None:
    assert line_groups(boxes, aspect=WIDE) == expected


def test_the_gap_inside_a_line_is_measured_in_line_heights() -> None:
    boxes = [Box(0.1, 0.4, 0.4, 0.6), Box(0.415, 0.4, 0.8, 0.6)]
    assert line_groups(boxes, aspect=WIDE) == [[0, 1]]
    assert line_groups(boxes, aspect=2 * WIDE) == [[0], [1]]
    assert line_groups(boxes, aspect=2 * WIDE, max_gap=2.0) == [[0, 1]]


@pytest.mark.parametrize(
    ("left_text", "right_text", "gap", "expected"),
    [
        pytest.param("Good", "morning", 0.2, "Good morning", id="words"),
        pytest.param("我要去杂货店", "买点东西", 0.2, "我要去杂货店买点东西", id="ideographs side by side"),
        pytest.param("我要去杂货店", "要我帮你吗？", 0.7, "我要去杂货店 要我帮你吗？", id="clauses set apart"),
        pytest.param("他说：", "Hello", 0.2, "他说： Hello", id="two scripts"),
        pytest.param("", "Hello", 0.2, "Hello", id="nothing before"),
    ],
)
def test_joined_text_keeps_the_spaces_that_were_set(left_text: str, right_text: str, gap: float, expected: str) -> None:
    height = 0.2
    lines = [line(0.1, 0.4, 0.4, 0.6, left_text), line(0.4 + gap * height / WIDE, 0.4, 0.8, 0.6, right_text)]
    assert [joined.text for joined in join_lines(lines, aspect=WIDE)] == [expected]


def test_a_joined_line_covers_its_fragments_and_weighs_their_confidence() -> None:
    lines = [line(0.1, 0.4, 0.4, 0.6, "abcdef", 0.9), line(0.41, 0.38, 0.6, 0.6, "gh", 0.5)]
    joined = join_lines(lines, aspect=WIDE)
    assert joined == [line(0.1, 0.38, 0.6, 0.6, "abcdef gh", pytest.approx(0.8))]


@pytest.mark.parametrize(
    ("character", "cjk", "ideograph"),
    [
        ("我", True, True),
        ("𠮷", True, True),
        ("豈", True, True),
        ("。", True, False),
        ("？", True, False),
        ("…", True, False),
        ("あ", True, False),
        ("A", False, False),
        ("?", False, False),
        ("ж", False, False),
    ],
)
def test_scripts_are_told_apart(character: str, cjk: bool, ideograph: bool) -> None:
    assert (is_cjk(character), is_ideograph(character)) == (cjk, ideograph)


fractions = st.floats(0.0, 0.9)


@st.composite
def text_lines(draw: st.DrawFn) -> TextLine:
    left, top = draw(fractions), draw(fractions)
    right, bottom = left + draw(st.floats(0.01, 0.1)), top + draw(st.floats(0.01, 0.1))
    return line(left, top, right, bottom, draw(st.text("ab我。", min_size=1, max_size=5)), draw(st.floats(0, 1)))


@given(st.lists(text_lines(), max_size=12))
def test_ordering_loses_and_invents_nothing(lines: list[TextLine]) -> None:
    ordered = in_reading_order(lines)
    assert sorted(map(repr, ordered)) == sorted(map(repr, lines))
    assert in_reading_order(ordered) == ordered


@given(st.lists(text_lines(), max_size=12), st.floats(0.2, 20))
def test_every_box_belongs_to_one_line(lines: list[TextLine], aspect: float) -> None:
    groups = line_groups([item.box for item in lines], aspect=aspect)
    assert sorted(index for group in groups for index in group) == list(range(len(lines)))


@given(st.lists(text_lines(), min_size=1, max_size=12), st.floats(0.2, 20))
def test_joining_keeps_every_character_and_all_ground(lines: list[TextLine], aspect: float) -> None:
    joined = join_lines(lines, aspect=aspect)
    assert sorted("".join(item.text for item in joined).replace(" ", "")) == sorted(
        "".join(item.text for item in lines)
    )
    assert union_of(item.box for item in joined) == union_of(item.box for item in lines)
    assert all(0.0 <= item.confidence <= 1.0 for item in joined)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8, unique=True))
def test_lines_that_stand_below_each_other_are_read_downwards(rows: list[int]) -> None:
    lines = [line(0.1, 0.1 * row + 0.01, 0.9, 0.1 * row + 0.09, str(row)) for row in rows]
    assert [item.text for item in in_reading_order(lines)] == [str(row) for row in sorted(rows)]
