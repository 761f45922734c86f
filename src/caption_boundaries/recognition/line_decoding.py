"""From the picture of a line to the reader's input, and from its answer to text. Arrays in, values out."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.recognition.reading_order import is_cjk, is_ideograph
from caption_boundaries.recognition.text_detection import network_input
from caption_boundaries.types import RgbImage

LINE_HEIGHT = 48
"""Height in pixels that the network reads."""

MAX_WIDTH = 3200
"""Longest picture in pixels that the network is given; a line of 50 ideographs is as long."""

BLANK = 0
"""Class that means: no character ends here."""


ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Mark:
    """One character on the picture of a line."""

    character: str
    column: int
    """Where the network first sees it, in columns of 8 pixels."""


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
FAINT_WORD_SPACE = 0.12
"""The same between two characters of scripts with word spaces. Within a word the network gives 0.08 at most; where a
space is narrow, as before a question mark in French, it often gives less than it gives to no space at all."""
_TWO_DOTS = re.compile(r"(?<!\.)\.\.(?!\.)")
"""No text has two full stops in a row: they are an ellipsis of which the network has seen one dot too few."""


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
    marks = [Mark(alphabet[classes[column]], int(column)) for column in columns]
    text = _TWO_DOTS.sub("...", _with_faint_spaces(with_counted_dots(marks), probabilities[:, -1]))
    confidence = float(probabilities[columns, classes[columns]].mean())
    return Reading(" ".join(text.split()), min(1.0, max(0.0, confidence)))


def with_counted_dots(marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks with as many ``…`` in a row as there is room for between ideographs.

    Rows of dots look alike wherever they are cut, so the network often sees one ellipsis too few or too many. Chinese
    type stands in a grid, and the grid can be counted.
    """
    step = _grid_step(marks)
    counted: list[Mark] = []
    for is_dots, group in groupby(marks, key=lambda mark: mark.character == ELLIPSIS):
        run = list(group)
        if is_dots and step is not None:
            after = next((mark for mark in marks if mark.column > run[-1].column), None)
            run = [run[0]] * _room(counted[-1] if counted else None, run, after, step)
        counted += run
    return counted


def _grid_step(marks: Sequence[Mark]) -> float | None:
    """Return the usual distance of neighbouring ideographs in columns; None with fewer than three of them."""
    steps = [b.column - a.column for a, b in pairwise(marks) if is_ideograph(a.character) and is_ideograph(b.character)]
    return median(steps) if len(steps) >= 2 else None


def _room(before: Mark | None, run: Sequence[Mark], after: Mark | None, step: float) -> int:
    """Return how many places of the grid a run of dots takes."""
    if before and after and is_ideograph(before.character) and is_ideograph(after.character):
        places = (after.column - before.column) / step - 1
    else:
        places = (run[-1].column - run[0].column) / step + 1
    return max(1, round(places))


def _with_faint_spaces(marks: Sequence[Mark], spaces: NDArray[np.float32]) -> str:
    """Return the marks as text, with a space wherever one shows faintly between two of them."""
    text = marks[0].character
    for before, mark in pairwise(marks):
        between = spaces[before.column : mark.column + 1]
        if between.max() >= _faint(before.character, mark.character):
            text += " "
        text += mark.character
    return text


def _faint(before: str, after: str) -> float:
    """Return how much probability makes a space between two characters."""
    if is_ideograph(before) and is_ideograph(after):
        return FAINT_SPACE
    return math.inf if is_cjk(before) or is_cjk(after) else FAINT_WORD_SPACE
