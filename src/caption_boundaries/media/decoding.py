"""One pass over the packets and pictures of a video stream, past whatever is damaged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import av.error
from av.format import Flags
from av.packet import Packet
from av.video.stream import VideoStream

from caption_boundaries.errors import VideoFileError
from caption_boundaries.media.opening import choose_stream, open_container, prepare

_NO_TIMESTAMPS: Any = Flags.no_timestamps.value
_CLOCK_MAY_JUMP: Any = Flags.ts_discont.value
_SEEKS_EXACTLY = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"})
"""Containers in which every packet carries its own presentation time and an index finds it."""
_COUNTS_PICTURES = frozenset({"avi"})
"""Containers whose pictures have an order and a rate but no presentation times."""


class Decoder:
    """An open file, read from one place on; a context manager."""

    def __init__(self, path: Path, *, threads: int, skip_partial: bool = False) -> None:
        """Open the file.

        Args:
            path: The video file.
            threads: Threads that decode.
            skip_partial: Leave out packets that are not whole, such as the last one of a file that was cut off.

        Raises:
            VideoFileError: It is no video file that can be read.
        """
        self.path = path
        self.damaged = 0
        """Packets that could not be decoded."""
        self.hurry_until: int | None = None
        """Pictures before this time stamp may be left out where no other picture rests on them."""
        self._skip_partial = skip_partial
        self._container = open_container(path)
        try:
            self.stream: VideoStream = choose_stream(self._container, path)
            prepare(self._container, self.stream, threads)
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    @property
    def seeks_exactly(self) -> bool:
        """True: seeking finds the same pictures with the same times as reading from the beginning."""
        return self._container.format.name in _SEEKS_EXACTLY

    @property
    def counts_pictures(self) -> bool:
        """True: the file has no presentation times; its n-th picture is shown at its n-th decoding time."""
        raw = bool(self._container.format.flags & _NO_TIMESTAMPS)
        return raw or self._container.format.name in _COUNTS_PICTURES

    @property
    def may_start_anew(self) -> bool:
        """True: the clock of the file may jump in its midst, as in recordings that were put together."""
        return bool(self._container.format.flags & _CLOCK_MAY_JUMP)

    @property
    def declared_seconds(self) -> float | None:
        """For how long the video lasts as the file says; None where it does not."""
        if self.stream.duration and self.stream.time_base:
            return float(self.stream.duration * self.stream.time_base)
        return self._container.duration / av.time_base if self._container.duration else None

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """Yield the packets from here to the end of the file, or to where it breaks off."""
        try:
            for packet in self._container.demux(self.stream):
                partial = self._skip_partial and packet.is_corrupt
                if packet.size and not partial:
                    yield packet
        except av.error.InvalidDataError:
            self.damaged += 1
        except av.error.FFmpegError as error:
            raise VideoFileError(
                f"{self.path} could not be read to its end: {error.strerror}.", hint="Check the disk it lies on."
            ) from error

    def pictures(self) -> Iterator[tuple[av.VideoFrame, int | None]]:
        """Yield the pictures from here on as they are shown, each with the time stamp that the file gives it."""
        order: deque[int | None] = deque()
        for packet in self.packets():
            order.append(packet.dts)
            self._set_pace(packet)
            for frame in self._decode(packet):
                yield frame, self._stamp(frame, order)
        for frame in self._decode(None):
            yield frame, self._stamp(frame, order)

    def seek(self, pts: int) -> bool:
        """Go to the last key frame not later than ``pts``; returns False where there is no way to it."""
        try:
            self._container.seek(pts, stream=self.stream)
        except av.error.FFmpegError:
            return False
        return True

    def _set_pace(self, packet: Packet[VideoStream]) -> None:
        # In the other codecs it is less certain that nothing rests on what is left out.
        hurry = self.hurry_until is not None and packet.pts is not None and packet.pts < self.hurry_until
        if self.stream.codec.canonical_name == "h264":
            self.stream.codec_context.skip_frame = "NONREF" if hurry else "DEFAULT"

    def _stamp(self, frame: av.VideoFrame, order: deque[int | None]) -> int | None:
        decoding_time = order.popleft() if order else None
        return decoding_time if self.counts_pictures else frame.pts

    def _decode(self, packet: Packet[VideoStream] | None) -> list[av.VideoFrame]:
        try:
            return self.stream.decode(packet)
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self.damaged += 1
            return []
