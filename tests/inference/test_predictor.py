"""The predictor: the same word whatever the batches, the threads and the backend, in bounded memory."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from caption_boundaries.errors import DatabaseCorruptError, InputError
from caption_boundaries.inference import predictor as module
from caption_boundaries.inference.backends import SHIPPED, Logits, OnnxBackend, load_backend
from caption_boundaries.inference.pictures import preprocessor_of, read_input, views_of
from caption_boundaries.inference.predictor import BATCH, BoundaryPredictor
from caption_boundaries.inference.torch_backend import TorchBackend
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.models.checkpoint import find_checkpoint
from caption_boundaries.models.description import CLOSER, Calibration, Description
from caption_boundaries.models.network import SWAPPED, BoundaryNetwork
from caption_boundaries.models.preprocessing import Preprocessor
from caption_boundaries.training.export import export_model
from caption_boundaries.types import DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, SAME, VALID_EMPTY, Box, Region
from support.films import REGIONS, Film, drifting
from support.training import Run, train_tiny

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train_tiny(tmp_path_factory.mktemp("training") / "run")


@pytest.fixture(scope="module")
def exported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_model(run.folder, tmp_path_factory.mktemp("export") / "model", name="tiny", facts={"videos": 2})


@pytest.fixture(scope="module")
def jpegs() -> list[bytes]:
    film = Film(70, background=drifting(1)).show("Good morning", 12, 40).show("Over there", 40, 60)
    return [encode_jpeg(film.rgb(frame), 90) for frame in range(70)]


@pytest.fixture(scope="module")
def preprocessor(jpegs: list[bytes]) -> Preprocessor:
    return preprocessor_of(jpegs[::10], REGIONS)


def test_onnx_says_what_torch_says(run: Run, exported: Path, jpegs: list[bytes], preprocessor: Preprocessor) -> None:
    by_torch = BoundaryPredictor(TorchBackend.load(find_checkpoint(run.folder))).predict(jpegs, preprocessor)
    by_onnx = BoundaryPredictor.load(exported).predict(jpegs, preprocessor)
    assert np.allclose(by_torch.probabilities, by_onnx.probabilities, atol=TOLERANCE)
    assert np.array_equal(by_torch.probabilities.argmax(axis=1), by_onnx.probabilities.argmax(axis=1))


def test_a_training_run_is_a_model(run: Run, jpegs: list[bytes], preprocessor: Preprocessor) -> None:
    by_run = BoundaryPredictor.load(run.folder)
    by_checkpoint = BoundaryPredictor.load(find_checkpoint(run.folder))
    assert by_run.description == by_checkpoint.description
    assert len(by_run.description.version) == 64
    assert by_run.predict(jpegs[:3], preprocessor).probabilities.shape == (2, 5)


def test_what_an_export_says_of_itself(run: Run, exported: Path) -> None:
    description = load_backend(exported).description
    assert (description.name, description.architecture) == ("tiny", "siamese-tiny")
    assert description.training["videos"] == 2
    assert description.training["data_hash"] == "hash of the data"
    assert description.statistics == run.data.statistics
    assert sorted(path.name for path in exported.iterdir()) == ["encoder.onnx", "head.onnx", "model.json", "weights.pt"]
    assert export_model(run.folder, exported) == exported, "an export replaces one that is there"


@pytest.mark.parametrize("count", [0, 1, 2, BATCH, BATCH + 1, 2 * BATCH + 1, 70])
def test_every_pair_has_its_word(count: int, exported: Path, jpegs: list[bytes], preprocessor: Preprocessor) -> None:
    prediction = BoundaryPredictor.load(exported).predict(jpegs[:count], preprocessor)
    assert prediction.probabilities.shape == (max(0, count - 1), 5)
    assert prediction.disagreement.shape == (max(0, count - 1),)
    assert prediction.statistics.pictures == count
    assert np.allclose(prediction.probabilities.sum(axis=1), 1, atol=1e-5)


def test_batches_and_threads_change_nothing(
    exported: Path, jpegs: list[bytes], preprocessor: Preprocessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = BoundaryPredictor.load(exported, workers=3).predict(jpegs, preprocessor).probabilities
    monkeypatch.setattr(module, "BATCH", 1)
    one_by_one = BoundaryPredictor.load(exported, workers=1).predict(jpegs, preprocessor).probabilities
    assert np.allclose(whole, one_by_one, atol=TOLERANCE)


def test_a_pair_and_its_mirror_image_are_told_alike(
    exported: Path, jpegs: list[bytes], preprocessor: Preprocessor
) -> None:
    forward = BoundaryPredictor.load(exported).predict(jpegs, preprocessor)
    backward = BoundaryPredictor.load(exported).predict(jpegs[::-1], preprocessor)
    offsets = Calibration(*_calibration(exported))
    assert np.allclose(forward.disagreement, backward.disagreement[::-1], atol=0.35), offsets
    swapped = backward.probabilities[::-1][:, list(SWAPPED)]
    # The calibration has an offset for each class, so that coming and going may differ a little.
    assert np.abs(forward.probabilities - swapped).mean() < 0.05


def _calibration(folder: Path) -> tuple[float, tuple[float, ...]]:
    calibration = load_backend(folder).description.calibration
    return calibration.scale, calibration.offsets


def test_the_network_is_symmetric() -> None:
    torch.manual_seed(0)
    network = BoundaryNetwork(_tiny()).eval()
    pairs = torch.randint(0, 256, (3, 4, 3, 16, 32), dtype=torch.uint8)
    with torch.inference_mode():
        forward, backward = network(pairs)
        forward_swapped, backward_swapped = network(pairs.flip(1))
    assert torch.allclose(forward, backward_swapped[:, list(SWAPPED)], atol=1e-5)
    assert torch.allclose(backward, forward_swapped[:, list(SWAPPED)], atol=1e-5)
    assert [SWAPPED[SWAPPED[kind]] for kind in range(5)] == list(range(5))
    assert (SWAPPED[SAME], SWAPPED[DIFFERENT], SWAPPED[EMPTY_EMPTY]) == (SAME, DIFFERENT, EMPTY_EMPTY)
    assert (SWAPPED[EMPTY_VALID], SWAPPED[VALID_EMPTY]) == (VALID_EMPTY, EMPTY_VALID)


def _tiny() -> object:
    from caption_boundaries.models.architectures import architecture

    return architecture("siamese-tiny")


class CountingBackend:
    """Says nothing, and counts how many pictures are under way at once."""

    description = Description("counting", "0", "none", 0)

    def __init__(self) -> None:
        self.done = 0
        self._lock = threading.Lock()

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        with self._lock:
            self.done += len(pictures)
        return np.zeros((len(pictures), 1), np.float32)

    def compare(self, *features: np.ndarray) -> tuple[Logits, Logits]:
        pairs = len(features[0])
        return np.zeros((pairs, 5), np.float32), np.zeros((pairs, 5), np.float32)


NUMBERED = 40
"""Pictures of a video of which each shows its own number."""


class SizedBackend(CountingBackend):
    """Is sure of every pair but some, and says something else of larger pictures; a picture shows its own number."""

    def __init__(self, unsure: set[int]) -> None:
        super().__init__()
        self._unsure, self.encoded = unsure, []

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        numbers = pictures[:, 0, 0, 0].astype(np.float32)
        self.encoded.append((pictures.shape[3], sorted(numbers.astype(int).tolist())))
        return np.stack([numbers, np.full_like(numbers, pictures.shape[3])], axis=1)

    def compare(self, *features: np.ndarray) -> tuple[Logits, Logits]:
        first, width = features[1].T
        logits = np.zeros((len(first), 5), np.float32)
        closer = np.where(first == SOON_SURE, 30.0, 6.0)
        logits[:, SAME] = np.where(width > USUAL_WIDTH, closer, np.where(np.isin(first, list(self._unsure)), 0.0, 9.0))
        return logits, logits


USUAL_WIDTH = 64
SOON_SURE = 7
"""A pair that one closer look makes sure."""
WHOLE = (Region(Box(0, 0, 1, 1), 1.0, 1),)
"""A crop that is one line of text."""


def _numbered(width: int) -> list[bytes]:
    return [encode_jpeg(np.full((width // 4, width, 3), number, np.uint8), 95) for number in range(NUMBERED)]


def test_a_pair_is_judged_in_larger_and_larger_pictures_as_long_as_it_is_in_doubt() -> None:
    backend = SizedBackend({SOON_SURE, 20})
    # A crop of 128 by 32 pixels that is one line: 64, 80, 96 and 112 pixels wide.
    usual, *closer = views_of(_numbered(128)[:3], WHOLE)
    assert [view.shape[2] for view in (usual, *closer)] == [64, 80, 96, 112]
    prediction = BoundaryPredictor(backend, workers=1).predict(_numbered(128), usual, closer)
    looked = {width: numbers for width, numbers in backend.encoded if width > USUAL_WIDTH}
    # Only what their windows reach is prepared again, each picture once.
    assert looked == {80: [*range(6, 10), *range(19, 23)], 96: [*range(19, 23)], 112: [*range(19, 23)]}
    assert np.flatnonzero(prediction.doubtful).tolist() == [SOON_SURE, 20]
    said = {SOON_SURE: (0.0 + 30.0) / 2, 20: (0.0 + 6.0 + 6.0 + 6.0) / 4}
    for first, probability in enumerate(prediction.probabilities[:, SAME].tolist()):
        logit = said.get(first, 9.0)
        assert probability == pytest.approx(np.exp(logit) / (np.exp(logit) + 4), abs=1e-3)


class SecondBackend(SizedBackend):
    """Says something else again, of whatever it is asked about."""

    description = Description("second", "2", "none", 0, Calibration(2.0, (1.0, 0.0, 0.0, 0.0, 0.0)))

    def compare(self, *features: np.ndarray) -> tuple[Logits, Logits]:
        logits = np.zeros((len(features[1]), 5), np.float32)
        logits[:, SAME] = 2.0
        return logits, logits


def test_a_second_model_stands_in_where_pictures_are_larger() -> None:
    backend, second = SizedBackend({7, 20}), SecondBackend(set())
    usual, *larger = views_of(_numbered(128)[:3], WHOLE)
    predictor = BoundaryPredictor(backend, second, workers=1)
    assert (predictor.version, predictor.description) == ("0+2", backend.description)
    prediction = predictor.predict(_numbered(128), usual, larger)
    assert {width for width, _ in backend.encoded} == {64}
    assert {width for width, _ in second.encoded} == {80, 96, 112}
    assert np.flatnonzero(prediction.doubtful).tolist() == [7, 20]
    # What each says is calibrated by its own figures before the mean is taken.
    logit = (0.0 + 3 * (2.0 * 2.0 + 1.0)) / 4
    for first, said in enumerate(prediction.probabilities[:, SAME].tolist()):
        expected = logit if first in (7, 20) else 9.0
        assert said == pytest.approx(np.exp(expected) / (np.exp(expected) + 4), abs=1e-3)


def test_a_second_model_beside_the_first_is_found(exported: Path, tmp_path: Path) -> None:
    both = shutil.copytree(exported, tmp_path / "model")
    shutil.copytree(exported, both / "closer")
    first = load_backend(exported).description.version
    assert BoundaryPredictor.load(exported).version == first
    assert BoundaryPredictor.load(both).version == f"{first}+{first}"
    (both / "closer" / "model.json").unlink()
    with pytest.raises(InputError, match=r"no model in .*closer"):
        BoundaryPredictor.load(both)


@pytest.mark.parametrize(
    ("width", "shapes"),
    [(128, [64, 80, 96, 112]), (80, [64, 80]), (64, [64]), (40, [48])],
    ids=["large", "enough for one", "as it is", "smaller"],
)
def test_closer_looks_never_enlarge_a_picture(width: int, shapes: list[int]) -> None:
    views = views_of(_numbered(width)[:3], WHOLE)
    assert [view.shape[2] for view in views] == shapes


def test_memory_does_not_grow_with_the_video(jpegs: list[bytes], preprocessor: Preprocessor) -> None:
    backend, ahead = CountingBackend(), []

    def stream() -> Iterator[bytes]:
        for taken in range(1000):
            ahead.append(taken - backend.done)
            yield jpegs[0]

    prediction = BoundaryPredictor(backend, workers=2).predict(stream(), preprocessor)
    assert len(prediction.probabilities) == 999
    assert max(ahead) <= BATCH * (2 * module.WAITING_PER_WORKER + 2)


def test_a_damaged_picture_ends_it(exported: Path, jpegs: list[bytes], preprocessor: Preprocessor) -> None:
    with pytest.raises(DatabaseCorruptError):
        BoundaryPredictor.load(exported).predict([jpegs[0], b"no picture", jpegs[1]], preprocessor)


def test_training_and_inference_see_the_same(jpegs: list[bytes], preprocessor: Preprocessor) -> None:
    """`NetworkPairs` gives what a predictor gives its backend; see also the test of pairs from databases."""
    from caption_boundaries.media.jpeg import decode_jpeg_gray

    assert np.array_equal(read_input(jpegs[20], preprocessor), preprocessor(decode_jpeg_gray(jpegs[20])))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "model.json").unlink(), "no model"),
        (lambda folder: (folder / "model.json").write_text("{"), "no description"),
        (lambda folder: (folder / "encoder.onnx").write_bytes(b"nothing"), "cannot be loaded"),
        (lambda folder: (folder / "head.onnx").unlink(), "cannot be loaded"),
        (
            lambda folder: (folder / "model.json").write_text(
                (folder / "model.json").read_text().replace('"preprocessing": "2"', '"preprocessing": "0"')
            ),
            "expects inputs of version 0",
        ),
    ],
    ids=["no description", "damaged description", "damaged network", "missing network", "other preprocessing"],
)
def test_models_that_cannot_be_used(change: object, message: str, exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for path in exported.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    change(folder)  # type: ignore[operator]
    with pytest.raises(InputError, match=message):
        BoundaryPredictor.load(folder)


def test_the_shipped_model_needs_no_torch() -> None:
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from caption_boundaries.inference.predictor import BoundaryPredictor\n"
        "import caption_boundaries.captions.step, caption_boundaries.cli.main\n"
        "print(BoundaryPredictor.load().description.name)"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip()


def test_the_shipped_model_is_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*.*")) < 4_000_000
    both = OnnxBackend.load(SHIPPED), OnnxBackend.load(SHIPPED / CLOSER)
    assert sum(model.description.parameters for model in both) < 500_000
