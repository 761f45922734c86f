"""Pictures of the video file itself, cut like the crops and decoded when they are asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from caption_boundaries.crop.geometry import stack
from caption_boundaries.errors import TargetError, VideoFileError
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.media.video_file import VideoFile
from caption_boundaries.web.caption_desk import CaptionDesk

BLOCK = 12
"""Pictures that are decoded together: whoever looks at one looks at its neighbours."""
KEPT_BLOCKS = 64
QUALITY = 90
SAME_SECONDS = 0.002
"""A picture whose time differs by more is not the one that the crops were made from."""
LONGEST_READ_SECONDS = 120.0
"""Of a file in which nothing can be found by seeking, so much is decoded for a picture at most."""

_Block = list[bytes]


class SourcePictures:
    """Decodes pictures of video files by their number, one block at a time, and keeps the last ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: OrderedDict[tuple[Path, object, int], _Block] = OrderedDict()

    def jpeg(self, desk: CaptionDesk, number: int) -> bytes:
        """Return the caption region of the picture with a number, counted from 0.

        Raises:
            TargetError: There is none.
            VideoFileError: The video file is not at hand, or is another one.
        """
        if not 0 <= number < len(desk.seconds):
            raise TargetError(f"There is no picture {number} of the video file.")
        key = (desk.folder, desk.stamps, number // BLOCK)
        # Decoding uses every core that it gets: one block at a time, and a second request for it finds it made.
        with self._lock:
            block = self._blocks.get(key)
            if block is None:
                block = self._blocks[key] = _decode(desk, number // BLOCK)
                while len(self._blocks) > KEPT_BLOCKS:
                    self._blocks.popitem(last=False)
            self._blocks.move_to_end(key)
        if number % BLOCK >= len(block):
            raise TargetError(f"There is no picture {number} in the video file as it is now.")
        return block[number % BLOCK]


def _decode(desk: CaptionDesk, place: int) -> _Block:
    geometry = desk.geometry
    if geometry is None:
        raise VideoFileError("The crops do not say which part of the video they show.", hint="Run the crop step again.")
    moments = desk.seconds[place * BLOCK : (place + 1) * BLOCK].tolist()
    block = []
    with VideoFile(desk.video_file()) as video:
        if not video.info.seeks_exactly and moments[0] > LONGEST_READ_SECONDS:
            raise VideoFileError(
                "This kind of video file has to be read from its beginning, which takes too long for single pictures.",
                hint="Use tenths of a second; the crops show them.",
            )
        for frame, moment in zip(video.frames_at(moments), moments, strict=False):
            if abs(frame.seconds - moment) > SAME_SECONDS:
                raise VideoFileError(
                    "The video file is not the one that the crops were made from.", hint="Run the crop step again."
                )
            block.append(encode_jpeg(stack([frame.rgb(box) for box, _ in geometry.spans]), QUALITY))
    return block
