"""Makes the example clip: a part of Big Buck Bunny with captions burned into it.

    python examples/make_example.py --film big_buck_bunny_720p.mp4

The film is at https://www.bigbuckbunny.org (1280x720, 24 pictures per second). The captions and the frames on which
they stand are read from `big_buck_bunny_en.json`; the clip and the same captions as `big_buck_bunny_en.srt` are
written beside it. Needs the ``test`` extra (Pillow) and a font, by default Liberation Sans (Debian:
``fonts-liberation``).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.evaluation.truth import read_truth
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.formats import FORMATS

HERE = Path(__file__).resolve().parent
TRUTH = HERE / "big_buck_bunny_en.json"
FILM_STARTS_AT_SECONDS = 150
FPS = 24
FONT = "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"
FONT_SIZE = 44
OUTLINE = 3
BOTTOM_MARGIN = 46
"""Pixels between the last line and the lower edge."""
LINE_PITCH = 50
"""Pixels from line to line."""


def main() -> None:
    """Make the clip and its subtitles."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--film", type=Path, required=True, help="Big Buck Bunny, 1280x720 at 24 pictures per second")
    parser.add_argument("--font", default=FONT, help="TrueType font of the captions")
    arguments = parser.parse_args()
    truth = json.loads(TRUTH.read_text(encoding="utf-8"))
    font = ImageFont.truetype(arguments.font, FONT_SIZE)
    pictures = (
        burn(picture, text_at(truth["captions"], number), font)
        for number, picture in enumerate(film_pictures(arguments.film, truth["frames"]))
    )
    encode(pictures, HERE / truth["video"])
    cues = [Cue(caption.start, caption.end, caption.text) for caption in read_truth(TRUTH).captions]
    TRUTH.with_suffix(".srt").write_bytes(FORMATS["srt"].encode(cues))


def text_at(captions: list[dict[str, str | int]], frame: int) -> str:
    """Return what stands on the clip's picture ``frame``; empty for none."""
    return next((str(c["text"]) for c in captions if int(c["first_frame"]) <= frame <= int(c["last_frame"])), "")


def film_pictures(film: Path, count: int) -> Iterator[Image.Image]:
    """Yield ``count`` pictures of the film from where the clip begins."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        container.seek(int(FILM_STARTS_AT_SECONDS / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            if frame.time is not None and frame.time >= FILM_STARTS_AT_SECONDS - 0.5 / FPS:
                yield frame.to_image()
                count -= 1
            if count == 0:
                return


def burn(picture: Image.Image, text: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    """Return the picture with ``text`` at the bottom, white with a black outline."""
    pen = ImageDraw.Draw(picture)
    for from_below, line in enumerate(reversed(text.split("\n"))):
        place = (picture.width / 2, picture.height - BOTTOM_MARGIN - from_below * LINE_PITCH)
        pen.text(place, line, fill="white", font=font, anchor="ms", stroke_width=OUTLINE, stroke_fill="black")
    return picture


def encode(pictures: Iterator[Image.Image], path: Path) -> None:
    """Write the pictures as H.264, small but with sharp letters."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "25", "preset": "veryslow"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


if __name__ == "__main__":
    main()
