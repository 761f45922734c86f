"""A video file as a sequence of pictures with true times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import av

from caption_boundaries.media.clock import PictureClock
from caption_boundaries.media.decoding import Decoder
from caption_boundaries.media.indexing import TOLERANCE_SECONDS, pictures_at
from caption_boundaries.media.info import VideoInfo, probe
from caption_boundaries.media.pixels import PixelReader
from caption_boundaries.media.seeking import Seeker, UnsoundStampsError, pictures_sought
from caption_boundaries.types import FrameTime, GrayImage, PixelBox, RgbImage

__all__ = ["SourceFrame", "VideoFile", "VideoInfo"]

_THREADS = 3
"""Of a decoder: one more than a small machine has cores, as each waits for the pictures that its own rests on."""
_SEEKERS = 2
"""Decoders, with one thread each, that look for pictures side by side where these ..."""
_FAR_SECONDS = 5.0
"""... lie so far apart that they rest on different key frames."""


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One picture of a video file; its pixels are read when they are asked for."""

    number: int | None
    """Ordinal from 0 in the order of display; None where the picture was found by seeking."""
    time: FrameTime
    """True presentation time."""
    seconds: float
    """When it is shown, from the first picture."""
    duration_seconds: float
    """For how long it is shown where nothing follows."""
    _frame: av.VideoFrame
    _reader: PixelReader

    def luma(self, box: PixelBox | None = None) -> GrayImage:
        """Return the luma inside ``box`` (displayed pixels; None = all), 0 to 255, shape (height, width).

        Raises:
            ValueError: The box has no area or stands out of the picture.
        """
        return self._reader.luma(self._frame, box)

    def rgb(self, box: PixelBox | None = None) -> RgbImage:
        """Return the colours inside ``box`` (displayed pixels; None = all), shape (height, width, 3).

        Raises:
            ValueError: The box has no area or stands out of the picture.
        """
        return self._reader.rgb(self._frame, box)


class VideoFile:
    """A video file; a context manager. Every pass opens the file for itself, so passes never disturb each other."""

    def __init__(self, path: Path | str) -> None:
        """Find out what the file is.

        Raises:
            VideoFileError: It cannot be read as a video, or holds no picture.
        """
        self.path = Path(path)
        self.info: VideoInfo = probe(self.path)
        self._damaged = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to do: each pass closes what it opened."""

    @property
    def truncated(self) -> bool:
        """True: the end of the file is missing; what is there is read."""
        return self.info.truncated

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the file as far as it was read, in sentences for a person."""
        info, found = self.info, []
        if info.truncated:
            said = f"of the {info.declared_seconds:.1f} s that it announces, " if info.declared_seconds else ""
            found.append(f"{info.path.name} is cut off: {said}{info.duration_seconds:.1f} s are there.")
        if self._damaged:
            found.append(f"{info.path.name} is damaged: {self._damaged} of its packets could not be decoded.")
        return tuple(found)

    def frames(self) -> Iterator[SourceFrame]:
        """Yield every picture in the order of display, in one pass.

        Raises:
            VideoFileError: The disk fails on the way.
        """
        with self._decoder() as decoder:
            reader = PixelReader(self.info.geometry)
            clock = PictureClock(self.info.time_base, 1 / (self.info.fps * self.info.time_base))
            for number, (frame, given) in enumerate(decoder.pictures()):
                yield self._source_frame(frame, clock.stamp(given), reader, number)
            self._note_damage(decoder)

    def frames_at(self, seconds: Sequence[float]) -> Iterator[SourceFrame]:
        """Yield for each moment the picture shown then, ending at the first moment past the end of the video.

        The pictures and their times are those of `frames`; where the container allows it they are found by seeking.

        Args:
            seconds: Moments from the first picture on, not falling.

        Raises:
            ValueError: A moment lies before the one ahead of it, or before 0.
            VideoFileError: The disk fails on the way.
        """
        moments = list(seconds)
        if any(later < earlier for earlier, later in zip([0.0, *moments], moments, strict=False)):
            raise ValueError("moments must be 0 or later and must not fall")
        found = 0
        if self.info.seeks_exactly:
            try:
                for frame in self._seek_all(moments):
                    yield frame
                    found += 1
            except UnsoundStampsError:
                pass  # read from the beginning instead
            else:
                return
        yield from pictures_at(self.frames(), moments[found:])

    def _seek_all(self, moments: Sequence[float]) -> Iterator[SourceFrame]:
        with ExitStack() as stack:
            threads = [1] * _SEEKERS if _far_apart(moments) else [_THREADS]
            decoders = [stack.enter_context(self._decoder(count)) for count in threads]
            reader = PixelReader(self.info.geometry)
            usual = round(1 / (self.info.fps * self.info.time_base))
            seekers = [Seeker(decoder, self.info.start_pts, usual) for decoder in decoders]
            for frame in pictures_sought(seekers, map(self._stamp_at, moments)):
                if frame is None:
                    break
                assert frame.pts is not None
                yield self._source_frame(frame, frame.pts, reader, None)
            self._note_damage(*decoders)

    def _stamp_at(self, moment: float) -> int:
        return self.info.start_pts + int(Fraction(moment + TOLERANCE_SECONDS) / self.info.time_base)

    def _decoder(self, threads: int = _THREADS) -> Decoder:
        return Decoder(self.path, threads=threads, skip_partial=self.info.truncated)

    def _source_frame(self, frame: av.VideoFrame, stamp: int, reader: PixelReader, number: int | None) -> SourceFrame:
        base = self.info.time_base
        duration = float(frame.duration * base if frame.duration else 1 / self.info.fps)
        seconds = float((stamp - self.info.start_pts) * base)
        return SourceFrame(number, FrameTime(stamp, base), seconds, duration, frame, reader)

    def _note_damage(self, *decoders: Decoder) -> None:
        self._damaged = max(self._damaged, sum(decoder.damaged for decoder in decoders))


def _far_apart(moments: Sequence[float]) -> bool:
    """Tell whether there are several moments, each far from the one before it."""
    return len(moments) > 1 and all(b - a >= _FAR_SECONDS for a, b in pairwise(moments))
