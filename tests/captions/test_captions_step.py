"""The captions step on real videos: crops in, rows out."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageDraw

from caption_boundaries.captions.engines import ReadingRoom
from caption_boundaries.captions.step import STEP
from caption_boundaries.captions.stored import StoredPictures
from caption_boundaries.config import OcrSettings, Settings
from caption_boundaries.database.captions import Caption, CaptionReader, CaptionWriter
from caption_boundaries.database.layout import LayoutReader, LayoutWriter, regions_from_json, regions_to_json
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import DatabaseError, RecognitionError, UsageError
from caption_boundaries.ingest.register import register_video
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.pipeline import STEPS, run_step, run_steps
from caption_boundaries.types import GrayImage, RgbImage, TextLine
from support.clips import CaptionStyle, Clip, write_clip
from support.data import shared_data
from support.films import REGIONS, Film

SPOKEN = [
    (0.5, 1.4, "Good morning"),
    (1.4, 2.3, "Where is the key?"),
    (2.42, 3.3, "Where is the key?"),
    (3.6, 4.1, "No."),
    (4.1, 4.7, "On the table."),
]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("clip") / "key.mp4"
    return write_clip(path, captions=SPOKEN, size=(640, 360), fps=25, duration=5.2)


@pytest.fixture(scope="module")
def cropped(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = register_video(clip.path, tmp_path_factory.mktemp("data"), known={}).video_dir
    list(run_steps(folder, STEPS[:4]))
    return folder


@pytest.fixture
def folder(cropped: Path, tmp_path: Path) -> Path:
    return shutil.copytree(cropped, tmp_path / "video")


def rows_in(folder: Path) -> list[Caption]:
    with VideoDatabase(folder, readonly=True) as connection:
        return CaptionReader(connection).captions()


def spoken(rows: list[Caption]) -> list[Caption]:
    return [row for row in rows if row.boundary_state != "gap"]


def test_every_caption_is_exact(clip: Clip, folder: Path) -> None:
    outcome = run_step(STEP, folder, Settings())
    rows = spoken(rows_in(folder))
    assert [row.text for row in rows] == [truth.text for truth in clip.captions]
    for row, truth in zip(rows, clip.captions, strict=True):
        assert row.start_seconds == pytest.approx(truth.start_seconds, abs=0.001)
        assert row.end_seconds == pytest.approx(truth.end_seconds, abs=0.001)
    assert outcome.result.counts["captions"] == len(rows)
    assert outcome.result.warnings == ()


def test_rows_fill_the_video_and_the_run_is_kept(folder: Path) -> None:
    run_step(STEP, folder, Settings())
    rows = rows_in(folder)
    assert [f for row in rows for f in range(row.start_frame_index, row.end_frame_index + 1)] == list(range(52))
    with VideoDatabase(folder, readonly=True) as connection:
        run = CaptionReader(connection).run()
    assert run is not None
    assert run.probabilities.shape == (51, 5)
    assert np.allclose(run.probabilities.sum(axis=1), 1, atol=0.01)
    starts = {row.start_frame_index for row in rows[1:]}
    changes = {i + 1 for i, row in enumerate(run.probabilities) if row.argmax() in (1, 3, 4)}
    assert changes == starts, "the likeliest classes change where the rows do"


def test_running_again_leaves_the_file_as_it_is(folder: Path) -> None:
    run_step(STEP, folder, Settings())
    before = (folder / "captions.db").read_bytes()
    run_step(STEP, folder, Settings(ocr=OcrSettings(workers=1)))
    assert (folder / "captions.db").read_bytes() == before


def test_a_persons_rows_are_never_touched(folder: Path) -> None:
    run_step(STEP, folder, Settings())
    with VideoDatabase(folder, writes={"captions"}) as connection:
        writer = CaptionWriter(connection)
        old = [row for row in writer.captions() if row.start_frame_index < 25]
        writer.delete([row.id for row in old if row.id is not None])
        confirmed = writer.add(Caption(0, 15, boundary_state="confirmed", text="by hand"))
        issue = writer.add(Caption(16, 24, boundary_state="issue"))
        kept = [row for row in writer.captions() if row.id in (confirmed, issue)]
    run_step(STEP, folder, Settings())
    rows = rows_in(folder)
    assert [row for row in rows if row.id in (confirmed, issue)] == kept
    assert [f for row in rows for f in range(row.start_frame_index, row.end_frame_index + 1)] == list(range(52))


def test_an_engine_that_reads_nothing_finds_no_captions(folder: Path) -> None:
    outcome = run_step(STEP, folder, Settings(ocr=OcrSettings(engine="null")))
    assert spoken(rows_in(folder)) == []
    assert outcome.result.warnings


def test_without_crops_the_message_names_the_step(folder: Path) -> None:
    (folder / "cropping.db").unlink()
    with pytest.raises(DatabaseError, match="crop"):
        run_step(STEP, folder, Settings())


def test_before_the_crop_step_the_message_names_it(clip: Clip, tmp_path: Path) -> None:
    folder = register_video(clip.path, tmp_path, known={}).video_dir
    list(run_steps(folder, STEPS[:1]))
    with pytest.raises(UsageError, match="crop step"):
        run_step(STEP, folder, Settings())


def test_a_video_without_captions_is_one_gap(folder: Path) -> None:
    with VideoDatabase(folder, writes={"layout"}) as connection:
        config = LayoutReader(connection).config()
        assert config is not None
        LayoutWriter(connection).save_config(replace(config, has_captions=0))
    outcome = run_step(STEP, folder, Settings())
    (row,) = rows_in(folder)
    assert (row.boundary_state, row.start_frame_index, row.end_frame_index) == ("gap", 0, 51)
    assert outcome.result.warnings


def test_pictures_are_given_to_detectors(folder: Path) -> None:
    with VideoDatabase(folder, readonly=True) as connection:
        config = LayoutReader(connection).config()
        assert config is not None
        stored = StoredPictures(connection, config)
        pictures = list(stored.pictures([0, 3]))
        assert [picture.shape for picture in pictures] == [(stored.height, stored.width, 3)] * 2
        assert list(stored.pictures([900])) == []
        assert stored.strokes.frame_count == 130


class FailingEngine:
    """Fails on every second picture, or on all."""

    name, version = "failing", "1"

    def __init__(self, *, always: bool) -> None:
        self.always, self.count = always, 0

    def settings(self) -> dict[str, str]:
        return {}

    def read(self, image: RgbImage | GrayImage) -> list[TextLine]:
        self.count += 1
        if self.always or self.count % 2:
            raise RecognitionError("The engine broke.")
        return []


def test_failures_are_kept_apart_from_empty_pictures() -> None:
    film = Film(3)
    jpeg = encode_jpeg(film.rgb(0), 90)
    room = ReadingRoom(lambda: FailingEngine(always=False), 1, (72, 320), REGIONS)
    readings = list(room.read_all([[jpeg], [jpeg], [], [jpeg] * 3]))
    assert [reading.error for reading in readings] == ["The engine broke.", None, None, "The engine broke."]


def test_an_engine_that_always_fails_stops_the_step(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (folder / "captions.db").read_bytes()
    monkeypatch.setattr(
        "caption_boundaries.captions.step.create_engine", lambda *args, **kwargs: FailingEngine(always=True)
    )
    with pytest.raises(RecognitionError, match=r"every picture: The engine broke\."):
        run_step(STEP, folder, Settings())
    assert (folder / "captions.db").read_bytes() == before


def test_stretches_on_which_the_engine_failed_have_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "caption_boundaries.captions.step.create_engine", lambda *args, **kwargs: FailingEngine(always=False)
    )
    outcome = run_step(STEP, folder, Settings(ocr=OcrSettings(workers=1)))
    rows = rows_in(folder)
    assert any(row.median_ocr_status == "error" and row.median_ocr_error == "The engine broke." for row in rows)
    assert outcome.result.counts["failures"] > 0
    assert any("failed" in warning for warning in outcome.result.warnings)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real clip after the captions step."""
    path = shared_data() / "development" / "science_en_288p.mp4"
    folder = register_video(path, tmp_path_factory.mktemp("real"), known={}).video_dir
    list(run_steps(folder, STEPS[:5]))
    return folder


