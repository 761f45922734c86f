"""Long videos with captions of usual density, made once and kept outside the repository.

Footage is shown with rendered captions, about twenty a minute, and encoded once as long as the footage lasts; shorter
videos are its beginning, longer ones repeat it (the packets are copied, so this takes seconds). The truth lies beside
each video.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from clips import REPOSITORY

FOOTAGE = REPOSITORY.parent / "shared" / "data" / "footage"
"""Where footage without captions is looked for."""
CACHE = Path(tempfile.gettempdir()) / "caption-boundaries-long-videos"
"""Where the videos are kept."""
VERSION = 2
"""Part of the names: another maker makes other files."""
USED_SECONDS = 480
"""How much of the footage is used: what comes after are its credits, which no film has every ten minutes."""
SLOT_SECONDS = 3.0
"""There is one caption in each slot: twenty a minute."""
WORDS = """
the river was quiet that morning when nobody came and we stayed until late in autumn because
somebody had told us never to open another door before sunrise or after dark although it did not
matter much to anyone who knew how far a small boat can travel without wind between two islands
where old maps show nothing but water
""".split()  # noqa: SIM905


@dataclass(frozen=True)
class Line:
    """A caption: pictures ``first`` to ``last``, both inclusive."""

    first: int
    last: int
    text: str


def long_video(seconds: float, cache: Path = CACHE) -> Path | None:
    """Return a video of about ``seconds`` in 720p with its truth beside it; None where there is no footage."""
    footage = next(iter(sorted(FOOTAGE.glob("*.mp4"))), None)
    if footage is None:
        return None
    cache.mkdir(parents=True, exist_ok=True)
    master = cache / f"captioned_{VERSION}.mp4"
    if not master.is_file():
        _make(master, lambda path: _encode(footage, path))
    made = cache / f"long_{VERSION}_{round(seconds)}s.mp4"
    if not made.is_file():
        _make(made, lambda path: _copy(master, path, seconds))
    return made


def tiny_video(seconds: float, cache: Path = CACHE, *, rate: int = 5) -> Path:
    """Return a very long video that is cheap to make: 320 by 180 pixels, few pictures, nothing moves but captions."""
    cache.mkdir(parents=True, exist_ok=True)
    made = cache / f"tiny_{VERSION}_{round(seconds)}s.mp4"
    if not made.is_file():
        _make(made, lambda path: _encode_tiny(path, round(seconds * rate), rate))
    return made


def _make(path: Path, build: object) -> None:
    """Build a video and its truth under another name, so that only whole ones are ever found."""
    building = path.with_name(f"building_{path.name}")
    lines, fps = build(building)  # type: ignore[operator]
    truth = {
        "fps": float(fps),
        "captions": [{"first_frame": line.first, "last_frame": line.last, "text": line.text} for line in lines],
    }
    path.with_suffix(".json").write_text(json.dumps(truth, indent=0), encoding="utf-8")
    building.rename(path)


def captions(pictures: int, fps: float, seed: int = 0) -> list[Line]:
    """Return captions of one to three seconds, one in each slot, some right after one another, some with two lines."""
    chance = random.Random(seed)
    slot, lines = round(SLOT_SECONDS * fps), list[Line]()
    for begin in range(0, pictures - slot, slot):
        first = begin + (0 if chance.random() < 0.3 and begin else round(chance.uniform(0.1, 0.9) * fps))
        last = begin + slot - 1 - (0 if chance.random() < 0.3 else round(chance.uniform(0.1, 0.9) * fps))
        words = [chance.choice(WORDS) for _ in range(chance.randint(3, 7))]
        text = " ".join(words).capitalize()
        if chance.random() < 0.2:
            text += "\n" + " ".join(chance.choice(WORDS) for _ in range(chance.randint(2, 5)))
        lines.append(Line(first, last, text))
    return lines


def _encode(footage: Path, path: Path) -> tuple[list[Line], Fraction]:
    with av.open(str(footage)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        fps, width, height = stream.average_rate, stream.width, stream.height
        assert fps is not None
        pictures = min(stream.frames, round(USED_SECONDS * fps))
        lines = captions(pictures, float(fps))
        out = target.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": "22", "g": "240"})
        out.width, out.height, out.pix_fmt = width, height, "yuv420p"
        strips = _Strips(lines, width, height)
        for number, frame in enumerate(islice(source.decode(stream), pictures)):
            # A copy: later pictures are decoded from what the decoder holds of this one.
            picture = av.VideoFrame.from_ndarray(frame.to_ndarray(format="yuv420p"), format="yuv420p")
            strips.draw(picture, number)
            picture.pts, picture.time_base = number, 1 / Fraction(fps)
            picture.pict_type = av.video.frame.PictureType.NONE
            target.mux(out.encode(picture))
        target.mux(out.encode())
    return lines, fps


def _encode_tiny(path: Path, pictures: int, rate: int) -> tuple[list[Line], Fraction]:
    width, height = 320, 180
    lines = [Line(line.first, line.last, line.text[:24]) for line in captions(pictures, rate)]
    background = np.tile(np.linspace(40, 90, width, dtype=np.uint8), (height * 3 // 2, 1))
    background[height:] = 128
    strips = _Strips(lines, width, height, font_size=15)
    with av.open(str(path), "w") as target:
        out = target.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "20", "g": "250"})
        out.width, out.height, out.pix_fmt = width, height, "yuv420p"
        for number in range(pictures):
            frame = av.VideoFrame.from_ndarray(background, format="yuv420p")
            strips.draw(frame, number)
            frame.pts, frame.time_base = number, Fraction(1, rate)
            target.mux(out.encode(frame))
        target.mux(out.encode())
    return lines, Fraction(rate)


class _Strips:
    """Draws captions into the luma of pictures, and takes the colour away under them."""

    def __init__(self, lines: list[Line], width: int, height: int, font_size: int | None = None) -> None:
        self._lines = iter(lines)
        self._line: Line | None = next(self._lines, None)
        self._width, self._height = width, height
        self._font = ImageFont.load_default(size=font_size or round(height * 0.05))
        self._drawn: tuple[int, NDArray[np.float32], NDArray[np.float32]] | None = None

    def draw(self, frame: av.VideoFrame, number: int) -> None:
        """Draw what is shown at the picture ``number``; numbers must not fall."""
        while self._line is not None and number > self._line.last:
            self._line, self._drawn = next(self._lines, None), None
        if self._line is None or number < self._line.first:
            return
        if self._drawn is None:
            self._drawn = self._render(self._line.text)
        top, ink, cover = self._drawn
        for plane, shift in zip(frame.planes, (0, 1, 1), strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
            part = rows[top >> shift : (top >> shift) + (len(ink) >> shift), : self._width >> shift]
            if shift:
                covered, colour = cover[::2, ::2], np.float32(128)
                part[:] = part * (1 - covered) + colour * covered
            else:
                part[:] = part * (1 - cover) + ink * cover

    def _render(self, text: str) -> tuple[int, NDArray[np.float32], NDArray[np.float32]]:
        strip = round(self._height * 0.16) & ~1
        top = (self._height - strip - round(self._height * 0.04)) & ~1
        place, edge = (self._width / 2, strip / 2), max(1, round(self._height / 360))
        layers = []
        for rim in (0, 255):
            image = Image.new("L", (self._width, strip), 0)
            ImageDraw.Draw(image).multiline_text(
                place, text, font=self._font, fill=255, stroke_width=edge, stroke_fill=rim, anchor="mm", align="center"
            )
            layers.append(np.asarray(image, dtype=np.float32))
        return top, 16 + layers[0] * (219 / 255), layers[1] / 255


def _copy(master: Path, path: Path, seconds: float) -> tuple[list[Line], Fraction]:
    """Copy the packets of ``master`` until there are ``seconds``, again and again from its beginning."""
    truth = json.loads(master.with_suffix(".json").read_text(encoding="utf-8"))
    fps, pictures = Fraction(truth["fps"]).limit_denominator(1001), 0
    with av.open(str(path), "w") as target:
        out = None
        while pictures < seconds * fps - 1:
            with av.open(str(master)) as source:
                stream = source.streams.video[0]
                out = out or target.add_stream_from_template(stream)
                assert stream.time_base is not None
                per_picture = 1 / (fps * stream.time_base)
                shift, wanted = round(pictures * per_picture), round(seconds * fps) - pictures
                for packet in _beginning(source, stream, round(wanted * per_picture)):
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = out
                    target.mux(packet)
                    pictures += 1
    return list(_repeated(truth["captions"], _count(master), pictures)), fps


def _beginning(source: object, stream: object, until: int) -> Iterator[object]:
    """Yield the packets up to the first key frame that is not shown before ``until``."""
    for packet in source.demux(stream):  # type: ignore[attr-defined]
        if packet.pts is None or (packet.is_keyframe and packet.pts >= until):
            return
        yield packet


def _count(video: Path) -> int:
    with av.open(str(video)) as source:
        return source.streams.video[0].frames


def _repeated(lines: list[dict[str, object]], period: int, pictures: int) -> Iterator[Line]:
    for begin in range(0, pictures, period):
        for line in lines:
            first, last = begin + int(line["first_frame"]), begin + int(line["last_frame"])  # type: ignore[call-overload]
            if first < pictures:
                yield Line(first, min(last, pictures - 1), str(line["text"]))
