"""Adds crops, stroke masks and captions to a made-up video, all of them known.

    folder = make_caption_video(root)                   # 20 s, captions and gaps as in `SCRIPT`
    captions_of(folder)                                 # the rows as they are stored

Every crop shows its own index as black and white squares, which `read_index` reads back.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from caption_boundaries.database.captions import BoundaryRun, Caption, CaptionReader, CaptionWriter
from caption_boundaries.database.cropping import CroppedFrame, CropReader, CropRun, CropWriter, SignalChunk
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.types import BOUNDARY_CLASSES, FrameTime, PixelBox
from support.films import Film
from support.web_data import INDEX_BITS, INDEX_CELL, WORDS, draw_index, make_video

SOURCE_FPS = 25.0
RATE_HZ = 10.0
SCRIPT = (
    (10, 29, "good morning"),
    (30, 49, "river and garden"),
    (60, 89, "winter signal"),
    (110, 139, "silver window"),
    (150, 153, "story"),
)
"""First and last index and text of the captions; what lies between is a gap."""
CROP_WIDTH, CROP_HEIGHT = 320, 72
Script = Sequence[tuple[int, int, str]]


def make_caption_video(
    root: Path,
    *,
    script: Script = SCRIPT,
    seconds: float = 20.0,
    name: str = "Made up.mp4",
    masks: bool = True,
    engine: str = "null",
) -> Path:
    """Make a folder that has been through every step; the captions are predictions."""
    folder = make_video(root, frames=4, name=name, step=50)
    count = int(seconds * RATE_HZ)
    film = Film(int(seconds * SOURCE_FPS), fps=SOURCE_FPS)
    for first, last, text in script:
        film.show(text, _source(first), _source(last + 1))
    _crop(folder, film, count, masks=masks)
    add_captions(folder, script, count, engine=engine)
    return folder


def made_script(captions: int, seed: int = 0) -> tuple[list[tuple[int, int, str]], int]:
    """Return many captions with gaps between them, and the number of indices that they need."""
    rng = random.Random(seed)
    script, index = [], 5
    for _ in range(captions):
        length = rng.randint(6, 30)
        script.append((index, index + length - 1, " ".join(rng.sample(WORDS, 3))))
        index += length + rng.choice([0, 3, 12])
    return script, index + 5


def add_captions(folder: Path, script: Script, count: int, *, engine: str = "null") -> None:
    """Put captions and gaps into `captions.db`, as a run would have found them."""
    with VideoDatabase(folder, readonly=True, attach={"cropping"}) as connection:
        crop_hash = CropReader(connection).crop_hash()
    with VideoDatabase(folder, writes={"captions"}, attach={"captions"}) as connection:
        CaptionWriter(connection).replace_predictions(rows_of(script, count), _run(script, count, crop_hash, engine))


def rows_of(script: Script, count: int) -> list[Caption]:
    """Return the rows of a script: captions, and gaps for the rest."""
    rows: list[Caption] = []
    free = 0
    for number, (first, last, text) in enumerate(script):
        if first > free:
            rows.append(Caption(free, first - 1, boundary_state="gap"))
        rows.append(
            Caption(
                first,
                last,
                text=text,
                text_ocr_combined=text,
                median_ocr_status="complete",
                start_seconds=_source(first) / SOURCE_FPS,
                end_seconds=_source(last + 1) / SOURCE_FPS,
                boundary_confidence=round(0.99 - 0.05 * (number % 7), 2),
                text_confidence=round(0.98 - 0.06 * (number % 5), 2),
                text_read_from=f"{first}-{last}",
            )
        )
        free = last + 1
    return [*rows, Caption(free, count - 1, boundary_state="gap")] if free < count else rows


def captions_of(folder: Path) -> list[Caption]:
    """Return the rows as they are stored."""
    with VideoDatabase(folder, readonly=True, attach={"captions"}) as connection:
        return CaptionReader(connection).captions()


def crop_index(jpeg: bytes) -> int:
    """Read the index out of a crop."""
    pixels = simplejpeg.decode_jpeg(jpeg, "GRAY")[:, :, 0]
    middle = INDEX_CELL // 2
    return sum(int(pixels[middle, bit * INDEX_CELL + middle] > 127) << bit for bit in range(INDEX_BITS))


def _source(index: int) -> int:
    """Return a source frame that is first shown in the tenth of a second before an index."""
    return int(np.ceil(index / RATE_HZ * SOURCE_FPS - 1)) if index else 0


def _crop(folder: Path, film: Film, count: int, *, masks: bool) -> None:
    with VideoDatabase(folder, readonly=True, attach={"layout"}) as connection:
        layout = LayoutReader(connection).config()
    assert layout is not None
    run = CropRun(
        "0" * 64, layout.crop_bounds_version, layout.regions or "[]", json.dumps({"jpeg_quality": 90}), count, 0, "", ""
    )
    chunk = 50
    with VideoDatabase(folder, writes={"cropping"}, attach={"cropping"}) as connection:
        writer = CropWriter(connection)
        writer.add_frames(
            (_crop_frame(film, index) for index in range(count)), PixelBox(0, 0, CROP_WIDTH, CROP_HEIGHT), 1
        )
        if masks:
            found, seconds = film.masks(), film.seconds
            for first in range(0, film.frames, chunk):
                part = slice(first, first + chunk)
                writer.add_signal_chunk(SignalChunk(first, seconds[part], found[part]))
        writer.save_run(run)


def _crop_frame(film: Film, index: int) -> CroppedFrame:
    shown = min(film.frames - 1, int(np.floor(index / RATE_HZ * SOURCE_FPS + 1e-6)))
    image = Image.fromarray(film.rgb(shown))
    draw_index(image, index)
    jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(np.asarray(image)), 90, "RGB", "444")
    return CroppedFrame(index, jpeg, CROP_WIDTH, CROP_HEIGHT, FrameTime(shown, Fraction(1, int(SOURCE_FPS))))


def _run(script: Script, count: int, crop_hash: str, engine: str) -> BoundaryRun:
    shows = np.zeros(count, dtype=np.int64)
    for number, (first, last, _) in enumerate(script, start=1):
        shows[first : last + 1] = number
    probabilities = np.full((max(0, count - 1), len(BOUNDARY_CLASSES)), 0.02, dtype=np.float16)
    for pair, (a, b) in enumerate(zip(shows[:-1].tolist(), shows[1:].tolist(), strict=True)):
        name = "same" if a == b and a else "empty_empty" if a == b else "different" if a and b else ""
        name = name or ("empty_valid" if b else "valid_empty")
        probabilities[pair, BOUNDARY_CLASSES.index(name)] = 0.92
    settings = json.dumps({"engine": engine})
    return BoundaryRun(
        "made-up", "1", settings, crop_hash, 0, probabilities, BOUNDARY_CLASSES, "2026-01-01T00:00:00+00:00"
    )
