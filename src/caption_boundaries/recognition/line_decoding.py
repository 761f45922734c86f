"""From the picture of a line to the reader's input, and from its answer to text. Arrays in, values out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.recognition.reading_order import is_ideograph
from caption_boundaries.recognition.text_detection import network_input
from caption_boundaries.types import RgbImage

LINE_HEIGHT = 48
"""Height in pixels that the network reads."""

MAX_WIDTH = 3200
"""Longest picture in pixels that the network is given; a line of 50 ideographs is as long."""

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
    columns = min(MAX_WIDTH, max(8, math.ceil(LINE_HEIGHT * width / height * stretch)))
    return network_input(line, (columns, LINE_HEIGHT))


FAINT_SPACE = 0.003
"""Between two ideographs this much probability of a space is one: the network was taught that such spaces are rare, yet
where there is none it stays below 0.0025, and where there is one it almost always rises above."""


def decode(probabilities: NDArray[np.float32], alphabet: Sequence[str]) -> Reading:
    """Return the text of one line.

    Args:
        probabilities: Shape (columns, classes), one column for every 8 pixels; class 0 is blank, the last is a space.
        alphabet: The character of every class.
    """
    classes = probabilities.argmax(axis=1)
    begins = np.r_[True, classes[1:] != classes[:-1]] & (classes != BLANK)
    columns = np.flatnonzero(begins)
    if not len(columns):
        return Reading("", 0.0)
    characters = [alphabet[index] for index in classes[columns]]
    text = _with_faint_spaces(characters, columns, probabilities[:, -1])
    confidence = float(probabilities[columns, classes[columns]].mean())
    return Reading(" ".join(text.split()), min(1.0, max(0.0, confidence)))


def _with_faint_spaces(characters: Sequence[str], columns: NDArray[np.intp], spaces: NDArray[np.float32]) -> str:
    """Return the characters as text, with a space wherever one shows faintly between two ideographs."""
    text = characters[0]
    for index in range(1, len(characters)):
        faint = is_ideograph(characters[index - 1]) and is_ideograph(characters[index])
        if faint and spaces[columns[index - 1] : columns[index] + 1].max() >= FAINT_SPACE:
            text += " "
        text += characters[index]
    return text
