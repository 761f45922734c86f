"""Makes tables of text lines as an engine would read them from the sampled frames of a video.

    scene = Scene(frames=200)
    scene.captions(["Hello there", "How are you?"], every=3)
    scene.logo("CHANNEL", left=0.85, top=0.05)
    scene.lines    # dict of frame index -> list of TextLine

Everything is deterministic. Sizes are fractions of the frame; a line of ``height`` is as wide as its text needs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from caption_boundaries.layout.analysis import LayoutAnalysis, analyse_layout
from caption_boundaries.layout.labels import HumanLabel
from caption_boundaries.types import Box, TextLine

TALE = (
    "somebody has been eating all my apples again and nobody knows where those three went after we counted twelve of "
    "them yesterday in the old tree near the river while it was raining quietly over every house on that long road"
)
WORDS = TALE.split()
WIDE = (
    "我要去杂货店买点东西帮你牛奶吗空间里面他绝对赢不了的总部就派您一个人来还有对付敌今天草地非常安静那三家伙又在捣乱"
)


@dataclass
class Scene:
    """A video as the engine sees it; every method adds something to the picture."""

    frames: int = 120
    """Sampled frames."""
    step: int = 100
    """Frame indices from one to the next, at ten a second."""
    width: int = 1280
    height: int = 720
    seed: int = 0
    lines: dict[int, list[TextLine]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.lines = {i * self.step: [] for i in range(self.frames)}

    def text_width(self, text: str, height: float) -> float:
        """Return how wide a text of this line height is, as a fraction of the frame."""
        ems = sum(0.72 if unicodedata.east_asian_width(c) in "WF" else 0.38 for c in text)
        return ems * height * self.height / self.width

    def speech(self, count: int, *, wide: bool = False, shortest: int = 2, longest: int = 8) -> list[str]:
        """Return different texts of ``shortest`` to ``longest`` words (or twice as many wide letters)."""
        texts = []
        for number in range(count):
            length = int(self.random.integers(shortest, longest + 1))
            if wide:
                texts.append("".join(self.random.choice(list(WIDE), 2 * length)))
            else:
                texts.append(
                    " ".join(self.random.choice(WORDS, length)).capitalize() + f" {number}"[: 2 * (number % 2)]
                )
        return texts

    def add(
        self,
        frame: int,
        text: str,
        box: tuple[float, float, float, float],
        *,
        confidence: float = 0.97,
        jitter: float = 0.1,
    ) -> None:
        """Add a line to a frame; the engine's box wavers by ``jitter`` line heights."""
        tall = (box[3] - box[1]) * jitter
        shift = self.random.uniform(-tall, tall, 4) * (self.height / self.width, 1, self.height / self.width, 1)
        left, top, right, bottom = np.clip(np.array(box) + shift, 0, 1)
        self.lines[frame * self.step].append(TextLine(Box(left, top, right, bottom), text, confidence))

    def line(
        self,
        frame: int,
        text: str,
        *,
        y: float,
        height: float,
        anchor: Literal["left", "center", "right"] = "center",
        x: float = 0.5,
        confidence: float = 0.97,
    ) -> None:
        """Add a line of text centred on level ``y`` and aligned at ``x``."""
        width = self.text_width(text, height)
        left = {"left": x, "center": x - width / 2, "right": x - width}[anchor]
        self.add(frame, text, (left, y - height / 2, left + width, y + height / 2), confidence=confidence)

    def captions(
        self,
        texts: Sequence[str],
        *,
        every: int = 2,
        first: int = 1,
        stay: int = 1,
        y: float = 0.9,
        height: float = 0.06,
        pitch: float = 1.05,
        anchor: Literal["left", "center", "right"] = "center",
        x: float = 0.5,
    ) -> None:
        """Add captions that come and go: ``stay`` frames each, one every ``every``; lines are parted by ``|``.

        The last line of a caption stands at ``y``.
        """
        for number, text in enumerate(texts):
            parts = text.split("|")
            for frame in range(first + number * every, min(first + number * every + stay, self.frames)):
                for up, part in enumerate(reversed(parts)):
                    self.line(frame, part, y=y - up * pitch * height, height=height, anchor=anchor, x=x)

    def logo(
        self, text: str, *, left: float = 0.85, top: float = 0.05, height: float = 0.05, misread: bool = False
    ) -> None:
        """Add a text that stands in every frame; ``misread`` gives it other letters each time."""
        width = self.text_width(text, height)
        for frame in range(self.frames):
            said = "".join(self.random.permutation(list(text))) if misread else text
            self.add(frame, said, (left, top, left + width, top + height))

    def ticker(self, *, y: float = 0.96, height: float = 0.05, left: float = 0.0, right: float = 1.0) -> None:
        """Add a band of running text, cut off at both ends, another part of it in every frame."""
        per_letter = self.text_width("x", height)
        letters = int((right - left) / per_letter)
        news = " ".join(self.speech(self.frames * 4, longest=12))
        for frame in range(self.frames):
            start = frame * letters % max(1, len(news) - letters)
            self.add(frame, news[start : start + letters], (left, y - height / 2, right, y + height / 2))

    def crawl(self, text: str, *, speed: float, y: float = 0.96, height: float = 0.05) -> None:
        """Add one text that slides to the left by ``speed`` frame widths per sampled frame, again and again."""
        width = self.text_width(text, height)
        for frame in range(self.frames):
            left = 1.0 - frame * speed % (1.0 + width)
            if left < 0.95 and left + width > 0.05:
                self.add(frame, text, (max(0.0, left), y - height / 2, min(1.0, left + width), y + height / 2))

    def scene_text(self, count: int, *, height: float = 0.05) -> None:
        """Add signs and the like, anywhere, in any size."""
        for _ in range(count):
            frame = int(self.random.integers(self.frames))
            tall = height * self.random.uniform(0.5, 2.5)
            x, y = self.random.uniform(0.1, 0.7), self.random.uniform(0.1, 0.9)
            self.add(frame, self.speech(1, longest=2)[0], (x, y, x + tall * self.random.uniform(1, 4), y + tall))

    def pages(self, first: int, last: int, *, rows: int = 14, height: float = 0.03) -> None:
        """Fill frames with lines from top to bottom, as credits do."""
        for frame in range(first, last + 1):
            shift = self.random.uniform(0, 0.05)
            for row, text in enumerate(self.speech(rows)):
                self.line(frame, text, y=0.08 + shift + row * 0.9 / rows, height=height)


def analyse(scene: Scene, *, labels: list[HumanLabel] | None = None, within: Box | None = None) -> LayoutAnalysis:
    """Analyse a scene as a video at ten frames a second whose captions are all light."""
    return analyse_layout(
        scene.lines,
        scene.width,
        scene.height,
        rate_hz=10.0,
        polarity_of=lambda boxes: ("light", 1.0),
        labels=labels or [],
        within=within,
    )


def spans(analysis: LayoutAnalysis) -> list[tuple[float, float]]:
    """Return top and bottom of every region."""
    return [(round(region.box.top, 2), round(region.box.bottom, 2)) for region in analysis.regions]


def holds(analysis: LayoutAnalysis, left: float, top: float, right: float, bottom: float) -> bool:
    """Tell whether one region has the whole box in it."""
    return any(
        region.box.left <= left and region.box.top <= top and right <= region.box.right and bottom <= region.box.bottom
        for region in analysis.regions
    )


def one_line(scene: Scene) -> None:
    """Add captions of one line each, where most captions stand."""
    scene.captions(scene.speech(40))
