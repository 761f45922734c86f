"""Makes small test videos with burned-in captions and exact truth.

    clip = write_clip(tmp_path / "a.mp4", captions=[(1.0, 2.5, "Hello there")], duration=4.0)
    clip.captions[0].first_frame, clip.captions[0].last_frame    # source frames, inclusive
    clip.frame_seconds[7]                                        # when frame 7 is shown, from the first picture
    clip.picture(7)                                              # the picture as it was drawn, as a viewer sees it

Everything is deterministic: the same arguments draw the same pictures. A caption is on a frame exactly when
``start_ms <= floor(seconds * 1000) < end_ms``, with the seconds counted from the first picture.
"""

from __future__ import annotations

import importlib.util
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.types import PixelBox, RgbImage

Caption = tuple[float, float, str]
"""Start and end in seconds from the first picture (end exclusive) and the text; ``\\n`` makes two lines."""

Overlay = Callable[[ImageDraw.ImageDraw, float], None]
"""Draws something else, such as a logo, on the picture shown at the given second."""


@dataclass(frozen=True)
class TrueCaption:
    """A caption as it was burned in."""

    first_frame: int
    """First source frame that shows it, from 0."""
    last_frame: int
    """Last source frame that shows it, inclusive."""
    start_seconds: float
    """When its first frame is shown, from the first picture."""
    end_seconds: float
    """When the first frame without it is shown (end-exclusive)."""
    text: str
    box: PixelBox
    """What its pixels cover, outline included, in the displayed picture."""


@dataclass(frozen=True)
class Clip:
    """A test video: what was asked for, and what is true of it."""

    path: Path
    size: tuple[int, int]
    """Displayed width and height in pixels."""
    pts: tuple[int, ...]
    """Presentation time stamps asked for, in units of ``time_base``, without ``start_offset``."""
    time_base: Fraction
    frame_duration: float
    """Seconds for which the last frame is shown."""
    spoken: Sequence[Caption] = ()
    style: CaptionStyle = field(default_factory=lambda: CaptionStyle())
    moving: bool = True
    """True: the background drifts; False: it stands still."""
    overlay: Overlay | None = None

    @cached_property
    def frame_seconds(self) -> tuple[float, ...]:
        """When each source frame is shown, in seconds from the first picture."""
        return tuple(float((p - self.pts[0]) * self.time_base) for p in self.pts)

    @property
    def frame_count(self) -> int:
        """Number of source frames."""
        return len(self.pts)

    @cached_property
    def captions(self) -> tuple[TrueCaption, ...]:
        """The captions that are on at least one frame, in the order given."""
        return tuple(truth for caption in self.spoken if (truth := self._truth(caption)) is not None)

    def text_at(self, number: int) -> str:
        """Return the caption on source frame ``number``, or an empty string."""
        texts = [text for start, end, text in self.spoken if _shown(self.frame_seconds[number], start, end)]
        return texts[-1] if texts else ""

    def picture(self, number: int) -> RgbImage:
        """Draw source frame ``number`` as a viewer sees it, before it was compressed."""
        image = Image.fromarray(_background(self.size, number if self.moving else 0))
        draw = ImageDraw.Draw(image)
        if self.overlay is not None:
            self.overlay(draw, self.frame_seconds[number])
        if text := self.text_at(number):
            self.style.draw(draw, self.size, text)
        return np.asarray(image)

    def _truth(self, caption: Caption) -> TrueCaption | None:
        start, end, text = caption
        on = [n for n, seconds in enumerate(self.frame_seconds) if _shown(seconds, start, end)]
        if not on:
            return None
        after = self.frame_seconds[on[-1]] + self.frame_duration
        if on[-1] + 1 < self.frame_count:
            after = self.frame_seconds[on[-1] + 1]
        return TrueCaption(on[0], on[-1], self.frame_seconds[on[0]], after, text, self.style.box(self.size, text))


