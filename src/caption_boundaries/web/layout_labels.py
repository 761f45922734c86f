"""Labels as they are stored, and the boxes of the present text boxes that they mean. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.database.layout import BoxLabel
from caption_boundaries.layout.labels import SAME_BOX, overlap
from caption_boundaries.layout.lines import LineTable
from caption_boundaries.types import Box, PixelBox

Codes = NDArray[np.int8]
"""One per box: 0 none, 1 out, 2 in, 3 out by the model, 4 in by the model."""

NONE, OUT, IN, OUT_BY_MODEL, IN_BY_MODEL = range(5)
CODES = {
    ("out", "user"): OUT,
    ("in", "user"): IN,
    ("out", "model"): OUT_BY_MODEL,
    ("in", "model"): IN_BY_MODEL,
}
Slot = tuple[int, int]
"""Frame index and box index of a stored label."""


class LabelTable:
    """The labels of a video, brought to its boxes."""

    def __init__(self, table: LineTable, numbers: dict[Slot, int], size: PixelBox) -> None:
        """Begin without labels.

        Args:
            table: All boxes.
            numbers: Number of each box by frame index and box index.
            size: The frame, in pixels.
        """
        self._table = table
        self._numbers = numbers
        self._size = size
        self.codes: Codes = np.zeros(len(table), dtype=np.int8)
        self.slots: dict[int, Slot] = {}
        """Where the label of a box is stored, by number of the box."""
        self._boxes: dict[Slot, int | None] = {}
        """The box that a stored label means; None: one that the present text boxes do not have."""

    @property
    def strays(self) -> list[Slot]:
        """Labels of boxes that an earlier run of the engine found and the present one does not."""
        return [slot for slot, number in self._boxes.items() if number is None]

    def box_of(self, slot: Slot) -> int | None:
        """Return the box whose label is stored at ``slot``, or None."""
        return self._boxes.get(slot)

    def put(self, label: BoxLabel) -> None:
        """Take in a stored label."""
        slot = (label.frame_index, label.box_index)
        self.remove(slot)
        number = self._meant_by(label)
        if number is None or number in self.slots:
            self._boxes[slot] = None
            return
        self._boxes[slot] = number
        self.slots[number] = slot
        self.codes[number] = CODES[label.label, label.label_source]

    def remove(self, slot: Slot) -> None:
        """Forget the label that is stored at ``slot``, if there is one."""
        number = self._boxes.pop(slot, None)
        if number is not None:
            del self.slots[number]
            self.codes[number] = 0

    def slot_for(self, number: int) -> Slot:
        """Return where the label of a box is to be stored: where it is, or in its own place, or a free one."""
        if number in self.slots:
            return self.slots[number]
        frame_index = int(self._table.frame_indices[self._table.frame[number]])
        box_index = int(self._table.box_index[number])
        while (frame_index, box_index) in self._boxes:  # a stray label holds the place, and must not be lost
            box_index += 1000
        return frame_index, box_index

    def _meant_by(self, label: BoxLabel) -> int | None:
        """Return the box that a label means: that of its number if it is still there, else the one in its place."""
        edges = PixelBox(label.box_left, label.box_top, label.box_right, label.box_bottom)
        box = Box.from_pixels(edges, self._size.width, self._size.height)
        number = self._numbers.get((label.frame_index, label.box_index))
        if number is not None and overlap(box, self._table.box(number)) >= SAME_BOX:
            return number
        position = int(np.searchsorted(self._table.frame_indices, label.frame_index))
        if position == self._table.frame_count or self._table.frame_indices[position] != label.frame_index:
            return None
        lines = np.flatnonzero(self._table.frame == position)
        shares = [overlap(box, self._table.box(int(line))) for line in lines]
        return int(lines[int(np.argmax(shares))]) if shares and max(shares) >= SAME_BOX else None
