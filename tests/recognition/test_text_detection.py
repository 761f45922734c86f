from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.recognition.text_detection import DetectionSettings, input_size, network_input, text_spots

SETTINGS = DetectionSettings()


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        pytest.param((1280, 180), (960, 128), id="strip"),
        pytest.param((1280, 720), (768, 416), id="720p frame"),
        pytest.param((1920, 1080), (768, 416), id="1080p frame is looked at as 720p is"),
        pytest.param((7680, 4320), (768, 416), id="8K"),
        pytest.param((512, 288), (512, 288), id="small frame as it is"),
        pytest.param((16, 16), (32, 32), id="tiny"),
        pytest.param((1, 1), (32, 32), id="one pixel"),
        pytest.param((5000, 10), (960, 32), id="very wide"),
        pytest.param((10, 5000), (32, 960), id="very tall"),
    ],
)
def test_pictures_enter_the_network_at_a_bounded_size(picture: tuple[int, int], expected: tuple[int, int]) -> None:
    assert input_size(*picture, SETTINGS) == expected


@given(st.integers(1, 9000), st.integers(1, 9000))
def test_the_input_is_never_large_and_always_fits_the_network(width: int, height: int) -> None:
    columns, rows = input_size(width, height, SETTINGS)
    assert columns % 32 == rows % 32 == 0
    assert 32 <= columns <= SETTINGS.side_limit
    assert 32 <= rows <= SETTINGS.side_limit
    assert columns * rows <= 1.3 * SETTINGS.pixel_limit


def test_the_network_gets_blue_first_from_minus_one_to_one() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, :, 0] = 255
    tensor = network_input(image, (32, 64))
    assert tensor.shape == (1, 3, 64, 32)
    assert tensor.dtype == np.float32
    assert tensor[0, :, 5, 5].tolist() == [-1.0, -1.0, 1.0]


def probability_map(*spots: tuple[int, int, int, int, float], shape: tuple[int, int] = (64, 320)) -> np.ndarray:
    """Return a map with rectangles (left, top, right, bottom, probability)."""
    values = np.zeros(shape, np.float32)
    for left, top, right, bottom, probability in spots:
        values[top:bottom, left:right] = probability
    return values


def test_a_spot_grows_to_the_size_of_its_text() -> None:
    (spot,) = text_spots(probability_map((100, 20, 200, 30, 0.9)), SETTINGS)
    assert 0 < spot.box.left < 100 / 320
    assert 200 / 320 < spot.box.right < 1
    assert 0 < spot.box.top < 20 / 64
    assert 30 / 64 < spot.box.bottom < 1
    assert spot.score == pytest.approx(0.9, abs=0.2)


def test_boxes_end_at_the_edge_of_the_picture() -> None:
    (spot,) = text_spots(probability_map((0, 0, 320, 64, 1.0)), SETTINGS)
    assert (spot.box.left, spot.box.top, spot.box.right, spot.box.bottom) == (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("spots", "count"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([(10, 10, 60, 20, 0.25)], 0, id="too faint"),
        pytest.param([(10, 10, 60, 11, 0.9)], 0, id="too thin"),
        pytest.param([(10, 10, 60, 20, 0.9), (100, 10, 160, 20, 0.9)], 2, id="two far apart"),
        pytest.param([(10, 10, 60, 20, 0.9), (10, 40, 60, 50, 0.9)], 2, id="two lines"),
    ],
)
def test_spots_are_counted(spots: list[tuple[int, int, int, int, float]], count: int) -> None:
    assert len(text_spots(probability_map(*spots), SETTINGS)) == count


def test_faint_ends_of_a_line_belong_to_it() -> None:
    plain = text_spots(probability_map((100, 20, 200, 30, 0.9)), SETTINGS)
    (spot,) = text_spots(probability_map((70, 24, 240, 28, 0.15), (100, 20, 200, 30, 0.9)), SETTINGS)
    assert spot.box.left < plain[0].box.left - 25 / 320
    assert spot.box.right > plain[0].box.right + 35 / 320
    assert spot.box.top == pytest.approx(plain[0].box.top, abs=2 / 64)


def test_faint_ground_that_joins_two_lines_is_no_end() -> None:
    lines = (100, 10, 200, 20, 0.9), (120, 40, 180, 50, 0.9)
    apart = text_spots(probability_map(*lines), SETTINGS)
    joined = text_spots(probability_map((90, 5, 240, 55, 0.15), *lines), SETTINGS)
    assert [spot.box for spot in joined] == [spot.box for spot in apart]
