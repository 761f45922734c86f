"""What looks like a caption and is none: logos, clocks, tickers and name plates."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from caption_boundaries.data.fonts import Font
from caption_boundaries.data.pictures import Canvas, Sprite
from caption_boundaries.data.recipe import Overlay, Typeface
from caption_boundaries.data.rendering import overlay_boxes, render_overlay
from caption_boundaries.data.splits import Split
from caption_boundaries.data.texts import TextWriter
from caption_boundaries.data.vocabulary import NAMES
from caption_boundaries.types import Box, PixelBox, TextLine

LOGOS = ("TV 7", "CINE", "Kanal 4", "HD", "NEWS 24", "LIVE", "ARD1", "MAX", "MOVIE+", "dok.film")
DARK = ((20, 30, 90), (120, 15, 25), (15, 15, 15), (10, 80, 60))
"""Colours of bars and plates."""
WHITE = (255, 255, 255)
TICKER_CHARACTERS = 160


def draw_overlays(
    chance: random.Random,
    split: Split,
    fonts: Sequence[Font],
    width: int,
    height: int,
    frames: int,
    fps: float,
    share: float,
) -> tuple[Overlay, ...]:
    """Return what is drawn over the picture of one video; often nothing.

    Args:
        chance: Decides everything.
        split: Side of the texts.
        fonts: To choose from; they can write Latin letters.
        width: Pixels of the frame.
        height: Pixels of the frame.
        frames: Source frames of the video.
        fps: Source frames per second.
        share: How often there is anything.
    """
    if chance.random() >= share:
        return ()
    face = Typeface(chance.choice(list(fonts)), max(10, round(height * chance.uniform(0.03, 0.045))))
    writer = TextWriter("latin", split, chance, 30)
    found: list[Overlay] = []
    if chance.random() < 0.6:
        found.append(_logo(chance, face, width, height, frames))
    if chance.random() < 0.3:
        found.append(_clock(chance, face, width, height, frames))
    if chance.random() < 0.3:
        found.append(_ticker(chance, face, writer, height, frames))
    if chance.random() < 0.35:
        found += _plates(chance, face, writer, width, height, frames, fps)
    return tuple(found)


def text_at(overlay: Overlay, frame: int, fps: float) -> str:
    """Return what an overlay says on a frame."""
    if overlay.kind != "clock":
        return overlay.texts[0]
    seconds = int(overlay.texts[0]) + int(frame / fps)
    return f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def overlay_lines(overlays: Sequence[Overlay], frame: int, fps: float, size: tuple[int, int]) -> Iterator[TextLine]:
    """Yield the lines of overlays that stand still on a frame of a size (width, height), as an engine would read them.

    A ticker is left out: what part of it can be read is nobody's concern.
    """
    for overlay in overlays:
        if overlay.first <= frame <= overlay.last and not overlay.speed:
            for text, box in overlay_boxes(overlay, text_at(overlay, frame, fps)):
                left, right = max(0, box.left), min(size[0], box.right)
                yield TextLine(Box.from_pixels(PixelBox(left, box.top, right, box.bottom), *size), text, 1.0)


class OverlayLayers:
    """The overlays of one video as sprites, each kept while it says the same."""

    def __init__(self, overlays: Sequence[Overlay], size: tuple[int, int], fps: float) -> None:
        self._overlays = overlays
        self._size = size
        self._fps = fps
        self._kept: dict[int, tuple[str, Sprite]] = {}

    def lay(self, canvas: Canvas, frame: int) -> None:
        """Draw everything that is on a frame."""
        for number, overlay in enumerate(self._overlays):
            if overlay.first <= frame <= overlay.last:
                sprite = self._sprite(number, text_at(overlay, frame, self._fps))
                # A ticker is laid as often as it takes to fill the width, and wanders to the left.
                gone = (overlay.speed * (frame - overlay.first)) % sprite.width
                repeats = range(-gone, self._size[0], sprite.width) if overlay.speed else (0,)
                for shift in repeats:
                    sprite.lay(canvas, overlay.opacity, shift)

    def _sprite(self, number: int, text: str) -> Sprite:
        kept = self._kept.get(number)
        if kept is None or kept[0] != text:
            kept = text, render_overlay(self._overlays[number], text, self._size)
            self._kept[number] = kept
        return kept[1]


def _logo(chance: random.Random, face: Typeface, width: int, height: int, frames: int) -> Overlay:
    x, y = _corner(chance, face, width, height)
    box = chance.choice([None, None, *DARK])
    opacity = chance.uniform(0.5, 1.0)
    return Overlay("logo", (chance.choice(LOGOS),), face, x, y, 0, frames - 1, WHITE, box, opacity)


def _clock(chance: random.Random, face: Typeface, width: int, height: int, frames: int) -> Overlay:
    x, y = _corner(chance, face, width, height)
    box = chance.choice([None, *DARK])
    return Overlay("clock", (str(chance.randrange(86400)),), face, x, y, 0, frames - 1, WHITE, box)


def _ticker(chance: random.Random, face: Typeface, writer: TextWriter, height: int, frames: int) -> Overlay:
    text = ""
    while len(text) < TICKER_CHARACTERS:
        text += f"{writer.line()}  +++  "
    y = height - round(face.size * 1.7) - chance.randint(0, round(height * 0.015))
    return Overlay(
        "ticker", (text,), face, 0, y, 0, frames - 1, WHITE, chance.choice(DARK), speed=chance.choice([2, 4, 6])
    )


def _plates(
    chance: random.Random, face: Typeface, writer: TextWriter, width: int, height: int, frames: int, fps: float
) -> Iterator[Overlay]:
    first = round(chance.uniform(0.5, 8) * fps)
    while first < frames - 1:
        last = min(frames - 1, first + round(chance.uniform(2, 5) * fps))
        text = f"{chance.choice(NAMES[:6])}\n{writer.line()}"
        y = round(height * chance.uniform(0.62, 0.78))
        yield Overlay("plate", (text,), face, round(width * 0.06), y, first, last, WHITE, chance.choice(DARK), 0.9)
        first = last + round(chance.uniform(3, 12) * fps)


def _corner(chance: random.Random, face: Typeface, width: int, height: int) -> tuple[int, int]:
    """Return a place in a corner; now and then at the height of the captions."""
    left = round(width * 0.03) if chance.random() < 0.4 else round(width * 0.97) - 5 * face.size
    return left, round(height * (chance.uniform(0.86, 0.93) if chance.random() < 0.2 else chance.uniform(0.03, 0.07)))
