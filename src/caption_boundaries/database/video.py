"""`video.db`: what the video file is, and the full frames sampled from it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from caption_boundaries.database.row_hash import row_hash
from caption_boundaries.database.rows import frame_time, save_singleton, select_rows, time_columns
from caption_boundaries.types import DEFAULT_INDEX_RATE_HZ, FrameTime

_SELECT_FRAMES = "SELECT frame_index, image_data, width, height, pts, time_base FROM video.full_frames"
_SELECT_FRAME = f"{_SELECT_FRAMES} WHERE frame_index = ?"


@dataclass(frozen=True, slots=True)
class VideoMetadata:
    """What is known of the video file; the fields are the columns of ``video_metadata``."""

    video_id: str | None
    """UUIDv4, the name of the video's folder."""
    video_hash: str | None
    """SHA-256 over size and first, middle and last 10 MB."""
    storage_path: str | None
    """The video file, relative to the video's folder, or absolute when it is only referenced."""
    original_filename: str | None
    file_size_bytes: int
    duration_seconds: float | None = None
    width: int | None = None
    """Pixels as displayed."""
    height: int | None = None
    """Pixels as displayed."""
    fps: float | None = None
    """Average source pictures per second."""
    codec: str | None = None
    display_path: str | None = None
    """The name shown to people."""
    upload_method: str | None = None
    """link, copy or reference."""
    index_framerate_hz: float = DEFAULT_INDEX_RATE_HZ
    stream_index: int | None = None
    time_base: str | None = None
    """Seconds per pts unit, as a fraction such as ``1/12288``."""
    start_pts: int | None = None
    """Pts of the first picture: the zero of every time."""
    rotation: int | None = None
    """Degrees by which the stored picture is turned for display."""
    pixel_aspect_ratio: str | None = None
    """Width to height of a stored pixel, as a fraction."""


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A full frame as it is stored."""

    frame_index: int
    image_data: bytes
    """JPEG."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    time: FrameTime | None
    """True presentation time; None in rows of the old form."""


class VideoDbReader:
    """Reads `video.db`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def metadata(self) -> VideoMetadata | None:
        """Return the video's metadata, or None before it was ingested."""
        return next(select_rows(self._connection, VideoMetadata, "video.video_metadata"), None)

    def frame_indices(self) -> list[int]:
        """Return the indices of the stored full frames, ascending."""
        rows = self._connection.execute("SELECT frame_index FROM video.full_frames ORDER BY frame_index")
        return [row[0] for row in rows]

    def frame(self, frame_index: int) -> StoredFrame | None:
        """Return one full frame, or None where there is none at this index."""
        row = self._connection.execute(_SELECT_FRAME, (frame_index,)).fetchone()
        return None if row is None else _stored_frame(row)

    def picture(self, frame_index: int) -> bytes | None:
        """Return the JPEG at one index, or None where there is none; quicker than a whole `frame`."""
        sql = "SELECT image_data FROM video.full_frames WHERE frame_index = ?"
        row = self._connection.execute(sql, (frame_index,)).fetchone()
        return None if row is None else row[0]

    def frames(self) -> Iterator[StoredFrame]:
        """Yield every full frame in order; one picture is in memory at a time."""
        for row in self._connection.execute(f"{_SELECT_FRAMES} ORDER BY frame_index"):
            yield _stored_frame(row)

    def frames_hash(self) -> str:
        """Return a hash of which pictures the full frames are; the pictures themselves are not read."""
        metadata = self.metadata()
        columns = ("frame_index", "width", "height", "file_size", "pts", "time_base")
        rows = row_hash(self._connection, "video", "full_frames", columns=columns)
        return hashlib.sha256(f"{metadata and metadata.video_hash} {rows}".encode()).hexdigest()


class VideoDbWriter(VideoDbReader):
    """Reads and writes `video.db`."""

    def save_metadata(self, metadata: VideoMetadata) -> bool:
        """Write the metadata; returns False where it already said the same."""
        return save_singleton(
            self._connection, "video.video_metadata", metadata, also_set="updated_at = datetime('now')"
        )

    def add_frames(self, frames: Iterable[StoredFrame]) -> None:
        """Add full frames; an index that is there already is an error."""
        self._connection.executemany(
            "INSERT INTO video.full_frames (frame_index, image_data, width, height, file_size, pts, time_base) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (f.frame_index, f.image_data, f.width, f.height, len(f.image_data), *time_columns(f.time))
                for f in frames
            ),
        )


def _stored_frame(row: tuple[int, bytes, int, int, int | None, str | None]) -> StoredFrame:
    frame_index, image_data, width, height, pts, time_base = row
    return StoredFrame(frame_index, image_data, width, height, frame_time(pts, time_base))
