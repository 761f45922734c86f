"""What a model says of every two neighbouring pictures of a video, in memory that does not grow with its length.

A pair is judged between the picture before it and the one after it. Where the model is not sure, it is judged once more
between pictures further off, where noise, motion and fades look otherwise, and in larger pictures, where thin strokes
are told from one another; the mean counts.
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
from caption_boundaries.inference.backends import Backend, Features, Logits, load_backend
from caption_boundaries.inference.statistics import InputStatistics, summarize, total
from caption_boundaries.media.jpeg import decode_jpeg_gray
from caption_boundaries.models.description import Description
from caption_boundaries.models.preprocessing import Preprocessor
from caption_boundaries.types import BOUNDARY_CLASSES, BoundaryProbabilities, GrayImage

BATCH = 32
"""Pictures that are worked on in one go."""
_Counted = tuple[bytes, bool]
"""A picture, and whether it is counted in the statistics: none is counted twice."""
WAITING_PER_WORKER = 2
"""Batches that wait for each thread at most, which bounds the memory."""
USUAL_WINDOW = (-1, 0, 1, 2)
"""Which pictures a pair is judged by, counted from its first."""
WIDER_WINDOWS = ((-2, 0, 1, 3), (-1, 0, 1, 3), (-2, 0, 1, 2))
"""By which it is judged, too, where the model is not sure."""
UNSURE = 0.9
"""Where no class is more probable than this, as in two or three of a hundred pairs."""
REACH = max(-before for before, *_ in WIDER_WINDOWS)
"""How far the windows reach on either side of a pair."""
SHARED = 2 * REACH + 1
"""Pictures that two neighbouring batches share, so that every pair is judged once."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of a video."""

    probabilities: BoundaryProbabilities
    """Of every two neighbouring pictures, both passes together; shape (pairs, 5)."""
    disagreement: NDArray[np.float32]
    """How far the passes are apart, 0 to 1 (half the sum of absolute differences); shape (pairs,)."""
    statistics: InputStatistics
    """Of all pictures."""


@dataclass(frozen=True, slots=True)
class _Batch:
    forward: NDArray[np.float32]
    backward: NDArray[np.float32]
    statistics: InputStatistics


