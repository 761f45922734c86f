"""What a model says of every two neighbouring pictures of a video, in memory that does not grow with its length.

A pair is judged between the picture before it and the one after it. As long as that leaves it in doubt, it is judged in
larger and larger pictures, where thin strokes are told from one another; the mean counts. A model may have another one
beside it, trained on such pairs alone, which then looks in its place.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.ahead import in_order
from caption_boundaries.inference.backends import Backend, Features, Logits, load_backend, load_closer
from caption_boundaries.inference.statistics import InputStatistics, summarize, total
from caption_boundaries.media.jpeg import decode_jpeg_gray
from caption_boundaries.models.description import Description, softmax
from caption_boundaries.models.preprocessing import MARGIN, WINDOW, Preprocessor
from caption_boundaries.types import BOUNDARY_CLASSES, BoundaryProbabilities, GrayImage

BATCH = 32
"""Pictures that are worked on in one go."""
_Counted = tuple[bytes, bool]
"""A picture, and whether it is counted in the statistics: none is counted twice."""
WAITING_PER_WORKER = 2
"""Batches that wait for each thread at most, which bounds the memory."""
UNSURE = 0.99
"""Where no class is more probable than this a pair is in doubt, as ten of a hundred pairs are."""
SHARED = 2 * MARGIN + 1
"""Pictures that two neighbouring batches share, so that every pair is judged once."""
_NOTHING: Logits = np.zeros((2, 0, len(BOUNDARY_CLASSES)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of a video."""

    probabilities: BoundaryProbabilities
    """Of every two neighbouring pictures, both passes together; shape (pairs, 5)."""
    disagreement: NDArray[np.float32]
    """How far the passes are apart, 0 to 1 (half the sum of absolute differences); shape (pairs,)."""
    statistics: InputStatistics
    """Of all pictures."""
    doubtful: NDArray[np.bool_]
    """Which pairs the model was not sure of at first, and looked at more closely; shape (pairs,)."""


@dataclass(frozen=True, slots=True)
class _Batch:
    both: Logits
    """Calibrated logits of both passes, shape (2, pairs, 5)."""
    doubtful: NDArray[np.bool_]
    statistics: InputStatistics


