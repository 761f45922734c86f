"""A few figures of a video's pictures, by which one that is unlike the training's is recognised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class InputStatistics:
    """Sums over pictures; the means are worked out last, so that parts of a video add up."""

    pictures: int = 0
    luma: float = 0.0
    """Sum of the pictures' mean luma, 0 to 1."""
    contrast: float = 0.0
    """Sum of their standard deviations of luma."""
    strokes: float = 0.0
    """Sum of their mean strokes."""

    def __add__(self, other: InputStatistics) -> InputStatistics:
        return InputStatistics(
            self.pictures + other.pictures,
            self.luma + other.luma,
            self.contrast + other.contrast,
            self.strokes + other.strokes,
        )

    def means(self) -> dict[str, float]:
        """Return the mean of each figure by name; empty without pictures."""
        if not self.pictures:
            return {}
        named = {"luma": self.luma, "contrast": self.contrast, "strokes": self.strokes}
        return {name: value / self.pictures for name, value in named.items()}


def summarize(pictures: NDArray[np.uint8]) -> InputStatistics:
    """Return the figures of inputs, shape (n, channels, height, width)."""
    luma, strokes = pictures[:, 0].astype(np.float32) / 255, pictures[:, 1].astype(np.float32) / 255
    return InputStatistics(
        pictures=len(pictures),
        luma=float(luma.mean(axis=(1, 2)).sum()),
        contrast=float(luma.std(axis=(1, 2)).sum()),
        strokes=float(strokes.mean(axis=(1, 2)).sum()),
    )


def total(parts: Iterable[InputStatistics]) -> InputStatistics:
    """Return the figures of all parts together."""
    together = InputStatistics()
    for part in parts:
        together += part
    return together