def test_a_real_clip_is_exact(real: Path) -> None:
    rows = spoken(rows_in(real))
    assert [(row.text or "").splitlines()[-1] for row in rows] == [
        "in the Wulao galaxy.",
        "encounters of the third kind?",
        "of the microwave shooting",
        "mission has come.",
    ]
    starts = [row.start_seconds for row in rows]
    assert starts == pytest.approx([2 / 29.888, 142 / 29.888, 248 / 29.888, 338 / 29.888], abs=0.05)


def findings_in(folder: Path) -> list[str]:
    with VideoDatabase(folder, readonly=True) as connection:
        run = CaptionReader(connection).run()
    assert run is not None
    return [finding["check"] for finding in json.loads(run.settings)["findings"]]


def narrowed(folder: Path, line_heights: float) -> None:
    """Make the crop of a folder narrower by so many line heights at either side, and run the last steps again."""
    with VideoDatabase(folder, writes={"layout"}) as connection:
        writer = LayoutWriter(connection)
        config = writer.config()
        assert config is not None
        inset = line_heights * (config.box_height or 0.0) / config.frame_width
        regions = [
            replace(region, box=replace(region.box, left=region.box.left + inset, right=region.box.right - inset))
            for region in regions_from_json(config.regions)
        ]
        version = config.crop_bounds_version + 1
        writer.save_config(replace(config, regions=regions_to_json(regions), crop_bounds_version=version))
    list(run_steps(folder, STEPS[3:5]))


