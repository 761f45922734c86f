"""`cropping.db`: pictures of the caption region, and every source frame as a mask of text strokes."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.database.rows import frame_time, insert_row, select_rows, time_columns
from caption_boundaries.types import FrameRange, FrameTime, PixelBox

_SELECT_FRAMES = "SELECT frame_index, image_data, width, height, pts, time_base FROM cropping.cropped_frames WHERE"
_SELECT_FRAME = f"{_SELECT_FRAMES} frame_index = ?"
_COMPRESSION = 1
"""Level of zlib: the masks differ in few bits from frame to frame, so more effort gains little."""


@dataclass(frozen=True, slots=True)
class CroppedFrame:
    """The caption region at one frame index."""

    frame_index: int
    image_data: bytes
    """JPEG of the regions, stacked top to bottom."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    time: FrameTime | None
    """True presentation time; None in rows of the old form."""


@dataclass(frozen=True, slots=True)
class SignalChunk:
    """Consecutive source frames as masks of text strokes."""

    first_frame: int
    """Number of the first source frame, from 0."""
    seconds: NDArray[np.float64]
    """Shape (n,): times from the first picture."""
    masks: NDArray[np.bool_]
    """Shape (n, height, width)."""


@dataclass(frozen=True, slots=True)
class CropRun:
    """How the crops were made; the fields are the columns of ``crop_runs``."""

    video_hash: str
    crop_bounds_version: int
    regions: str
    """JSON: the regions that were cut."""
    settings: str
    """JSON."""
    frame_count: int
    """Cropped frames."""
    source_frame_count: int
    started_at: str
    finished_at: str


class CropReader:
    """Reads `cropping.db`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self) -> CropRun | None:
        """Return how the crops were made, or None before the first run."""
        return next(select_rows(self._connection, CropRun, "cropping.crop_runs", order="id DESC"), None)

    def frame_indices(self) -> list[int]:
        """Return the indices of the cropped frames, ascending."""
        rows = self._connection.execute("SELECT frame_index FROM cropping.cropped_frames ORDER BY frame_index")
        return [row[0] for row in rows]

    def frame(self, frame_index: int) -> CroppedFrame | None:
        """Return one cropped frame, or None where there is none at this index."""
        row = self._connection.execute(_SELECT_FRAME, (frame_index,)).fetchone()
        return None if row is None else _cropped_frame(row)

    def picture(self, frame_index: int) -> bytes | None:
        """Return the JPEG at one index, or None where there is none; quicker than a whole `frame`."""
        sql = "SELECT image_data FROM cropping.cropped_frames WHERE frame_index = ?"
        row = self._connection.execute(sql, (frame_index,)).fetchone()
        return None if row is None else row[0]

    def pictures(self, indices: FrameRange) -> dict[int, bytes]:
        """Return the JPEGs at the indices of a range that have one, by index and in order, with one query."""
        rows = self._connection.execute(
            "SELECT frame_index, image_data FROM cropping.cropped_frames "
            "WHERE frame_index BETWEEN ? AND ? ORDER BY frame_index",
            (indices.start, indices.end),
        )
        return dict(rows.fetchall())

    def frames(self, indices: FrameRange | None = None) -> Iterator[CroppedFrame]:
        """Yield the cropped frames of a range, or all, in order; one picture is in memory at a time."""
        first, last = (0, 2**62) if indices is None else (indices.start, indices.end)
        rows = self._connection.execute(
            f"{_SELECT_FRAMES} frame_index BETWEEN ? AND ? ORDER BY frame_index", (first, last)
        )
        for row in rows:
            yield _cropped_frame(row)

    def signal_chunks(self) -> Iterator[SignalChunk]:
        """Yield the stroke masks of every source frame, chunk by chunk in order."""
        for first_frame, _ in self.signal_times():
            yield self.signal_chunk(first_frame)

    def signal_times(self) -> list[tuple[int, NDArray[np.float64]]]:
        """Return every chunk's first source frame and the times of its frames, in order; masks are not loaded."""
        rows = self._connection.execute("SELECT first_frame, times FROM cropping.change_signal ORDER BY first_frame")
        return [(first_frame, _seconds(times)) for first_frame, times in rows]

    def signal_chunk(self, first_frame: int) -> SignalChunk:
        """Return the chunk that begins with a source frame.

        Raises:
            KeyError: No chunk begins there.
        """
        row = self._connection.execute(
            "SELECT frame_count, mask_width, mask_height, times, masks FROM cropping.change_signal "
            "WHERE first_frame = ?",
            (first_frame,),
        ).fetchone()
        if row is None:
            raise KeyError(first_frame)
        count, width, height, times, masks = row
        return SignalChunk(first_frame, _seconds(times), _unpack(zlib.decompress(masks), count, height, width))

    def stroke_changes(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int64]]]:
        """Yield for every chunk, in order, when its frames are shown and how many stroke pixels came or went with each.

        The masks are stored by their differences, so nothing has to be unpacked for it.
        """
        last = None
        for times, masks in self._connection.execute(
            "SELECT times, masks FROM cropping.change_signal ORDER BY first_frame"
        ):
            seconds = _seconds(times)
            bits = np.frombuffer(zlib.decompress(masks), dtype=np.uint8).reshape(len(seconds), -1)
            changes = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
            changes[0] = 0 if last is None else np.bitwise_count(bits[0] ^ last).sum()
            last = np.bitwise_xor.reduce(bits, axis=0)
            yield seconds, changes

    def crop_hash(self) -> str:
        """Return a hash of all that the crops were made from: equal hashes mean equal crops."""
        run = self.run()
        return hashlib.sha256(repr(astuple(run)[:-2] if run else None).encode()).hexdigest()


