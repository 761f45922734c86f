"""The layout step on a video folder: what it saves, what it never touches, and when it leaves the file alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.config import Settings
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.full_ocr import OcrReader, OcrWriter
from caption_boundaries.database.layout import BoxLabel, LayoutConfig, LayoutReader, LayoutWriter, regions_from_json
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.video import StoredFrame, VideoDbWriter, VideoMetadata
from caption_boundaries.errors import RecognitionError, UsageError
from caption_boundaries.layout.classifier import BoxClassifier
from caption_boundaries.layout.step import STEP, run
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.step import StepContext, StepResult
from support.folders import file_hashes
from support.scenes import Scene


def make_folder(folder: Path, scene: Scene, *, dark: bool = False, pictures: bool = True) -> Path:
    """Write the databases as they are after the ocr step."""
    folder.mkdir()
    create_databases(folder)
    metadata = VideoMetadata("id", "hash", "a.mp4", "a.mp4", 1, width=scene.width, height=scene.height)
    with VideoDatabase(folder, writes={"video"}) as connection:
        writer = VideoDbWriter(connection)
        writer.save_metadata(metadata)
        if pictures:
            writer.add_frames(
                StoredFrame(i, draw(scene, i, dark=dark), scene.width, scene.height, None) for i in scene.lines
            )
    write_ocr(folder, scene)
    return folder


def write_ocr(folder: Path, scene: Scene) -> None:
    with VideoDatabase(folder, writes={"fullOCR"}) as connection:
        connection.execute("DELETE FROM fullOCR.full_frame_ocr")
        connection.execute("DELETE FROM fullOCR.full_frame_ocr_status")
        ocr = OcrWriter(connection)
        for frame_index, lines in scene.lines.items():
            ocr.add_frame(frame_index, lines, frame_index / 10)


def draw(scene: Scene, frame_index: int, *, dark: bool) -> bytes:
    """Return the JPEG of a frame with its lines drawn where they are."""
    image = Image.new("RGB", (scene.width, scene.height), (210, 215, 200) if dark else (40, 60, 50))
    pen = ImageDraw.Draw(image)
    for line in scene.lines[frame_index]:
        box = line.box.to_pixels(scene.width, scene.height)
        font = ImageFont.load_default(max(6, round(box.height * 0.8)))
        pen.text((box.left, box.top), line.text, font=font, fill=(10, 10, 10) if dark else (250, 250, 250))
    return encode_jpeg(np.asarray(image), 85)


def run_layout(folder: Path) -> StepResult:
    attach = STEP.reads | {"layout"}
    with VideoDatabase(folder, writes={"layout"}, requires=STEP.reads, attach=attach) as connection:
        return run(StepContext(folder, connection, Settings()))


def saved(folder: Path) -> LayoutConfig:
    with VideoDatabase(folder, readonly=True) as connection:
        config = LayoutReader(connection).config()
    assert config is not None
    return config


def save(folder: Path, config: LayoutConfig | None = None, labels: list[BoxLabel] | None = None) -> None:
    with VideoDatabase(folder, writes={"layout"}) as connection:
        writer = LayoutWriter(connection)
        if config is not None:
            writer.save_config(config)
        writer.save_box_labels(labels or [])


def user_label(scene: Scene, frame_index: int, number: int, said: str) -> BoxLabel:
    line = scene.lines[frame_index][number]
    box = line.box.to_pixels(scene.width, scene.height)
    return BoxLabel(frame_index, number, line.text, box.left, box.top, box.right, box.bottom, said, "user")


@pytest.fixture
def scene() -> Scene:
    scene = Scene(frames=16, step=10, width=320, height=180)
    scene.captions(scene.speech(8, longest=4), height=0.09)
    return scene


class TestSaving:
    def test_the_regions_and_what_they_rest_on_are_saved(self, scene: Scene, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", scene)
        result = run_layout(folder)
        config = saved(folder)
        (region,) = regions_from_json(config.regions)
        assert (config.has_captions, config.layout_approved, config.crop_bounds_version) == (1, 0, 1)
        assert (config.frame_width, config.frame_height, config.anchor_type) == (320, 180, "center")
        assert config.crop_top <= region.box.top * 180 < config.crop_bottom <= 180
        assert config.vertical_position == pytest.approx(0.9 * 180, abs=3)
        assert config.box_height == pytest.approx(0.09 * 180, abs=2)
        assert config.anchor_position == pytest.approx(160, abs=4)
        assert config.confidence == result.counts["confidence"] > 0.8
        assert json.loads(config.diagnostics or "")["coverage"] == 1.0
        assert result.warnings == ()
        with VideoDatabase(folder, readonly=True) as connection:
            assert config.ocr_run_hash == OcrReader(connection).ocr_hash()

    @pytest.mark.parametrize(("dark", "polarity"), [(False, "light"), (True, "dark")])
    def test_the_pictures_say_how_the_text_stands_out(
        self, scene: Scene, tmp_path: Path, dark: bool, polarity: str
    ) -> None:
        folder = make_folder(tmp_path / "v", scene, dark=dark)
        run_layout(folder)
        assert [region.polarity for region in regions_from_json(saved(folder).regions)] == [polarity]

    def test_without_pictures_text_counts_as_light(self, scene: Scene, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", scene, pictures=False)
        run_layout(folder)
        assert regions_from_json(saved(folder).regions)[0].polarity == "light"

    def test_no_captions_is_a_finding_with_a_warning(self, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", Scene(frames=4, width=320, height=180))
        result = run_layout(folder)
        config = saved(folder)
        assert result.summary == "no captions found"
        assert result.warnings == ("No captions were found in 4 sampled frames.",)
        assert (config.has_captions, config.regions, config.crop_right) == (0, "[]", 0)

    def test_frames_that_failed_are_told(self, scene: Scene, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", scene)
        with VideoDatabase(folder, writes={"fullOCR"}) as connection:
            OcrWriter(connection).add_failure(9999, "out of memory")
        assert run_layout(folder).warnings == ("1 frame could not be read and is left out.",)

    def test_text_in_a_script_that_the_engine_does_not_know_is_told_of(self, tmp_path: Path) -> None:
        scene = Scene(frames=12, step=10, width=320, height=180)
        for frame in range(1, 12, 2):
            scene.add(frame, "?", (0.3, 0.85, 0.7, 0.93), confidence=0.9)
        warnings = run_layout(make_folder(tmp_path / "v", scene)).warnings
        assert any("cannot read" in warning and "--engine tesseract" in warning for warning in warnings)

    def test_an_uncertain_layout_is_told(self, tmp_path: Path) -> None:
        scene = Scene(frames=20, step=10, width=320, height=180)
        scene.captions(["I told you so, my friend."], height=0.09)
        folder = make_folder(tmp_path / "v", scene)
        (warning,) = run_layout(folder).warnings
        assert "uncertain" in warning


class TestRunningAgain:
    def test_the_file_stays_as_it_is(self, scene: Scene, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", scene)
        first = run_layout(folder)
        before = file_hashes(folder)
        assert run_layout(folder) == first
        assert file_hashes(folder) == before

    def test_the_version_counts_changes_of_the_crop_alone(self, scene: Scene, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", scene)
        run_layout(folder)
        scene.lines[0][:] = []
        scene.line(0, "i told you", y=0.9, height=0.09)
        write_ocr(folder, scene)
        old = saved(folder)
        run_layout(folder)
        same = saved(folder)
        assert same.ocr_run_hash != old.ocr_run_hash
        assert same.crop_bounds_version == 1 + (same.regions != old.regions)
        other = Scene(frames=16, step=10, width=320, height=180)
        other.captions(other.speech(8, longest=4), height=0.09, y=0.1)
        write_ocr(folder, other)
        run_layout(folder)
        assert saved(folder).crop_bounds_version == same.crop_bounds_version + 1


class TestPeople:
    def test_an_approved_layout_is_never_touched(self, scene: Scene, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", scene)
        save(folder, LayoutConfig(320, 180, 10, 20, 300, 60, layout_approved=1, crop_bounds_version=7))
        before = file_hashes(folder)
        result = run_layout(folder)
        assert file_hashes(folder) == before
        assert "approved" in result.warnings[0]

    def test_labels_rule_and_stay(self, scene: Scene, tmp_path: Path) -> None:
        scene.captions(scene.speech(8, longest=4), height=0.09, y=0.5)
        folder = make_folder(tmp_path / "v", scene)
        frames = [i for i, lines in scene.lines.items() if lines][:4]
        labels = [user_label(scene, i, n, "out" if n == 0 else "in") for i in frames for n in (0, 1)]
        model_label = BoxLabel(frames[0], 9, "x", 0, 0, 9, 9, "in", "model")
        save(folder, labels=[*labels, model_label])
        run_layout(folder)
        (region,) = regions_from_json(saved(folder).regions)
        assert region.box.top < 0.46 < 0.54 < region.box.bottom < 0.8
        with VideoDatabase(folder, readonly=True) as connection:
            reader = LayoutReader(connection)
            assert {(label.frame_index, label.box_index, label.label) for label in reader.box_labels()} == {
                (label.frame_index, label.box_index, label.label) for label in [*labels, model_label]
            }
            stored = reader.model()
        assert stored is not None
        assert stored.parameters is not None
        assert stored.n_training_samples == 8
        assert BoxClassifier.from_json(stored.parameters).version == stored.model_version
        assert saved(folder).analysis_model_version == stored.model_version

    def test_a_selection_bounds_the_captions_and_stays(self, scene: Scene, tmp_path: Path) -> None:
        scene.captions(scene.speech(8, longest=4), height=0.09, y=0.5)
        folder = make_folder(tmp_path / "v", scene)
        chosen = LayoutConfig(320, 180, selection_left=0, selection_top=60, selection_right=320, selection_bottom=120)
        save(folder, chosen)
        run_layout(folder)
        config = saved(folder)
        assert config.selection_bottom == 120
        assert config.crop_bottom < 140


class TestRefusals:
    def test_a_video_that_is_not_ingested(self, tmp_path: Path) -> None:
        create_databases(tmp_path)
        with pytest.raises(UsageError, match="frame size"):
            run_layout(tmp_path)

    def test_frames_of_which_none_could_be_read(self, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", Scene(frames=0, width=320, height=180))
        with pytest.raises(RecognitionError, match="nothing is known"):
            run_layout(folder)
