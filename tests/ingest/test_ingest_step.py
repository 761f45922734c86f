from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.config import IngestSettings, Settings
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoMetadata
from caption_boundaries.errors import VideoFileError
from caption_boundaries.ingest.register import register_video
from caption_boundaries.ingest.step import STEP
from caption_boundaries.media.identity import video_hash
from caption_boundaries.media.jpeg import decode_jpeg
from caption_boundaries.step import StepContext, StepResult
from support.clips import Clip, write_clip


def ingest(folder: Path, settings: IngestSettings | None = None, told: list[tuple] | None = None) -> StepResult:
    def progress(done: float, total: float | None, unit: str) -> None:
        if told is not None:
            told.append((done, total, unit))

    with replacing_database(folder, "video", reads=STEP.reads) as connection:
        context = StepContext(folder, connection, Settings(ingest=settings or IngestSettings()), progress)
        return STEP.run(context)


def stored(folder: Path) -> tuple[VideoMetadata, list[StoredFrame]]:
    with VideoDatabase(folder, readonly=True) as connection:
        reader = VideoDbReader(connection)
        metadata = reader.metadata()
        assert metadata is not None
        return metadata, list(reader.frames())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("clip") / "film.mp4"
    return write_clip(path, captions=[(1.0, 2.0, "Hello")], duration=5.0, start_offset=1.5)


@pytest.fixture
def folder(clip: Clip, tmp_path: Path) -> Path:
    return register_video(clip.path, tmp_path / "data", known={}).video_dir


def test_metadata(folder: Path, clip: Clip) -> None:
    ingest(folder)
    metadata, _ = stored(folder)
    assert metadata == VideoMetadata(
        video_id=folder.name,
        video_hash=video_hash(clip.path),
        storage_path="film.mp4",
        original_filename="film.mp4",
        file_size_bytes=clip.path.stat().st_size,
        duration_seconds=5.0,
        width=320,
        height=180,
        fps=24.0,
        codec="h264",
        upload_method="link",
        index_framerate_hz=10.0,
        stream_index=0,
        time_base="1/12288",
        start_pts=18432,
        rotation=0,
        pixel_aspect_ratio="1",
    )


def test_frames_are_those_shown_at_their_index(folder: Path, clip: Clip) -> None:
    told: list[tuple] = []
    result = ingest(folder, told=told)
    _, frames = stored(folder)
    assert [frame.frame_index for frame in frames] == list(range(0, 50, 2))
    for frame in frames:
        number = max(n for n, s in enumerate(clip.frame_seconds) if s <= frame.frame_index / 10 + 1e-6)
        assert frame.time is not None
        assert frame.time.pts == 18432 + 512 * number
        assert frame.time.time_base == Fraction(1, 12288)
        picture = decode_jpeg(frame.image_data)
        assert picture.shape == (frame.height, frame.width, 3) == (180, 320, 3)
        assert np.abs(picture.astype(int) - clip.picture(number)).mean() < 6
    assert result.summary == "25 full frames, 320x180, 24 fps, 5.0 s"
    assert result.counts["full_frames"] == 25
    assert result.warnings == ()
    assert told == [(done, 25, "frames") for done in range(26)]


def test_settings(folder: Path) -> None:
    settings = IngestSettings(index_framerate_hz=25, sample_every_seconds=2, min_samples=1, jpeg_quality=20)
    ingest(folder, settings)
    metadata, frames = stored(folder)
    assert metadata.index_framerate_hz == 25
    assert [frame.frame_index for frame in frames] == [0, 50, 100]
    ingest(folder, replace(settings, jpeg_quality=95))
    assert len(frames[0].image_data) < len(stored(folder)[1][0].image_data) / 2


def test_running_again_gives_the_same(folder: Path) -> None:
    ingest(folder)
    first = stored(folder)
    ingest(folder)
    assert stored(folder) == first


def test_a_folder_without_metadata(tmp_path: Path) -> None:
    """A folder that somebody made by hand: the databases and the file."""
    folder = tmp_path / "by-hand"
    folder.mkdir()
    create_databases(folder)
    write_clip(folder / "a.mkv", size=(64, 64), duration=1.0)
    ingest(folder)
    metadata, frames = stored(folder)
    assert (metadata.video_id, metadata.storage_path, metadata.original_filename) == ("by-hand", "a.mkv", "a.mkv")
    assert len(frames) == 10


def test_a_folder_without_databases(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", size=(64, 64), duration=0.01)
    result = ingest(tmp_path)
    assert result.counts["full_frames"] == 1


def test_turned_video_is_stored_as_it_is_seen(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", size=(180, 320), rotation=90, duration=0.2)
    ingest(tmp_path)
    metadata, frames = stored(tmp_path)
    assert (metadata.width, metadata.height, metadata.rotation) == (180, 320, 90)
    assert np.abs(decode_jpeg(frames[0].image_data).astype(int) - clip.picture(0)).mean() < 6


def test_a_cut_off_file_is_ingested_with_a_warning(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", duration=4.0, options={"g": "12"}).path
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    result = ingest(tmp_path)
    metadata, frames = stored(tmp_path)
    assert metadata.duration_seconds is not None
    assert metadata.duration_seconds < 3.5
    assert frames[-1].frame_index < metadata.duration_seconds * 10
    assert len(result.warnings) == 1
    assert result.warnings[0].startswith("a.mkv is cut off: of the 4.0 s that it announces, ")


def test_a_failed_run_leaves_what_was_there(folder: Path) -> None:
    ingest(folder)
    before = stored(folder)
    (folder / "film.mp4").unlink()
    with pytest.raises(VideoFileError, match="is gone"):
        ingest(folder)
    assert stored(folder) == before
