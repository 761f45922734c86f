"""The ocr step: reads every full frame with several engines side by side."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from caption_boundaries.config import OcrSettings
from caption_boundaries.database.full_ocr import OcrRun, OcrWriter
from caption_boundaries.database.video import StoredFrame, VideoDbReader
from caption_boundaries.errors import RecognitionError
from caption_boundaries.media.jpeg import decode_jpeg
from caption_boundaries.recognition.engine import OcrEngine
from caption_boundaries.recognition.registry import create_engine
from caption_boundaries.step import Step, StepContext, StepResult
from caption_boundaries.types import TextLine

Reading = list[TextLine] | RecognitionError
"""The lines of a frame, or why the engine failed on it."""

FRAMES_IN_FLIGHT_PER_WORKER = 2
"""Bounds the memory: so many pictures wait for each engine."""


def run(ctx: StepContext) -> StepResult:
    """Read every full frame; a frame on which the engine fails gets a row that says so.

    Raises:
        RecognitionError: The engine is not installed, or failed on every frame.
    """
    settings = ctx.settings.ocr
    video, ocr = VideoDbReader(ctx.conn), OcrWriter(ctx.conn)
    engine = create_engine(settings.engine, settings.language)  # fails early, before any thread starts
    started, total = _now(), len(video.frame_indices())
    failures: list[RecognitionError] = []
    lines = 0
    for done, (frame, reading) in enumerate(_read_all(video.frames(), settings), start=1):
        if isinstance(reading, RecognitionError):
            failures.append(reading)
            ocr.add_failure(frame.frame_index, str(reading))
        else:
            lines += len(reading)
            ocr.add_frame(frame.frame_index, reading, frame.time.seconds if frame.time else None)
        ctx.progress(done, total, "frames")
    if failures and len(failures) == total:
        raise failures[0]
    ocr.save_run(
        OcrRun(
            engine=engine.name,
            engine_version=engine.version,
            settings=json.dumps(dict(engine.settings()), sort_keys=True),
            frames_hash=video.frames_hash(),
            frame_count=total,
            failed_count=len(failures),
            started_at=started,
            finished_at=_now(),
        )
    )
    return _result(total, lines, failures)


STEP = Step(
    name="ocr",
    reads=frozenset({"video"}),
    writes="fullOCR",
    replaces=True,
    run=run,
    help="Read the text of every full frame.",
)


def _read_all(frames: Iterable[StoredFrame], settings: OcrSettings) -> Iterator[tuple[StoredFrame, Reading]]:
    """Yield every frame with its reading, in order; ``settings.workers`` threads read ahead, one engine each."""
    local = threading.local()

    def make_engine() -> None:
        local.engine = create_engine(settings.engine, settings.language)

    def read(frame: StoredFrame) -> Reading:
        return _read(local.engine, frame)

    with ThreadPoolExecutor(settings.workers, initializer=make_engine) as pool:
        yield from _in_order(pool, read, frames, window=settings.workers * FRAMES_IN_FLIGHT_PER_WORKER)


def _in_order(
    pool: ThreadPoolExecutor,
    read: Callable[[StoredFrame], Reading],
    frames: Iterable[StoredFrame],
    *,
    window: int,
) -> Iterator[tuple[StoredFrame, Reading]]:
    """Submit frames so that at most ``window`` are under way, and yield the results in the frames' order."""
    pending: deque[tuple[StoredFrame, Future[Reading]]] = deque()
    try:
        for frame in frames:
            pending.append((frame, pool.submit(read, frame)))
            if len(pending) >= window:
                first, future = pending.popleft()
                yield first, future.result()
        while pending:
            first, future = pending.popleft()
            yield first, future.result()
    finally:
        for _, future in pending:
            future.cancel()


def _read(engine: OcrEngine, frame: StoredFrame) -> Reading:
    try:
        return engine.read(decode_jpeg(frame.image_data))
    except RecognitionError as error:
        return error


def _result(frames: int, lines: int, failures: list[RecognitionError]) -> StepResult:
    summary = f"{frames} frames, {lines} text lines"
    counts = {"frames": frames, "lines": lines, "failed": len(failures)}
    if not failures:
        return StepResult(summary, counts)
    warning = f"The engine failed on {len(failures)} of {frames} frames, first with: {failures[0].message}"
    return StepResult(f"{summary}, {len(failures)} failed", counts, (warning,))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
