"""From pair probabilities to stretches in which nothing changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.captions.changes import Change
from caption_boundaries.captions.decoding import change_frames, fuse, segments
from caption_boundaries.captions.detector import Detection, StrokeDetector, pair_probabilities
from caption_boundaries.types import BOUNDARY_CLASSES, DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, SAME, VALID_EMPTY
from support.films import REGIONS, Film

SHOWN = np.array([0, 2, 5, 7, 10], dtype=np.int64)


def certain(*classes: int) -> np.ndarray:
    return np.eye(len(BOUNDARY_CLASSES), dtype=np.float32)[list(classes)]


def test_changes_of_pairs_lie_where_the_later_picture_begins() -> None:
    detection = Detection(certain(EMPTY_EMPTY, EMPTY_VALID, SAME, DIFFERENT))
    assert change_frames(detection, SHOWN).tolist() == [5, 10]


def test_a_weak_suspicion_is_enough() -> None:
    probabilities = np.array([[0.75, 0.25, 0, 0, 0], [0.9, 0.1, 0, 0, 0], [0.5, 0, 0.3, 0.1, 0.1]], np.float32)
    assert change_frames(Detection(probabilities), SHOWN[:4]).tolist() == [2, 7]


def test_frames_of_the_detector_are_taken_as_they_are() -> None:
    frames = np.array([3, 4, 9])
    assert change_frames(Detection(certain(SAME, SAME, SAME, SAME), frames), SHOWN) is frames


@given(
    st.lists(st.integers(-2, 40), max_size=8, unique=True).map(sorted),
    st.integers(1, 40),
    st.sampled_from([1, 2, 3]),
)
def test_stretches_fill_the_video(frames: list[int], count: int, step: int) -> None:
    shown = np.arange(0, count, step)
    indices = np.arange(len(shown)) + 5
    cut = segments(np.array(frames, dtype=np.int64), count, indices, shown)
    assert [f for s in cut for f in range(s.first, s.stop)] == list(range(count))
    assert [i for s in cut for i in s.indices.tolist()] == indices.tolist()
    for stretch in cut:
        assert len(stretch) == stretch.stop - stretch.first
        own = shown[np.isin(indices, stretch.indices)]
        assert all(stretch.first <= frame < stretch.stop for frame in own)


def test_reading_decides_what_pairs_show() -> None:
    open_question = pair_probabilities([Change(3, 5.0), Change(8, 5.0)], SHOWN)
    fused = fuse(open_question, np.array([0.02, 0.02, 0.98, 0.98, 0.02], np.float32))
    assert fused.argmax(axis=1).tolist() == [EMPTY_EMPTY, EMPTY_VALID, SAME, VALID_EMPTY]
    assert np.allclose(fused.sum(axis=1), 1)


def test_two_captions_without_a_pause_are_different() -> None:
    open_question = pair_probabilities([Change(3, 5.0)], SHOWN)
    assert fuse(open_question, np.ones(5, np.float32))[1].argmax() == DIFFERENT


def test_what_cannot_be_is_left_as_it_was() -> None:
    probabilities = certain(SAME, EMPTY_EMPTY)
    assert np.array_equal(fuse(probabilities, np.array([0, 0, 0], np.float32))[0], probabilities[0])


@given(
    changes=st.lists(st.tuples(st.integers(0, 60), st.floats(0.01, 50)), max_size=6),
    shown=st.lists(st.integers(0, 60), unique=True, max_size=12).map(sorted),
)
def test_probabilities_sum_to_one(changes: list[tuple[int, float]], shown: list[int]) -> None:
    rows = pair_probabilities([Change(*change) for change in changes], np.array(shown, dtype=np.int64))
    assert rows.shape == (max(0, len(shown) - 1), len(BOUNDARY_CLASSES))
    assert np.allclose(rows.sum(axis=1), 1)


class Pictures:
    """What a detector gets, of a drawn film."""

    rate_hz = 10.0
    regions = REGIONS

    def __init__(self, film: Film) -> None:
        self.strokes = film.strokes()
        self.indices = np.arange(int(film.frames / film.fps * 10))

    def jpegs(self, indices: object) -> object:
        raise AssertionError("the stroke detector looks at no picture")


def test_the_stroke_detector_sees_captions_come_and_go() -> None:
    source = Pictures(Film(96).show("Good morning", 24, 60))
    detector = StrokeDetector()
    detection = detector.detect(source)  # type: ignore[arg-type]
    assert detection.change_frames is not None
    assert detection.change_frames.tolist() == [24, 60]
    change = 1 - detection.probabilities[:, [SAME, EMPTY_EMPTY]].sum(axis=1)
    assert np.flatnonzero(change > 0.5).tolist() == [9, 24], "frame 24 is shown from 1.0 s on, frame 60 from 2.5 s on"
    assert detector.name
    assert detector.version
    assert all(isinstance(value, float) for value in detector.settings().values())


@pytest.mark.parametrize("name", BOUNDARY_CLASSES)
def test_class_names(name: str) -> None:
    assert (
        BOUNDARY_CLASSES[[SAME, DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, VALID_EMPTY][BOUNDARY_CLASSES.index(name)]] == name
    )
