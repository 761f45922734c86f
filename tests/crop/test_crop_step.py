"""The crop step on real video files: which picture each index shows, what each source frame leaves, and refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.config import CropSettings, Settings
from caption_boundaries.crop.step import CHUNK_PICTURES, STEP, run
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.cropping import CroppedFrame, CropReader, CropRun, SignalChunk
from caption_boundaries.database.layout import LayoutConfig, LayoutWriter, regions_to_json
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.video import VideoDbWriter, VideoMetadata
from caption_boundaries.errors import UsageError, VideoFileError
from caption_boundaries.media.jpeg import decode_jpeg
from caption_boundaries.step import StepContext, StepResult
from caption_boundaries.types import Box, Region
from support.clips import Clip, write_clip
from support.folders import contents

CAPTIONS = [(0.5, 1.5, "Good morning"), (2.0, 3.0, "Where is it?")]
BOTTOM = Region(Box(0.05, 0.76, 0.95, 0.98), 0.1, 1)
TOP = Region(Box(0.1, 0.02, 0.9, 0.15), 0.1, 1)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return write_clip(tmp_path_factory.mktemp("clips") / "a.mp4", captions=CAPTIONS, fps=24, duration=4.0)


def make_folder(folder: Path, clip: Clip, *regions: Region, path: str | None = None) -> Path:
    """Write the databases as they are after the layout step."""
    folder.mkdir()
    create_databases(folder)
    width, height = clip.size
    metadata = VideoMetadata(
        "id", "hash", path or str(clip.path), clip.path.name, clip.path.stat().st_size, width=width, height=height
    )
    with VideoDatabase(folder, writes={"video"}) as connection:
        VideoDbWriter(connection).save_metadata(metadata)
    config = LayoutConfig(width, height, has_captions=int(bool(regions)), regions=regions_to_json(regions))
    with VideoDatabase(folder, writes={"layout"}) as connection:
        LayoutWriter(connection).save_config(config)
    return folder


def change_metadata(folder: Path, **values: object) -> None:
    with VideoDatabase(folder, writes={"video"}) as connection:
        writer = VideoDbWriter(connection)
        metadata = writer.metadata()
        assert metadata is not None
        writer.save_metadata(replace(metadata, **values))  # type: ignore[arg-type]


def run_crop(folder: Path, settings: Settings | None = None) -> tuple[StepResult, list[tuple[float, float | None]]]:
    told: list[tuple[float, float | None]] = []

    def progress(done: float, total: float | None, unit: str) -> None:
        assert unit == "frames"
        told.append((done, total))

    with replacing_database(folder, "cropping", reads=STEP.reads) as connection:
        result = run(StepContext(folder, connection, settings or Settings(), progress))
    return result, told


def crops(folder: Path) -> tuple[list[CroppedFrame], list[SignalChunk], CropRun]:
    with VideoDatabase(folder, readonly=True) as connection:
        reader = CropReader(connection)
        found = reader.run()
        assert found is not None
        return list(reader.frames()), list(reader.signal_chunks()), found


class TestCropping:
    def test_every_index_shows_the_picture_of_its_moment(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, BOTTOM)
        result, _ = run_crop(folder)
        frames, _, made = crops(folder)
        assert [frame.frame_index for frame in frames] == list(range(40))
        assert result.counts == {"cropped_frames": 40, "source_frames": 96}
        assert (made.frame_count, made.source_frame_count, made.video_hash) == (40, 96, "hash")
        for frame in frames:
            number = int(frame.frame_index / 10 * 24 + 1e-6)
            assert frame.time is not None
            assert frame.time.seconds == pytest.approx(number / 24)
            shown = decode_jpeg(frame.image_data)
            assert shown.shape == (frame.height, frame.width, 3)
            truth = clip.picture(number)[136:178, 16:304].astype(int)
            assert np.abs(shown.astype(int) - truth).mean() < 8

    def test_every_source_frame_leaves_its_strokes(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, BOTTOM)
        run_crop(folder)
        (chunk,) = crops(folder)[1]
        assert chunk.first_frame == 0
        np.testing.assert_allclose(chunk.seconds, clip.frame_seconds, atol=1e-9)
        strokes = chunk.masks.reshape(len(chunk.masks), -1).sum(axis=1)
        with_text = np.array([bool(clip.text_at(number)) for number in range(clip.frame_count)])
        assert strokes[with_text].min() > 2 * strokes[~with_text].max()

    def test_two_regions_are_stacked(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, TOP, BOTTOM)
        run_crop(folder)
        frames, (chunk,), _ = crops(folder)
        shown = decode_jpeg(frames[10].image_data).astype(int)
        assert shown.shape[0] == 26 + 42
        truth = clip.picture(24).astype(int)
        assert np.abs(shown[:26] - truth[2:28, 16:304]).mean() < 8
        assert np.abs(shown[26:] - truth[136:178, 16:304]).mean() < 8
        assert chunk.masks.shape[1] > 20

    def test_long_videos_are_kept_in_chunks(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "long.mp4", size=(64, 64), fps=60, duration=9.0)
        folder = make_folder(tmp_path / "v", clip, Region(Box(0, 0.5, 1, 1), 0.2, 1))
        _, told = run_crop(folder)
        _, chunks, _ = crops(folder)
        assert [chunk.first_frame for chunk in chunks] == [0, CHUNK_PICTURES, 2 * CHUNK_PICTURES]
        assert sum(len(chunk.masks) for chunk in chunks) == 540
        assert told[-1] == (540, 540)
        assert [done for done, _ in told] == sorted(done for done, _ in told)
        assert all(total == pytest.approx(540) for _, total in told)

    def test_variable_rates_keep_their_true_times(self, tmp_path: Path) -> None:
        times = (0.0, 0.04, 0.35, 0.36, 0.37, 1.0, 1.01)
        clip = write_clip(tmp_path / "vfr.mp4", times=times, fps=25)
        folder = make_folder(tmp_path / "v", clip, BOTTOM)
        run_crop(folder)
        frames, (chunk,), _ = crops(folder)
        np.testing.assert_allclose(chunk.seconds, times, atol=1e-4)
        shown = [max(t for t in times if t <= k / 10 + 1e-6) for k in range(11)]
        assert [frame.time.seconds for frame in frames if frame.time] == pytest.approx(shown, abs=1e-4)

    def test_the_rate_of_the_video_counts(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, BOTTOM)
        change_metadata(folder, index_framerate_hz=25.0)
        result, _ = run_crop(folder)
        assert result.counts["cropped_frames"] == 100

    def test_quality_is_a_setting(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, BOTTOM)
        run_crop(folder)
        fine = sum(len(frame.image_data) for frame in crops(folder)[0])
        run_crop(folder, Settings(crop=CropSettings(jpeg_quality=50)))
        assert sum(len(frame.image_data) for frame in crops(folder)[0]) < 0.7 * fine

    def test_running_again_gives_the_same_rows(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, TOP, BOTTOM)
        run_crop(folder)
        first = contents(folder)
        run_crop(folder)
        assert contents(folder) == first

    def test_a_file_beside_the_databases_is_found(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, BOTTOM, path="film.mp4")
        (folder / "film.mp4").write_bytes(clip.path.read_bytes())
        assert run_crop(folder)[0].counts["cropped_frames"] == 40

    def test_no_captions_leave_an_empty_but_complete_database(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip)
        result, _ = run_crop(folder)
        frames, chunks, made = crops(folder)
        assert (frames, chunks) == ([], [])
        assert (made.frame_count, made.source_frame_count, made.regions) == (0, 0, "[]")
        assert "no captions" in result.warnings[0]

    def test_a_video_that_is_cut_off_is_told(self, clip: Clip, tmp_path: Path) -> None:
        whole = write_clip(tmp_path / "whole.mkv", captions=CAPTIONS, duration=4.0)
        cut = tmp_path / "cut.mkv"
        cut.write_bytes(whole.path.read_bytes()[: whole.path.stat().st_size * 2 // 3])
        folder = make_folder(tmp_path / "v", replace(whole, path=cut), BOTTOM)
        result, _ = run_crop(folder)
        assert 0 < result.counts["source_frames"] < 96
        assert "cut off" in result.warnings[0]


class TestRefusals:
    def test_a_missing_file(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, BOTTOM, path="gone.mp4")
        with pytest.raises(VideoFileError, match=r"gone\.mp4 is missing"):
            run_crop(folder)

    def test_a_file_that_nobody_knows(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, BOTTOM)
        change_metadata(folder, storage_path=None)
        with pytest.raises(VideoFileError, match="not recorded"):
            run_crop(folder)

    def test_another_file_of_that_name(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, BOTTOM)
        change_metadata(folder, file_size_bytes=1)
        with pytest.raises(VideoFileError, match="not the one"):
            run_crop(folder)

    def test_another_frame_size(self, clip: Clip, tmp_path: Path) -> None:
        folder = make_folder(tmp_path / "v", clip, BOTTOM)
        with VideoDatabase(folder, writes={"layout"}) as connection:
            LayoutWriter(connection).save_config(LayoutConfig(640, 360, regions=regions_to_json([BOTTOM])))
        with pytest.raises(VideoFileError, match="not the one"):
            run_crop(folder)

    @pytest.mark.parametrize(("kept", "missing"), [("video", "layout"), ("nothing", "ingested")])
    def test_what_the_steps_before_should_have_written(
        self, clip: Clip, tmp_path: Path, kept: str, missing: str
    ) -> None:
        create_databases(tmp_path)
        if kept == "video":
            with VideoDatabase(tmp_path, writes={"video"}) as connection:
                VideoDbWriter(connection).save_metadata(VideoMetadata("id", "hash", "a.mp4", "a.mp4", 1))
        with pytest.raises(UsageError, match=missing):
            run_crop(tmp_path)
