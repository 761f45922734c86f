"""`train` and `evaluate` on small synthetic videos, from the frozen data set to the exported model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.captions.stored import StoredPictures
from caption_boundaries.cli.main import run
from caption_boundaries.data.dataset import CaptionBoundaryDataset
from caption_boundaries.data.frozen import FreezeSettings, freeze, open_frozen, save_frozen
from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.folders import find_video_folders
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import TrainingError, UsageError
from caption_boundaries.inference.backends import SHIPPED, OnnxBackend
from caption_boundaries.inference.pictures import preprocessor_of
from caption_boundaries.inference.predictor import BoundaryPredictor
from caption_boundaries.models.preprocessing import Picture, sampled
from caption_boundaries.training.config import TrainConfig
from caption_boundaries.training.pairs import NetworkPairs
from caption_boundaries.training.session import load_data, train_on
from support.folders import file_hashes
from support.synthetic import varied_folders

VIDEOS = 4
TINY = ("--architecture", "siamese-tiny", "--batch", "8", "--micro-batch", "8", "--samples", "12", "--look", "4")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with synthetic videos and the frozen data set "films" of two folds."""
    root = tmp_path_factory.mktemp("training") / "films"
    root.mkdir()
    folders = varied_folders(root, VIDEOS)
    save_frozen(
        freeze("films", folders, FreezeSettings(folds=2), root=root / "datasets"), root / "datasets" / "films.json"
    )
    return root


def printed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    code = run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured.out