@dataclass(frozen=True)
class CaptionStyle:
    """How captions look."""

    height: float = 0.075
    """Font size as a fraction of the frame's height."""
    center: tuple[float, float] = (0.5, 0.88)
    """Middle of the text block as fractions of the frame."""
    fill: tuple[int, int, int] = (255, 255, 255)
    outline: tuple[int, int, int] = (0, 0, 0)
    outline_width: float = 0.006
    """As a fraction of the frame's height."""
    font: str | None = None
    """Path of a font file; None = DejaVu Sans Bold, or Pillow's own font where that is missing."""

    def draw(self, draw: ImageDraw.ImageDraw, size: tuple[int, int], text: str) -> None:
        """Draw ``text`` on a picture of ``size``."""
        draw.multiline_text(
            self._middle(size),
            text,
            font=self._font(size),
            fill=self.fill,
            stroke_fill=self.outline,
            stroke_width=self._outline(size),
            anchor="mm",
            align="center",
        )

    def box(self, size: tuple[int, int], text: str) -> PixelBox:
        """Return what ``text`` covers in a picture of ``size``."""
        draw = ImageDraw.Draw(Image.new("RGB", size))
        left, top, right, bottom = draw.multiline_textbbox(
            self._middle(size),
            text,
            font=self._font(size),
            anchor="mm",
            align="center",
            stroke_width=self._outline(size),
        )
        width, height = size
        return PixelBox(
            max(0, math.floor(left)),
            max(0, math.floor(top)),
            min(width, math.ceil(right)),
            min(height, math.ceil(bottom)),
        )

    def _middle(self, size: tuple[int, int]) -> tuple[float, float]:
        return self.center[0] * size[0], self.center[1] * size[1]

    def _outline(self, size: tuple[int, int]) -> int:
        return round(self.outline_width * size[1]) if self.outline_width else 0

    def _font(self, size: tuple[int, int]) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        pixels = max(6, round(self.height * size[1]))
        path = self.font or _dejavu()
        return ImageFont.truetype(path, pixels) if path else ImageFont.load_default(pixels)


def write_clip(
    path: Path | str,
    *,
    captions: Sequence[Caption] = (),
    size: tuple[int, int] = (320, 180),
    fps: Fraction | float = 24,
    duration: float = 4.0,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    container: str | None = None,
    times: Sequence[float] | None = None,
    start_offset: float = 0.0,
    rotation: int = 0,
    sar: Fraction | None = None,
    full_range: bool | None = None,
    audio: bool = False,
    cover: bool = False,
    other_video: tuple[int, int] | None = None,
    style: CaptionStyle | None = None,
    moving: bool = True,
    overlay: Overlay | None = None,
) -> Clip:
    """Write a small video and return what is true of it.

    Args:
        path: The file to write; its ending chooses the container unless ``container`` names one.
        captions: What to burn in: (start seconds, end seconds, text).
        size: Width and height as a viewer sees them, after ``rotation`` and ``sar``; even numbers.
        fps: Source frames per second.
        duration: Seconds; ``round(duration * fps)`` frames are written, at least one.
        codec: libx264, libx265, libvpx-vp9, libsvtav1, mpeg4, mpeg2video, ffv1, mjpeg, …
        pix_fmt: yuv420p, yuv422p, yuv444p, yuv420p10le, gray, yuvj420p, … as the codec can.
        options: Options of the encoder, such as ``{"bf": "3", "g": "48", "crf": "10"}``.
        container: Name of a muxer, such as ``matroska``.
        times: Variable frame rate: when each frame is shown, in seconds, rising from 0; replaces ``fps`` and
            ``duration`` (``fps`` still says for how long the last frame is shown). Kept to 1/90000 s, in Matroska and
            WebM to 1/1000 s.
        start_offset: Seconds by which the stream's clock starts late.
        rotation: Degrees clockwise by which a player has to turn the stored picture: 0, 90, 180 or 270.
        sar: Pixel aspect ratio, width to height, of the stored picture.
        full_range: True or False writes and marks that range; None leaves it unmarked (limited).
        audio: Add a track with a quiet tone.
        cover: Add an attached cover picture (mp4, m4v, mov).
        other_video: Size of a second, smaller video stream that comes first in the file.
        style: How captions look.
        moving: True lets the background drift by two pixels per frame.
        overlay: Draws more, such as a logo, on every frame.
    """
    path = Path(path)
    rate = Fraction(fps).limit_denominator(1001)
    time_base, pts = _time_stamps(rate, duration, times, _is_matroska(path, container))
    clip = Clip(path, size, pts, time_base, float(1 / rate), tuple(captions), style or CaptionStyle(), moving, overlay)
    with usual_scheduling(), av.open(str(path), "w", format=container) as file:
        other = _add_video(file, "libx264", rate, other_video, "yuv420p", {}) if other_video else None
        stream = _add_video(file, codec, rate, _stored_size(size, rotation, sar), pix_fmt, dict(options or {}))
        stream.codec_context.time_base = time_base
        _mark(stream, sar, full_range, rotation)
        sound = file.add_stream(_sound_codec(path), rate=48000) if audio else None
        picture_stream = _add_cover(file) if cover else None
        if other is not None:
            _encode_all(file, other, (_plain(other_video, n) for n in range(5)), range(5), 1 / rate)
        if picture_stream is not None:
            _write_cover(file, picture_stream)
        offset = round(Fraction(start_offset) / time_base)
        stored = (
            _to_stored(clip.picture(n), rotation, sar, pix_fmt, full_range=bool(full_range)) for n in range(len(pts))
        )
        _encode_all(file, stream, stored, [p + offset for p in pts], time_base)
        if sound is not None:
            _write_tone(file, sound, clip.frame_seconds[-1] + clip.frame_duration)
    return clip


