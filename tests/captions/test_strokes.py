"""Stroke masks of a whole video, loaded chunk by chunk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.captions import strokes as module
from caption_boundaries.captions.strokes import StrokeMasks, indices_between
from caption_boundaries.types import FrameRange

MASKS = np.random.default_rng(0).random((100, 6, 9)) < 0.3


def strokes(chunk: int = 16, fps: float = 25.0, loaded: list[int] | None = None) -> StrokeMasks:
    seconds = np.arange(len(MASKS)) / fps

    def load(first: int) -> np.ndarray:
        if loaded is not None:
            loaded.append(first)
        return MASKS[first : first + chunk]

    return StrokeMasks([(first, seconds[first : first + chunk]) for first in range(0, len(MASKS), chunk)], load, 24)


@given(first=st.integers(0, 99), length=st.integers(1, 60), chunk=st.integers(1, 120))
def test_any_stretch_can_be_read(first: int, length: int, chunk: int) -> None:
    stop = min(first + length, 100)
    assert np.array_equal(strokes(chunk).masks(first, stop), MASKS[first:stop])


def test_only_a_few_chunks_stay_in_memory() -> None:
    loaded: list[int] = []
    source = strokes(10, loaded=loaded)
    for _ in range(2):
        source.masks(0, 10 * module.CHUNKS_KEPT)
    assert loaded == [10 * i for i in range(module.CHUNKS_KEPT)]
    source.masks(90, 100)
    source.masks(0, 1)
    assert loaded[-2:] == [90, 0]


def test_share_counts_every_pixel() -> None:
    assert np.allclose(strokes().share(10, 14), MASKS[10:14].mean(axis=0))
    assert np.allclose(strokes().share(10, 20), MASKS[11:19].mean(axis=0)), "the ends may show half a change"


def test_share_of_many_frames_is_sampled() -> None:
    constant = np.ones((3000, 2, 2), np.bool_)
    source = StrokeMasks([(0, np.arange(3000) / 25)], lambda first: constant, 24)
    assert np.all(source.share(0, 3000) == 1)


def test_times() -> None:
    source = strokes(fps=25.0)
    assert source.frame_count == 100
    assert source.size == (6, 9)
    assert source.frame_seconds == pytest.approx(0.04)
    assert source.moment(50) == pytest.approx(2.0)
    assert source.moment(100) == pytest.approx(4.0), "after the last frame the video ends"
    assert source.frames_in(0.1, at_least=2) == 2
    assert source.frames_in(0.01, at_least=2) == 2


def test_an_index_shows_the_last_frame_that_is_not_later() -> None:
    source = strokes(fps=25.0)
    assert source.shown_at(np.array([0, 1, 2, 10, 500]), 10.0).tolist() == [0, 2, 5, 25, 99]


def test_a_single_frame_has_a_length() -> None:
    source = StrokeMasks([(0, np.zeros(1))], lambda first: MASKS[:1], 24)
    assert source.moment(1) > 0


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0.0, 1.0, (0, 9)),
        (0.041, 0.98, (1, 9)),
        (0.1, 0.2, (1, 1)),
        (0.1000000001, 0.2000000001, (1, 1)),
        (0.12, 0.18, None),
        (0.95, 1.05, (10, 10)),
    ],
)
def test_indices_between(start: float, end: float, expected: tuple[int, int] | None) -> None:
    assert indices_between(start, end, 10.0) == (FrameRange(*expected) if expected else None)
