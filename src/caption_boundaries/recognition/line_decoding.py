"""From the picture of a line to the reader's input, and from its answer to text. Arrays in, values out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.recognition.reading_order import is_cjk
from caption_boundaries.recognition.text_detection import network_input
from caption_boundaries.types import RgbImage

LINE_HEIGHT = 48
"""Height in pixels that the network reads."""

BLANK = 0
"""Class that means: no character ends here."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands on the picture of a line."""

    text: str
    confidence: float
    """Mean over the characters, 0 to 1; 0 when there are none."""


def reader_input(line: RgbImage, stretch: float) -> NDArray[np.float32]:
    """Return the picture of a line as the network wants it: (1, 3, 48, width).

    Args:
        line: The picture, cut closely around the line.
        stretch: By how much it is made wider than its height asks for. Narrow letters in a row, such as ``ill`` or
            ``...``, need more than one column each to be told apart.
    """
    height, width = line.shape[:2]
    columns = max(8, math.ceil(LINE_HEIGHT * width / height * stretch))
    return network_input(line, (columns, LINE_HEIGHT))


def decode(probabilities: NDArray[np.float32], alphabet: Sequence[str]) -> Reading:
    """Return the text of one line.

    Args:
        probabilities: Shape (columns, classes), one column for every 8 pixels; class 0 is blank.
        alphabet: The character of every class.
    """
    classes = probabilities.argmax(axis=1)
    begins = np.r_[True, classes[1:] != classes[:-1]] & (classes != BLANK)
    columns = np.flatnonzero(begins)
    if not len(columns):
        return Reading("", 0.0)
    characters = [alphabet[index] for index in classes[columns]]
    confidence = float(probabilities[columns, classes[columns]].mean())
    text = _with_wide_gaps(characters, columns)
    return Reading(" ".join(text.split()), min(1.0, confidence))


WIDE_GAP = 1.3
"""Ideographs stand in a grid: a step of this many usual steps holds a space."""


def _with_wide_gaps(characters: Sequence[str], columns: NDArray[np.intp]) -> str:
    """Return the characters with a space wherever two ideographs stand further apart than their grid says."""
    steps = np.diff(columns)
    in_grid = [is_cjk(a) and is_cjk(b) for a, b in itertools.pairwise(characters)]
    if sum(in_grid) < 3:
        return "".join(characters)
    usual = float(np.median(steps[in_grid]))
    text = characters[0]
    for character, step, grid in zip(characters[1:], steps, in_grid, strict=True):
        text += (" " if grid and step >= WIDE_GAP * usual else "") + character
    return text
