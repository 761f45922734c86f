"""Labelled pairs of stored videos as a network sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.layout import regions_from_json
from caption_boundaries.database.pool import ReaderPool, reader_pool
from caption_boundaries.errors import TrainingError
from caption_boundaries.evaluation.pairs import Labels
from caption_boundaries.inference.pictures import preprocessor_of, read_input
from caption_boundaries.inference.statistics import summarize
from caption_boundaries.models.preprocessing import Picture, Preprocessor, sampled
from caption_boundaries.training.augmentation import Pair

NEEDED = frozenset({"cropping"})


@dataclass(frozen=True)
class LabelledVideo:
    """What is known of the pairs of a video."""

    folder: Path
    indices: NDArray[np.int64]
    """Frame indices of both pictures of every pair, shape (pairs, 2)."""
    labels: Labels
    """The class of each."""


class StoredPairs:
    """Reads pairs from the databases of several videos; safe in forked workers, as its connections are."""

    def __init__(self, videos: Sequence[LabelledVideo], *, pool: ReaderPool | None = None) -> None:
        """Look at every video once, to know how large its inputs are and what is usual in it.

        Raises:
            TrainingError: There is no pair at all.
            DatabaseMissingError: A video has no crops.
        """
        self._videos = [video for video in videos if len(video.labels)]
        if not self._videos:
            raise TrainingError(
                "There is no pair to train on or to judge by.", hint="Confirm captions, or add synthetic videos."
            )
        self._pool = pool or reader_pool()
        known = [self._look_at(video) for video in self._videos]
        self._preprocessors = [preprocessor for preprocessor, _ in known]
        self._means = [means for _, means in known]
        self._starts = np.cumsum([0, *(len(video.labels) for video in self._videos)])
        self.labels: Labels = np.concatenate([video.labels for video in self._videos])
        """The class of every pair."""
        repeats = [len(video.labels) for video in self._videos]
        self.widths = np.repeat([p.shape[2] for p in self._preprocessors], repeats).astype(np.int64)
        """Width of every pair's input in pixels."""

    def pair(self, number: int) -> Pair:
        """Return the inputs of a pair, shape (2, channels, height, width).

        Raises:
            TrainingError: A picture is not there any more.
        """
        place = int(np.searchsorted(self._starts, number, side="right")) - 1
        video, preprocessor = self._videos[place], self._preprocessors[place]
        indices = video.indices[number - self._starts[place]]
        return np.stack([self._picture(video.folder, int(index), preprocessor) for index in indices])

    def statistics(self) -> dict[str, float]:
        """Return mean and spread, over the videos, of each figure of `InputStatistics`."""
        figures: dict[str, float] = {}
        for name in self._means[0]:
            values = np.array([means[name] for means in self._means])
            figures[f"{name}_mean"] = float(values.mean())
            figures[f"{name}_spread"] = float(values.std())
        return figures

    def video_of(self, number: int) -> Path:
        """Return the folder of a pair's video."""
        return self._videos[int(np.searchsorted(self._starts, number, side="right")) - 1].folder

    def _picture(self, folder: Path, index: int, preprocessor: Preprocessor) -> Picture:
        frame = CropReader(self._pool.connection(folder, NEEDED)).frame(index)
        if frame is None:
            raise TrainingError(f"Picture {index} of {folder} is gone.", hint="Build the data set again.")
        return read_input(frame.image_data, preprocessor)

    def _look_at(self, video: LabelledVideo) -> tuple[Preprocessor, Mapping[str, float]]:
        crops = CropReader(self._pool.connection(video.folder, NEEDED))
        run, indices = crops.run(), crops.frame_indices()
        chosen = [crops.frame(indices[place]) for place in sampled(len(indices))]
        jpegs = [frame.image_data for frame in chosen if frame is not None]
        if not jpegs:
            raise TrainingError(
                f"{video.folder} has no crops.", hint="Run the crop step, and build the data set again."
            )
        preprocessor = preprocessor_of(jpegs, regions_from_json(run.regions) if run is not None else ())
        pictures = np.stack([read_input(jpeg, preprocessor) for jpeg in jpegs])
        return preprocessor, summarize(pictures).means()
