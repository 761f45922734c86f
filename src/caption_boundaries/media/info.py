"""What a video file is, found out by decoding its first picture and looking at its last packets."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.stream import VideoStream

from caption_boundaries.media.clock import PictureClock
from caption_boundaries.media.completeness import check_completeness
from caption_boundaries.media.decoding import Decoder
from caption_boundaries.media.geometry import DisplayGeometry, Orientation
from caption_boundaries.media.opening import check_file, no_pictures

_TAIL_SECONDS = 5.0
"""How far before its declared end a file is searched for its last picture."""
_FASTEST = 1000
"""Pictures per second beyond which a stated rate is a fault of the file."""
_USUAL_RATE = Fraction(25)


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What is known of a video file and its video stream."""

    path: Path
    file_size_bytes: int
    missing_bytes: int
    """Bytes that the file announces beyond its end; above 0 it is cut off."""
    width: int
    """Pixels as displayed, after rotation and pixel aspect ratio."""
    height: int
    """Pixels as displayed."""
    fps: Fraction
    """Average source pictures per second."""
    codec: str
    """Name such as ``h264`` or ``av1``."""
    duration_seconds: float
    """From the first picture to the end of the last one, as far as the file can be read."""
    declared_seconds: float | None
    """The duration that the file states; None where it states none."""
    time_base: Fraction
    """Seconds per unit of pts."""
    start_pts: int
    """Pts of the first picture: the zero of every time."""
    rotation: int
    """Degrees clockwise by which the stored picture is turned for display: 0, 90, 180 or 270."""
    pixel_aspect_ratio: Fraction
    """Width to height of a stored pixel."""
    stream_index: int
    """Which stream of the file."""
    seeks_exactly: bool
    """True: seeking finds the same pictures with the same times as reading from the beginning."""
    geometry: DisplayGeometry
    """How stored pictures become displayed ones."""

    @property
    def truncated(self) -> bool:
        """True: the end of the file is missing."""
        return self.missing_bytes > 0


def probe(path: Path) -> VideoInfo:
    """Return what ``path`` is.

    Raises:
        VideoFileError: It cannot be read as a video, or holds no picture.
    """
    size = check_file(path)
    missing = check_completeness(path).missing_bytes
    with Decoder(path, threads=1, skip_partial=missing > 0) as decoder:
        first = next(decoder.pictures(), None)
        if first is None:
            raise no_pictures(path)
        frame, stamp = first
        stream = decoder.stream
        time_base = stream.time_base or Fraction(1, 90000)
        usual = _stated_rate(decoder)
        end = _end_after(decoder, stamp, round(1 / (usual * time_base)))
        duration = end * time_base
        aspect = stream.sample_aspect_ratio or Fraction(1)
        aspect = aspect if aspect > 0 else Fraction(1)
        orientation = _orientation(frame)
        geometry = DisplayGeometry.of(frame.width, frame.height, aspect, orientation)
        width, height = geometry.display_size
        return VideoInfo(
            path=path,
            file_size_bytes=size,
            missing_bytes=missing,
            width=width,
            height=height,
            fps=usual if missing or _is_steady(stream) else _counted_rate(usual, stream.frames, duration),
            codec=stream.codec.canonical_name,
            duration_seconds=float(duration),
            declared_seconds=decoder.declared_seconds,
            time_base=time_base,
            start_pts=stamp or 0,
            rotation=orientation.rotation,
            pixel_aspect_ratio=aspect,
            stream_index=stream.index,
            seeks_exactly=decoder.seeks_exactly and stamp is not None,
            geometry=geometry,
        )


def _orientation(frame: av.VideoFrame) -> Orientation:
    side_data: Any = frame.side_data
    matrix = side_data.get("DISPLAYMATRIX")
    return Orientation() if matrix is None else Orientation.from_display_matrix(bytes(matrix))


def _stated_rate(decoder: Decoder) -> Fraction:
    """Return the rate that the file states, in pictures per second, or a usual one."""
    stream = decoder.stream
    stated = [stream.average_rate, stream.guessed_rate, stream.base_rate]
    if decoder.counts_pictures:
        stated.insert(0, stream.guessed_rate)
    return next((rate for rate in stated if rate and 0 < rate <= _FASTEST), _USUAL_RATE)


def _is_steady(stream: VideoStream) -> bool:
    """Tell whether the average rate is that of single pictures, so that it can be believed."""
    average, single = stream.average_rate, stream.guessed_rate
    return not average or not single or abs(average - single) < single / 50


def _counted_rate(stated: Fraction, frames: int, duration: Fraction) -> Fraction:
    return (frames / duration).limit_denominator(100_000) if frames and duration else stated


def _end_after(decoder: Decoder, start: int | None, usual: int) -> int:
    """Return where the last picture ends, in units of the time base after the first one.

    Args:
        decoder: Its place in the file is lost.
        start: Time stamp of the first picture.
        usual: Usual display time of a picture, in units of the time base.
    """
    time_base = decoder.stream.time_base or Fraction(1)
    tail = int((decoder.declared_seconds or 0) - _TAIL_SECONDS) / time_base
    by_order = decoder.counts_pictures or decoder.may_start_anew
    if not by_order and start is not None and tail > 0 and decoder.seek(start + int(tail)):
        end = _last_end(decoder, usual)
        if end is not None and end > start:
            return end - start
    with Decoder(decoder.path, threads=1) as whole:
        end = _length_in_order(whole, usual) + (start or 0) if by_order else _last_end(whole, usual)
    return max(usual, (end or 0) - (start or 0))


def _last_end(decoder: Decoder, usual: int) -> int | None:
    ends = (packet.pts + (packet.duration or usual) for packet in decoder.packets() if packet.pts is not None)
    return max(ends, default=None)


def _length_in_order(decoder: Decoder, usual: int) -> int:
    """Return the length of all packets, one after the other, whatever their presentation times are.

    What comes before the first key frame gives no picture and is not counted.
    """
    clock = PictureClock(decoder.stream.time_base or Fraction(1), Fraction(usual))
    first = last = None
    key_seen = False
    for packet in decoder.packets():
        last = clock.stamp(packet.dts)
        if first is None or (packet.is_keyframe and not key_seen):
            first = last
        key_seen = key_seen or packet.is_keyframe
    return 0 if first is None or last is None else last - first + usual