class BoundaryPredictor:
    """Runs a model over the pictures of whole videos."""

    def __init__(self, backend: Backend, closer: Backend | None = None, *, workers: int = 2) -> None:
        """Prepare to run ``backend``, and ``closer`` where it is not sure, in ``workers`` threads side by side."""
        self._backend, self._closer = backend, closer
        self._workers = max(1, workers)

    @classmethod
    def load(cls, path: Path | None = None, *, workers: int = 2) -> BoundaryPredictor:
        """Return a predictor with the model in ``path``: an export, a training run or a checkpoint of it.

        Args:
            path: Where the model is; None: the one that comes with the package.
            workers: Threads side by side.

        Raises:
            InputError: There is no model, or it cannot be read.
        """
        return cls(load_backend(path), load_closer(path), workers=workers)

    @property
    def description(self) -> Description:
        """What the model says of itself."""
        return self._backend.description

    @property
    def version(self) -> str:
        """Hash of all that decides what is predicted."""
        models = [self._backend, *([self._closer] if self._closer is not None else [])]
        return "+".join(model.description.version for model in models)

    def predict(
        self, jpegs: Iterable[bytes], preprocessor: Preprocessor, larger: Sequence[Preprocessor] = ()
    ) -> Prediction:
        """Return what every two neighbours of a video's crop pictures show.

        Args:
            jpegs: The pictures in order; a few batches of them are in memory at a time.
            preprocessor: Of this video.
            larger: Of this video, for larger pictures of the pairs that the model is not sure of.

        Raises:
            DatabaseCorruptError: A picture is no readable JPEG.
        """
        batches = list(self._batches(_overlapping(_with_margin(jpegs), BATCH), preprocessor, larger))
        both = np.concatenate([_NOTHING, *(batch.both for batch in batches)], axis=1)
        forward, backward = softmax(both[0]), softmax(both[1])
        apart = np.abs(forward - backward).sum(axis=1) / 2
        return Prediction(
            # The mean of both passes is that of their logits: calibration was fitted on it.
            probabilities=softmax(both.mean(axis=0)),
            disagreement=apart.astype(np.float32),
            statistics=total([batch.statistics for batch in batches]),
            doubtful=np.concatenate([np.zeros(0, np.bool_), *(batch.doubtful for batch in batches)]),
        )

    def _batches(
        self, parts: Iterator[list[_Counted]], preprocessor: Preprocessor, larger: Sequence[Preprocessor]
    ) -> Iterator[_Batch]:
        with ThreadPoolExecutor(self._workers, thread_name_prefix="boundaries") as pool:
            futures = (pool.submit(self._one_batch, part, preprocessor, larger) for part in parts)
            yield from in_order(futures, waiting=self._workers * WAITING_PER_WORKER)

    def _one_batch(self, jpegs: list[_Counted], preprocessor: Preprocessor, larger: Sequence[Preprocessor]) -> _Batch:
        lumas = [decode_jpeg_gray(jpeg) for jpeg, _ in jpegs]
        pictures = np.stack([preprocessor(luma) for luma in lumas])
        statistics = summarize(pictures[[counts for _, counts in jpegs]])
        count = len(pictures) - 2 * MARGIN - 1
        if count <= 0:
            return _Batch(_NOTHING, np.zeros(0, np.bool_), statistics)
        both, doubtful = self._judge(lumas, self._backend.encode(pictures), count, larger)
        return _Batch(both, doubtful, statistics)

    def _judge(
        self, lumas: Sequence[GrayImage], features: Features, count: int, larger: Sequence[Preprocessor]
    ) -> tuple[Logits, NDArray[np.bool_]]:
        """Return calibrated logits, shape (2, count, 5), in a run of pictures with a margin, and which are doubtful."""
        both = _compare(self._backend, (features[place : place + count] for place in range(WINDOW)))
        doubtful = unsure = _unsure(both)
        for number, view in enumerate(larger, start=1):
            starts = np.flatnonzero(unsure)
            if not len(starts):
                break
            # What is unsure has been looked at in every size so far; the mean of all looks counts.
            both[:, starts] += (self._look_closer(lumas, starts, view) - both[:, starts]) / (number + 1)
            unsure = _unsure(both)
        return both, doubtful

    def _look_closer(self, lumas: Sequence[GrayImage], starts: NDArray[np.int64], preprocessor: Preprocessor) -> Logits:
        """Return the same for the pairs whose windows begin at ``starts``; pictures are prepared anew, each once."""
        looking = self._backend if self._closer is None else self._closer
        windows = starts[:, None] + np.arange(WINDOW)
        needed, places = np.unique(windows, return_inverse=True)
        features = looking.encode(np.stack([preprocessor(lumas[picture]) for picture in needed]))
        return _compare(looking, (features[column] for column in places.reshape(windows.shape).T))


def _compare(backend: Backend, window: Iterable[Features]) -> Logits:
    """Return the calibrated logits of both passes, shape (2, n, 5), of n pairs by the pictures of their windows."""
    return backend.description.calibration.calibrated(np.stack(backend.compare(*window)))


def _unsure(both: Logits) -> NDArray[np.bool_]:
    """Tell of which pairs no class is probable enough, by their calibrated logits."""
    return np.asarray(softmax(both.mean(axis=0)).max(axis=1) < UNSURE)


def _with_margin(jpegs: Iterable[bytes]) -> Iterator[_Counted]:
    """Yield every picture, and the first and the last once more on either side, so that every pair lies in a margin."""
    last = None
    for jpeg in jpegs:
        if last is None:
            yield from [(jpeg, False)] * MARGIN
        yield jpeg, True
        last = jpeg
    if last is not None:
        yield from [(last, False)] * MARGIN


def _overlapping(pictures: Iterable[_Counted], size: int) -> Iterator[list[_Counted]]:
    """Yield batches of ``size`` pictures and, but for the first batch, those before them that share a pair."""
    stream = iter(pictures)
    last: list[_Counted] = []
    while part := list(itertools.islice(stream, size)):
        yield last + part
        last = [(jpeg, False) for jpeg, _ in (last + part)[-SHARED:]]
