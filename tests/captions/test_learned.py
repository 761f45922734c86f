"""The learned detector and the strokes together: what is kept, what is added, what is dropped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.captions.detector import StrokeDetector
from caption_boundaries.captions.learned import CombinedDetector, ModelDetector, combined, create_detector
from caption_boundaries.captions.placing import place_changes
from caption_boundaries.config import CaptionSettings
from caption_boundaries.errors import InputError, UsageError
from caption_boundaries.inference.backends import has_shipped_model
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.types import DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, SAME, VALID_EMPTY
from support.films import REGIONS, Film, drifting

SHOWN = np.arange(0, 60, 3)
"""Every index shows the third source frame after the one before."""


def caption(*spans: tuple[int, int]) -> np.ndarray:
    """Return sure probabilities of a caption at 20 indices, shown in the spans (both ends inclusive)."""
    probability = np.full(20, 0.0005, np.float32)
    for first, last in spans:
        probability[first : last + 1] = 0.999
    return probability


@pytest.mark.parametrize(
    ("strokes", "model", "spans", "kept"),
    [
        ([10, 30], [], [(0, 19)], [10, 30]),
        ([10, 30], [], [], []),
        ([10, 30], [], [(8, 12)], [30]),
        ([24], [22], [(8, 12)], [24]),
        ([], [22], [(8, 12)], [22]),
        ([24], [40], [(8, 19)], [24, 40]),
        ([19, 20, 21], [], [(8, 12)], [19, 20, 21]),
    ],
    ids=[
        "within a caption all count",
        "without a caption none counts",
        "beside a caption",
        "both see the same change",
        "only the model sees it",
        "each sees another",
        "near a caption all count",
    ],
)
def test_both_together(strokes: list[int], model: list[int], spans: list[tuple[int, int]], kept: list[int]) -> None:
    frames = combined(np.array(strokes, np.int64), np.array(model, np.int64), caption(*spans), SHOWN)
    assert frames.tolist() == kept


def test_a_change_lies_where_most_strokes_come_or_go() -> None:
    film = Film(30).show("Good morning", 11, 20)
    shown = np.array([0, 3, 6, 9, 12, 15, 18, 21, 24])
    assert place_changes(film.strokes(), shown, [3, 6]).tolist() == [11, 20]
    assert place_changes(film.strokes(), np.array([5, 5]), [0]).tolist() == [], "both indices show one frame"


class Pictures:
    """A drawn film as a detector gets it."""

    rate_hz = 10.0
    regions = REGIONS

    def __init__(self, film: Film) -> None:
        self._film = film
        self.strokes = film.strokes()
        self.indices = np.arange(int(film.frames / film.fps * 10))

    def jpegs(self, indices: list[int]) -> list[bytes]:
        shown = self.strokes.shown_at(np.array(indices), self.rate_hz)
        return [encode_jpeg(self._film.rgb(int(frame)), 90) for frame in shown]


@pytest.fixture(scope="module")
def film() -> Pictures:
    drawn = Film(120, background=drifting(3, contrast=40))
    return Pictures(drawn.show("Where is the rabbit?", 24, 60).show("Over there, I think.", 60, 96))


def test_the_shipped_model_tells_captions_that_it_never_saw(film: Pictures) -> None:
    assert has_shipped_model()
    detector = create_detector(CaptionSettings("model"), workers=1)
    detection = detector.detect(film)  # type: ignore[arg-type]
    classes = detection.probabilities.argmax(axis=1).tolist()
    assert (
        classes
        == [EMPTY_EMPTY] * 9
        + [EMPTY_VALID]
        + [SAME] * 14
        + [DIFFERENT]
        + [SAME] * 14
        + [VALID_EMPTY]
        + [EMPTY_EMPTY] * 9
    )
    assert detection.change_frames is not None
    assert detection.change_frames.tolist() == [24, 60, 96]
    assert detection.caption is not None
    assert np.flatnonzero(detection.caption > 0.5).tolist() == list(range(10, 40))
    assert detector.version


def test_the_combined_detector_says_what_both_see(film: Pictures) -> None:
    strokes, both = StrokeDetector(), create_detector(CaptionSettings("combined"), workers=1)
    alone = strokes.detect(film).change_frames  # type: ignore[arg-type]
    together = both.detect(film).change_frames  # type: ignore[arg-type]
    assert alone is not None
    assert together is not None
    assert {24, 60, 96} <= set(together.tolist())
    assert len(together) <= len(alone) + 3
    assert strokes.version in both.version
    assert both.settings().keys() > strokes.settings().keys()
    assert both.settings()["closer_line_heights"] == "20 24 28"


@pytest.mark.parametrize(
    ("name", "kind"), [("strokes", StrokeDetector), ("model", ModelDetector), ("combined", CombinedDetector)]
)
def test_detectors_by_name(name: str, kind: type) -> None:
    detector = create_detector(CaptionSettings(name), workers=1)
    assert isinstance(detector, kind)
    assert detector.name == name


def test_a_detector_or_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="detector"):
        CaptionSettings("guess")
    with pytest.raises(InputError, match="no model"):
        create_detector(CaptionSettings("model", tmp_path), workers=1)
