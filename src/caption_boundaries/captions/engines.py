"""Reading many stretches of a video with several engines side by side, results in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from caption_boundaries.ahead import in_order
from caption_boundaries.captions.reading import Reading, combine, text_patch
from caption_boundaries.captions.rereading import RereadingEngine
from caption_boundaries.captions.shelf import Keep, in_memory
from caption_boundaries.errors import RecognitionError
from caption_boundaries.media.jpeg import decode_jpeg
from caption_boundaries.recognition.engine import OcrEngine
from caption_boundaries.types import Region

BLOCK = 24
"""Stretches that one engine reads one after another, each knowing those before it; blocks know nothing of each other,
so that it does not matter which engine reads which."""
WAITING_PER_ENGINE = 2
"""Blocks that wait for each engine at most, which bounds the memory."""


@dataclass(frozen=True, slots=True)
class ReadingRoom:
    """Who reads, and what about the pictures does not change."""

    make_engine: Callable[[], OcrEngine]
    """Called once in every thread."""
    workers: int
    """Engines side by side."""
    mask_size: tuple[int, int]
    """Height and width of the stroke masks."""
    regions: Sequence[Region]
    """What the pictures show, top to bottom."""
    keep: Keep = in_memory
    """Where what the lines look like waits until it is compared."""

    def read_all(self, stretches: Iterable[Sequence[bytes]]) -> Iterator[Reading]:
        """Yield what stands in every stretch, given as the JPEGs to combine; one without any gives no lines."""
        local = threading.local()

        def start() -> None:
            local.engine = self.make_engine()

        def read(block: Sequence[Sequence[bytes]]) -> list[Reading]:
            engine = RereadingEngine(local.engine, self.regions)
            return [self._read(engine, jpegs) for jpegs in block]

        with ThreadPoolExecutor(self.workers, thread_name_prefix="captions", initializer=start) as pool:
            futures = (pool.submit(read, block) for block in _blocks(stretches))
            for readings in in_order(futures, waiting=self.workers * WAITING_PER_ENGINE):
                yield from readings

    def _read(self, engine: RereadingEngine, jpegs: Sequence[bytes]) -> Reading:
        if not jpegs:
            return Reading(())
        picture = combine([decode_jpeg(data) for data in jpegs])
        try:
            lines = tuple(engine.read(picture))
        except RecognitionError as error:
            return Reading((), error=str(error))
        return Reading(lines, text_patch(picture, lines, self.mask_size, self.regions, self.keep))


def _blocks(stretches: Iterable[Sequence[bytes]]) -> Iterator[list[Sequence[bytes]]]:
    """Yield the stretches in groups of `BLOCK`."""
    remaining = iter(stretches)
    while block := list(islice(remaining, BLOCK)):
        yield block
