"""Where the strokes of text are in a picture of the caption region: one small mask per source frame.

A stroke is thin and stands out from what is beside it. A morphological top-hat (for light text; black-hat for dark
text) with a kernel a little wider than a stroke keeps exactly that and drops everything broad, however bright. What is
left of the background is texture, which the later stages tell from text by its coming and going.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import GrayImage, Polarity

MASK_LINE_HEIGHT = 32.0
"""About how high a text line is in the mask, in mask pixels: strokes are then two to four pixels wide."""
KERNEL_SHARE = 0.3
"""Width of the top-hat's kernel as a share of the line height: wider than any stroke, narrower than a letter."""
MIN_CONTRAST = 28
"""How much a stroke must stand out from its surroundings, in steps of luma out of 255."""


class StrokeMasker:
    """Turns pictures of the caption region into masks of text strokes.

    A pixel of the mask stands for a square of ``scale`` by ``scale`` pixels of the picture, counted from the top left.
    """

    def __init__(self, width: int, height: int, line_height_px: float, polarity: Polarity = "light") -> None:
        """Prepare for pictures of ``width`` by ``height`` pixels with text lines of ``line_height_px`` pixels."""
        # A whole number, because averaging whole squares takes a thirtieth of the time that fractions of pixels do.
        self.scale = max(1, min(round(line_height_px / MASK_LINE_HEIGHT), width, height))
        """Pixels of the picture per pixel of the mask, in either direction."""
        self.width = width // self.scale
        """Mask width in pixels."""
        self.height = height // self.scale
        """Mask height in pixels."""
        side = max(3, round(line_height_px / self.scale * KERNEL_SHARE) | 1)
        self._kernel = np.ones((side, side), dtype=np.uint8)
        self._operation = cv2.MORPH_TOPHAT if polarity == "light" else cv2.MORPH_BLACKHAT

    def mask(self, luma: GrayImage) -> NDArray[np.bool_]:
        """Return the stroke mask, shape (height, width), of a luma picture of the size given at the start."""
        whole = luma[: self.height * self.scale, : self.width * self.scale]
        small = cv2.resize(whole, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.morphologyEx(small, self._operation, self._kernel) >= MIN_CONTRAST)
