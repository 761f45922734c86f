"""The inputs of a network from the crop pictures of a stored video; training reads them the same way."""

from __future__ import annotations

from collections.abc import Sequence

from caption_boundaries.database.cropping import CropReader
from caption_boundaries.media.jpeg import decode_jpeg_gray
from caption_boundaries.models.preprocessing import Picture, Preprocessor, bands_of, sampled
from caption_boundaries.types import Region


def read_input(jpeg: bytes, preprocessor: Preprocessor) -> Picture:
    """Return the network's input for a stored crop picture.

    Raises:
        DatabaseCorruptError: It is no readable JPEG.
    """
    return preprocessor(decode_jpeg_gray(jpeg))


def preprocessor_of(crops: CropReader, regions: Sequence[Region], indices: Sequence[int]) -> Preprocessor:
    """Return what prepares the crop pictures of a video; it has learnt what is usual there.

    Args:
        crops: Of the video.
        regions: What its pictures show, top to bottom.
        indices: The frame indices that have a picture, ascending; at least one.
    """
    chosen = [crops.frame(indices[place]) for place in sampled(len(indices))]
    frames = [frame for frame in chosen if frame is not None]
    preprocessor = Preprocessor(frames[0].width, frames[0].height, bands_of(regions))
    preprocessor.learn_usual(decode_jpeg_gray(frame.image_data) for frame in frames)
    return preprocessor
