"""Finding the picture shown at a moment without decoding all that comes before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle

import av

from caption_boundaries.ahead import in_order
from caption_boundaries.media.decoding import Decoder


class UnsoundStampsError(Exception):
    """The stream's time stamps do not allow seeking; it has to be read from the beginning."""


class Seeker:
    """Finds pictures in a stream whose packets carry sound presentation times; moments must not go back."""

    def __init__(self, decoder: Decoder, start_pts: int, usual_duration: int) -> None:
        """Take over an open decoder.

        Args:
            decoder: Nobody else moves it meanwhile.
            start_pts: Time stamp of the stream's first picture.
            usual_duration: Display time of a picture that does not say, in units of the time base.
        """
        self._decoder = decoder
        self._start = start_pts
        self._usual = usual_duration
        self._margin = max(4 * usual_duration, 1)
        self._pictures: Iterator[av.VideoFrame] | None = None
        self._shown: av.VideoFrame | None = None
        self._next: av.VideoFrame | None = None
        self._whole: av.VideoFrame | None = None
        """A picture known to be the last one before its successor because nothing was left out."""

    def picture_at(self, pts: int) -> av.VideoFrame | None:
        """Return the last picture with a time stamp not later than ``pts``; None past the end of the last picture.

        Raises:
            UnsoundStampsError: A stamp is missing or goes back, or seeking fails.
        """
        self._decoder.hurry_until = pts - self._margin
        if self._pictures is None or self._has_key_frame_between(pts):
            self._jump(pts)
        shown = self._last_until(pts)
        if _stamp(shown) < self._decoder.hurry_until and shown is not self._whole:
            # What was left out may have come after it.
            self._decoder.hurry_until = None
            self._jump(pts)
            shown = self._whole = self._last_until(pts)
        past_end = self._next is None and pts >= _stamp(shown) + (shown.duration or self._usual)
        return None if past_end else shown

    def _last_until(self, pts: int) -> av.VideoFrame:
        while self._next is not None and _stamp(self._next) <= pts:
            self._advance()
        if self._shown is None:
            raise UnsoundStampsError
        return self._shown

    def _has_key_frame_between(self, pts: int) -> bool:
        """Tell whether seeking to ``pts`` saves decoding: a key frame lies between the next picture and it."""
        if self._next is None or pts <= _stamp(self._next):
            return False
        entries = self._decoder.stream.index_entries
        return entries.search_timestamp(pts) > entries.search_timestamp(_stamp(self._next))

    def _jump(self, pts: int) -> None:
        """Seek so that the next picture is not later than ``pts``, further back if the first try lands behind it."""
        goal, step = pts, max(1, 10 * self._usual)
        while True:
            if not self._decoder.seek(goal):
                raise UnsoundStampsError
            self._pictures = self._from_key_frame()
            self._shown, self._next = None, next(self._pictures, None)
            if self._next is not None and _stamp(self._next) <= pts:
                return
            if goal <= self._start:
                raise UnsoundStampsError
            landed = _stamp(self._next) if self._next is not None else goal
            goal, step = max(self._start, min(landed, goal) - step), 2 * step

    def _from_key_frame(self) -> Iterator[av.VideoFrame]:
        """Yield the pictures from the next key frame on; those shown before it may rest on what was skipped."""
        first: int | None = None
        for frame, _ in self._decoder.pictures():
            if first is None and frame.key_frame:
                first = _stamp(frame)
            if first is not None and _stamp(frame) >= first:
                yield frame

    def _advance(self) -> None:
        assert self._next is not None
        assert self._pictures is not None
        self._shown, self._next = self._next, next(self._pictures, None)
        if self._next is not None and _stamp(self._next) <= _stamp(self._shown):
            raise UnsoundStampsError


def pictures_sought(seekers: Sequence[Seeker], stamps: Iterable[int]) -> Iterator[av.VideoFrame | None]:
    """Yield what `Seeker.picture_at` gives for each stamp, in order.

    Several seekers work side by side, each in a thread of its own: few pictures are decoded between two jumps, too few
    for the threads of one decoder.

    Args:
        seekers: For one stream, each with its own decoder.
        stamps: Not falling.

    Raises:
        UnsoundStampsError: A stamp is missing or goes back, or seeking fails.
    """
    if len(seekers) == 1:
        yield from map(seekers[0].picture_at, stamps)
        return
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="seek")) for _ in seekers]
        workers = cycle(zip(threads, seekers, strict=True))
        futures = (
            thread.submit(seeker.picture_at, pts) for pts, (thread, seeker) in zip(stamps, workers, strict=False)
        )
        yield from in_order(futures, waiting=len(seekers))


def _stamp(frame: av.VideoFrame) -> int:
    if frame.pts is None:
        raise UnsoundStampsError
    return frame.pts
