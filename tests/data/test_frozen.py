"""A frozen data set can be repeated: the same bytes, the same samples, or a refusal that says what changed."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from caption_boundaries.data.dataset import CaptionBoundaryDataset
from caption_boundaries.data.frozen import (
    FreezeSettings,
    folds_table,
    freeze,
    known_datasets,
    manifest_path,
    open_frozen,
    save_frozen,
)
from caption_boundaries.data.videos import Grouping
from caption_boundaries.database.folders import find_video_folders
from caption_boundaries.errors import InputError, TargetError, UsageError

SETTINGS = FreezeSettings(folds=2, cap=30)


def frozen_at(root: Path, settings: FreezeSettings = SETTINGS, name: str = "first") -> Path:
    path = manifest_path(name, root)
    save_frozen(freeze(name, list(find_video_folders(root)), settings, root=path.parent), path)
    return path


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def test_the_same_videos_and_settings_give_the_same_bytes(films: Path) -> None:
    first = frozen_at(films).read_bytes()
    assert frozen_at(films).read_bytes() == first
    assert frozen_at(films, replace(SETTINGS, seed=1)).read_bytes() != first


def test_what_was_frozen_is_what_is_opened(films: Path) -> None:
    path = frozen_at(films)
    opened = open_frozen(path)
    assert opened == freeze("first", list(find_video_folders(films)), SETTINGS, root=path.parent)
    told = json.loads(path.read_text())
    assert told["counts"] == opened.counts == CaptionBoundaryDataset.from_frozen(opened).counts
    assert told["hash"] == opened.hash
    assert {video["crop_bounds_version"] for video in told["videos"]} == {1}
    assert known_datasets(path.parent) == ["first"]


def test_folds_never_share_a_video(films: Path) -> None:
    opened = open_frozen(frozen_at(films))
    parts = [CaptionBoundaryDataset.from_frozen(opened, folds=[fold]) for fold in range(2)]
    videos = [{video.folder for video in part.videos} for part in parts]
    assert videos[0]
    assert videos[1]
    assert not videos[0] & videos[1]
    whole = CaptionBoundaryDataset.from_frozen(opened)
    assert sum(map(len, parts)) == len(whole)
    assert [sum(counts.values()) for _, _, counts in folds_table(opened)] == [len(part) for part in parts]


def test_a_copy_of_a_video_is_in_the_fold_of_its_original(films: Path) -> None:
    original = next(iter(find_video_folders(films)))
    shutil.copytree(original, films / "copies" / "another-name")
    opened = open_frozen(frozen_at(films))
    folds = {video.fold for video in opened.videos if video.name == opened.videos[0].name or "another" in video.folder}
    copies = {video.group: set() for video in opened.videos}
    for video in opened.videos:
        copies[video.group].add(video.folder)
    assert sorted(map(len, copies.values())) == [1, 1, 1, 2]
    assert {len({video.fold for video in opened.videos if video.group == group}) for group in copies} == {1}
    assert folds


def test_videos_of_a_series_stay_together(films: Path) -> None:
    opened = open_frozen(frozen_at(films, replace(SETTINGS, group_by=r"^synthetic-train-[34]")))
    together = {video.fold for video in opened.videos if re.search("-[34].mp4", video.name)}
    assert len({video.group for video in opened.videos}) == 4
    series = open_frozen(frozen_at(films, replace(SETTINGS, group_by=r"^(synthetic)")))
    assert len({video.group for video in series.videos}) == 1
    assert len({video.fold for video in series.videos}) == 1
    assert together


@pytest.mark.parametrize(
    ("pattern", "name", "group"),
    [
        ("video", "Series A 01.mp4", "id"),
        (r"^Series \w", "Series A 01.mp4", "name Series A"),
        (r"^Series (\w)", "Series A 01.mp4", "name A"),
        (r"^Series (\w)", "Film.mp4", "id"),
    ],
)
def test_groups(pattern: str, name: str, group: str) -> None:
    assert Grouping(pattern).group_of(name, "id") == group


def test_a_data_root_can_be_moved_with_its_data_sets(films: Path, tmp_path: Path) -> None:
    before = open_frozen(frozen_at(films))
    films.rename(tmp_path / "elsewhere")
    after = open_frozen(manifest_path("first", tmp_path / "elsewhere"))
    assert after.hash == before.hash
    assert len(CaptionBoundaryDataset.from_frozen(after)) == sum(before.counts.values())


@pytest.mark.parametrize(
    ("database", "sql", "why"),
    [
        ("captions.db", "UPDATE captions SET end_frame_index = end_frame_index WHERE id = 1", None),
        ("captions.db", "UPDATE captions SET boundary_updated_at = '2001-01-01'", None),
        ("captions.db", "UPDATE captions SET text = 'other' WHERE boundary_state = 'confirmed'", "captions are others"),
        ("captions.db", "UPDATE captions SET boundary_pending = 1", "no confirmed captions"),
        ("cropping.db", "UPDATE crop_runs SET crop_bounds_version = 9", "crops are others"),
        ("cropping.db", "UPDATE cropped_frames SET file_size = 1 WHERE frame_index = 3", "crops are others"),
    ],
)
def test_a_data_set_whose_videos_have_changed_is_refused(films: Path, database: str, sql: str, why: str | None) -> None:
    opened = open_frozen(frozen_at(films))
    change(opened.folder_of(opened.videos[0]) / database, sql)
    if why is None:
        assert len(CaptionBoundaryDataset.from_frozen(opened)) == sum(opened.counts.values())
        return
    with pytest.raises(InputError, match=why) as refused:
        CaptionBoundaryDataset.from_frozen(opened)
    assert opened.videos[0].name in str(refused.value)


def test_a_video_that_went_is_told(films: Path) -> None:
    opened = open_frozen(frozen_at(films))
    shutil.rmtree(opened.folder_of(opened.videos[1]))
    with pytest.raises(InputError, match=re.escape(opened.videos[1].name)):
        CaptionBoundaryDataset.from_frozen(opened)


def test_what_was_left_out_stands_in_the_manifest(films: Path) -> None:
    folder = next(iter(find_video_folders(films)))
    change(folder / "captions.db", "UPDATE captions SET boundary_pending = 1")
    opened = open_frozen(frozen_at(films))
    (left,) = opened.left_out
    assert "no confirmed captions" in left.reason
    assert len(opened.videos) == 3


def test_nothing_to_freeze_says_why(films: Path) -> None:
    folder = next(iter(find_video_folders(films)))
    change(folder / "captions.db", "UPDATE captions SET boundary_pending = 1")
    with pytest.raises(InputError, match="No video offers a sample"):
        freeze("none", [folder], SETTINGS, root=films)


@pytest.mark.parametrize(
    ("change_", "told"),
    [
        (lambda told: {**told, "form": 9}, "another version"),
        (lambda told: {**told, "settings": {**told["settings"], "cap": 7}}, "changed by hand"),
        (lambda told: {**told, "colour": 1}, "no frozen data set"),
        (lambda told: [], "no frozen data set"),
    ],
    ids=["form", "settings", "unknown key", "no object"],
)
def test_a_manifest_changed_by_hand_is_refused(films: Path, change_, told: str) -> None:
    path = frozen_at(films)
    path.write_text(json.dumps(change_(json.loads(path.read_text()))))
    with pytest.raises(InputError, match=told):
        open_frozen(path)


def test_a_data_set_that_is_not_there_names_those_that_are(films: Path) -> None:
    frozen_at(films)
    with pytest.raises(TargetError, match="There are first"):
        open_frozen(manifest_path("second", films))
    with pytest.raises(UsageError, match="no fold 2"):
        open_frozen(manifest_path("first", films)).training_videos([2])


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", ".."])
def test_names_that_are_none(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no name"):
        manifest_path(name, tmp_path)
    assert manifest_path("somewhere/else.json", tmp_path) == Path("somewhere/else.json")


@pytest.mark.parametrize("wrong", [{"folds": 0}, {"cap": 0}, {"group_by": "("}])
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        FreezeSettings(**wrong)
