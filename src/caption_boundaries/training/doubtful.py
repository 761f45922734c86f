"""The pairs that a model is not sure of, as a second network sees them that is to judge them in its place.

They are a few in a hundred, and most of what there is to learn is in them. Each is there in every larger size in which
the predictor may look at it; a video whose crops are too small for that has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.data.dataset import CaptionBoundaryDataset
from caption_boundaries.data.videos import TrainingVideo
from caption_boundaries.errors import TrainingError
from caption_boundaries.evaluation.pairs import Labels
from caption_boundaries.inference.pictures import views_of
from caption_boundaries.inference.predictor import BoundaryPredictor
from caption_boundaries.models.preprocessing import MARGIN, Preprocessor
from caption_boundaries.training.augmentation import Pair
from caption_boundaries.training.pairs import crops_of, sampled_crops

Watch = Callable[[Sequence[TrainingVideo]], Iterable[TrainingVideo]]
"""Passes videos on and shows how far it is."""


class DoubtfulPairs:
    """Prepares the samples of a data set that a model doubts; safe in forked workers, as the data set is."""

    def __init__(self, dataset: CaptionBoundaryDataset, predictor: BoundaryPredictor, watch: Watch = iter) -> None:
        """Ask ``predictor`` about every video.

        Raises:
            TrainingError: It is sure of everything, or a video has no crops any more.
        """
        self._dataset = dataset
        self._views: list[tuple[Preprocessor, ...]] = []
        self._looks: list[tuple[int, int]] = []
        """Sample and view of every look."""
        first = 0
        for video in watch(dataset.videos):
            views, doubtful = _look_at(video, predictor)
            self._views.append(views)
            self._looks += [(first + number, view) for number in doubtful.tolist() for view in range(len(views))]
            first += len(video)
        if not self._looks:
            raise TrainingError(
                "There is no pair that the model is not sure of.", hint="Add videos of other kinds to the data set."
            )
        self.labels: Labels = dataset.labels[[sample for sample, _ in self._looks]]
        """The class of every look."""
        widths = [self._view(sample, view).shape[2] for sample, view in self._looks]
        self.widths: NDArray[np.int64] = np.array(widths, dtype=np.int64)
        """Width of every look's input in pixels."""

    def pair(self, number: int) -> Pair:
        """Return the inputs of a look, shape (WINDOW, channels, height, width).

        Raises:
            DatabaseError: Its video's databases are damaged, or not there any more.
        """
        sample, view = self._looks[number]
        prepare = self._view(sample, view)
        return np.stack([prepare(picture) for picture in self._dataset.surroundings(sample, MARGIN)])

    def _view(self, sample: int, view: int) -> Preprocessor:
        return self._views[self._dataset.video_of(sample)][view]


def _look_at(video: TrainingVideo, predictor: BoundaryPredictor) -> tuple[tuple[Preprocessor, ...], NDArray[np.int64]]:
    """Return what prepares a video's pictures for closer looks, and which of its samples the model is not sure of."""
    crops, indices = crops_of(video)
    usual, *larger = views_of(sampled_crops(crops, indices), video.regions)
    doubtful = predictor.predict((frame.image_data for frame in crops.frames()), usual).doubtful
    # A pair is known by its first picture.
    firsts = np.array(indices[:-1], dtype=np.int64)[doubtful]
    return tuple(larger), np.flatnonzero(np.isin(video.firsts, firsts))