class BoundaryPredictor:
    """Runs a model over the pictures of whole videos."""

    def __init__(self, backend: Backend, *, workers: int = 2) -> None:
        """Prepare to run ``backend`` in ``workers`` threads side by side."""
        self._backend = backend
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
        return cls(load_backend(path), workers=workers)

    @property
    def description(self) -> Description:
        """What the model says of itself."""
        return self._backend.description

    def predict(
        self, jpegs: Iterable[bytes], preprocessor: Preprocessor, closer: Sequence[Preprocessor] = ()
    ) -> Prediction:
        """Return what every two neighbours of a video's crop pictures show.

        Args:
            jpegs: The pictures in order; a few batches of them are in memory at a time.
            preprocessor: Of this video.
            closer: Of this video, for larger pictures of the pairs that the model is not sure of.

        Raises:
            DatabaseCorruptError: A picture is no readable JPEG.
        """
        batches = list(self._batches(_overlapping(_with_margin(jpegs), BATCH), preprocessor, closer))
        if not batches:
            empty = np.zeros((0, len(BOUNDARY_CLASSES)), dtype=np.float32)
            return Prediction(empty, np.zeros(0, dtype=np.float32), InputStatistics())
        forward = self._probabilities([batch.forward for batch in batches])
        backward = self._probabilities([batch.backward for batch in batches])
        apart = np.abs(forward - backward).sum(axis=1) / 2
        # The mean of both passes is that of their logits: calibration was fitted on it.
        logits = np.concatenate([(batch.forward + batch.backward) / 2 for batch in batches])
        together = self.description.calibration.probabilities(logits)
        return Prediction(together, apart.astype(np.float32), total([batch.statistics for batch in batches]))

    def _probabilities(self, logits: Sequence[NDArray[np.float32]]) -> BoundaryProbabilities:
        return self.description.calibration.probabilities(np.concatenate(logits))

    def _batches(
        self, parts: Iterator[list[_Counted]], preprocessor: Preprocessor, closer: Sequence[Preprocessor]
    ) -> Iterator[_Batch]:
        with ThreadPoolExecutor(self._workers, thread_name_prefix="boundaries") as pool:
            futures = (pool.submit(self._one_batch, part, preprocessor, closer) for part in parts)
            yield from in_order(futures, waiting=self._workers * WAITING_PER_WORKER)

    def _one_batch(self, jpegs: list[_Counted], preprocessor: Preprocessor, closer: Sequence[Preprocessor]) -> _Batch:
        lumas = [decode_jpeg_gray(jpeg) for jpeg, _ in jpegs]
        pictures = np.stack([preprocessor(luma) for luma in lumas])
        statistics = summarize(pictures[[counts for _, counts in jpegs]])
        count = len(pictures) - 2 * REACH - 1
        if count <= 0:
            nothing = np.zeros((0, len(BOUNDARY_CLASSES)), dtype=np.float32)
            return _Batch(nothing, nothing, statistics)
        both = self._judge(lumas, self._backend.encode(pictures), count, closer)
        return _Batch(both[0], both[1], statistics)

    def _judge(
        self, lumas: Sequence[GrayImage], features: Features, count: int, closer: Sequence[Preprocessor]
    ) -> Logits:
        """Return the logits of both passes, shape (2, count, 5), in a run of pictures that reach on either side."""
        runs = (features[REACH + offset : REACH + offset + count] for offset in USUAL_WINDOW)  # views
        both = np.stack(self._backend.compare(*runs))
        unsure = self.description.calibration.probabilities(both.mean(axis=0)).max(axis=1) < UNSURE
        if unsure.any():
            firsts = REACH + np.flatnonzero(unsure)
            looks = self._compared(features, firsts, WIDER_WINDOWS)
            for larger in closer:
                looks += self._look_closer(lumas, firsts, larger)
            both[:, unsure] = np.mean([both[:, unsure], *looks], axis=0)
        return both

    def _compared(
        self, features: Features, firsts: NDArray[np.int64], windows: Sequence[tuple[int, ...]]
    ) -> list[Logits]:
        """Return for each window the logits of both passes, shape (2, n, 5), of the pairs that begin at ``firsts``."""
        return [
            np.stack(self._backend.compare(*(features[firsts + offset] for offset in window))) for window in windows
        ]

    def _look_closer(
        self, lumas: Sequence[GrayImage], firsts: NDArray[np.int64], preprocessor: Preprocessor
    ) -> list[Logits]:
        """Return the same by every window, of pictures that are prepared anew, each once."""
        needed = np.unique(firsts[:, None] + np.arange(-REACH, REACH + 2))
        features = self._backend.encode(np.stack([preprocessor(lumas[place]) for place in needed]))
        # Whatever a window reaches from a pair is there, so offsets count the same among those that are needed.
        return self._compared(features, np.searchsorted(needed, firsts), (USUAL_WINDOW, *WIDER_WINDOWS))


def _with_margin(jpegs: Iterable[bytes]) -> Iterator[_Counted]:
    """Yield every picture, and the first and the last as often as windows reach, so that every pair lies in them."""
    last = None
    for jpeg in jpegs:
        if last is None:
            yield from [(jpeg, False)] * REACH
        yield jpeg, True
        last = jpeg
    if last is not None:
        yield from [(last, False)] * REACH


def _overlapping(pictures: Iterable[_Counted], size: int) -> Iterator[list[_Counted]]:
    """Yield batches of ``size`` pictures and, but for the first batch, those before them that share a pair."""
    stream = iter(pictures)
    last: list[_Counted] = []
    while part := list(itertools.islice(stream, size)):
        yield last + part
        last = [(jpeg, False) for jpeg, _ in (last + part)[-SHARED:]]
