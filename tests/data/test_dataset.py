"""The data set as a training uses it: what it reads, in which processes, and what it leaves out."""

from __future__ import annotations

import multiprocessing
import pickle
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from caption_boundaries.data.dataset import BoundarySample, CaptionBoundaryDataset
from caption_boundaries.data.plain import from_json
from caption_boundaries.data.recipe import Script
from caption_boundaries.data.videos import LeftOut, read_videos
from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.folders import find_video_folders
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.pool import ReaderPool
from caption_boundaries.errors import DatabaseCorruptError
from caption_boundaries.media.jpeg import decode_jpeg_gray
from caption_boundaries.types import BOUNDARY_CLASSES, FrameRange
from support.old_folders import OldFolder, old_folder


@pytest.fixture
def folders(small_videos: Path) -> list[Path]:
    return list(find_video_folders(small_videos))


def tensors(sample: BoundarySample) -> tuple[torch.Tensor, torch.Tensor, int, int]:
    """Return what goes through a loader: the mean of both pictures stands for them."""
    return torch.tensor(sample.first.mean()), torch.tensor(sample.second.mean()), sample.label, sample.frame_index


def test_samples_are_the_stored_crops_and_the_class_follows_from_the_rows(folders: list[Path]) -> None:
    data = CaptionBoundaryDataset.from_folders(folders)
    assert len(data) == sum(data.counts.values()) == len(data.labels) > 100
    assert all(data.counts.values()), "every class comes"
    for number in range(0, len(data), 17):
        sample = data[number]
        video = data.videos[sample.video]
        with VideoDatabase(video.folder, readonly=True) as connection:
            reader, rows = CropReader(connection), CaptionReader(connection).captions()
            for picture, index in ((sample.first, sample.frame_index), (sample.second, sample.frame_index + 1)):
                stored = reader.frame(index)
                assert stored is not None
                assert np.array_equal(picture, decode_jpeg_gray(stored.image_data))
        shown = [[r for r in rows if index in r.frames] for index in (sample.frame_index, sample.frame_index + 1)]
        (before,), (after,) = shown
        assert BOUNDARY_CLASSES[sample.label] == _class(before.text, after.text, before == after)
        assert sample.regions == video.regions != ()
        assert sample.context is None


def _class(before: str | None, after: str | None, same_row: bool) -> str:
    if before and after:
        return "same" if same_row else "different"
    return f"{'valid' if before else 'empty'}_{'valid' if after else 'empty'}"


def test_every_sample_is_read_once_in_order_and_none_beyond_the_last(folders: list[Path]) -> None:
    data = CaptionBoundaryDataset.from_folders(folders, transform=lambda sample: (sample.video, sample.frame_index))
    seen = [data[number] for number in range(len(data))]
    assert seen == sorted(set(seen))
    assert data[-1] == seen[-1]
    for beyond in (len(data), -len(data) - 1):
        with pytest.raises(IndexError):
            data[beyond]


def test_a_cap_leaves_the_rare_classes_whole(folders: list[Path]) -> None:
    whole, less = (CaptionBoundaryDataset.from_folders(folders, cap=cap) for cap in (None, 9))
    assert less.counts == {name: min(9, count) for name, count in whole.counts.items()}
    assert less.labels.tolist() != CaptionBoundaryDataset.from_folders(folders, cap=8).labels.tolist()


def test_the_full_frame_its_lines_and_labels_come_when_asked_for(folders: list[Path]) -> None:
    data = CaptionBoundaryDataset.from_folders(folders, context=True)
    found = [data[number] for number in range(0, len(data), 9)]
    assert all(sample.context is not None for sample in found)
    for sample in found:
        assert sample.context is not None
        assert sample.context.frame_index <= sample.frame_index
        assert sample.context.picture.shape == (144, 256, 3)
        assert len(sample.context.labels) == len(sample.context.lines)
    texts = {line.text for sample in found for line in sample.context.lines}
    script_files = [path for folder in folders for path in folder.glob("*.script.json")]
    scripts = [from_json(Script, path.read_text(encoding="utf-8")) for path in script_files]
    assert texts & {line for script in scripts for caption in script.captions for line in caption.lines}


@pytest.mark.parametrize("workers", [0, 2])
def test_workers_read_what_the_parent_reads(workers: int, folders: list[Path]) -> None:
    data = CaptionBoundaryDataset.from_folders(folders, cap=20, transform=tensors)
    expected = [tensors(data._load_sample(number)) for number in range(len(data))]  # opens connections here first
    loader = DataLoader(data, batch_size=8, num_workers=workers, multiprocessing_context="fork" if workers else None)
    for _ in range(2):
        batches = list(loader)
        labels = torch.cat([batch[2] for batch in batches]).tolist()
        means = torch.cat([batch[0] for batch in batches]).tolist()
        assert labels == [label for _, _, label, _ in expected]
        assert means == [first.item() for first, *_ in expected]


def _read_in_child(data: CaptionBoundaryDataset, number: int, out: multiprocessing.SimpleQueue) -> None:
    out.put(data[number].first.tobytes())


def test_a_data_set_that_has_been_read_goes_through_a_fork(folders: list[Path]) -> None:
    data = CaptionBoundaryDataset.from_folders(folders)
    expected = data[3].first.tobytes()
    context = multiprocessing.get_context("fork")
    out = context.SimpleQueue()
    child = context.Process(target=_read_in_child, args=(data, 3, out))
    child.start()
    assert out.get() == expected
    child.join()
    assert child.exitcode == 0
    assert data[3].first.tobytes() == expected, "the parent reads on"


