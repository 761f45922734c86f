"""Synthetic videos as video folders: every step done, rows as a person would confirm them."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.data.folders import confirmed_rows, folder_of, make_folder
from caption_boundaries.data.known_layout import known_layout
from caption_boundaries.data.plain import from_json
from caption_boundaries.data.production import make_folders, seeds_of
from caption_boundaries.data.recipe import Recipe, Script, ScriptedCaption
from caption_boundaries.data.rendering import place_lines
from caption_boundaries.data.scripts import write_script
from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.folders import find_video_folders
from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.layout import LayoutReader, regions_from_json
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import VideoFileError
from caption_boundaries.evaluation.truth import read_truth
from caption_boundaries.freshness import step_states
from caption_boundaries.media.jpeg import decode_jpeg_gray
from caption_boundaries.types import FrameRange
from support.folders import contents
from support.synthetic import SEEDS, SMALL


def script_of(folder: Path) -> Script:
    (path,) = folder.glob("*.script.json")
    return from_json(Script, path.read_text(encoding="utf-8"))


def test_every_step_up_to_the_crops_is_done(small_videos: Path) -> None:
    folders = list(find_video_folders(small_videos))
    assert len(folders) == len(SEEDS)
    for folder in folders:
        states = step_states(folder)
        assert {name: state.state for name, state in states.items()} == {
            **dict.fromkeys(("ingest", "ocr", "layout", "crop"), "done"),
            "captions": "missing",
        }


def test_rows_cover_every_crop_once(small_videos: Path) -> None:
    for folder in find_video_folders(small_videos):
        with VideoDatabase(folder, readonly=True) as connection:
            rows, indices = CaptionReader(connection).captions(), CropReader(connection).frame_indices()
        covered = [index for row in rows for index in range(row.start_frame_index, row.end_frame_index + 1)]
        assert covered == indices
        assert {row.boundary_state for row in rows} <= {"confirmed", "gap"}
        assert all((row.boundary_state == "gap") == (row.text is None) for row in rows)


def test_truth_file_and_rows_say_the_same(small_videos: Path) -> None:
    for folder in find_video_folders(small_videos):
        (path,) = (file for file in folder.glob("*.json") if not file.name.endswith("script.json"))
        truth = read_truth(path)
        with VideoDatabase(folder, readonly=True) as connection:
            rows = [row for row in CaptionReader(connection).captions() if row.text]
        told = {(caption.start, caption.end): caption.text for caption in truth.captions}
        assert rows
        for row in rows:
            times = min(told, key=lambda span: abs(span[0] - row.start_seconds) + abs(span[1] - row.end_seconds))
            assert times == pytest.approx((row.start_seconds, row.end_seconds))
            assert told[times] == row.text


def test_a_crop_shows_a_caption_exactly_where_its_row_says(tmp_path: Path) -> None:
    recipe = replace(SMALL, fade_share=0, flicker_share=0, overlay_share=0, footage_share=0, rates=(("24", 1),))
    script = write_script(recipe, 8)
    bare = replace(script, captions=(), shots=script.shots[:1])
    made = make_folder(recipe, 8, tmp_path).folder
    assert bare.captions == ()
    with VideoDatabase(made, readonly=True) as connection:
        reader, rows = CropReader(connection), CaptionReader(connection).captions()
        for before, after in itertools.pairwise(rows):
            if after.boundary_state == "gap" or before.boundary_state != "gap":
                continue
            pictures = [
                decode_jpeg_gray(frame.image_data)
                for frame in reader.frames(FrameRange(after.start_frame_index - 1, after.start_frame_index))
            ]
            edges = [np.abs(np.diff(picture.astype(int), axis=1)).mean() for picture in pictures]
            assert edges[1] > edges[0], "letters have come"


@pytest.mark.parametrize(
    ("first", "last", "rate", "row"),
    [
        (0, 23, "24", (0, 9)),
        (24, 47, "24", (10, 19)),
        (25, 47, "24", (11, 19)),
        (24, 48, "24", (10, 20)),
        (3, 4, "24", (2, 2)),
        (3, 3, "24", None),
        (1, 2, "30", None),
        (3, 5, "30", (1, 1)),
        (0, 0, "25", (0, 0)),
        (30, 59, "30000/1001", (11, 20)),
    ],
)
def test_an_index_shows_the_last_frame_not_later_than_its_tick(
    first: int, last: int, rate: str, row: tuple[int, int] | None
) -> None:
    script = replace(write_script(SMALL, 3), captions=(ScriptedCaption(first, last, ("Hi",)),), rate=rate)
    rows = confirmed_rows(script, FrameRange(0, 49), 10.0)
    said = [(r.start_frame_index, r.end_frame_index) for r in rows if r.text]
    assert said == ([row] if row else [])
    shown = [i for i in range(50) if first <= int(i / 10 * script.fps + 1e-6) <= last]
    assert said == ([(shown[0], shown[-1])] if shown else [])


@pytest.mark.parametrize("seed", range(25))
def test_the_region_holds_every_letter(seed: int) -> None:
    script = write_script(Recipe(), seed)
    config = known_layout(script)
    regions = regions_from_json(config.regions)
    assert known_layout(script) == config
    boxes = [region.box.to_pixels(script.width, script.height) for region in regions]
    for caption in script.captions:
        for line in place_lines(caption.lines, script.style):
            middle = (line.box.top + line.box.bottom) / 2
            inside = [box for box in boxes if box.top <= middle < box.bottom]
            assert inside, "no region holds the line"
            assert min(box.left for box in boxes) <= max(0, line.box.left) + 1
            assert min(script.width, line.box.right) - 1 <= max(box.right for box in boxes)
            assert boxes[0].top <= max(0, line.box.top)
            assert min(script.height, line.box.bottom) <= boxes[-1].bottom
    assert all(one.bottom <= other.top for one, other in itertools.pairwise(boxes))


def test_regions_of_both_polarities_and_of_two_languages_come() -> None:
    layouts = [regions_from_json(known_layout(write_script(Recipe(), seed)).regions) for seed in range(60)]
    assert {region.polarity for regions in layouts for region in regions} == {"light", "dark"}
    assert {len(regions) for regions in layouts} >= {1}


def test_lines_and_labels_agree(small_videos: Path) -> None:
    labels = []
    for folder in find_video_folders(small_videos):
        with VideoDatabase(folder, readonly=True) as connection:
            lines, found = OcrReader(connection).lines(), LayoutReader(connection).box_labels()
        assert [(label.frame_index, label.box_index, label.box_text) for label in found] == [
            (index, number, line.text) for index, part in lines.items() for number, line in enumerate(part)
        ]
        labels += found
    assert {label.label_source for label in labels} == {"user"}
    assert "in" in {label.label for label in labels}


def test_the_same_seed_gives_the_same_folder_and_a_folder_that_is_there_is_kept(tmp_path: Path) -> None:
    recipe = replace(SMALL, seconds=2.0)
    roots = [tmp_path / "one", tmp_path / "two"]
    made = []
    for root in roots:
        root.mkdir()
        made.append(make_folder(recipe, 5, root))
    assert made[0].folder.relative_to(roots[0]) == made[1].folder.relative_to(roots[1]) == folder_of(recipe, 5, Path())
    assert _without_times(made[0].folder) == _without_times(made[1].folder)
    before = contents(made[0].folder)
    again = make_folder(recipe, 5, roots[0])
    assert (again.created, again.folder) == (False, made[0].folder)
    assert contents(made[0].folder) == before


def _without_times(folder: Path) -> dict[str, str]:
    return {name: digest for name, digest in contents(folder).items() if name not in ("fullOCR.ocr_runs",)}


def test_another_recipe_is_another_video() -> None:
    root = Path("films")
    assert folder_of(SMALL, 1, root) != folder_of(replace(SMALL, seconds=6.0), 1, root)
    assert folder_of(SMALL, 1, root) != folder_of(SMALL, 2, root)


def test_a_run_goes_on_where_it_was(tmp_path: Path) -> None:
    recipe, root = replace(SMALL, seconds=1.0), tmp_path / "films"
    first = next(iter(make_folders(recipe, seeds_of(0, 3), root)))
    assert first.created
    rest = list(make_folders(recipe, seeds_of(0, 3), root, jobs=2))
    assert sorted(one.created for one in rest) == [False, True, True]
    assert {one.seed for one in rest} == {0, 1, 2}
    assert sorted(find_video_folders(root)) == sorted(one.folder for one in rest)


def test_nothing_is_left_of_a_video_that_could_not_be_made(footage: Path, tmp_path: Path) -> None:
    root = tmp_path / "films"
    recipe = replace(SMALL, footage=(str(footage / "gone.mp4"),))
    with pytest.raises(VideoFileError):
        list(make_folders(recipe, [random.Random(0).randrange(100)], root))
    assert list(root.iterdir()) == []
