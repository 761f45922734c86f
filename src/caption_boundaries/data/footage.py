"""Videos without captions and photos as backgrounds: what of them may be used, and the pictures of videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from caption_boundaries.data.pictures import Canvas
from caption_boundaries.data.recipe import Excluded, Shot
from caption_boundaries.data.splits import Split, span_of_split, split_of_photo
from caption_boundaries.errors import InputError, VideoFileError
from caption_boundaries.media.info import probe

VIDEO_SUFFIXES = frozenset({".mp4", ".mkv", ".webm", ".mov", ".avi", ".m4v", ".mpg", ".ts", ".ogv"})
PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass(frozen=True, slots=True)
class Footage:
    """A video file or a photo that may be used as a background."""

    path: str
    seconds: float
    """Length; 0 for a photo."""
    starts: tuple[float, ...]
    """Seconds at which decoding can begin, ascending."""

    @property
    def is_photo(self) -> bool:
        """Whether it is one picture."""
        return Path(self.path).suffix.lower() in PHOTO_SUFFIXES

    def usable(self, split: Split, excluded: Sequence[Excluded], length: float) -> list[float]:
        """Return where a shot of ``length`` seconds may begin: on this side of the split, clear of what is excluded.

        A photo is on one side as a whole, and a shot of it as long as anybody likes.
        """
        if self.is_photo:
            return [0.0] if split_of_photo(Path(self.path).name) == split else []
        low, high = span_of_split(split, self.seconds)
        barred = [part for part in excluded if part.file in ("", Path(self.path).name)]
        return [
            start
            for start in self.starts
            if low <= start
            and start + length <= high
            and not any(part.start < start + length and start < part.end for part in barred)
        ]


def find_footage(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return the video files and photos at ``paths``, each a file or a folder.

    Raises:
        InputError: A path is missing, or a folder holds neither.
    """
    found: list[str] = []
    for path in paths:
        if path.is_file():
            found.append(str(path.absolute()))
            continue
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in VIDEO_SUFFIXES | PHOTO_SUFFIXES)
        if not files:
            raise InputError(
                f"There is no footage at {path}.", hint="Give a video file, a photo, or a folder that holds some."
            )
        found += [str(file.absolute()) for file in files]
    return tuple(found)


@cache
def look_at(path: str) -> Footage:
    """Return what can be used of a footage file.

    Raises:
        VideoFileError: The file is no video that can be read; photos are looked at when they are shown.
    """
    if Path(path).suffix.lower() in PHOTO_SUFFIXES:
        return Footage(path, 0.0, (0.0,))
    info = probe(Path(path))
    with closing(av.open(path)) as container:
        stream = container.streams.video[0]
        base = stream.time_base
        starts = tuple(
            round(float((packet.pts - info.start_pts) * base), 6)
            for packet in container.demux(stream)
            if packet.is_keyframe and packet.pts is not None and base is not None
        )
    return Footage(path, info.duration_seconds, starts)


def read_photo(path: str) -> NDArray[np.uint8]:
    """Return the colours of a photo, 0 to 255, shape (height, width, 3): red, green, blue.

    Raises:
        InputError: It is missing, or no picture.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"), np.uint8)
    except OSError as error:
        raise InputError(f"The photo {path} cannot be read: {error}.", hint="Give other footage.") from error


def footage_pictures(shot: Shot, count: int, width: int, height: int) -> Iterator[Canvas]:
    """Yield ``count`` pictures of a shot for frames of a size; where the file ends, its last picture stays.

    Raises:
        VideoFileError: The file cannot be read from there.
    """
    made = 0
    for canvas in _cut_out(shot, width, height):
        last = canvas.copy()  # whoever takes a picture draws on it
        yield canvas
        made += 1
        if made == count:
            return
        if shot.still:
            break
    if not made:
        raise VideoFileError(f"{shot.file} has no picture at {shot.start:.1f} s.", hint="Give other footage.")
    for _ in range(count - made):
        yield last.copy()


def _cut_out(shot: Shot, width: int, height: int) -> Iterator[Canvas]:
    """Yield the pictures of a shot at the frame's size."""
    chance = np.random.default_rng(shot.seed)
    across, down = chance.random(2)
    for frame in _decoded(shot):
        scale = max(width / frame.width, height / frame.height) * shot.zoom
        wide, tall = _even(frame.width * scale), _even(frame.height * scale)
        wide, tall = max(wide, width), max(tall, height)
        data = frame.reformat(width=wide, height=tall, format="yuv420p", interpolation="BILINEAR").to_ndarray()
        whole = Canvas(np.asarray(data, np.uint8), wide, tall)
        left, top = int(across * (wide - width)) & ~1, int(down * (tall - height)) & ~1
        yield _part(whole, left, top, width, height, mirrored=shot.mirrored, gain=shot.gain)


def _decoded(shot: Shot) -> Iterator[av.VideoFrame]:
    with closing(av.open(shot.file)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        base, origin = stream.time_base, stream.start_time or 0
        if base is None:
            return
        target = origin + round(shot.start / base)
        container.seek(target, stream=stream, backward=True)
        for frame in container.decode(stream):
            if frame.pts is None or frame.pts >= target:
                yield frame


def _part(whole: Canvas, left: int, top: int, width: int, height: int, *, mirrored: bool, gain: float) -> Canvas:
    """Return a part of a picture, mirrored and brightened as wanted."""
    planes = [whole.luma[top : top + height, left : left + width]]
    for plane in whole.chroma:
        planes.append(plane[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2])
    if mirrored:
        planes = [plane[:, ::-1] for plane in planes]
    if gain != 1.0:
        planes[0] = np.asarray(cv2.convertScaleAbs(np.ascontiguousarray(planes[0]), None, gain, 16 - 16 * gain))
    return Canvas(np.concatenate([plane.reshape(-1) for plane in planes]).reshape(-1, width), width, height)


def _even(value: float) -> int:
    return round(value / 2) * 2
