"""Stored pictures as the pages ask for them: whole, smaller, or a part."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import TargetError, UsageError
from caption_boundaries.types import Box, RgbImage
from caption_boundaries.web.dbwriter import file_stamp

QUALITY = 85
"""JPEG quality of pictures that are made smaller; whole pictures go out as they are stored."""
SMALLEST, LARGEST = 16, 2000
"""Pixels of width that may be asked for."""


def picture_version(folder: Path, schema: str) -> str:
    """Return what stands in the addresses of pictures: another one whenever their file is another one."""
    return hashlib.sha256(repr(file_stamp(folder, schema)).encode()).hexdigest()[:12]


def full_frame(folder: Path, frame_index: int) -> bytes:
    """Return the stored JPEG of the full frame at exactly this index.

    Raises:
        TargetError: There is none.
    """
    with VideoDatabase(folder, readonly=True, attach={"video"}, requires={"video"}) as connection:
        frame = VideoDbReader(connection).frame(frame_index)
    if frame is None:
        raise TargetError(f"There is no full frame {frame_index}.")
    return frame.image_data


def cropped_frame(folder: Path, frame_index: int) -> bytes:
    """Return the stored JPEG of the caption region at exactly this index.

    Raises:
        TargetError: There is none.
    """
    with VideoDatabase(folder, readonly=True, attach={"cropping"}, requires={"cropping"}) as connection:
        frame = CropReader(connection).frame(frame_index)
    if frame is None:
        raise TargetError(f"There is no cropped frame {frame_index}.")
    return frame.image_data


def resized(data: bytes, width: int | None, region: Box | None) -> bytes:
    """Return a JPEG, cut to ``region`` and brought to ``width`` pixels; larger than stored it never gets.

    Raises:
        UsageError: The width is out of range, or the region is empty.
    """
    if width is None and region is None:
        return data
    if width is not None and not SMALLEST <= width <= LARGEST:
        raise UsageError(f"The width must be from {SMALLEST} to {LARGEST} pixels.")
    needed = 0 if width is None or region is not None else width
    image: RgbImage = simplejpeg.decode_jpeg(data, "RGB", fastdct=True, fastupsample=True, min_width=needed)
    if region is not None:
        image = _cut(image, region)
    if width is not None and width < image.shape[1]:
        size = (width, max(1, round(image.shape[0] * width / image.shape[1])))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    encoded: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(image), QUALITY, "RGB", "420")
    return encoded


def parse_region(text: str | None) -> Box | None:
    """Return ``left,top,right,bottom`` (fractions of the picture) as a box.

    Raises:
        UsageError: It is not four rising fractions.
    """
    if text is None:
        return None
    try:
        left, top, right, bottom = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError("A region is four numbers: left,top,right,bottom.") from error
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise UsageError("A region lies inside the picture: 0 <= left < right <= 1, and the same from top to bottom.")
    return Box(left, top, right, bottom)


def _cut(image: RgbImage, region: Box) -> RgbImage:
    box = region.to_pixels(image.shape[1], image.shape[0])
    return image[box.top : box.bottom, box.left : box.right]
