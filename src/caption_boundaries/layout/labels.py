"""A person's labels on boxes, brought to the lines of the present OCR run: a label outlives the run it was made on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from caption_boundaries.layout.lines import Bools, LineTable
from caption_boundaries.layout.overlays import places, same_texts
from caption_boundaries.types import Box, TextLine

SAME_BOX = 0.5
"""Overlap (shared area by joint area) from which a labelled box and a line are the same."""


@dataclass(frozen=True, slots=True)
class HumanLabel:
    """A person's word on one box."""

    frame_index: int
    box: Box
    """As fractions of the frame."""
    text: str
    inside: bool
    """True: it is part of a caption."""


def with_labelled_boxes(
    lines: Mapping[int, Sequence[TextLine]], labels: Sequence[HumanLabel]
) -> dict[int, list[TextLine]]:
    """Return the lines together with boxes that a person calls captions and the engine no longer finds."""
    merged = {frame_index: list(found) for frame_index, found in lines.items()}
    for label in labels:
        found = merged.get(label.frame_index, [])
        if label.inside and all(overlap(label.box, line.box) < SAME_BOX for line in found):
            merged[label.frame_index] = [*found, TextLine(label.box, label.text, 1.0)]
    return merged


def match_labels(table: LineTable, labels: Sequence[HumanLabel]) -> tuple[Bools, Bools]:
    """Return for every line whether it is labelled, and whether the label says that it is a caption, shapes (n,)."""
    labelled, inside = np.zeros(len(table), dtype=bool), np.zeros(len(table), dtype=bool)
    position = {int(frame_index): i for i, frame_index in enumerate(table.frame_indices)}
    for label in labels:
        lines = np.flatnonzero(table.frame == position.get(label.frame_index, -1))
        shares = [overlap(label.box, table.box(int(line))) for line in lines]
        if shares and max(shares) >= SAME_BOX:
            line = lines[int(np.argmax(shares))]
            labelled[line], inside[line] = True, label.inside
    return labelled, inside


def same_as(table: LineTable, marked: Bools, labelled: Bools) -> Bools:
    """Return the ``marked`` lines and the unlabelled ones that say the same in the same place, shape (n,)."""
    grown = marked.copy()
    if marked.any():
        for place in places(table):
            for group in same_texts(place.lines, table.texts):
                if marked[group].any():
                    grown[group] |= ~labelled[group]
    return grown


def overlap(a: Box, b: Box) -> float:
    """Return the area that two boxes share, divided by the area that they cover together, 0 to 1."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.width * a.height + b.width * b.height - shared)
