"""Pictures for changes: from the crops where they are there, else from the full frames."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import CaptionBoundariesError
from caption_boundaries.library import load_video
from caption_boundaries.versioning.differences import VideoDiff
from caption_boundaries.versioning.pages import Picture, VideoPage


def illustrate(folder: Path, diff: VideoDiff) -> VideoPage:
    """Return a video's part of the page; pictures that are not there are left out."""
    rows = [change.after or change.before for change in diff.captions]
    spans = {row.start_frame_index: row.end_frame_index for row in rows if row is not None}
    labelled = [change.after or change.before for change in diff.labels]
    frames = {row.frame_index for row in labelled if row is not None}
    try:
        with VideoDatabase(folder, readonly=True, attach={"video", "cropping"}) as connection:
            crops, video = CropReader(connection), VideoDbReader(connection)
            cropped, full = crops.frame_indices(), video.frame_indices()
            captions = {
                start: picture
                for start, end in spans.items()
                if (picture := _picture(crops, cropped, (start + end) // 2) or _picture(video, full, end)) is not None
            }
            labels = {index: p for index in frames if (p := _picture(video, full, index, exact=True)) is not None}
    except CaptionBoundariesError:
        captions, labels = {}, {}  # not pulled: the words alone
    return VideoPage(load_video(folder).name, diff, captions, labels)


def _picture(
    reader: CropReader | VideoDbReader, indices: Sequence[int], wanted: int, *, exact: bool = False
) -> Picture | None:
    place = bisect_right(indices, wanted) - 1
    if place < 0 or (exact and indices[place] != wanted):
        return None
    frame = reader.frame(indices[place])
    return Picture(frame.image_data, frame.width, frame.height) if frame is not None else None
