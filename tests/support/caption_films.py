"""Makes video folders for the tests of the caption tool: crops that carry their index, captions, a detector's word."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.database.captions import BoundaryRun, Caption, CaptionWriter
from caption_boundaries.database.cropping import CroppedFrame, CropRun, CropWriter, SignalChunk
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.types import FrameTime, PixelBox
from support.web_data import draw_index, make_video

CROP = PixelBox(64, 277, 576, 342)
"""Where the made-up crops were cut: the region of `web_data`'s layout."""
FPS = 20
"""Source pictures a second, of which the made-up masks tell: two for every index."""
SETTINGS = json.dumps({"jpeg_quality": 90})
CLASSES = ("same", "different", "empty_empty", "empty_valid", "valid_empty")
Spoken = tuple[int, int, str]
"""First and last frame index, and the text."""

TALK: tuple[Spoken, ...] = (
    (20, 44, "Good morning"),
    (45, 69, "Where is the rabbit?"),
    (85, 109, "Over there."),
    (115, 139, "I cannot see it"),
    (140, 141, "Oh!"),
    (150, 179, "It ran into the forest"),
    (190, 229, "Then we follow the river"),
    (240, 269, "Good morning"),
)
"""Eight captions: two that follow each other at once, a very short one, and a text that comes twice."""


def make_captioned(
    root: Path,
    *,
    name: str = "Made up.mp4",
    talk: Sequence[Spoken] = TALK,
    count: int = 300,
    sure: float = 0.95,
    text_settled: bool = False,
) -> Path:
    """Make a folder with crops, stroke masks, captions, gaps and a run of a detector; returns it.

    Args:
        root: The data root.
        name: The video's name.
        talk: The captions.
        count: Frame indices of the video.
        sure: How sure the detector is of the captions' edges; every third is much less so.
        text_settled: True: a person has settled the texts.
    """
    folder = make_video(root, frames=-(-count // 100), name=name)
    _crop(folder, talk, count)
    _caption(folder, talk, count, sure, text_settled=text_settled)
    return folder


def crop_picture(index: int, text: str) -> bytes:
    """Draw the caption region at an index, with the text that is shown there."""
    image = Image.new("RGB", (CROP.width, CROP.height), (44, 60 + index % 40, 84))
    draw = ImageDraw.Draw(image)
    draw.rectangle((CROP.width * 0.7, 12, CROP.width * 0.9, CROP.height), fill=(70, 80, 60 + index % 60))
    font = ImageFont.load_default(size=26)
    left = (CROP.width - draw.textlength(text, font=font)) / 2
    draw.text((left, 22), text, font=font, fill="white", stroke_width=2, stroke_fill="black")
    draw_index(image, index)
    encoded: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(np.asarray(image)), 88, "RGB", "444")
    return encoded


def text_at(talk: Sequence[Spoken], index: int) -> str:
    """Return what is shown at an index."""
    return next((text for start, end, text in talk if start <= index <= end), "")


def _crop(folder: Path, talk: Sequence[Spoken], count: int) -> None:
    with VideoDatabase(folder, readonly=True, attach={"layout"}) as connection:
        regions = LayoutReader(connection).config()
    assert regions is not None
    with VideoDatabase(folder, writes={"cropping"}, attach={"cropping"}) as connection:
        writer = CropWriter(connection)
        frames = (
            CroppedFrame(i, crop_picture(i, text_at(talk, i)), CROP.width, CROP.height, FrameTime(i, Fraction(1, 10)))
            for i in range(count)
        )
        writer.add_frames(frames, CROP, 1)
        sources = count * FPS // 10
        for first in range(0, sources, 250):
            writer.add_signal_chunk(_masks(talk, first, min(sources, first + 250)))
        writer.save_run(CropRun("0" * 64, 1, regions.regions or "[]", SETTINGS, count, sources, "", ""))


def _masks(talk: Sequence[Spoken], first: int, stop: int) -> SignalChunk:
    """Return masks in which each text has strokes of its own."""
    seconds = np.arange(first, stop) / FPS
    masks = np.zeros((stop - first, 16, 64), dtype=np.bool_)
    for number, when in enumerate(seconds):
        text = text_at(talk, int(when * 10 + 1e-6))
        if text:
            masks[number] = np.random.default_rng(len(text)).random((16, 64)) < 0.2
    return SignalChunk(first, seconds, masks)


def _caption(folder: Path, talk: Sequence[Spoken], count: int, sure: float, *, text_settled: bool) -> None:
    with VideoDatabase(folder, readonly=True, attach={"cropping"}) as connection:
        crop_hash = CropWriter(connection).crop_hash()
    probabilities = _probabilities(talk, count)
    run = BoundaryRun("made-up", "1", "{}", crop_hash, 0, probabilities, CLASSES, "2026-01-01T00:00:00Z")
    rows = [*_captions(talk, sure), *_gaps(talk, count)]
    with VideoDatabase(folder, writes={"captions"}, attach={"captions"}) as connection:
        CaptionWriter(connection).replace_predictions(rows, run)
        if text_settled:
            connection.execute(
                "UPDATE captions.captions SET text_status = 'valid_caption' WHERE boundary_state <> 'gap'"
            )


def _captions(talk: Sequence[Spoken], sure: float) -> list[Caption]:
    return [
        Caption(
            start,
            end,
            text=text,
            text_ocr_combined=text,
            median_ocr_status="complete",
            boundary_confidence=sure if number % 3 else sure - 0.4,
            text_confidence=0.97,
            text_read_from=f"{start}-{end}",
        )
        for number, (start, end, text) in enumerate(talk)
    ]


def _gaps(talk: Sequence[Spoken], count: int) -> list[Caption]:
    edges = [(-1, -1), *((start, end) for start, end, _ in talk), (count, count)]
    return [
        Caption(end + 1, start - 1, boundary_state="gap")
        for (_, end), (start, _) in itertools.pairwise(edges)
        if end + 1 <= start - 1
    ]


def _probabilities(talk: Sequence[Spoken], count: int) -> NDArray[np.float16]:
    found = np.full((count - 1, len(CLASSES)), 0.005, dtype=np.float16)
    for pair in range(count - 1):
        before, after = text_at(talk, pair), text_at(talk, pair + 1)
        if before == after:
            name = "same" if before else "empty_empty"
        else:
            name = "different" if before and after else "empty_valid" if after else "valid_empty"
        found[pair, CLASSES.index(name)] = 0.98
    return found
