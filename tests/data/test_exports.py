"""Exports are read by the libraries that they are made for."""

from __future__ import annotations

import gc
import json
from io import BytesIO
from pathlib import Path

import datasets
import numpy as np
import pytest
import webdataset
from numpy.typing import NDArray
from PIL import Image

from caption_boundaries.data.dataset import CaptionBoundaryDataset
from caption_boundaries.data.exporting import EXPORTERS, export_dataset
from caption_boundaries.data.frozen import FreezeSettings, FrozenDataset, freeze
from caption_boundaries.database.folders import find_video_folders
from caption_boundaries.errors import InputError, UsageError
from caption_boundaries.types import BOUNDARY_CLASSES
from support.folders import file_hashes


@pytest.fixture(scope="module")
def frozen(small_videos: Path) -> FrozenDataset:
    settings = FreezeSettings(folds=2, cap=12)
    return freeze("small", list(find_video_folders(small_videos)), settings, root=small_videos)


@pytest.fixture(scope="module")
def expected(frozen: FrozenDataset) -> dict[tuple[str, int], int]:
    """The class of every sample."""
    data = CaptionBoundaryDataset.from_frozen(frozen)
    samples = (data._load_sample(number) for number in range(len(data)))
    return {(data.videos[sample.video].video_id, sample.frame_index): sample.label for sample in samples}


def test_hugging_face_reads_the_parquet_files(
    frozen: FrozenDataset, expected: dict[tuple[str, int], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    export_dataset(frozen, "parquet", tmp_path / "out")
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert sorted(loaded) == ["fold_0", "fold_1"]
    rows = [row for split in loaded.values() for row in split]
    assert {(row["video_id"], row["frame_index"]): row["label"] for row in rows} == expected
    assert loaded["fold_0"].features["label"].names == list(BOUNDARY_CLASSES)
    assert {row["first"].size for row in rows} == {row["second"].size for row in rows}
    held_out = {video.video_id for video in frozen.videos if video.fold == 1}
    assert set(loaded["fold_1"]["video_id"]) == held_out


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_the_shards(  # it leaves the shards open
    frozen: FrozenDataset, expected: dict[tuple[str, int], int], tmp_path: Path
) -> None:
    export_dataset(frozen, "webdataset", tmp_path / "out")
    shards = sorted(map(str, (tmp_path / "out").glob("*.tar")))
    loaded = webdataset.WebDataset(shards, shardshuffle=False).to_tuple("first.jpg", "second.jpg", "cls", "json")
    found = {}
    for first, second, label, told in loaded:
        known = json.loads(told)
        found[known["video_id"], known["frame_index"]] = int(label)
        assert _pixels(BytesIO(first)).shape == _pixels(BytesIO(second)).shape
    assert found == expected
    del loaded
    gc.collect()


def _pixels(source: Path | BytesIO) -> NDArray[np.uint8]:
    with Image.open(source) as picture:
        return np.asarray(picture.convert("L"))


def test_coco_boxes_lie_on_the_text(frozen: FrozenDataset, tmp_path: Path) -> None:
    export_dataset(frozen, "coco", tmp_path / "out")
    told = json.loads((tmp_path / "out" / "annotations.json").read_text(encoding="utf-8"))
    images = {image["id"]: image for image in told["images"]}
    assert [category["name"] for category in told["categories"]] == ["caption", "other_text", "unlabelled_text"]
    assert len({box["id"] for box in told["annotations"]}) == len(told["annotations"]) > 0
    assert {box["category_id"] for box in told["annotations"]} <= {1, 2}
    for image in images.values():
        assert _pixels(tmp_path / "out" / image["file_name"]).shape == (image["height"], image["width"])
    for box in told["annotations"]:
        left, top, width, height = box["bbox"]
        image = images[box["image_id"]]
        assert 0 <= left < left + width <= image["width"]
        assert 0 <= top < top + height <= image["height"]
        assert box["area"] == width * height
        picture = _pixels(tmp_path / "out" / image["file_name"])
        assert picture[top : top + height, left : left + width].std() > 5, "there is something there"


@pytest.mark.parametrize("form", EXPORTERS)
def test_the_same_data_set_gives_the_same_bytes(form: str, frozen: FrozenDataset, tmp_path: Path) -> None:
    for name in ("one", "two"):
        export_dataset(frozen, form, tmp_path / name)
    assert file_hashes(tmp_path / "one") == file_hashes(tmp_path / "two")


def test_nothing_is_overwritten_and_nothing_half_done_is_left(frozen: FrozenDataset, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match="there already"):
        export_dataset(frozen, "coco", tmp_path / "there")
    with pytest.raises(UsageError, match="Choose one of"):
        export_dataset(frozen, "csv", tmp_path / "out")
    with pytest.raises(InputError):
        export_dataset(_moved(frozen), "webdataset", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def _moved(frozen: FrozenDataset) -> FrozenDataset:
    return FrozenDataset(frozen.name, frozen.settings, frozen.videos, root="/nowhere")
