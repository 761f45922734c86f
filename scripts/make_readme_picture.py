"""Makes the picture of the README out of the databases of a demo run.

    make demo
    python scripts/make_readme_picture.py demo/data

It shows a frame with the caption region that was found, the subtitles that came out, the crops around one change of
captions, and the text strokes of the source pictures there, by which the change is timed. Needs the ``test`` extra
(Pillow).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.layout import LayoutReader, regions_from_json
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.export.cues import Cue, cues_of
from caption_boundaries.export.formats import FORMATS
from caption_boundaries.types import Box, FrameRange, index_of_time

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "images" / "result.png"
WIDTH, MARGIN, GAP = 1280, 24, 20
LEFT = 760
"""Width of the left column."""
ROWS = 3
"""Pictures shown on each side of the change."""
LABEL_WIDTH = 84
PAPER, INK, FAINT, ACCENT, SCREEN = "#ffffff", "#1b1f24", "#6e7781", "#e8590c", "#0d1117"


@dataclass(frozen=True)
class Strip:
    """Pictures one below the other with the moment of each, and the change between two of them."""

    title: str
    pictures: Sequence[tuple[float, Image.Image]]
    """Seconds and picture."""
    change: float
    """Seconds."""


def main() -> None:
    """Make the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="data root of the demo, or a video folder in it")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    folder = next(iter(sorted(arguments.data.rglob("video.db")))).parent
    with VideoDatabase(folder, readonly=True, requires={"video", "layout", "cropping", "captions"}) as connection:
        metadata = VideoDbReader(connection).metadata()
        assert metadata is not None
        cues = cues_of(CaptionReader(connection).captions(), metadata.index_framerate_hz)
        change = next((two for one, two in pairwise(cues) if two.start - one.end < 0.02), cues[0])
        config = LayoutReader(connection).config()
        assert config is not None
        frame = frame_with_caption(VideoDbReader(connection), cues, metadata.index_framerate_hz)
        picture = compose(
            with_regions(frame, [region.box for region in regions_from_json(config.regions)]),
            cues,
            crops_around(CropReader(connection), change, metadata.index_framerate_hz),
            strokes_around(CropReader(connection), change),
        )
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(256, method=Image.Quantize.MEDIANCUT).save(arguments.output, optimize=True)
    print(f"{arguments.output} ({arguments.output.stat().st_size // 1000} kB)")


# What is shown --------------------------------------------------------------------------------------------------------


def frame_with_caption(reader: VideoDbReader, cues: Sequence[Cue], rate_hz: float) -> Image.Image:
    """Return the stored full frame that shows the longest text."""

    def text_at(frame_index: int) -> str:
        return next((cue.text for cue in cues if cue.start <= frame_index / rate_hz < cue.end), "")

    best = max(reader.frame_indices(), key=lambda frame_index: len(text_at(frame_index)))
    stored = reader.frame(best)
    assert stored is not None
    return Image.open(BytesIO(stored.image_data)).convert("RGB")


