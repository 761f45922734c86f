from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from caption_boundaries.database.video import StoredFrame
from caption_boundaries.errors import RecognitionError
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.ocr.reading import AHEAD, FrameReading, read_frame, read_frames
from caption_boundaries.recognition.null import NullEngine
from caption_boundaries.types import Box, RgbImage, TextLine


class BrightnessEngine(NullEngine):
    """Reads the brightness of a picture as its text, and refuses white ones; watches that it is used as it must be."""

    def __init__(self) -> None:
        super().__init__()
        self._busy = threading.Lock()
        self.read_count = 0

    def read(self, image: RgbImage) -> list[TextLine]:
        assert self._busy.acquire(blocking=False), "two threads use one engine"
        try:
            self.read_count += 1
            level = round(float(image.mean()))
            if level == 255:
                raise RecognitionError("White is too bright.")
            return [TextLine(Box(0, 0, 1, 1), str(level), 1.0)]
        finally:
            self._busy.release()


def frame(index: int, level: int) -> StoredFrame:
    return StoredFrame(index, encode_jpeg(np.full((16, 16, 3), level, np.uint8), 100), 16, 16, None)


def texts(readings: list[FrameReading]) -> list[tuple[int, str]]:
    return [(reading.frame_index, "".join(line.text for line in reading.lines)) for reading in readings]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 3, 40])
def test_readings_come_in_the_order_of_the_frames(workers: int, count: int) -> None:
    engines = [BrightnessEngine() for _ in range(workers)]
    readings = list(read_frames((frame(10 * i, 3 * i) for i in range(count)), engines))
    assert texts(readings) == [(10 * i, str(3 * i)) for i in range(count)]
    assert sum(engine.read_count for engine in engines) == count


def test_only_a_few_frames_are_held_at_a_time() -> None:
    taken = 0

    def frames() -> Iterator[StoredFrame]:
        nonlocal taken
        for index in range(50):
            taken += 1
            yield frame(index, 0)

    engines = [BrightnessEngine(), BrightnessEngine()]
    for done, _ in enumerate(read_frames(frames(), engines)):
        assert taken <= done + AHEAD * len(engines)


def test_a_frame_that_fails_says_why_and_the_others_are_read() -> None:
    readings = list(read_frames([frame(0, 5), frame(1, 255), frame(2, 7)], [BrightnessEngine()]))
    assert texts(readings) == [(0, "5"), (1, ""), (2, "7")]
    assert [reading.error for reading in readings] == [None, "White is too bright.", None]


def test_a_damaged_picture_is_a_failure() -> None:
    reading = read_frame(StoredFrame(7, b"no jpeg", 16, 16, None), BrightnessEngine())
    assert reading.lines == ()
    assert reading.error is not None
    assert "no readable JPEG" in reading.error


def test_a_failure_without_words_is_named_by_its_kind() -> None:
    class Mute(NullEngine):
        def read(self, image: RgbImage) -> list[TextLine]:
            raise ZeroDivisionError

    assert read_frame(frame(1, 1), Mute()).error == "ZeroDivisionError"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_stopping_early_ends_every_thread_and_reads_no_further(stop: type[BaseException]) -> None:
    engines = [BrightnessEngine(), BrightnessEngine()]
    readings = read_frames((frame(index, 1) for index in range(100)), engines)
    next(readings)
    with pytest.raises(stop):
        readings.throw(stop)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ocr")]
    assert sum(engine.read_count for engine in engines) <= 1 + AHEAD * len(engines)
