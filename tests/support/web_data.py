"""Makes video folders for the tests of the pages: no video file, but frames, boxes and captions that are known."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.full_ocr import OcrRun, OcrWriter
from caption_boundaries.database.layout import LayoutConfig, LayoutWriter, regions_to_json
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter, VideoMetadata
from caption_boundaries.types import Box, FrameTime, Region, TextLine

WORDS = (
    *("river", "silver", "window", "garden", "letter", "morning", "shadow", "mountain", "captain", "story"),
    *("winter", "signal", "harbour", "forest"),
)
SIGNS = ("EXIT", "CAFE", "No. 12", "TAXI", "OPEN 24h", "Platform 9")
CAPTION_TOP, LINE_HEIGHT = 0.86, 0.055
LOGO = Box(0.84, 0.05, 0.95, 0.10)


@dataclass(frozen=True)
class Line:
    """A line of text in a made-up frame, and whether it is part of a caption."""

    line: TextLine
    caption: bool


def made_lines(frame: int, seed: int = 0) -> list[Line]:
    """Return the text of one made-up frame: a logo always, a caption mostly, a sign now and then."""
    rng = random.Random(f"{seed}-{frame}")
    found = [Line(TextLine(LOGO, "NEWS 7", 0.97), caption=False)]
    if rng.random() < 0.3:
        left, top = rng.uniform(0.05, 0.6), rng.uniform(0.2, 0.7)
        text = rng.choice(SIGNS)
        found.append(Line(TextLine(Box(left, top, left + 0.02 * len(text), top + 0.06), text, 0.9), caption=False))
    if rng.random() < 0.8:
        count = 2 if rng.random() < 0.3 else 1
        for row in range(count):
            text = " ".join(rng.sample(WORDS, rng.randint(2, 5)))
            width = 0.0135 * len(text)
            top = CAPTION_TOP - (count - 1 - row) * LINE_HEIGHT * 1.15
            box = Box(0.5 - width / 2, top, 0.5 + width / 2, top + LINE_HEIGHT)
            found.append(Line(TextLine(box, text, rng.uniform(0.85, 0.99)), caption=True))
    return sorted(found, key=lambda item: (round(item.line.box.top, 2), item.line.box.left))


def picture_of(frame_index: int, lines: list[Line], width: int, height: int) -> bytes:
    """Draw a made-up frame; `read_index` reads the index back out of it."""
    hue = (frame_index * 37) % 90
    image = Image.new("RGB", (width, height), (40 + hue // 3, 60 + hue // 2, 90 + hue // 4))
    draw = ImageDraw.Draw(image)
    draw.ellipse((width * 0.1, height * 0.3, width * 0.4, height * 0.9), fill=(70 + hue, 90, 80))
    draw.rectangle((width * 0.6, height * 0.25, width * 0.9, height * 0.75), fill=(60, 70 + hue, 95))
    for item in lines:
        _draw_line(draw, item.line, width, height)
    draw_index(image, frame_index)
    encoded: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(np.asarray(image)), 88, "RGB", "444")
    return encoded


def _draw_line(draw: ImageDraw.ImageDraw, line: TextLine, width: int, height: int) -> None:
    box = line.box.to_pixels(width, height)
    font = ImageFont.load_default(size=box.height * 0.8)
    text_width = draw.textlength(line.text, font=font)
    left = box.left + (box.width - text_width) / 2
    draw.text((left, box.top), line.text, font=font, fill="white", stroke_width=2, stroke_fill="black")


INDEX_BITS, INDEX_CELL = 20, 8
"""The index of a frame is drawn into its upper left corner: black and white squares, the lowest bit first."""


def draw_index(image: Image.Image, frame_index: int) -> None:
    """Draw the index as squares that survive JPEG."""
    draw = ImageDraw.Draw(image)
    for bit in range(INDEX_BITS):
        color = "white" if frame_index >> bit & 1 else "black"
        draw.rectangle((bit * INDEX_CELL, 0, (bit + 1) * INDEX_CELL - 1, INDEX_CELL - 1), fill=color)


def read_index(pixels: np.ndarray) -> int:
    """Read the index out of a picture of original size, shape (height, width, 3)."""
    middle = INDEX_CELL // 2
    return sum(int(pixels[middle, bit * INDEX_CELL + middle].mean() > 127) << bit for bit in range(INDEX_BITS))


def make_video(
    root: Path,
    *,
    frames: int = 12,
    name: str = "Made up.mp4",
    seed: int = 0,
    size: tuple[int, int] = (640, 360),
    step: int = 100,
    layout: bool = True,
    video_id: str | None = None,
) -> Path:
    """Make a folder with full frames, text boxes and, if wanted, a first layout; returns it."""
    video_id = video_id or str(uuid.UUID(int=random.Random(f"{name}{seed}").getrandbits(128), version=4))
    folder = root / video_id[:2] / video_id
    folder.mkdir(parents=True)
    create_databases(folder)
    width, height = size
    indices = [number * step for number in range(frames)]
    lines = {index: made_lines(index, seed) for index in indices}
    with VideoDatabase(folder, writes={"video"}, attach={"video"}) as connection:
        writer = VideoDbWriter(connection)
        writer.save_metadata(_metadata(video_id, name, frames * step / 10, width, height))
        writer.add_frames(
            StoredFrame(
                index,
                picture_of(index, lines[index], width, height),
                width,
                height,
                FrameTime(index, Fraction(1, 10)),
            )
            for index in indices
        )
    _read(folder, lines)
    if layout:
        _lay_out(folder, width, height)
    return folder


def _metadata(video_id: str, name: str, seconds: float, width: int, height: int) -> VideoMetadata:
    return VideoMetadata(
        video_id=video_id,
        video_hash="0" * 64,
        storage_path="video.mp4",
        original_filename=name,
        file_size_bytes=1,
        duration_seconds=seconds,
        width=width,
        height=height,
        fps=25.0,
        codec="h264",
        time_base="1/12800",
        start_pts=0,
        rotation=0,
        pixel_aspect_ratio="1",
    )


def _read(folder: Path, lines: dict[int, list[Line]]) -> None:
    with VideoDatabase(folder, readonly=True, attach={"video"}) as connection:
        frames_hash = VideoDbReader(connection).frames_hash()
    with VideoDatabase(folder, writes={"fullOCR"}, attach={"fullOCR"}) as connection:
        writer = OcrWriter(connection)
        for index, items in lines.items():
            writer.add_frame(index, [item.line for item in items], index / 10)
        writer.save_run(OcrRun("made-up", "1", "{}", frames_hash, len(lines), 0, "2026-01-01", "2026-01-01"))


def _lay_out(folder: Path, width: int, height: int) -> None:
    region = Region(Box(0.1, 0.77, 0.9, 0.95), LINE_HEIGHT, 2)
    crop = region.box.to_pixels(width, height)
    config = LayoutConfig(
        width,
        height,
        crop.left,
        crop.top,
        crop.right,
        crop.bottom,
        regions=regions_to_json([region]),
        has_captions=1,
        confidence=0.9,
        diagnostics=json.dumps({}),
        analysis_model_version="rules-1",
        anchor_type="center",
    )
    with VideoDatabase(folder, writes={"layout"}, attach={"layout"}) as connection:
        LayoutWriter(connection).save_config(config)
