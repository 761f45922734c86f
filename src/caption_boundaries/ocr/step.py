"""The ocr step: full frames in, their text lines out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from caption_boundaries.config import OcrSettings
from caption_boundaries.database.full_ocr import OcrRun, OcrWriter
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import RecognitionError
from caption_boundaries.ocr.reading import FrameReading, read_frames
from caption_boundaries.ocr.timing import FrameClock
from caption_boundaries.recognition.engine import OcrEngine
from caption_boundaries.recognition.registry import create_engine
from caption_boundaries.step import Progress, Step, StepContext, StepResult

NO_FRAMES = "There are no full frames to read."


@dataclass
class Tally:
    """What came of the frames so far."""

    frames: int = 0
    lines: int = 0
    failed: int = 0
    first_failure: str = ""
    """Where and why the first frame failed."""

    def add(self, reading: FrameReading) -> None:
        """Count one frame."""
        self.frames += 1
        self.lines += len(reading.lines)
        if reading.error is not None:
            self.failed += 1
            self.first_failure = self.first_failure or f"frame {reading.frame_index}: {reading.error}"


def run(ctx: StepContext) -> StepResult:
    """Read every full frame and save its lines, its failures, and the run that made them."""
    started = _now()
    video, writer = VideoDbReader(ctx.conn), OcrWriter(ctx.conn)
    total = len(video.frame_indices())
    engines = make_engines(ctx.settings.ocr, total)
    with closing(read_frames(video.frames(), engines)) as readings:
        tally = save_readings(writer, _reporting(readings, ctx.progress, total), FrameClock.of(video.metadata()))
    if tally.failed and tally.failed == tally.frames:
        raise RecognitionError(
            f"The engine {engines[0].name} failed on every frame, first on {tally.first_failure}",
            hint="Run `caption-boundaries doctor` to check the installation.",
        )
    _save_run(writer, engines[0], video.frames_hash(), tally, started)
    return result_of(tally)


def make_engines(settings: OcrSettings, frame_count: int) -> list[OcrEngine]:
    """Return one engine per worker, and never more than there are frames."""
    count = max(1, min(settings.workers, frame_count))
    return [create_engine(settings.engine, settings.language) for _ in range(count)]


def save_readings(writer: OcrWriter, readings: Iterable[FrameReading], clock: FrameClock) -> Tally:
    """Save every frame as it comes."""
    tally = Tally()
    for reading in readings:
        if reading.error is None:
            writer.add_frame(reading.frame_index, reading.lines, clock.seconds(reading.frame_index, reading.time))
        else:
            writer.add_failure(reading.frame_index, reading.error)
        tally.add(reading)
    return tally


def result_of(tally: Tally) -> StepResult:
    """Return what the step did in words and figures."""
    summary = f"{tally.frames} frames, {tally.lines} text lines"
    warnings: list[str] = []
    if tally.failed:
        summary += f", {tally.failed} failed"
        warnings.append(f"{tally.failed} of {tally.frames} frames could not be read; {tally.first_failure}")
    if not tally.frames:
        warnings.append(NO_FRAMES)
    counts = {"frames": tally.frames, "lines": tally.lines, "failed": tally.failed}
    return StepResult(summary, counts, tuple(warnings))


def _reporting(readings: Iterator[FrameReading], progress: Progress, total: int) -> Iterator[FrameReading]:
    """Pass every reading on and tell how far it has come."""
    for done, reading in enumerate(readings, start=1):
        yield reading
        progress(done, total, "frames")


def _save_run(writer: OcrWriter, engine: OcrEngine, frames_hash: str, tally: Tally, started: str) -> None:
    writer.save_run(
        OcrRun(
            engine=engine.name,
            engine_version=engine.version,
            settings=json.dumps(dict(engine.settings()), sort_keys=True, ensure_ascii=False),
            frames_hash=frames_hash,
            frame_count=tally.frames,
            failed_count=tally.failed,
            started_at=started,
            finished_at=_now(),
        )
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


STEP = Step(
    name="ocr",
    reads=frozenset({"video"}),
    writes="fullOCR",
    replaces=True,
    run=run,
    help="Read the text on every full frame.",
)
