"""What the list says of a video, worked out again only when one of its files has changed."""

from __future__ import annotations

import threading
from dataclasses import asdict
from pathlib import Path

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from caption_boundaries.database.progress import human_progress
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import CaptionBoundariesError
from caption_boundaries.freshness import step_states
from caption_boundaries.library import Video, load_video
from caption_boundaries.web.dbwriter import file_stamp, read_only_reason
from caption_boundaries.web.jobs import Job
from caption_boundaries.web.models import JobInfo, Passes, Problem, StepInfo, VideoEntry, VideoSummary
from caption_boundaries.web.pictures import picture_version

_Stamp = tuple[tuple[int, int, int] | None, ...]


class Summaries:
    """Summaries by folder, each with the state of the files from which it was made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Path, tuple[_Stamp, VideoSummary]] = {}

    def of(self, video_id: str, folder: Path, job: Job | None) -> VideoSummary:
        """Return the summary of a video."""
        stamp = tuple(file_stamp(folder, schema) for schema in all_databases(folder))
        known = self._known.get(folder)
        if known is None or known[0] != stamp:
            known = (stamp, _summary(video_id, folder))
            with self._lock:
                self._known[folder] = known
        return known[1].model_copy(update={"job": job_info(job)})


def video_entry(video_id: str, folder: Path) -> VideoEntry:
    """Return what the list needs at once."""
    video = load_video(folder)
    return VideoEntry(id=video_id, name=video.name, duration_seconds=_duration(video))


def job_info(job: Job | None) -> JobInfo | None:
    """Return a job as the pages get it."""
    if job is None:
        return None
    values = asdict(job)
    del values["video_id"]
    return JobInfo(**values)


def _summary(video_id: str, folder: Path) -> VideoSummary:
    video = load_video(folder)
    steps: list[StepInfo] = []
    passes, thumbnail, problem = None, None, None
    try:
        steps = [
            StepInfo(name=state.step, state=state.state, detail=state.detail) for state in step_states(folder).values()
        ]
        with VideoDatabase(folder, readonly=True, attach={"video", "layout", "captions"}) as connection:
            passes = Passes(**asdict(human_progress(connection)))
            indices = VideoDbReader(connection).frame_indices()
        if indices:
            frame_index = indices[len(indices) // 2]
            thumbnail = (
                f"/media/videos/{video_id}/full/{frame_index}.jpg?v={picture_version(folder, 'video')}&width=320"
            )
    except CaptionBoundariesError as error:
        problem = Problem(message=error.message, hint=error.hint)
    known = video.metadata
    return VideoSummary(
        id=video_id,
        name=video.name,
        duration_seconds=_duration(video),
        width=known.width if known else None,
        height=known.height if known else None,
        thumbnail=thumbnail,
        steps=steps,
        passes=passes,
        job=None,
        problem=problem,
        read_only=read_only_reason(folder),
    )


def _duration(video: Video) -> float | None:
    return video.metadata.duration_seconds if video.metadata else None
