"""The pairs of a data set as a network sees them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.data.dataset import CaptionBoundaryDataset
from caption_boundaries.data.videos import TrainingVideo
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.pool import reader_pool
from caption_boundaries.errors import TrainingError
from caption_boundaries.evaluation.pairs import Labels
from caption_boundaries.inference.pictures import preprocessor_of, read_input
from caption_boundaries.inference.statistics import summarize
from caption_boundaries.models.preprocessing import MARGIN, Preprocessor, sampled
from caption_boundaries.training.augmentation import Pair

NEEDED = frozenset({"cropping"})


class NetworkPairs:
    """Prepares the samples of a data set for a network; safe in forked workers, as the data set is."""

    def __init__(self, dataset: CaptionBoundaryDataset) -> None:
        """Look at every video once, to know how large its inputs are and what is usual in it.

        Raises:
            TrainingError: There is no sample at all, or a video has no crops any more.
        """
        if not len(dataset):
            raise TrainingError(
                "There is no pair to train on or to judge by.", hint="Confirm captions, or add synthetic videos."
            )
        self._dataset = dataset
        known = [_look_at(video) for video in dataset.videos]
        self._preprocessors = [preprocessor for preprocessor, _ in known]
        self._means = [means for _, means in known]
        self.labels: Labels = dataset.labels
        """The class of every pair."""
        repeats = [len(video) for video in dataset.videos]
        self.widths: NDArray[np.int64] = np.repeat([p.shape[2] for p in self._preprocessors], repeats).astype(np.int64)
        """Width of every pair's input in pixels."""

    def pair(self, number: int) -> Pair:
        """Return the inputs of a pair between its neighbours, shape (WINDOW, channels, height, width).

        Raises:
            DatabaseError: Its video's databases are damaged, or not there any more.
        """
        preprocessor = self._preprocessors[self._dataset.video_of(number)]
        return np.stack([preprocessor(picture) for picture in self._dataset.surroundings(number, MARGIN)])

    def statistics(self) -> dict[str, float]:
        """Return mean and spread, over the videos, of each figure of `InputStatistics`."""
        figures: dict[str, float] = {}
        for name in self._means[0]:
            values = np.array([means[name] for means in self._means])
            figures[f"{name}_mean"] = float(values.mean())
            figures[f"{name}_spread"] = float(values.std())
        return figures


def _look_at(video: TrainingVideo) -> tuple[Preprocessor, Mapping[str, float]]:
    """Return what prepares a video's pictures, and the means of its figures."""
    jpegs = sampled_crops(*crops_of(video))
    preprocessor = preprocessor_of(jpegs, video.regions)
    pictures = np.stack([read_input(jpeg, preprocessor) for jpeg in jpegs])
    return preprocessor, summarize(pictures).means()


def crops_of(video: TrainingVideo) -> tuple[CropReader, list[int]]:
    """Return what reads a video's crops, and their frame indices.

    Raises:
        TrainingError: It has none any more.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old folders are welcome here
        crops = CropReader(reader_pool().connection(video.folder, NEEDED))
    indices = crops.frame_indices()
    if not indices:
        hint = "Run the crop step, and build the data set again."
        raise TrainingError(f"{video.folder} has no crops any more.", hint=hint)
    return crops, indices


def sampled_crops(crops: CropReader, indices: Sequence[int]) -> list[bytes]:
    """Return the pictures of a video from which is learnt what is usual there; ``indices`` are all that it has."""
    chosen = (crops.picture(indices[place]) for place in sampled(len(indices)))
    return [jpeg for jpeg in chosen if jpeg is not None]
