"""The captions step: crops and stroke masks in; timed captions with their text out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.belief import Belief
from caption_boundaries.captions.decoding import (
    Segment,
    caption_likelihood,
    change_frames,
    fuse,
    segments,
    surely_empty,
)
from caption_boundaries.captions.detector import BoundaryDetector, CaptionPictures
from caption_boundaries.captions.engines import ReadingRoom
from caption_boundaries.captions.extents import time_captions
from caption_boundaries.captions.joining import Group, join
from caption_boundaries.captions.learned import create_detector
from caption_boundaries.captions.lines import caption_lines
from caption_boundaries.captions.opacity import Lumas
from caption_boundaries.captions.reading import Reading, chosen_indices
from caption_boundaries.captions.rows import TickedText, Unread, limit_confidence, predicted_rows, tick
from caption_boundaries.captions.ruled_out import ruled_out
from caption_boundaries.captions.second_look import look_again
from caption_boundaries.captions.shelf import Shelf
from caption_boundaries.captions.stored import StoredPictures
from caption_boundaries.database.actions import ActionLog
from caption_boundaries.database.captions import BoundaryRun, Caption, CaptionWriter
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.layout import LayoutConfig, LayoutReader
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import RecognitionError, UsageError
from caption_boundaries.inference.quality_checks import check_sides
from caption_boundaries.recognition.engine import OcrEngine
from caption_boundaries.recognition.registry import create_engine
from caption_boundaries.step import Step, StepContext, StepResult
from caption_boundaries.types import BOUNDARY_CLASSES, BoundaryProbabilities, FrameRange

NO_CAPTIONS = "The layout says that this video has no captions, so there is nothing to time or to read."
SOUGHT_LINE_HEIGHT = 28.0
"""Pixels: text is found as well at this height as at full size, in a fraction of the time."""
MIN_SIDE_LIMIT = 320
"""Pixels: pictures are never made smaller than this."""
SHOWN, NOT_SHOWN = 0.98, 0.02
"""How probable a caption is at an index that belongs to one, and at one that does not."""


def run(ctx: StepContext) -> StepResult:
    """Find, time and read the captions, and save them as predictions; a person's rows are never touched.

    Raises:
        UsageError: The crop step has not run.
        RecognitionError: The engine is not installed, or failed on every picture.
    """
    layout, crops = LayoutReader(ctx.conn).config(), CropReader(ctx.conn)
    if layout is None or crops.run() is None:
        raise UsageError("There are no pictures of the caption region.", hint="Run the crop step first.")
    if layout.has_captions == 0 or not crops.frame_indices():
        return _save_nothing(ctx)
    return _find_and_save(ctx, layout)


def _save_nothing(ctx: StepContext) -> StepResult:
    """Save one gap over the whole video."""
    metadata, writer = VideoDbReader(ctx.conn).metadata(), CaptionWriter(ctx.conn)
    count = int((metadata.duration_seconds or 0.0) * metadata.index_framerate_hz) if metadata else 0
    rows = predicted_rows([], _by_person(writer), FrameRange(0, max(0, count - 1)))
    pairs = np.zeros((0, len(BOUNDARY_CLASSES)), dtype=np.float32)
    writer.replace_predictions(rows, _boundary_run(ctx, 0, pairs, {}, _new_detector(ctx)))
    return StepResult("no captions", {"captions": 0}, (NO_CAPTIONS,))


def _find_and_save(ctx: StepContext, layout: LayoutConfig) -> StepResult:
    with Shelf() as shelf:
        return _find_with(ctx, layout, shelf)


def _find_with(ctx: StepContext, layout: LayoutConfig, shelf: Shelf) -> StepResult:
    pictures, detector = StoredPictures(ctx.conn, layout), _new_detector(ctx)
    engine = _new_engine(ctx, pictures)  # fails early, before any thread starts
    strokes, total = pictures.strokes, FrameRange(0, int(pictures.indices[-1]))
    detection = detector.detect(pictures)
    shown = strokes.shown_at(pictures.indices, pictures.rate_hz)
    stretches = segments(change_frames(detection, shown), strokes.frame_count, pictures.indices, shown)
    skipped = surely_empty(detection, pictures.indices, stretches)
    readings = _read(ctx, pictures, stretches, skipped, shelf)
    readings = look_again(pictures, stretches, readings, engine, shelf.put)
    likelihood = caption_likelihood(detection, pictures.indices, stretches)
    cleaned = caption_lines(readings, [len(stretch) for stretch in stretches], pictures.scale, likelihood)
    belief = Belief(detection, shown)
    groups = join(strokes, stretches, cleaned, belief.hints(stretches))
    ticked = tick(time_captions(strokes, groups, belief, Lumas(pictures)), strokes, total, pictures.rate_hz)
    ticked = limit_confidence(ticked, belief, pictures.indices)
    writer = CaptionWriter(ctx.conn)
    by_person = _by_person(writer)
    gone = ruled_out(ActionLog(ctx.conn, "captions").since(0))
    rows = predicted_rows(ticked, by_person, total, unread=_unread(stretches, readings), ruled_out=gone)
    probabilities = fuse(detection.probabilities, _shows_caption(pictures, ticked))
    findings = (*detection.findings, *_cut_captions(pictures, groups))
    settings = {**detector.settings(), **_engine_settings(engine), "findings": findings}
    writer.replace_predictions(rows, _boundary_run(ctx, int(pictures.indices[0]), probabilities, settings, detector))
    return _result(rows, len(by_person), readings, findings)


def _cut_captions(pictures: StoredPictures, groups: Sequence[Group]) -> list[Mapping[str, object]]:
    """Return as a finding that the crop seems to be narrower than some captions."""
    lines = [[line.box for line in group.reading.lines] for group in groups if group.has_text]
    finding = check_sides(lines, pictures.regions, pictures.scale.line_width)
    return [] if finding is None else [finding.as_dict()]


def _new_detector(ctx: StepContext) -> BoundaryDetector:
    return create_detector(ctx.settings.captions, workers=ctx.settings.ocr.workers)


def _new_engine(ctx: StepContext, pictures: StoredPictures) -> OcrEngine:
    """Return an engine that looks for text where a line is about `SOUGHT_LINE_HEIGHT` pixels high."""
    wanted = pictures.width * SOUGHT_LINE_HEIGHT / (pictures.scale.line_height * pictures.height)
    side_limit = max(MIN_SIDE_LIMIT, round(wanted))
    return create_engine(ctx.settings.ocr.engine, ctx.settings.ocr.language, side_limit=side_limit)


def _engine_settings(engine: OcrEngine) -> Mapping[str, object]:
    return {"engine": engine.name, "engine_version": engine.version, **engine.settings()}


def _by_person(writer: CaptionWriter) -> list[Caption]:
    return [row for row in writer.captions() if row.by_person]


def _read(
    ctx: StepContext,
    pictures: StoredPictures,
    stretches: Sequence[Segment],
    skipped: NDArray[np.bool_],
    shelf: Shelf,
) -> list[Reading]:
    """Return what stands in every stretch; nothing in those that are skipped.

    Raises:
        RecognitionError: The engine failed on every one.
    """
    room = ReadingRoom(
        lambda: _new_engine(ctx, pictures),
        ctx.settings.ocr.workers,
        pictures.strokes.size,
        pictures.regions,
        shelf.put,
    )
    jobs = (
        [] if skip else list(pictures.jpegs(chosen_indices(stretch.indices.tolist())))
        for stretch, skip in zip(stretches, skipped.tolist(), strict=True)
    )
    readings = []
    for reading in room.read_all(jobs):
        readings.append(reading)
        ctx.progress(len(readings), len(stretches), "stretches")
    failures = [reading.error for reading in readings if reading.error is not None]
    read = sum(len(stretch.indices) > 0 for stretch in stretches) - int(np.count_nonzero(skipped))
    if failures and len(failures) == read:
        raise RecognitionError(f"The engine failed on every picture: {failures[0]}")
    return readings


def _unread(stretches: Sequence[Segment], readings: Sequence[Reading]) -> list[Unread]:
    return [
        Unread(FrameRange(int(stretch.indices[0]), int(stretch.indices[-1])), reading.error)
        for stretch, reading in zip(stretches, readings, strict=True)
        if reading.error is not None
    ]


def _shows_caption(pictures: CaptionPictures, ticked: Sequence[TickedText]) -> NDArray[np.float32]:
    """Return how probable it is that each index shows a caption."""
    shown = np.full(len(pictures.indices), NOT_SHOWN, dtype=np.float32)
    for item in ticked:
        first, stop = np.searchsorted(pictures.indices, [item.frames.start, item.frames.end + 1])
        shown[first:stop] = SHOWN
    return shown


def _boundary_run(
    ctx: StepContext,
    first_index: int,
    probabilities: BoundaryProbabilities,
    settings: Mapping[str, object],
    detector: BoundaryDetector,
) -> BoundaryRun:
    return BoundaryRun(
        detector=detector.name,
        version=detector.version,
        settings=json.dumps(settings, sort_keys=True),
        crop_hash=CropReader(ctx.conn).crop_hash(),
        first_index=first_index,
        probabilities=probabilities.astype(np.float16),
        classes=BOUNDARY_CLASSES,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _result(
    rows: Sequence[Caption], by_person: int, readings: Sequence[Reading], findings: Sequence[Mapping[str, object]]
) -> StepResult:
    captions = [row for row in rows if row.boundary_state != "gap"]
    doubtful = sum(bool(row.boundary_pending or row.text_pending) for row in captions)
    failures = sum(reading.error is not None for reading in readings)
    summary = f"{len(captions)} captions, {doubtful} of them doubtful"
    if by_person:
        summary += f", besides {by_person} rows judged by a person"
    warnings = []
    if not captions and not by_person:
        warnings.append("No captions were found in the caption region.")
    if failures:
        warnings.append(f"The engine failed on {failures} stretches; their rows say why.")
    warnings += [str(finding["message"]) for finding in findings]
    counts = {"captions": len(captions), "doubtful": doubtful, "by_person": by_person, "failures": failures}
    return StepResult(summary, counts, tuple(warnings))


STEP = Step(
    name="captions",
    reads=frozenset({"video", "layout", "cropping"}),
    writes="captions",
    replaces=False,
    run=run,
    help="Find where every caption starts and ends, and read its text.",
)
