"""The pairs that a model is not sure of, as a second network sees them that is to judge them in its place.

They are a few in a hundred, and most of what there is to learn is in them. Each is there in every larger size in which
the predictor looks at it; a video whose crops are too small for that has none.
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
        looks: list[NDArray[np.int64]] = []
        first = 0
        for number, video in enumerate(watch(dataset.videos)):
            views, doubtful = _look_at(video, predictor)
            self._views.append(views)
            grid = np.meshgrid(first + doubtful, [number], np.arange(len(views)), indexing="ij")
            looks.append(np.stack(grid, axis=-1).reshape(-1, 3))
            first += len(video)
        self._looks = np.concatenate([np.zeros((0, 3), np.int64), *looks])
        """Sample, video and view of every look."""
        if not len(self._looks):
            raise TrainingError(
                "There is no pair that the model is not sure of.", hint="Add videos of other kinds to the data set."
            )
        self.labels: Labels = dataset.labels[self._looks[:, 0]]
        """The class of every look."""
        self.widths: NDArray[np.int64] = np.array(
            [self._views[video][view].shape[2] for _, video, view in self._looks], dtype=np.int64
        )
        """Width of every look's input in pixels."""

    def pair(self, number: int) -> Pair:
        """Return the inputs of a look, shape (WINDOW, channels, height, width).

        Raises:
            DatabaseError: Its video's databases are damaged, or not there any more.
        """
        sample, video, view = self._looks[number].tolist()
        return np.stack([self._views[video][view](picture) for picture in self._dataset.surroundings(sample, MARGIN)])


def _look_at(video: TrainingVideo, predictor: BoundaryPredictor) -> tuple[tuple[Preprocessor, ...], NDArray[np.int64]]:
    """Return what prepares a video's pictures for closer looks, and which of its samples the model is not sure of."""
    crops = crops_of(video)
    usual, *larger = views_of(sampled_crops(crops), video.regions)
    doubtful = predictor.predict((frame.image_data for frame in crops.frames()), usual).doubtful
    # A pair is known by its first picture.
    firsts = np.array(crops.frame_indices()[:-1], dtype=np.int64)[doubtful]
    return tuple(larger), np.flatnonzero(np.isin(video.firsts, firsts))