@pytest.mark.parametrize(
    ("line_heights", "expected"),
    [(0.0, False), (2.0, False), (5.0, True)],
    ids=["as found", "narrower, but wide enough", "cutting the widest line"],
)
def test_text_cut_off_at_the_sides_is_told(line_heights: float, expected: bool, real: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(real, tmp_path / "video")
    if line_heights:
        narrowed(folder, line_heights)
    assert ("crop cut" in findings_in(folder)) == expected


def test_a_busy_background_at_the_sides_is_no_text_cut_off(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "busy.mp4", captions=SPOKEN[:2], size=(640, 360), fps=24, duration=2.6, overlay=busy)
    folder = register_video(clip.path, tmp_path / "data", known={}).video_dir
    *_, outcome = run_steps(folder, STEPS[:5])
    assert spoken(rows_in(folder))
    assert outcome.result.warnings == ()


def busy(draw: ImageDraw.ImageDraw, seconds: float) -> None:
    """Draw thin bright stripes over the sides of the picture, which are strokes to whoever cannot read."""
    for x in [*range(0, 120, 8), *range(520, 640, 8)]:
        shift = int(8 * seconds) % 8
        draw.line([(x + shift, 250), (x + shift, 359)], fill=(235, 235, 235), width=2)


@pytest.mark.parametrize(
    "style",
    [
        CaptionStyle(fill=(255, 235, 60)),
        CaptionStyle(fill=(20, 20, 20), outline=(250, 250, 250)),
        CaptionStyle(center=(0.5, 0.12)),
    ],
    ids=["yellow", "dark with light outline", "at the top"],
)
def test_other_styles(style: CaptionStyle, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "style.mp4", captions=SPOKEN[:2], size=(640, 360), fps=30, duration=2.8, style=style)
    folder = register_video(clip.path, tmp_path / "data", known={}).video_dir
    list(run_steps(folder, STEPS[:5]))
    rows = spoken(rows_in(folder))
    assert [row.text for row in rows] == [truth.text for truth in clip.captions]
    for row, truth in zip(rows, clip.captions, strict=True):
        assert row.start_seconds == pytest.approx(truth.start_seconds, abs=0.035)
        assert row.end_seconds == pytest.approx(truth.end_seconds, abs=0.035)


BRIEF = [(0.4, 1.0, "Yes?"), (1.5, 1.9, "Oh."), (2.4, 2.9, "No!"), (3.4, 4.0, "Go on.")]


def test_brief_words_between_pauses_are_captions_too(tmp_path: Path) -> None:
    style = CaptionStyle(outline_width=0.003, height=0.06)
    clip = write_clip(tmp_path / "brief.mp4", captions=BRIEF, size=(640, 360), fps=24, duration=4.4, style=style)
    folder = register_video(clip.path, tmp_path / "data", known={}).video_dir
    list(run_steps(folder, STEPS[:5]))
    rows = spoken(rows_in(folder))
    assert [row.text for row in rows] == [truth.text for truth in clip.captions]
    for row, truth in zip(rows, clip.captions, strict=True):
        assert row.start_seconds == pytest.approx(truth.start_seconds, abs=0.001)
        assert row.end_seconds == pytest.approx(truth.end_seconds, abs=0.001)
