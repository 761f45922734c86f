"""The caption region of a video as it is stored in its databases."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.lines import Scale
from caption_boundaries.captions.strokes import StrokeMasks
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.layout import LayoutConfig, anchor_spread, regions_from_json
from caption_boundaries.errors import UsageError
from caption_boundaries.media.jpeg import decode_jpeg
from caption_boundaries.types import DEFAULT_INDEX_RATE_HZ, RgbImage


class StoredPictures:
    """Crops and stroke masks of one video; see `CaptionPictures`."""

    def __init__(self, connection: sqlite3.Connection, layout: LayoutConfig) -> None:
        """Look at what is stored; pictures and masks are loaded when asked for.

        Raises:
            UsageError: There are no crops, or they were made without stroke masks.
        """
        self._crops = CropReader(connection)
        run, indices, times = self._crops.run(), self._crops.frame_indices(), self._crops.signal_times()
        if run is None or not indices:
            raise UsageError("There are no pictures of the caption region.", hint="Run the crop step first.")
        if not times:
            raise UsageError("The crops were made without stroke masks.", hint="Run the crop step again, with --force.")
        settings = json.loads(run.settings or "{}")
        self.rate_hz = float(settings.get("index_framerate_hz", DEFAULT_INDEX_RATE_HZ))
        """Frame indices per second."""
        self.indices: NDArray[np.int64] = np.array(indices, dtype=np.int64)
        """The frame indices that have a picture."""
        self.regions = regions_from_json(run.regions)
        """What the pictures show, top to bottom."""
        first = self._crops.frame(indices[0])
        assert first is not None
        self.width, self.height = first.width, first.height
        """Size of the pictures in pixels."""
        self.scale = self._scale(layout)
        """What fractions of the pictures mean."""
        mask_width = self._crops.signal_chunk(times[0][0]).masks.shape[2]
        per_mask_pixel = max(1, round(self.width / mask_width))
        line_height = self.scale.line_height * self.height / per_mask_pixel
        self.strokes = StrokeMasks(times, lambda number: self._crops.signal_chunk(number).masks, line_height)
        """The stroke masks."""

    def pictures(self, indices: Sequence[int]) -> Iterator[RgbImage]:
        """Yield the pictures at ascending frame indices."""
        return (decode_jpeg(data) for data in self.jpegs(indices))

    def jpegs(self, indices: Sequence[int]) -> Iterator[bytes]:
        """Yield the pictures at ascending frame indices as they are stored."""
        for index in indices:
            picture = self._crops.picture(index)
            if picture is not None:
                yield picture

    def _scale(self, layout: LayoutConfig) -> Scale:
        heights = tuple(region.line_height * layout.frame_height / self.height for region in self.regions)
        anchor = self.regions[0].anchor if self.regions else "center"
        spread = anchor_spread(layout)
        if spread is None or layout.anchor_position is None or not self.regions:
            return Scale(heights or (1.0,), self.width / self.height, anchor)
        left = min(region.box.left for region in self.regions) * layout.frame_width
        place = (layout.anchor_position - left) / self.width
        return Scale(heights, self.width / self.height, anchor, place, spread)