def test_from_a_data_set_to_a_model(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {folder: file_hashes(folder) for folder in find_video_folders(root)}
    base = ("train", "--dataset", "films", "--data", root, "--run", tmp_path / "run", *TINY)
    first = printed(capsys, *base, "--steps", 4)
    assert "step 4 of 4" in first
    assert "all steps done" in first
    told = json.loads(printed(capsys, *base, "--steps", 8, "--export", tmp_path / "model", "--json"))
    assert told["step"] == 8
    assert 0 <= told["figures"]["macro_f1"] <= 1
    assert OnnxBackend.load(tmp_path / "model").description.architecture == "siamese-tiny"
    assert "done before" in printed(capsys, *base, "--steps", 8)
    assert run([*map(str, base), "--steps", "8", "--seed", "1"]) == 2
    assert "other settings" in capsys.readouterr().err
    assert "step 4 of 4" in printed(capsys, *base, "--steps", 4, "--seed", 1, "--restart")
    further = (*base[: -len(TINY) - 1], tmp_path / "further", *TINY, "--start-from", tmp_path / "model", "--steps", 2)
    assert json.loads(printed(capsys, *further, "--json"))["step"] == 2
    assert "done before" in printed(capsys, *further), "it is the same run"
    (tmp_path / "model" / "weights.pt").unlink()
    assert run([*map(str, further[:-1]), "4"]) == 2
    assert "has no weights.pt to start from" in capsys.readouterr().err
    evaluated = json.loads(
        printed(
            capsys,
            *("evaluate", root, "--model", tmp_path / "model", "--detector", "model", "--detector", "strokes"),
            *("--no-captions", "--plot", tmp_path / "figures.png", "--json"),
        )
    )
    assert len(evaluated["videos"]) == 2 * VIDEOS
    assert evaluated["all"]["model"]["pairs"] > 0
    assert "macro_f1" not in evaluated["all"]["strokes"]
    assert evaluated["all"]["strokes"]["cut_recall"] > 0.5
    assert (tmp_path / "figures.png").read_bytes().startswith(b"\x89PNG")
    assert {folder: file_hashes(folder) for folder in before} == before, "neither changes a video"


def test_a_second_model_learns_what_the_first_doubts(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ("train", "--dataset", "films", "--data", root, *TINY, "--steps", 2)
    model, run_dir = tmp_path / "model", tmp_path / "closer"
    printed(capsys, *base, "--run", tmp_path / "run", "--export", model)
    alone = BoundaryPredictor.load(model)
    second = (*base, "--run", run_dir, "--doubted-by", model, "--start-from", model, "--export", model / "closer")
    assert json.loads(printed(capsys, *second, "--json"))["step"] == 2
    both = BoundaryPredictor.load(model)
    assert both.description == alone.description
    closer = OnnxBackend.load(model / "closer").description
    assert both.version == f"{alone.version}+{closer.version}"
    assert closer.training["config"]["doubted_by"] == alone.description.version
    assert closer.calibration.offsets == (0.0,) * 5, "what is doubtful differs from video to video"
    assert "done before" in printed(capsys, *second), "it is the same run"
    assert run([*map(str, base), "--run", str(run_dir), "--steps", "4"]) == 2
    assert "other settings" in capsys.readouterr().err, "on all pairs it would be another run"
    other = TrainConfig(**{**closer.training["config"], "seed": 1})
    films = open_frozen(root / "datasets" / "films.json")
    with pytest.raises(UsageError, match="other settings"):
        train_on(films, other, run_dir, doubted_by=alone, watch=lambda _: pytest.fail("asked about every video first"))
    told = json.loads(
        printed(capsys, "evaluate", root, "--model", model, "--detector", "model", "--no-captions", "--json")
    )
    assert told["all"]["model"]["pairs"] > 0
    printed(capsys, *base, "--run", tmp_path / "run", "--export", model)
    assert not (model / "closer").exists(), "what doubted another model is not kept beside a new one"


@pytest.fixture(scope="module")
def model(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained for two steps."""
    work = tmp_path_factory.mktemp("model")
    words = ("train", "--dataset", "films", "--data", root, "--run", work / "run", *TINY, "--steps", 2, "-q")
    assert run([str(word) for word in (*words, "--export", work / "model")]) == 0
    return work / "model"


@pytest.mark.parametrize("detector", ["auto", "model", "combined"])
def test_captions_are_found_with_the_model_that_is_named(
    detector: str,
    root: Path,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = shutil.copytree(next(find_video_folders(root)), tmp_path / "film")
    monkeypatch.chdir(model.parent)
    words = ("captions", folder, "--engine", "null", "--force", "--detector", detector, "--model", model.name)
    printed(capsys, *words)
    with VideoDatabase(folder, readonly=True) as connection:
        asked = CaptionReader(connection).run()
    assert asked is not None
    assert OnnxBackend.load(model).description.version in asked.version


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model", "nowhere"), "There is no model in nowhere"),
        (("--model", "{model}", "--detector", "strokes"), "--detector strokes asks no model"),
    ],
)
@pytest.mark.parametrize("command", ["captions", "run", "extract"])
def test_a_model_that_cannot_be_used_is_refused_before_the_work(
    command: str,
    words: tuple[str, ...],
    said: str,
    root: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = file_hashes(root)
    target = next(find_video_folders(root))
    assert run([command, str(target), *(word.format(model=model) for word in words)]) == 2
    assert said in capsys.readouterr().err
    assert file_hashes(root) == before


def test_figures_fit_the_width_of_a_terminal(
    root: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    words = ("evaluate", root, "--model", model, "--detector", "combined", "--engine", "null")
    both, changes = printed(capsys, *words), printed(capsys, *words, "--no-captions")
    assert max(map(len, both.splitlines())) <= 80
    for name in ("cuts", "found", "F1 ±1", "macro F1"):
        assert all(f" {name} " in text for text in (both, changes)), "no heading is folded"
    for name in ("missed", "invented", "F1 0.05 s", "seconds"):
        assert f" {name} " in both
        assert f" {name} " not in changes


def test_the_captions_are_measured_on_a_copy(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = next(find_video_folders(root))
    before = file_hashes(folder)
    arguments = ("evaluate", folder, "--data", root, "--detector", "combined", "--model", SHIPPED)
    assert "all" in printed(capsys, *arguments)
    truth = next(path for path in folder.glob("synthetic-*.json") if not path.name.endswith(".script.json"))
    told = json.loads(printed(capsys, *arguments, "--truth", truth, "--json"))
    assert told["videos"][0]["captions"] >= told["videos"][0]["matched"]
    shutil.copyfile(truth, tmp_path / truth.name)
    by_folder = json.loads(printed(capsys, *arguments, "--truth", tmp_path, "--json"))
    assert by_folder["all"]["combined"]["captions"] == told["all"]["combined"]["captions"]
    assert file_hashes(folder) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--dataset", "nothing"), "no data set"),
        (("train", "--dataset", "films", "--fold", "7"), "no fold 7"),
        (("train", "--dataset", "films", "--batch", "9", "--micro-batch", "4"), "multiple of micro_batch"),
        (("train", "--dataset", "films", "--architecture", "resnet"), "no architecture resnet"),
        (("train", "--dataset", "films", "--tracker", "paper"), "paper"),
        (("train", "--dataset", "films", "--start-from", "nowhere"), "no checkpoint in nowhere"),
        (("train", "--dataset", "films", "--doubted-by", "nowhere"), "no model in nowhere"),
        (
            ("train", "--dataset", "films", *TINY, "--start-from", "shipped"),
            "siamese-small, which does not fit into siamese-tiny",
        ),
        (("evaluate", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: tuple[str, ...], message: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--data", str(root)]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_missing_database_is_named(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = shutil.copytree(root, tmp_path / "films")
    (next(find_video_folders(copy)) / "cropping.db").unlink()
    assert run(["train", "--dataset", "films", "--data", str(copy), *TINY, "--steps", "2"]) == 2
    assert "cropping.db" in capsys.readouterr().err
    assert not (copy / "runs").exists() or not list((copy / "runs").rglob("step-*"))


def test_folds_never_share_a_video(root: Path) -> None:
    data = load_data(open_frozen(root / "datasets" / "films.json"), 0)
    names = [{video.folder for video in side._dataset.videos} for side in (data.training, data.validation)]
    assert names[0].isdisjoint(names[1])
    assert len(names[0] | names[1]) == VIDEOS
    with pytest.raises(UsageError, match="no fold 2"):
        load_data(open_frozen(root / "datasets" / "films.json"), 2)


def test_nothing_to_train_on() -> None:
    with pytest.raises(TrainingError, match="no pair"):
        NetworkPairs(CaptionBoundaryDataset([]))


class Watching:
    """Remembers what a predictor gives to its model."""

    def __init__(self) -> None:
        self.seen: list[Picture] = []
        self.description = OnnxBackend.load(SHIPPED).description

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        self.seen += list(pictures)
        return np.zeros((len(pictures), 1), np.float32)

    def compare(self, *features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pairs = len(features[0])
        return np.zeros((pairs, 5), np.float32), np.zeros((pairs, 5), np.float32)


def test_training_and_inference_preprocess_alike(root: Path) -> None:
    folder = next(find_video_folders(root))
    dataset = CaptionBoundaryDataset.from_folders([folder])
    pairs, watching = NetworkPairs(dataset), Watching()
    with VideoDatabase(folder, readonly=True) as connection:
        layout = LayoutReader(connection).config()
        assert layout is not None
        pictures = StoredPictures(connection, layout)
        indices = pictures.indices.tolist()
        chosen = pictures.jpegs([indices[place] for place in sampled(len(indices))])
        BoundaryPredictor(watching, workers=1).predict(
            pictures.jpegs(indices), preprocessor_of(chosen, pictures.regions)
        )
    by_index = dict(zip(indices, _without_overlap(watching.seen, len(indices)), strict=True))
    last = indices[-1]
    for number in range(0, len(dataset), 7):
        index = dataset[number].frame_index
        window = [max(0, index - 1), index, index + 1, min(last, index + 2)]
        assert np.array_equal(pairs.pair(number), np.stack([by_index[place] for place in window]))


def test_the_ends_of_a_video_are_continued(root: Path) -> None:
    dataset = CaptionBoundaryDataset.from_folders([next(find_video_folders(root))])
    firsts = [dataset[number].frame_index for number in range(len(dataset))]
    before, first, *_ = dataset.surroundings(firsts.index(0), 1)
    assert np.array_equal(before, first)
    *_, second, after = dataset.surroundings(firsts.index(max(firsts)), 1)
    assert np.array_equal(second, after) == (max(firsts) + 2 not in firsts)


def _without_overlap(seen: list[Picture], count: int) -> list[Picture]:
    """Return the pictures without those that a batch repeats, and without the margin of the whole."""
    from caption_boundaries.inference.predictor import BATCH, SHARED
    from caption_boundaries.models.preprocessing import MARGIN

    kept = seen[:BATCH]
    for start in range(BATCH, len(seen), BATCH + SHARED):
        kept += seen[start + SHARED : start + BATCH + SHARED]
    assert len(kept) == count + 2 * MARGIN
    return kept[MARGIN:-MARGIN]