def write_audio(path: Path | str, *, duration: float = 1.0, cover: bool = False) -> Path:
    """Write a file that has sound and no video (``cover=True``: and an attached picture; .mp4 only)."""
    path = Path(path)
    with av.open(str(path), "w") as file:
        sound = file.add_stream("aac", rate=48000)
        picture_stream = _add_cover(file) if cover else None
        if picture_stream is not None:
            _write_cover(file, picture_stream)
        _write_tone(file, sound, duration)
    return path


def _shown(seconds: float, start: float, end: float) -> bool:
    # A hair is added before rounding down, so that 0.29 * 1000 counts as 290.
    return round(start * 1000) <= math.floor(seconds * 1000 + 1e-6) < round(end * 1000)


def _dejavu() -> str | None:
    spec = importlib.util.find_spec("matplotlib")
    bundled = Path(spec.origin).parent / "mpl-data/fonts/ttf/DejaVuSans-Bold.ttf" if spec and spec.origin else None
    system = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf")
    return next((str(p) for p in (system, bundled) if p is not None and p.is_file()), None)


def _background(size: tuple[int, int], number: int) -> RgbImage:
    """Return a coloured texture that drifts by two pixels per frame."""
    width, height = size
    x = (np.arange(width) + 2 * number)[None, :]
    y = np.arange(height)[:, None]
    waves = np.sin(x / 23.0) + np.cos(y / 17.0) + np.sin((x + 2 * y) / 41.0)
    red = 110 + 25 * waves
    green = 100 + 20 * np.sin(x / 31.0 + 1) + 20 * np.cos(y / 29.0)
    blue = 90 + 30 * np.cos((x - y) / 37.0)
    checks = (((x // 16) + (y // 16)) % 2) * 12
    return np.stack([red + checks, green + checks, blue + checks], axis=-1).clip(0, 255).astype(np.uint8)


def _plain(size: tuple[int, int], number: int) -> av.VideoFrame:
    picture = np.full((size[1], size[0], 3), 40 * number, np.uint8)
    return av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")


def _is_matroska(path: Path, container: str | None) -> bool:
    return container in {"matroska", "webm"} or (container is None and path.suffix in {".mkv", ".webm"})


def _time_stamps(
    rate: Fraction, duration: float, times: Sequence[float] | None, matroska: bool
) -> tuple[Fraction, tuple[int, ...]]:
    if times is None:
        return 1 / rate, tuple(range(max(1, round(duration * rate))))
    time_base = Fraction(1, 1000) if matroska else Fraction(1, 90000)
    return time_base, tuple(round(Fraction(t) / time_base) for t in times)


def _stored_size(size: tuple[int, int], rotation: int, sar: Fraction | None) -> tuple[int, int]:
    width, height = size if rotation % 180 == 0 else size[::-1]
    if sar is not None and sar > 1:
        width = round(width / sar / 2) * 2
    elif sar is not None:
        height = round(height * sar / 2) * 2
    return width, height


def _to_stored(
    picture: RgbImage, rotation: int, sar: Fraction | None, pix_fmt: str, *, full_range: bool
) -> av.VideoFrame:
    """Turn a displayed picture back into what the file holds."""
    turned = np.ascontiguousarray(np.rot90(picture, k=rotation // 90))
    width, height = _stored_size((picture.shape[1], picture.shape[0]), rotation, sar)
    frame = av.VideoFrame.from_ndarray(turned, format="rgb24")
    return frame.reformat(
        width=width,
        height=height,
        format=pix_fmt,
        dst_color_range="JPEG" if full_range else "MPEG",
        interpolation="AREA",
    )


@contextmanager
def usual_scheduling() -> Iterator[None]:
    """Undo what an encoder does to this process: the one of AV1 makes root's processes, and all that they start later,
    run before everything else on the machine, which starves browsers and servers."""
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


def _add_video(file, codec, rate, size, pix_fmt, options):
    stream = file.add_stream(codec, rate=rate, options=_encoder_options(codec, options))
    stream.width, stream.height = size
    stream.pix_fmt = pix_fmt
    stream.codec_context.thread_count = 1
    return stream


def _encoder_options(codec: str, options: dict[str, str]) -> dict[str, str]:
    quick = {
        "libx264": {"preset": "veryfast", "crf": "14"},
        "libx265": {"preset": "ultrafast", "crf": "16", "x265-params": "log-level=none:pools=none"},
        "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "16", "b": "0"},
        "libsvtav1": {"preset": "12", "crf": "20", "svtav1-params": "lp=1"},
        "mpeg4": {"q": "2", "b": "4000000"},
        "mpeg2video": {"b": "6000000"},
    }
    return {**quick.get(codec, {}), **options}


def _mark(stream, sar: Fraction | None, full_range: bool | None, rotation: int) -> None:
    if sar is not None:
        stream.codec_context.sample_aspect_ratio = sar
    if full_range is not None:
        stream.codec_context.color_range = 2 if full_range else 1
    if rotation:
        # The display matrix counts counter-clockwise.
        stream.set_display_rotation(-rotation)


def _encode_all(file, stream, frames, pts, time_base: Fraction) -> None:
    for frame, stamp in zip(frames, pts, strict=True):
        frame.pts, frame.time_base = stamp, time_base
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def _sound_codec(path: Path) -> str:
    return {".avi": "mp2", ".mpg": "mp2", ".ts": "mp2", ".webm": "libopus"}.get(path.suffix, "aac")


def _add_cover(file):
    stream = file.add_stream("mjpeg", rate=1)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
    stream.disposition = Disposition.attached_pic
    return stream


def _write_cover(file, stream) -> None:
    picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 200, np.uint8), format="rgb24")
    _encode_all(file, stream, [picture.reformat(format="yuvj420p")], [0], Fraction(1))


def _write_tone(file, stream, seconds: float) -> None:
    rate, step = 48000, 1152
    for start in range(0, max(step, int(seconds * rate)), step):
        wave = 0.05 * np.sin(2 * np.pi * 440 * np.arange(start, start + step) / rate)
        frame = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))
