from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.media.geometry import DisplayGeometry, Orientation, cut
from caption_boundaries.types import PixelBox

ONE = 1 << 16


def matrix(a: int, b: int, c: int, d: int) -> bytes:
    return struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize(
    ("data", "turns", "mirrored", "degrees"),
    [
        pytest.param(matrix(ONE, 0, 0, ONE), 0, False, 0, id="upright"),
        pytest.param(matrix(0, ONE, -ONE, 0), 1, False, 90, id="right"),
        pytest.param(matrix(-ONE, 0, 0, -ONE), 2, False, 180, id="upside-down"),
        pytest.param(matrix(0, -ONE, ONE, 0), 3, False, 270, id="left"),
        pytest.param(matrix(-ONE, 0, 0, ONE), 0, True, 0, id="mirrored"),
        pytest.param(matrix(ONE, 0, 0, -ONE), 2, True, 180, id="mirrored-upside-down"),
        pytest.param(matrix(65000, 900, -900, 65000), 0, False, 0, id="nearly-upright"),
        pytest.param(matrix(900, 65000, -65000, 900), 1, False, 90, id="nearly-right"),
    ],
)
def test_display_matrix(data: bytes, turns: int, mirrored: bool, degrees: int) -> None:
    picture = np.arange(12).reshape(3, 4)
    orientation = Orientation.from_display_matrix(data)
    expected = np.rot90(picture, k=-turns)
    if mirrored:
        expected = expected[:, ::-1]
    assert np.array_equal(orientation.apply(picture), expected)
    assert orientation.rotation == degrees


@pytest.mark.parametrize(
    ("stored", "aspect", "swap", "displayed"),
    [
        pytest.param((720, 576), Fraction(16, 15), False, (768, 576), id="pal-4:3"),
        pytest.param((720, 480), Fraction(8, 9), False, (720, 540), id="ntsc-4:3-grows-in-height"),
        pytest.param((1440, 1080), Fraction(4, 3), False, (1920, 1080), id="hdv"),
        pytest.param((1440, 1080), Fraction(4, 3), True, (1080, 1920), id="hdv-turned"),
        pytest.param((640, 360), Fraction(1), True, (360, 640), id="turned"),
    ],
)
def test_displayed_size(stored: tuple[int, int], aspect: Fraction, swap: bool, displayed: tuple[int, int]) -> None:
    assert DisplayGeometry.of(*stored, aspect, Orientation(swap=swap)).display_size == displayed


@st.composite
def geometries_with_boxes(draw: st.DrawFn) -> tuple[DisplayGeometry, PixelBox]:
    orientation = Orientation(draw(st.booleans()), draw(st.booleans()), draw(st.booleans()))
    geometry = DisplayGeometry(draw(st.integers(1, 12)), draw(st.integers(1, 12)), orientation)
    width, height = geometry.display_size
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return geometry, PixelBox(left, top, draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height)))


@given(geometries_with_boxes())
def test_cutting_first_and_turning_first_give_the_same(case: tuple[DisplayGeometry, PixelBox]) -> None:
    geometry, box = case
    stored = np.arange(geometry.scaled_width * geometry.scaled_height)
    stored = stored.reshape(geometry.scaled_height, geometry.scaled_width)
    turn = geometry.orientation.apply
    assert np.array_equal(turn(cut(stored, geometry.to_scaled(box))), cut(turn(stored), box))
    assert turn(stored).shape == geometry.display_size[::-1]


@pytest.mark.parametrize(
    "box",
    [PixelBox(0, 0, 0, 5), PixelBox(-1, 0, 5, 5), PixelBox(0, 0, 11, 5), PixelBox(0, 3, 5, 3), PixelBox(0, 0, 5, 21)],
)
def test_boxes_that_hold_nothing_of_the_picture_are_refused(box: PixelBox) -> None:
    with pytest.raises(ValueError, match="no area inside a picture of 10x20"):
        DisplayGeometry(10, 20).to_scaled(box)
