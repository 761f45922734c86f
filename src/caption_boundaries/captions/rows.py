"""From timed captions to rows: frame indices, what a person has decided, gaps, and what to look at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.belief import Belief
from caption_boundaries.captions.extents import TimedText
from caption_boundaries.captions.intervals import subtract, uncovered
from caption_boundaries.captions.strokes import StrokeMasks, indices_between
from caption_boundaries.database.captions import Caption
from caption_boundaries.types import FrameRange

DOUBTFUL_BOUNDARY = 0.6
"""Boundaries below this confidence are to be looked at again."""
DOUBTFUL_TEXT = 0.85
"""Texts below this confidence are to be looked at again."""
KEPT_SHARE = 0.5
"""A prediction of which a person's rows leave less than this says what they say already."""


@dataclass(frozen=True, slots=True)
class TickedText:
    """A caption with its extents in frame indices and in seconds."""

    frames: FrameRange
    start_seconds: float
    end_seconds: float
    """End-exclusive."""
    caption: TimedText


@dataclass(frozen=True, slots=True)
class Unread:
    """A stretch on which the engine failed."""

    frames: FrameRange
    error: str


def tick(captions: Sequence[TimedText], strokes: StrokeMasks, total: FrameRange, rate_hz: float) -> list[TickedText]:
    """Return captions with the frame indices that show them, in order, none overlapping the next.

    One that is so short that no index shows it takes the next index that is free.
    """
    ticked: list[TickedText] = []
    free = total.start
    for caption in captions:
        start, end = strokes.moment(caption.first), strokes.moment(caption.stop)
        shown = indices_between(start, end, rate_hz)
        first = shown.start if shown else round(start * rate_hz)
        last = shown.end if shown else first
        first = max(first, free)
        if first > total.end:
            break
        frames = FrameRange(first, min(max(last, first), total.end))
        ticked.append(TickedText(frames, start, end, caption))
        free = frames.end + 1
    return ticked


def limit_confidence(ticked: Sequence[TickedText], belief: Belief, indices: NDArray[np.int64]) -> list[TickedText]:
    """Return the captions, no end surer than a detector that knows captions is of a change there.

    Clocks, plates and letters on a wall read as well as a caption does. An end at which a detector that has seen many
    videos sees no change is to be looked at by a person. Nothing is dropped for it: where a video looks like none that
    the detector has learnt from, that would cost captions.

    Args:
        ticked: Captions with their frame indices.
        belief: What the detector says.
        indices: The frame indices that have a picture, ascending.
    """
    limited = []
    for item in ticked:
        first, stop = np.searchsorted(indices, (item.frames.start, item.frames.end + 1)).tolist()
        seen = belief.change_near(first - 1), belief.change_near(stop - 1)
        sure = min(item.caption.boundary_confidence, *seen)
        limited.append(replace(item, caption=replace(item.caption, boundary_confidence=sure)))
    return limited


def predicted_rows(
    ticked: Sequence[TickedText],
    by_person: Sequence[Caption],
    total: FrameRange,
    *,
    unread: Sequence[Unread] = (),
    ruled_out: Sequence[FrameRange] = (),
) -> list[Caption]:
    """Return the rows to save: predictions that leave a person's rows alone, and gaps for all that is left.

    Args:
        ticked: The captions, none overlapping the next.
        by_person: Rows that a person has judged.
        total: All frame indices of the video.
        unread: Stretches outside the captions on which the engine failed: each gets a row that says so.
        ruled_out: Where a person has deleted captions: none is predicted there again.
    """
    taken = [*(row.frames for row in by_person), *ruled_out]
    rows = [row for item in ticked if (row := _row(item, taken)) is not None]
    taken += [row.frames for row in rows]
    failed = [_failed(part, item.error) for item in unread for part in subtract(item.frames, taken)]
    covered = [row.frames for row in (*by_person, *rows, *failed)]
    gaps = [_gap(frames) for frames in uncovered(covered, total)]
    return sorted([*rows, *failed, *gaps], key=lambda row: row.frames)


def _row(item: TickedText, taken: Sequence[FrameRange]) -> Caption | None:
    parts = subtract(item.frames, taken)
    largest = max(parts, key=len, default=None)
    if largest is None or len(largest) < KEPT_SHARE * len(item.frames):
        return None
    row = Caption(
        start_frame_index=item.frames.start,
        end_frame_index=item.frames.end,
        boundary_pending=int(item.caption.boundary_confidence < DOUBTFUL_BOUNDARY),
        text=item.caption.text,
        text_pending=int(item.caption.text_confidence < DOUBTFUL_TEXT),
        text_ocr_combined=item.caption.text,
        median_ocr_status="complete",
        start_seconds=item.start_seconds,
        end_seconds=item.end_seconds,
        boundary_confidence=round(item.caption.boundary_confidence, 4),
        text_confidence=round(item.caption.text_confidence, 4),
        text_read_from=f"{item.frames.start}-{item.frames.end}",
    )
    return row if largest == item.frames else _clipped(row, largest)


def _clipped(row: Caption, frames: FrameRange) -> Caption:
    """Return a row with the extents that a person's rows leave; a moved end has no exact time."""
    return replace(
        row,
        start_frame_index=frames.start,
        end_frame_index=frames.end,
        start_seconds=row.start_seconds if frames.start == row.start_frame_index else None,
        end_seconds=row.end_seconds if frames.end == row.end_frame_index else None,
        boundary_pending=1,
    )


def _failed(frames: FrameRange, error: str) -> Caption:
    return Caption(
        frames.start,
        frames.end,
        boundary_pending=1,
        text_pending=1,
        median_ocr_status="error",
        median_ocr_error=error,
    )


def _gap(frames: FrameRange) -> Caption:
    return Caption(frames.start, frames.end, boundary_state="gap")
