"""Reads many frames with several engines side by side and gives the results back in the order of the frames."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from caption_boundaries.ahead import in_order
from caption_boundaries.database.video import StoredFrame
from caption_boundaries.media.jpeg import decode_jpeg
from caption_boundaries.recognition.engine import OcrEngine
from caption_boundaries.types import FrameTime, TextLine

AHEAD = 2
"""Frames in flight for every engine: one that is read and one that waits, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class FrameReading:
    """What became of one frame."""

    frame_index: int
    time: FrameTime | None
    """True presentation time; None in rows of the old form."""
    lines: tuple[TextLine, ...]
    """In reading order; empty when there is no text or when the frame failed."""
    error: str | None = None
    """Why the frame could not be read; None: it was read."""


def read_frames(frames: Iterable[StoredFrame], engines: Sequence[OcrEngine]) -> Generator[FrameReading, None, None]:
    """Yield what the engines read, in the order of ``frames``.

    Each engine is used by one thread at a time; ``frames`` is iterated in the caller's thread. Leaving early, by an
    error or Ctrl-C, waits for the frames that are being read right now and drops the rest.
    """
    idle: SimpleQueue[OcrEngine] = SimpleQueue()
    for engine in engines:
        idle.put(engine)
    with ThreadPoolExecutor(max_workers=len(engines), thread_name_prefix="ocr") as pool:
        futures = (pool.submit(_read_with_idle, frame, idle) for frame in frames)
        yield from in_order(futures, waiting=AHEAD * len(engines) - 1)


def _read_with_idle(frame: StoredFrame, idle: SimpleQueue[OcrEngine]) -> FrameReading:
    """Read one frame with an engine that nobody uses."""
    engine = idle.get()
    try:
        return read_frame(frame, engine)
    finally:
        idle.put(engine)


def read_frame(frame: StoredFrame, engine: OcrEngine) -> FrameReading:
    """Return what ``engine`` reads on ``frame``; whatever goes wrong there becomes the reading's ``error``."""
    try:
        lines = engine.read(decode_jpeg(frame.image_data))
    except Exception as error:
        # One frame must not cost the whole video, and what failed must not look like a frame without text.
        return FrameReading(frame.frame_index, frame.time, (), str(error) or type(error).__name__)
    return FrameReading(frame.frame_index, frame.time, tuple(lines))
