"""Detectors that ask the learned model: alone, or together with the strokes.

The strokes are seen in every source frame and miss hardly any change, but every cut of the scene looks like one to
them. The model sees ten pictures a second and can tell text from other strokes. Together: a change that only the model
sees is added, and a change of strokes is dropped where the model is sure that there is no caption near it. While a
caption is shown every change of strokes counts: a single letter may have become another, and reading once too often
is better than missing that.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.decoding import (
    CHANGE_PROBABILITY,
    SURELY_EMPTY,
    caption_probability,
    change_probability,
    smoothed,
)
from caption_boundaries.captions.detector import BoundaryDetector, CaptionPictures, Detection, StrokeDetector
from caption_boundaries.captions.placing import place_changes
from caption_boundaries.config import CaptionSettings
from caption_boundaries.inference.backends import has_shipped_model
from caption_boundaries.inference.pictures import views_of
from caption_boundaries.inference.predictor import UNSURE, BoundaryPredictor, Prediction
from caption_boundaries.inference.quality_checks import check_prediction
from caption_boundaries.models.preprocessing import CLOSER_LINE_HEIGHTS, sampled

DEFAULT = "combined"
"""What auto stands for where there is a model: whatever measures best."""
NEAR = 2
"""Pictures on either side of a change that have to be surely without a caption, for it to be dropped."""


def create_detector(settings: CaptionSettings, *, workers: int) -> BoundaryDetector:
    """Return the detector that the settings name.

    Args:
        settings: Which detector, and which model.
        workers: Threads in which a model runs side by side.

    Raises:
        InputError: There is no such model, or it cannot be read.
    """
    strokes, name = StrokeDetector(), settings.detector
    if name == "auto":
        name = DEFAULT if settings.model is not None or has_shipped_model() else "strokes"
    if name == "strokes":
        return strokes
    model = ModelDetector(BoundaryPredictor.load(settings.model, workers=workers))
    return model if name == "model" else CombinedDetector(strokes, model)


class ModelDetector:
    """Asks the model alone; the strokes only tell at which source frame a change lies."""

    name = "model"

    def __init__(self, predictor: BoundaryPredictor) -> None:
        """Ask ``predictor``."""
        self._predictor = predictor

    @property
    def version(self) -> str:
        """Hash of the model."""
        return self._predictor.version

    def settings(self) -> Mapping[str, float | str]:
        """Return every setting that can change the result."""
        description = self._predictor.description
        return {
            "model": description.name,
            "change_probability": CHANGE_PROBABILITY,
            "unsure": UNSURE,
            "closer_line_heights": " ".join(f"{height:g}" for height in CLOSER_LINE_HEIGHTS),
        }

    def detect(self, source: CaptionPictures) -> Detection:
        """Return what the model says of every pair."""
        prediction = self.predict(source)
        likely = smoothed(prediction.probabilities)
        shown = source.strokes.shown_at(source.indices, source.rate_hz)
        pairs = np.flatnonzero(change_probability(likely) >= CHANGE_PROBABILITY)
        frames = place_changes(source.strokes, shown, pairs.tolist())
        findings = check_prediction(prediction, source.rate_hz, trained_on=self._predictor.description.statistics)
        return Detection(likely, frames, caption_probability(likely), tuple(finding.as_dict() for finding in findings))

    def predict(self, source: CaptionPictures) -> Prediction:
        """Return the model's word on every two neighbouring pictures."""
        indices = source.indices.tolist()
        chosen = [indices[place] for place in sampled(len(indices))]
        usual, *larger = views_of(source.jpegs(chosen), source.regions)
        return self._predictor.predict(source.jpegs(indices), usual, larger)


class CombinedDetector:
    """Asks both, the strokes of every source frame and the model."""

    name = "combined"

    def __init__(self, strokes: StrokeDetector, model: ModelDetector) -> None:
        """Ask ``strokes`` and ``model``."""
        self._strokes, self._model = strokes, model

    @property
    def version(self) -> str:
        """Versions of both."""
        return f"{self._strokes.version}+{self._model.version}"

    def settings(self) -> Mapping[str, float | str]:
        """Return every setting that can change the result."""
        return {**self._strokes.settings(), **self._model.settings(), "surely_empty": SURELY_EMPTY}

    def detect(self, source: CaptionPictures) -> Detection:
        """Return what the model says of every pair, and the changes of both."""
        by_strokes, by_model = self._strokes.detect(source), self._model.detect(source)
        assert by_strokes.change_frames is not None
        assert by_model.change_frames is not None
        shown = source.strokes.shown_at(source.indices, source.rate_hz)
        assert by_model.caption is not None
        frames = combined(by_strokes.change_frames, by_model.change_frames, by_model.caption, shown)
        return Detection(by_model.probabilities, frames, by_model.caption, by_model.findings)


def combined(
    by_strokes: NDArray[np.int64],
    by_model: NDArray[np.int64],
    caption: NDArray[np.float32],
    shown: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the source frames of the strokes' changes where there may be a caption, and of those that the model adds.

    Args:
        by_strokes: Source frames of changes, ascending.
        by_model: The same, of the model.
        caption: How probable it is that each index shows a caption.
        shown: The source frame that each index shows.
    """
    kept = [frame for frame in by_strokes.tolist() if _may_matter(frame, caption, shown)]
    taken = {_pair_of(frame, shown) for frame in kept}
    added = [frame for frame in by_model.tolist() if _pair_of(frame, shown) not in taken]
    return np.array(sorted({*kept, *added}), dtype=np.int64)


def _may_matter(frame: int, caption: NDArray[np.float32], shown: NDArray[np.int64]) -> bool:
    pair = _pair_of(frame, shown)
    near = caption[max(0, pair + 1 - NEAR) : pair + 1 + NEAR]
    return bool(near.max(initial=0.0) >= SURELY_EMPTY)


def _pair_of(frame: int, shown: NDArray[np.int64]) -> int:
    """Return the number of the pair between whose pictures ``frame`` begins; beyond the last picture, the last."""
    pair = int(np.searchsorted(shown, frame, side="left")) - 1
    return min(max(pair, 0), max(0, len(shown) - 2))
