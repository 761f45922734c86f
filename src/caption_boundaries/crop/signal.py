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

MASK_LINE_HEIGHT = 24.0
"""Height of a text line in the mask, in mask pixels: strokes are then two to three pixels wide."""
KERNEL_SHARE = 0.3
"""Width of the top-hat's kernel as a share of the line height: wider than any stroke, narrower than a letter."""
MIN_CONTRAST = 28
"""How much a stroke must stand out from its surroundings, in steps of luma out of 255."""


class StrokeMasker:
    """Turns pictures of the caption region into masks of text strokes."""

    def __init__(self, width: int, height: int, line_height_px: float, polarity: Polarity = "light") -> None:
        """Prepare for pictures of ``width`` by ``height`` pixels with text lines of ``line_height_px`` pixels."""
        scale = min(1.0, MASK_LINE_HEIGHT / max(line_height_px, 1.0))
        self.width = max(1, round(width * scale))
        """Mask width in pixels."""
        self.height = max(1, round(height * scale))
        """Mask height in pixels."""
        side = max(3, round(line_height_px * scale * KERNEL_SHARE) | 1)
        self._kernel = np.ones((side, side), dtype=np.uint8)
        self._operation = cv2.MORPH_TOPHAT if polarity == "light" else cv2.MORPH_BLACKHAT

    def mask(self, luma: GrayImage) -> NDArray[np.bool_]:
        """Return the stroke mask, shape (height, width), of a luma picture of the size given at the start."""
        small = cv2.resize(luma, (self.width, self.height), interpolation=cv2.INTER_AREA)
        strokes = cv2.morphologyEx(small, self._operation, self._kernel)
        return np.asarray(strokes >= MIN_CONTRAST)
