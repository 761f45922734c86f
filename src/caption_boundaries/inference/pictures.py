"""The inputs of a network from the crop pictures of a stored video; training reads them the same way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from caption_boundaries.media.jpeg import decode_jpeg_gray
from caption_boundaries.models.preprocessing import Picture, Preprocessor, bands_of
from caption_boundaries.types import Region


def read_input(jpeg: bytes, preprocessor: Preprocessor) -> Picture:
    """Return the network's input for a stored crop picture.

    Raises:
        DatabaseCorruptError: It is no readable JPEG.
    """
    return preprocessor(decode_jpeg_gray(jpeg))


def preprocessor_of(jpegs: Iterable[bytes], regions: Sequence[Region]) -> Preprocessor:
    """Return what prepares the crop pictures of a video; it has learnt what is usual there.

    Args:
        jpegs: Those of the video's pictures that `preprocessing.sampled` names; at least one.
        regions: What the pictures show, top to bottom.

    Raises:
        DatabaseCorruptError: One is no readable JPEG.
    """
    pictures = [decode_jpeg_gray(jpeg) for jpeg in jpegs]
    height, width = pictures[0].shape
    preprocessor = Preprocessor(width, height, bands_of(regions))
    preprocessor.learn_usual(pictures)
    return preprocessor