def with_regions(frame: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    """Return the frame with the caption regions outlined."""
    pen = ImageDraw.Draw(frame)
    for box in boxes:
        pixels = box.to_pixels(frame.width, frame.height)
        pen.rectangle((pixels.left, pixels.top, pixels.right - 1, pixels.bottom - 1), outline=ACCENT, width=4)
        name, place = " caption region found ", (pixels.left, pixels.top - 40)
        left, _, right, _ = pen.textbbox(place, name, font=font(28))
        pen.rectangle((left, place[1], right, pixels.top), fill=ACCENT)
        pen.text(place, name, fill=PAPER, font=font(28))
    return frame


def crops_around(reader: CropReader, change: Cue, rate_hz: float) -> Strip:
    """Return the crops at the frame indices around the change."""
    after = index_of_time(change.start + 1 / rate_hz - 0.001, rate_hz)
    indices = FrameRange(max(0, after - ROWS), after + ROWS - 1)
    crops = [
        (crop.frame_index / rate_hz, Image.open(BytesIO(crop.image_data)).convert("RGB"))
        for crop in reader.frames(indices)
    ]
    return Strip(f"crops, {rate_hz:g} per second", crops, change.start)


def strokes_around(reader: CropReader, change: Cue) -> Strip:
    """Return the text strokes of the source pictures around the change."""
    near = []
    for chunk in reader.signal_chunks():
        for seconds, mask in zip(chunk.seconds.tolist(), chunk.masks, strict=True):
            near.append((abs(seconds - change.start + 0.001), seconds, mask))
        near = sorted(near, key=lambda entry: entry[0])[: 2 * ROWS]
    strokes = sorted(
        ((seconds, Image.fromarray(~mask).convert("RGB")) for _, seconds, mask in near), key=lambda e: e[0]
    )
    return Strip("text strokes, every source picture", strokes, change.start)


# How it is drawn ------------------------------------------------------------------------------------------------------


def compose(frame: Image.Image, cues: Sequence[Cue], crops: Strip, strokes: Strip) -> Image.Image:
    """Return everything on one sheet."""
    frame = frame.resize((LEFT, LEFT * frame.height // frame.width), Image.Resampling.LANCZOS)
    strip_width = (WIDTH - 2 * MARGIN - GAP) // 2
    strips = [draw_strip(strip, strip_width) for strip in (crops, strokes)]
    height = 2 * MARGIN + frame.height + GAP + max(strip.height for strip in strips)
    sheet = Image.new("RGB", (WIDTH, height), PAPER)
    sheet.paste(frame, (MARGIN, MARGIN))
    right = MARGIN + LEFT + GAP
    sheet.paste(draw_subtitles(cues, WIDTH - MARGIN - right, frame.height), (right, MARGIN))
    for column, strip in enumerate(strips):
        sheet.paste(strip, (MARGIN + column * (strip_width + GAP), MARGIN + frame.height + GAP))
    return sheet


def draw_subtitles(cues: Sequence[Cue], width: int, height: int) -> Image.Image:
    """Return the beginning of the subtitle file as a screen shows it."""
    screen = Image.new("RGB", (width, height), SCREEN)
    pen = ImageDraw.Draw(screen)
    y = 16
    for block in FORMATS["srt"].write(cues).split("\n\n"):
        lines = block.splitlines()
        if y + 24 * len(lines) > height:
            break
        for line in lines:
            pen.text((18, y), line, fill="#ffa657" if "-->" in line else "#e6edf3", font=font(19))
            y += 24
        y += 14
    return screen


def draw_strip(strip: Strip, width: int) -> Image.Image:
    """Return the pictures one below the other, a line where the change lies."""
    inner = width - LABEL_WIDTH
    scaled = [
        (seconds, image.resize((inner, max(1, inner * image.height // image.width)), Image.Resampling.LANCZOS))
        for seconds, image in strip.pictures
    ]
    pitch, top = scaled[0][1].height + 8, 34
    sheet = Image.new("RGB", (width, top + pitch * len(scaled)), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((0, 2), strip.title, fill=INK, font=font(18))
    for row, (seconds, image) in enumerate(scaled):
        y = top + row * pitch
        sheet.paste(image, (LABEL_WIDTH, y))
        pen.rectangle((LABEL_WIDTH, y, width - 1, y + image.height - 1), outline="#d0d7de")
        pen.text((0, y + image.height // 2), f"{seconds:.3f} s", fill=FAINT, font=font(16), anchor="lm")
        if row and scaled[row - 1][0] < strip.change - 0.001 <= seconds:
            pen.rectangle((0, y - 6, width - 1, y - 3), fill=ACCENT)
    return sheet


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that comes with Pillow."""
    return ImageFont.load_default(size)


if __name__ == "__main__":
    main()
