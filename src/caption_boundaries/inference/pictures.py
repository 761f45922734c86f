"""The inputs of a network from the crop pictures of a stored video; training reads them the same way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from caption_boundaries.media.jpeg import decode_jpeg_gray
from caption_boundaries.models.preprocessing import CLOSER_LINE_HEIGHTS, LINE_HEIGHT, Picture, Preprocessor, bands_of
from caption_boundaries.types import GrayImage, Region


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
    preprocessor = _sized(pictures, regions, LINE_HEIGHT)
    preprocessor.learn_usual(pictures)
    return preprocessor


def views_of(jpegs: Iterable[bytes], regions: Sequence[Region]) -> tuple[Preprocessor, ...]:
    """Return the same as `preprocessor_of`, and after it what prepares the pictures for closer looks.

    Where the crops are small or wide there are fewer, or none: pictures are never enlarged.

    Raises:
        DatabaseCorruptError: One is no readable JPEG.
    """
    pictures = [decode_jpeg_gray(jpeg) for jpeg in jpegs]
    views = [_sized(pictures, regions, LINE_HEIGHT)]
    for line_height in CLOSER_LINE_HEIGHTS:
        closer = _sized(pictures, regions, line_height)
        if closer.width > views[-1].width:
            views.append(closer)
    for view in views:
        view.learn_usual(pictures)
    return tuple(views)


def _sized(pictures: Sequence[GrayImage], regions: Sequence[Region], line_height: float) -> Preprocessor:
    """Return what prepares pictures of this size; it has learnt nothing yet."""
    height, width = pictures[0].shape
    return Preprocessor(width, height, bands_of(regions), line_height)