class CropWriter(CropReader):
    """Reads and writes `cropping.db`."""

    def add_frames(self, frames: Iterable[CroppedFrame], crop: PixelBox, version: int) -> None:
        """Add cropped frames that were cut at ``crop`` (pixels of the displayed frame)."""
        bounds = (crop.left, crop.top, crop.right, crop.bottom, version)
        self._connection.executemany(
            "INSERT INTO cropping.cropped_frames (frame_index, image_data, width, height, file_size, pts, time_base, "
            "crop_left, crop_top, crop_right, crop_bottom, crop_bounds_version) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (f.frame_index, f.image_data, f.width, f.height, len(f.image_data), *time_columns(f.time), *bounds)
                for f in frames
            ),
        )

    def add_signal_chunk(self, chunk: SignalChunk) -> None:
        """Add the stroke masks of consecutive source frames.

        Raises:
            ValueError: There is not one time for each mask.
        """
        count, height, width = chunk.masks.shape
        if len(chunk.seconds) != count:
            raise ValueError(f"a chunk has one time for each mask, not {len(chunk.seconds)} for {count}")
        self._connection.execute(
            "INSERT INTO cropping.change_signal (first_frame, frame_count, mask_width, mask_height, times, masks) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                chunk.first_frame,
                count,
                width,
                height,
                zlib.compress(chunk.seconds.astype("<f8").tobytes(), _COMPRESSION),
                zlib.compress(_pack(chunk.masks), _COMPRESSION),
            ),
        )

    def save_run(self, run: CropRun) -> None:
        """Record how the crops were made."""
        insert_row(self._connection, "cropping.crop_runs", run)


def _cropped_frame(row: tuple[int, bytes, int, int, int | None, str | None]) -> CroppedFrame:
    frame_index, image_data, width, height, pts, time_base = row
    return CroppedFrame(frame_index, image_data, width, height, frame_time(pts, time_base))


def _pack(masks: NDArray[np.bool_]) -> bytes:
    """Return the masks as bits, each XOR the one before: what stays the same becomes zeros."""
    count, height, width = masks.shape
    bits = np.packbits(masks.reshape(count, height * width), axis=1)
    bits[1:] ^= bits[:-1].copy()
    return bits.tobytes()


def _seconds(times: bytes) -> NDArray[np.float64]:
    return np.frombuffer(zlib.decompress(times), dtype="<f8").astype(np.float64)


def _unpack(data: bytes, count: int, height: int, width: int) -> NDArray[np.bool_]:
    pixels = height * width
    bits = np.frombuffer(data, dtype=np.uint8).reshape(count, (pixels + 7) // 8).copy()
    # Row after row is five times as fast as `accumulate` down the columns.
    for before, row in itertools.pairwise(bits):
        row ^= before
    return np.unpackbits(bits, axis=1, count=pixels).view(np.bool_).reshape(count, height, width)
