"""The crop step: the video file and the layout in; pictures and stroke masks of the caption regions out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from caption_boundaries.crop.geometry import CropGeometry
from caption_boundaries.crop.plan import CropPlan, plan_crop
from caption_boundaries.crop.recording import Recorded, Recorder, record_pictures
from caption_boundaries.database.cropping import CroppedFrame, CropRun, CropWriter, SignalChunk
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.video import VideoDbReader, VideoMetadata
from caption_boundaries.errors import UsageError, VideoFileError
from caption_boundaries.media.info import VideoInfo
from caption_boundaries.media.video_file import VideoFile
from caption_boundaries.step import Progress, Step, StepContext, StepResult

CHUNK_PICTURES = 256
"""Source pictures in one row of the change signal: ten seconds, a quarter of a megabyte before compression."""
PROGRESS_PICTURES = 32
"""Progress is told once in so many source pictures."""
NO_CAPTIONS = "The layout says that this video has no captions, so there is nothing to cut."


def run(ctx: StepContext) -> StepResult:
    """Cut the caption regions out of the whole video and save them with the run that made them."""
    started = _now()
    metadata, plan = _plan(ctx)
    writer = CropWriter(ctx.conn)
    if plan.geometry is None:
        _save_run(writer, plan, 0, 0, started)
        return StepResult("nothing to cut", {"cropped_frames": 0, "source_frames": 0}, (NO_CAPTIONS,))
    with VideoFile(video_path(ctx.video_dir, metadata)) as video:
        _check_same_video(video.info, metadata, plan.geometry)
        recorder = Recorder(plan.geometry, ctx.settings.crop.jpeg_quality)
        recorded = record_pictures(video.frames(), recorder, metadata.index_framerate_hz)
        total = video.info.duration_seconds * float(video.info.fps)
        frames, pictures = _write(writer, plan, _reporting(recorded, ctx.progress, total))
        problems = video.problems
    _save_run(writer, plan, frames, pictures, started)
    size = f"{plan.geometry.width}×{plan.geometry.height}"
    counts = {"cropped_frames": frames, "source_frames": pictures}
    return StepResult(f"{frames} crops of {size} pixels from {pictures} source frames", counts, problems)


def _plan(ctx: StepContext) -> tuple[VideoMetadata, CropPlan]:
    metadata, config = VideoDbReader(ctx.conn).metadata(), LayoutReader(ctx.conn).config()
    if metadata is None:
        raise UsageError("The video is not ingested.", hint="Run the ingest step first.")
    if config is None:
        raise UsageError("The layout is not known.", hint="Run the layout step first.")
    return metadata, plan_crop(config, metadata, ctx.settings.crop)


def video_path(video_dir: Path, metadata: VideoMetadata) -> Path:
    """Return where the video file is.

    Raises:
        VideoFileError: It is not there, or nobody knows where it is.
    """
    if not metadata.storage_path:
        raise VideoFileError("It is not recorded where the video file is.", hint="Ingest the video again.")
    path = video_dir / metadata.storage_path
    if not path.is_file():
        raise VideoFileError(
            f"The video file {path} is missing.", hint="Put it back, mount its disk, or ingest the video again."
        )
    return path


def _check_same_video(info: VideoInfo, metadata: VideoMetadata, geometry: CropGeometry) -> None:
    """Refuse a file that is not the one that was ingested: its times and places would be others."""
    same_size = info.file_size_bytes == metadata.file_size_bytes
    if not same_size or (info.width, info.height) != (geometry.frame_width, geometry.frame_height):
        raise VideoFileError(
            "The video file is not the one that was ingested.", hint="Put the old one back, or ingest the new one."
        )


def _reporting(recorded: Iterator[Recorded], progress: Progress, total: float) -> Iterator[Recorded]:
    """Pass everything on and tell how far it has come."""
    done = 0
    for done, item in enumerate(recorded, start=1):
        if done % PROGRESS_PICTURES == 0:
            progress(done, max(total, done), "frames")
        yield item
    progress(done, done, "frames")


def _write(writer: CropWriter, plan: CropPlan, recorded: Iterator[Recorded]) -> tuple[int, int]:
    """Save everything chunk by chunk; returns how many cropped frames and source pictures there were."""
    assert plan.geometry is not None
    frames = pictures = 0
    for chunk in _chunks(recorded):
        crops = list(_cropped_frames(chunk, plan.geometry))
        writer.add_frames(crops, plan.geometry.bounds, plan.crop_bounds_version)
        seconds = np.array([item.seconds for item in chunk], dtype=np.float64)
        writer.add_signal_chunk(SignalChunk(pictures, seconds, np.stack([item.mask for item in chunk])))
        frames, pictures = frames + len(crops), pictures + len(chunk)
    return frames, pictures


def _chunks(recorded: Iterator[Recorded]) -> Iterator[list[Recorded]]:
    chunk: list[Recorded] = []
    for item in recorded:
        chunk.append(item)
        if len(chunk) == CHUNK_PICTURES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _cropped_frames(chunk: list[Recorded], geometry: CropGeometry) -> Iterator[CroppedFrame]:
    for item in chunk:
        for index in item.indices:
            yield CroppedFrame(index, item.jpeg, geometry.width, geometry.height, item.time)


def _save_run(writer: CropWriter, plan: CropPlan, frames: int, pictures: int, started: str) -> None:
    writer.save_run(
        CropRun(
            video_hash=plan.video_hash,
            crop_bounds_version=plan.crop_bounds_version,
            regions=plan.regions,
            settings=plan.settings,
            frame_count=frames,
            source_frame_count=pictures,
            started_at=started,
            finished_at=_now(),
        )
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


STEP = Step(
    name="crop",
    reads=frozenset({"video", "layout"}),
    writes="cropping",
    replaces=True,
    run=run,
    help="Cut the caption region out of the video, ten pictures a second, with what changes in every source frame.",
)
