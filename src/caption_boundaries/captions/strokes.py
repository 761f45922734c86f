"""The stroke masks of a whole video, of which only what is looked at is in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import FrameRange

Mask = NDArray[np.bool_]
"""Where strokes are, shape (height, width)."""
Share = NDArray[np.float32]
"""In which share of some frames each pixel is a stroke, 0 to 1, shape (height, width)."""


@dataclass(frozen=True, slots=True)
class PackedMask:
    """A mask in little memory: only the part that has strokes, eight pixels in a byte."""

    shape: tuple[int, int]
    rows: slice
    columns: slice
    bits: NDArray[np.uint8]

    @classmethod
    def of(cls, mask: Mask) -> PackedMask:
        """Pack a mask."""
        rows, columns = _extent(np.asarray(mask.any(axis=1))), _extent(np.asarray(mask.any(axis=0)))
        return cls((mask.shape[0], mask.shape[1]), rows, columns, np.packbits(mask[rows, columns], axis=1))

    def unpacked(self) -> Mask:
        """Return the whole mask."""
        mask = np.zeros(self.shape, dtype=np.bool_)
        width = self.columns.stop - self.columns.start
        mask[self.rows, self.columns] = np.unpackbits(self.bits, axis=1, count=width)
        return mask


def _extent(used: NDArray[np.bool_]) -> slice:
    """Return from the first to the last place that is used."""
    places = np.flatnonzero(used)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 0)


CHUNKS_KEPT = 4
"""Chunks of masks that stay in memory: everything here looks at a few neighbouring seconds at a time."""
SAMPLED_FRAMES = 24
"""Frames from which a share is worked out at most: more change it by less than a twentieth."""
TIME_TOLERANCE = 1e-6
"""Seconds by which a frame counts as shown before its time, so that rounding never moves it by an index."""


class StrokeMasks:
    """Every source frame of the caption region as a mask of text strokes, in the order in which they are shown."""

    def __init__(
        self,
        times: Sequence[tuple[int, NDArray[np.float64]]],
        load: Callable[[int], NDArray[np.bool_]],
        line_height: float,
    ) -> None:
        """Prepare for reading; nothing is loaded yet.

        Args:
            times: For every chunk its first source frame and the times of its frames in seconds; chunks join.
            load: Returns the masks, shape (n, height, width), of the chunk that begins with a source frame.
            line_height: Usual height of a text line in mask pixels.
        """
        self.seconds: NDArray[np.float64] = np.concatenate([part for _, part in times]) if times else np.zeros(0)
        """When each source frame is first shown, from the first; shape (frame_count,)."""
        self.line_height = line_height
        """Usual height of a text line in mask pixels."""
        self._firsts = [first for first, _ in times]
        self._load = load
        self._kept: OrderedDict[int, NDArray[np.bool_]] = OrderedDict()

    @property
    def frame_count(self) -> int:
        """How many source frames there are."""
        return len(self.seconds)

    @cached_property
    def frame_seconds(self) -> float:
        """For how long a source frame is usually shown."""
        return float(np.median(np.diff(self.seconds))) if self.frame_count > 1 else 1 / 25

    def frames_in(self, seconds: float, *, at_least: int) -> int:
        """Return how many source frames usually fill a time."""
        return max(at_least, round(seconds / self.frame_seconds))

    def moment(self, frame: int) -> float:
        """Return when a source frame is first shown; the one after the last is when the video ends."""
        if frame < self.frame_count:
            return float(self.seconds[frame])
        return float(self.seconds[-1]) + self.frame_seconds

    def shown_at(self, indices: NDArray[np.int64], rate_hz: float) -> NDArray[np.int64]:
        """Return the source frame that each frame index shows: the last that is not later than its tick."""
        ticks = indices / rate_hz + TIME_TOLERANCE
        return np.maximum(np.searchsorted(self.seconds, ticks, side="right") - 1, 0).astype(np.int64)

    def masks(self, first: int, stop: int) -> NDArray[np.bool_]:
        """Return the masks of source frames ``first`` to ``stop - 1``, shape (stop - first, height, width)."""
        parts = []
        position = bisect_right(self._firsts, first) - 1
        while first < stop:
            chunk_first = self._firsts[position]
            chunk = self._chunk(chunk_first)
            part = chunk[first - chunk_first : stop - chunk_first]
            parts.append(part)
            first += len(part)
            position += 1
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def share(self, first: int, stop: int) -> Share:
        """Return in which share of source frames ``first`` to ``stop - 1`` each pixel is a stroke.

        The first and the last frame are left out where there are enough others: they may show half a change.
        """
        if stop - first >= 5:
            first, stop = first + 1, stop - 1
        count = min(stop - first, SAMPLED_FRAMES)
        chosen = np.linspace(first, stop - 1, count).round().astype(np.int64)
        # In the order of the chunks, each of which is loaded once; as numbers of one byte, which add up fastest.
        total = np.zeros(self.size, dtype=np.uint8)
        for frame in chosen.tolist():
            total += self.masks(frame, frame + 1)[0].view(np.uint8)
        return (total / np.float32(count)).astype(np.float32)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width of the masks in pixels."""
        _, height, width = self._chunk(self._firsts[0]).shape if self._firsts else (0, 0, 0)
        return height, width

    def _chunk(self, first_frame: int) -> NDArray[np.bool_]:
        chunk = self._kept.get(first_frame)
        if chunk is None:
            chunk = self._load(first_frame)
            self._kept[first_frame] = chunk
            if len(self._kept) > CHUNKS_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(first_frame)
        return chunk


def indices_between(start_seconds: float, end_seconds: float, rate_hz: float) -> FrameRange | None:
    """Return the frame indices at which something is shown from one moment to another (end-exclusive), or None."""
    first = int(np.ceil((start_seconds - TIME_TOLERANCE) * rate_hz))
    last = int(np.ceil((end_seconds - TIME_TOLERANCE) * rate_hz)) - 1
    return FrameRange(max(0, first), last) if last >= max(0, first) else None
