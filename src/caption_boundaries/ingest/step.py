"""The ingest step: the video file in; metadata and full frames out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from caption_boundaries.config import IngestSettings
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import database_path
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter, VideoMetadata
from caption_boundaries.ingest.sampling import sample_indices
from caption_boundaries.ingest.source import find_video_file
from caption_boundaries.media.identity import video_hash
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.media.opening import no_pictures
from caption_boundaries.media.video_file import SourceFrame, VideoFile, VideoInfo
from caption_boundaries.step import Progress, Step, StepContext, StepResult
from caption_boundaries.types import time_of_index


def run(ctx: StepContext) -> StepResult:
    """Sample the full frames and save them with what the video file is."""
    settings = ctx.settings.ingest
    before = registered_metadata(ctx.video_dir)
    path = find_video_file(ctx.video_dir, before.storage_path if before else None)
    with VideoFile(path) as video:
        indices = sample_indices(video.info.duration_seconds, settings)
        writer = VideoDbWriter(ctx.conn)
        writer.add_frames(_reporting(_full_frames(video, indices, settings), len(indices), ctx.progress))
        writer.save_metadata(_metadata(before or _unregistered(ctx.video_dir, path), video.info, settings))
        count = len(writer.frame_indices())
        if not count:
            raise no_pictures(path)
        return _result(video.info, count, video.problems)


def registered_metadata(video_dir: Path) -> VideoMetadata | None:
    """Return what the folder's present `video.db` says of the video; None where there is none or it says nothing."""
    if not database_path(video_dir, "video").exists():
        return None
    with VideoDatabase(video_dir, readonly=True, attach={"video"}) as connection:
        return VideoDbReader(connection).metadata()


def _unregistered(video_dir: Path, path: Path) -> VideoMetadata:
    return VideoMetadata(
        video_id=video_dir.absolute().name,
        video_hash=None,
        storage_path=path.name,
        original_filename=path.name,
        file_size_bytes=0,
    )


def _metadata(before: VideoMetadata, info: VideoInfo, settings: IngestSettings) -> VideoMetadata:
    return replace(
        before,
        video_hash=video_hash(info.path),
        file_size_bytes=info.file_size_bytes,
        duration_seconds=info.duration_seconds,
        width=info.width,
        height=info.height,
        fps=float(info.fps),
        codec=info.codec,
        index_framerate_hz=settings.index_framerate_hz,
        stream_index=info.stream_index,
        time_base=str(info.time_base),
        start_pts=info.start_pts,
        rotation=info.rotation,
        pixel_aspect_ratio=str(info.pixel_aspect_ratio),
    )


def _full_frames(video: VideoFile, indices: Sequence[int], settings: IngestSettings) -> Iterator[StoredFrame]:
    """Yield the full frames one by one; fewer than ``indices`` where the pictures end early."""
    moments = [time_of_index(index, settings.index_framerate_hz) for index in indices]
    for index, frame in zip(indices, video.frames_at(moments), strict=False):
        yield _stored_frame(index, frame, settings.jpeg_quality)


def _stored_frame(index: int, frame: SourceFrame, quality: int) -> StoredFrame:
    picture = frame.rgb()
    height, width = picture.shape[:2]
    return StoredFrame(index, encode_jpeg(picture, quality), width, height, frame.time)


def _reporting(frames: Iterator[StoredFrame], total: int, progress: Progress) -> Iterator[StoredFrame]:
    progress(0, total, "frames")
    for done, frame in enumerate(frames, start=1):
        yield frame
        progress(done, total, "frames")


def _result(info: VideoInfo, count: int, problems: tuple[str, ...]) -> StepResult:
    counts = {"full_frames": count, "duration_seconds": info.duration_seconds}
    summary = (
        f"{count} full frames, {info.width}x{info.height}, {float(info.fps):.5g} fps, {info.duration_seconds:.1f} s"
    )
    return StepResult(summary, counts, problems)


STEP = Step(
    name="ingest",
    reads=frozenset(),
    writes="video",
    replaces=True,
    run=run,
    help="Read the video file: metadata and full frames.",
)