def test_a_data_set_goes_to_another_process_as_a_value(folders: list[Path]) -> None:
    data = CaptionBoundaryDataset.from_folders(folders)
    data[3]
    copy = pickle.loads(pickle.dumps(data))
    assert np.array_equal(copy[3].first, data[3].first)
    assert copy.labels.tolist() == data.labels.tolist()


def test_a_small_pool_serves_many_videos(folders: list[Path]) -> None:
    with ReaderPool(1) as pool:
        data = CaptionBoundaryDataset.from_folders(folders, pool=pool)
        for number in np.random.default_rng(0).permutation(len(data))[:30]:
            data[int(number)]
        assert len(pool) == 1


def test_what_is_left_out_says_why(films: Path) -> None:
    unconfirmed, uncropped, broken, missing, good = [*find_video_folders(films), films / "nothing"][:5]
    _change(unconfirmed / "captions.db", "UPDATE captions SET boundary_pending = 1")
    _change(uncropped / "cropping.db", "DELETE FROM cropped_frames")
    (broken / "captions.db").write_text("garbage")
    (missing / "cropping.db").unlink()
    data = CaptionBoundaryDataset.from_folders([unconfirmed, uncropped, broken, missing, good])
    assert {item.folder: item.reason.split(".")[0] for item in data.left_out}.keys() == {
        unconfirmed,
        uncropped,
        broken,
        missing,
        good,
    }
    reasons = " ".join(item.reason for item in data.left_out)
    for told in ("no confirmed captions", "no crops", "not a SQLite database", "cropping.db is missing"):
        assert told in reasons
    assert len(data) == 0
    assert data.counts == dict.fromkeys(BOUNDARY_CLASSES, 0)


def _change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def test_pending_and_issues_and_unread_captions_are_no_samples(films: Path) -> None:
    folder = next(iter(find_video_folders(films)))
    before = CaptionBoundaryDataset.from_folders([folder])
    _change(folder / "captions.db", "UPDATE captions SET text = NULL WHERE boundary_state = 'confirmed'")
    after = CaptionBoundaryDataset.from_folders([folder])
    assert before.counts["same"] > 0
    gaps = {"empty_empty": before.counts["empty_empty"]}
    assert after.counts == {**dict.fromkeys(BOUNDARY_CLASSES, 0), **gaps}


def test_a_crop_that_went_is_an_error_that_says_what_to_do(films: Path) -> None:
    folder = next(iter(find_video_folders(films)))
    data = CaptionBoundaryDataset.from_folders([folder])
    index = int(data.videos[0].firsts[0])
    _change(folder / "cropping.db", f"DELETE FROM cropped_frames WHERE frame_index = {index}")
    with pytest.raises(DatabaseCorruptError, match="Build the data set again"):
        data[0]


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ((), [-2, -1, 0, 1, 2, 3]),
        ((-1,), [-2, 0, 0, 1, 2, 3]),
        ((-2, -1), [0, 0, 0, 1, 2, 3]),
        ((2,), [-2, -1, 0, 1, 1, 3]),
        ((2, 3), [-2, -1, 0, 1, 1, 1]),
    ],
    ids=["all there", "one before lacks", "none before", "one after lacks", "none after"],
)
def test_the_nearest_crop_stands_for_one_that_lacks(films: Path, gone: tuple[int, ...], expected: list[int]) -> None:
    folder = next(iter(find_video_folders(films)))
    data = CaptionBoundaryDataset.from_folders([folder])
    number = int(np.flatnonzero(data.videos[0].firsts > 4)[0])
    first = int(data.videos[0].firsts[number])
    with VideoDatabase(folder, readonly=True) as connection:
        stored = CropReader(connection).pictures(FrameRange(first - 2, first + 3))
    for step in gone:
        _change(folder / "cropping.db", f"DELETE FROM cropped_frames WHERE frame_index = {first + step}")
    found = data.surroundings(number, 2)
    wanted = [decode_jpeg_gray(stored[first + step]) for step in expected]
    assert all(np.array_equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_old_folders_are_read_as_they_are(tmp_path: Path) -> None:
    folder = old_folder(tmp_path, OldFolder(captions=0, picture_bytes=900))
    (only,) = read_videos([folder])
    assert isinstance(only, LeftOut), "nobody has confirmed anything"
    _change(
        folder / "captions.db",
        "INSERT INTO captions (start_frame_index, end_frame_index, boundary_state, text) "
        "VALUES (0, 5, 'confirmed', '你好'), (6, 9, 'gap', NULL), (10, 14, 'confirmed', 'Guten Tag')",
    )
    before = (folder / "captions.db").read_bytes()
    data = CaptionBoundaryDataset.from_folders([folder])
    assert data.counts == {"same": 9, "different": 0, "empty_empty": 3, "empty_valid": 1, "valid_empty": 1}
    assert data[0].first.shape == data[0].second.shape
    assert len(data.videos[0].regions) == 1
    assert (folder / "captions.db").read_bytes() == before


def test_counting_samples_needs_no_torch() -> None:
    code = (
        "import sys, caption_boundaries.cli.main, caption_boundaries.data.frozen, caption_boundaries.data.exporting; "
        "sys.exit('torch' in sys.modules or 'PIL' in sys.modules or 'pyarrow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
