"""Detectors that ask the learned model: alone, or together with the strokes.

The strokes are seen in every source frame and miss hardly any change, but every cut of the scene looks like one to
them. The model sees ten pictures a second and can tell text from other strokes. Together: a change of strokes that the
model rules out is dropped, and one that only the model sees is added.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.decoding import (
    CHANGE_PROBABILITY,
    caption_probability,
    change_probability,
    smoothed,
)
from caption_boundaries.captions.detector import BoundaryDetector, CaptionPictures, Detection, StrokeDetector
from caption_boundaries.captions.placing import place_changes
from caption_boundaries.config import CaptionSettings
from caption_boundaries.inference.backends import has_shipped_model
from caption_boundaries.inference.pictures import preprocessor_of
from caption_boundaries.inference.predictor import BoundaryPredictor, Prediction
from caption_boundaries.inference.quality_checks import check_prediction
from caption_boundaries.models.preprocessing import sampled

RULED_OUT = 0.01
"""A change of strokes is dropped where the model gives no change near it more than this probability."""
NEAR_PAIRS = 1
"""Pairs on either side in which the model may see the same change."""


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
        name = "combined" if settings.model is not None or has_shipped_model() else "strokes"
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
        return self._predictor.description.version

    def settings(self) -> Mapping[str, float | str]:
        """Return every setting that can change the result."""
        description = self._predictor.description
        return {"model": description.name, "change_probability": CHANGE_PROBABILITY}

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
        preprocessor = preprocessor_of(source.jpegs(chosen), source.regions)
        return self._predictor.predict(source.jpegs(indices), preprocessor)


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
        return {**self._strokes.settings(), **self._model.settings(), "ruled_out": RULED_OUT}

    def detect(self, source: CaptionPictures) -> Detection:
        """Return what the model says of every pair, and the changes of both that it does not rule out."""
        by_strokes, by_model = self._strokes.detect(source), self._model.detect(source)
        assert by_strokes.change_frames is not None
        assert by_model.change_frames is not None
        shown = source.strokes.shown_at(source.indices, source.rate_hz)
        change = change_probability(by_model.probabilities)
        frames = combined(by_strokes.change_frames, by_model.change_frames, change, shown)
        return Detection(by_model.probabilities, frames, by_model.caption, by_model.findings)


def combined(
    by_strokes: NDArray[np.int64],
    by_model: NDArray[np.int64],
    change: NDArray[np.float32],
    shown: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the source frames of the strokes' changes that the model does not rule out, and of those it adds.

    Args:
        by_strokes: Source frames of changes, ascending.
        by_model: The same, of the model.
        change: How probable the model finds a change in each pair.
        shown: The source frame that each index shows.
    """
    if not len(change):
        return by_strokes
    kept = [frame for frame in by_strokes.tolist() if _near(change, _pair_of(frame, shown)).max() >= RULED_OUT]
    taken = {place + shift for place in (_pair_of(frame, shown) for frame in kept) for shift in (-1, 0, 1)}
    added = [frame for frame in by_model.tolist() if _pair_of(frame, shown) not in taken]
    return np.array(sorted({*kept, *added}), dtype=np.int64)


def _pair_of(frame: int, shown: NDArray[np.int64]) -> int:
    """Return the number of the pair between whose pictures ``frame`` begins; beyond the last picture, the last."""
    pair = int(np.searchsorted(shown, frame, side="left")) - 1
    return min(max(pair, 0), len(shown) - 2)


def _near(change: NDArray[np.float32], pair: int) -> NDArray[np.float32]:
    return change[max(0, pair - NEAR_PAIRS) : pair + NEAR_PAIRS + 1]
