"""The second network, for pairs that the first one is not sure of: what it is trained on is what it is asked about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.captions.learned import ModelDetector
from caption_boundaries.captions.stored import StoredPictures
from caption_boundaries.data.dataset import CaptionBoundaryDataset
from caption_boundaries.data.videos import TrainingVideo
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import TrainingError
from caption_boundaries.inference.pictures import views_of
from caption_boundaries.inference.predictor import BoundaryPredictor
from caption_boundaries.models.description import Description
from caption_boundaries.models.preprocessing import MARGIN, WINDOW
from caption_boundaries.training.doubtful import DoubtfulPairs
from caption_boundaries.types import SAME
from support.synthetic import LARGE, varied_folders

DOUBTED = (0, 3, 40)
"""Pairs of a video that the model here doubts."""


class Doubting:
    """Doubts some pairs; a picture is known by its place in the video."""

    description = Description("doubting", "0", "none", 0)

    def __init__(self, doubted: tuple[int, ...]) -> None:
        self._doubted, self._seen = doubted, 0

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        places = np.arange(self._seen, self._seen + len(pictures), dtype=np.float32) - MARGIN
        self._seen += len(pictures)
        return places[:, None]

    def compare(self, *features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sure = ~np.isin(features[1][:, 0].astype(int), self._doubted)
        logits = np.zeros((len(sure), 5), np.float32)
        logits[sure, SAME] = 20.0
        return logits, logits


class Looking:
    """Remembers the windows of pictures that it is asked about."""

    description = Description("looking", "1", "none", 0)

    def __init__(self) -> None:
        self.asked: list[np.ndarray] = []

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        return pictures.astype(np.float32)

    def compare(self, *features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.asked += list(np.stack(features, axis=1).astype(np.uint8))
        logits = np.zeros((len(features[0]), 5), np.float32)
        return logits, logits


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return varied_folders(tmp_path_factory.mktemp("doubtful"), 1, LARGE)[0]


def _predictor(doubted: tuple[int, ...], closer: Looking | None = None) -> BoundaryPredictor:
    return BoundaryPredictor(Doubting(doubted), closer, workers=1)


def test_it_is_trained_on_what_it_is_asked_about(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caption_boundaries.inference.predictor.BATCH", 1000)  # places count through the whole video
    looking = Looking()
    with VideoDatabase(folder, readonly=True) as connection:
        layout = LayoutReader(connection).config()
        assert layout is not None
        pictures = StoredPictures(connection, layout)
        ModelDetector(_predictor(DOUBTED, looking)).predict(pictures)
        firsts = pictures.indices[list(DOUBTED)]
    dataset = CaptionBoundaryDataset.from_folders([folder])
    pairs = DoubtfulPairs(dataset, _predictor(DOUBTED))
    samples = dict(zip(dataset.videos[0].firsts.tolist(), dataset.labels.tolist(), strict=True))
    known = [first for first in firsts.tolist() if first in samples]
    assert len(known) >= 2
    sizes = len({picture.shape for picture in looking.asked})
    assert sizes == 3, "this video has room for all larger sizes"
    assert len(pairs.labels) == len(known) * sizes
    asked = {window.tobytes() for window in looking.asked}
    trained = [pairs.pair(number) for number in range(len(pairs.labels))]
    assert {pair.tobytes() for pair in trained} <= asked
    assert sorted(pairs.labels.tolist()) == sorted(samples[first] for first in known for _ in range(sizes))
    assert pairs.widths.tolist() == [pair.shape[3] for pair in trained]


def test_a_video_without_larger_pictures_has_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caption_boundaries.inference.predictor.BATCH", 1000)
    seen: list[object] = []

    def views(jpegs: object, regions: object) -> tuple[object, ...]:
        seen.append(regions)
        found = views_of(jpegs, regions)  # type: ignore[arg-type]
        return found[:1] if len(seen) == 1 else found

    monkeypatch.setattr("caption_boundaries.training.doubtful.views_of", views)
    dataset = CaptionBoundaryDataset.from_folders([folder, folder])
    pairs = DoubtfulPairs(dataset, _predictor((0, 3, 40, *range(1000))))
    assert len(seen) == 2
    assert len(pairs.labels) > 0
    assert pairs.pair(0).shape[0] == WINDOW


def test_it_shows_how_far_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caption_boundaries.inference.predictor.BATCH", 1000)
    seen: list[TrainingVideo] = []

    def watch(videos: object) -> object:
        for video in videos:  # type: ignore[attr-defined]
            seen.append(video)
            yield video

    dataset = CaptionBoundaryDataset.from_folders([folder])
    DoubtfulPairs(dataset, _predictor(DOUBTED), watch)  # type: ignore[arg-type]
    assert seen == list(dataset.videos)


def test_a_model_that_doubts_nothing_leaves_nothing_to_learn(folder: Path) -> None:
    dataset = CaptionBoundaryDataset.from_folders([folder])
    with pytest.raises(TrainingError, match="no pair that the model is not sure of"):
        DoubtfulPairs(dataset, _predictor(()))
