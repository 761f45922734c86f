"""One pass over a video: the crop picture at every frame index and the stroke mask of every source picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.ahead import in_order
from caption_boundaries.crop.geometry import CropGeometry, stack
from caption_boundaries.crop.signal import MASK_LINE_HEIGHT, StrokeMasker
from caption_boundaries.media.indexing import indices_of_pictures
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.types import FrameTime, GrayImage, PixelBox, RgbImage

QUEUED_PICTURES = 12
"""Pictures that wait for the worker at most: enough to even out slow ones, few enough to bound the memory."""


class SourcePicture(Protocol):
    """A picture of the video, of which any part can be read."""

    @property
    def seconds(self) -> float:
        """When it is first shown, from the first picture."""

    @property
    def duration_seconds(self) -> float:
        """For how long it is shown where nothing follows."""

    @property
    def time(self) -> FrameTime:
        """Its true presentation time."""

    def luma(self, box: PixelBox) -> GrayImage:
        """Return the luma inside ``box``, 0 to 255."""

    def rgb(self, box: PixelBox) -> RgbImage:
        """Return the colours inside ``box``."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is kept of one source picture."""

    seconds: float
    """When it is first shown, from the first picture."""
    time: FrameTime
    mask: NDArray[np.bool_]
    """Its text strokes, shape (mask height, mask width)."""
    indices: range
    """The frame indices that show it; often none."""
    jpeg: bytes
    """The crop picture; empty where no index shows it."""


class Recorder:
    """Cuts and masks the caption regions of source pictures."""

    def __init__(self, geometry: CropGeometry, jpeg_quality: int) -> None:
        """Prepare for pictures of the geometry's frame size."""
        self._spans = geometry.spans
        self._quality = jpeg_quality
        # One scale for all parts, so that their masks are equally wide: the tallest line's, whose strokes are widest.
        # Where a part is lower than a pixel of such masks, they have to be finer.
        tallest = max(geometry.line_height_px(band) for band in geometry.bands)
        line_height = min(tallest, MASK_LINE_HEIGHT * min(box.height for box, _ in self._spans))
        self._maskers = [StrokeMasker(box.width, box.height, line_height, polarity) for box, polarity in self._spans]
        self.mask_size = (self._maskers[0].width, sum(masker.height for masker in self._maskers))
        """Width and height of the masks in pixels."""

    def record(self, picture: SourcePicture, indices: range) -> Recorded:
        """Return what is kept of ``picture``; colours are converted only where an index shows it."""
        parts = zip(self._maskers, self._spans, strict=True)
        masks = [masker.mask(picture.luma(box)) for masker, (box, _) in parts]
        mask = masks[0] if len(masks) == 1 else np.concatenate(masks)
        jpeg = b""
        if len(indices):
            jpeg = encode_jpeg(stack([picture.rgb(box) for box, _ in self._spans]), self._quality)
        return Recorded(picture.seconds, picture.time, mask, indices, jpeg)


def record_pictures(pictures: Iterable[SourcePicture], recorder: Recorder, rate_hz: float) -> Iterator[Recorded]:
    """Yield what is kept of every source picture, in order.

    A second thread cuts and masks while this one decodes.

    Args:
        pictures: In the order in which they are shown.
        recorder: What to keep of them.
        rate_hz: Frame indices per second.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="crop") as worker:
        shown = indices_of_pictures(pictures, rate_hz)
        futures = (worker.submit(recorder.record, picture, indices) for picture, indices in shown)
        yield from in_order(futures, waiting=QUEUED_PICTURES)
