"""Draws the caption region of short films, with exact truth, and masks its strokes as the crop step would.

film = Film(frames=60, background=drifting(seed=1))
film.show("Good morning", 10, 40)
film.strokes()            # StrokeMasks of all frames
film.reading_at(12)       # what an engine that never errs reads there
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.captions.decoding import Segment
from caption_boundaries.captions.reading import Reading, text_patch
from caption_boundaries.captions.strokes import StrokeMasks
from caption_boundaries.crop.signal import StrokeMasker
from caption_boundaries.types import Box, GrayImage, Region, RgbImage, TextLine

WIDTH, HEIGHT, LINE = 320, 72, 24
REGIONS = (Region(Box(0, 0, 1, 1), LINE / HEIGHT, 2),)

Background = Callable[[int], GrayImage]
"""The picture behind the text at a frame."""


@dataclass(frozen=True)
class Shown:
    """A text that is on the frames from ``first`` to ``stop - 1``."""

    text: str
    first: int
    stop: int
    fade: int
    """Frames over which it comes and goes."""
    center: tuple[float, float]

    def strength(self, frame: int) -> float:
        if not self.first <= frame < self.stop:
            return 0.0
        return min(1.0, (frame - self.first + 1) / (self.fade + 1), (self.stop - frame) / (self.fade + 1))


@dataclass
class Film:
    """A film of which only the caption region is drawn."""

    frames: int
    background: Background = field(default_factory=lambda: plain(60))
    fps: float = 24.0
    shown: list[Shown] = field(default_factory=list)

    def show(
        self, text: str, first: int, stop: int, *, fade: int = 0, center: tuple[float, float] = (0.5, 0.62)
    ) -> Film:
        """Put white text with a black outline on the frames from ``first`` to ``stop - 1``."""
        self.shown.append(Shown(text, first, stop, fade, center))
        return self

    @property
    def seconds(self) -> NDArray[np.float64]:
        return np.arange(self.frames) / self.fps

    def luma(self, frame: int) -> GrayImage:
        picture = self.background(frame).astype(np.float32)
        for item in self.shown:
            strength = item.strength(frame)
            if strength > 0:
                ink, cover = _drawn(item)
                picture = picture * (1 - cover * strength) + ink * strength
        return np.clip(np.round(picture), 0, 255).astype(np.uint8)

    def rgb(self, frame: int) -> RgbImage:
        return np.repeat(self.luma(frame)[:, :, None], 3, axis=2)

    def masks(self) -> NDArray[np.bool_]:
        masker = StrokeMasker(WIDTH, HEIGHT, LINE)
        return np.stack([masker.mask(self.luma(frame)) for frame in range(self.frames)])

    def strokes(self, *, chunk: int = 50) -> StrokeMasks:
        masks, seconds = self.masks(), self.seconds
        times = [(first, seconds[first : first + chunk]) for first in range(0, self.frames, chunk)]
        return StrokeMasks(times, lambda first: masks[first : first + chunk], LINE)

    def reading_at(self, frame: int, *, misread: dict[str, str] | None = None) -> Reading:
        """Return what is read there; ``misread`` says what the engine reads instead of a text."""
        lines = tuple(
            TextLine(_box(item), (misread or {}).get(item.text, item.text), 0.98)
            for item in self.shown
            if item.strength(frame) > 0.5
        )
        return Reading(lines, text_patch(self.rgb(frame), lines, (HEIGHT, WIDTH), REGIONS))

    def segments(self, cuts: list[int]) -> list[Segment]:
        """Return the stretches between ``cuts``; every index shows one frame."""
        edges = [0, *cuts, self.frames]
        return [Segment(a, b, np.arange(a, b)) for a, b in itertools.pairwise(edges)]

    def readings(self, segments: list[Segment]) -> list[Reading]:
        """Return what is read in the middle of every stretch."""
        return [self.reading_at((segment.first + segment.stop) // 2) for segment in segments]


def plain(luma: int) -> Background:
    """One brightness."""
    return lambda frame: np.full((HEIGHT, WIDTH), luma, np.uint8)


def still(seed: int, *, contrast: int = 70) -> Background:
    """A texture full of strokes that stands still."""
    texture = _texture(seed, contrast)
    return lambda frame: texture[:, :WIDTH]


def drifting(seed: int, *, pixels: int = 2, contrast: int = 70) -> Background:
    """A texture full of strokes that moves sideways by some pixels a frame."""
    texture = _texture(seed, contrast)
    return lambda frame: np.roll(texture, -pixels * frame, axis=1)[:, :WIDTH]


def cuts_at(frame: int, before: Background, after: Background) -> Background:
    """One background up to a frame, another from it on."""
    return lambda number: before(number) if number < frame else after(number)


def _texture(seed: int, contrast: int) -> GrayImage:
    random = np.random.default_rng(seed)
    image = Image.new("L", (2 * WIDTH, HEIGHT), 90)
    draw = ImageDraw.Draw(image)
    for _ in range(400):
        x, y = random.integers(0, 2 * WIDTH), random.integers(0, HEIGHT)
        dx, dy = random.integers(-9, 10, size=2)
        draw.line((x, y, x + dx, y + dy), fill=90 + int(random.integers(0, contrast)), width=2)
    return np.asarray(image)


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=20)


def _drawn(item: Shown) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the text's brightness and how much of the background it covers, 0 to 1."""
    place = (item.center[0] * WIDTH, item.center[1] * HEIGHT)
    layers = []
    for fill, rim in ((255, 0), (255, 255)):
        image = Image.new("L", (WIDTH, HEIGHT), 0)
        draw = ImageDraw.Draw(image)
        draw.text(place, item.text, font=_font(), fill=fill, stroke_width=2, stroke_fill=rim, anchor="mm")
        layers.append(np.asarray(image).astype(np.float32))
    return layers[0], layers[1] / 255


def _box(item: Shown) -> Box:
    draw = ImageDraw.Draw(Image.new("L", (WIDTH, HEIGHT)))
    place = (item.center[0] * WIDTH, item.center[1] * HEIGHT)
    left, top, right, bottom = draw.textbbox(place, item.text, font=_font(), stroke_width=2, anchor="mm")
    return Box(left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT)
