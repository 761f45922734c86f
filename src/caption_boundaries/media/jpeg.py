"""JPEG to pixels and back."""

from __future__ import annotations

import simplejpeg

from caption_boundaries.errors import DatabaseCorruptError
from caption_boundaries.types import GrayImage, RgbImage


def encode_jpeg(rgb: RgbImage, quality: int) -> bytes:
    """Return ``rgb`` as a JPEG of ``quality`` 1 to 100, with chroma at half resolution as in the videos themselves."""
    data: bytes = simplejpeg.encode_jpeg(rgb, quality=quality, colorspace="RGB", colorsubsampling="420")
    return data


def decode_jpeg(data: bytes) -> RgbImage:
    """Return the colours of a JPEG, shape (height, width, 3).

    Raises:
        DatabaseCorruptError: It is no readable JPEG.
    """
    return _decode(data, "RGB")


def decode_jpeg_gray(data: bytes) -> GrayImage:
    """Return the luma of a JPEG, shape (height, width); quicker than its colours.

    Raises:
        DatabaseCorruptError: It is no readable JPEG.
    """
    return _decode(data, "GRAY")[:, :, 0]


def _decode(data: bytes, colorspace: str) -> RgbImage:
    try:
        picture: RgbImage = simplejpeg.decode_jpeg(data, colorspace=colorspace)
    except ValueError as error:
        raise DatabaseCorruptError(
            f"A stored picture of {len(data)} bytes is no readable JPEG.",
            hint="Run the step that made it again, with --force.",
        ) from error
    return picture
