"""Exact times of captions whose extents a person has moved, from the stroke masks and without reading their text. Pure.

The strokes that stand still while the caption is there are taken for its own; `refinement.py` weighs each by how much
more it is seen inside than outside. A time that would say something else than the frame index that the person chose is
not used: the index then stands for itself.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np

from caption_boundaries.captions.editing import Policy, Sheet
from caption_boundaries.captions.extents import FAINT, REACH_SECONDS
from caption_boundaries.captions.reading import STABLE_SHARE
from caption_boundaries.captions.refinement import refine_end, refine_start
from caption_boundaries.captions.row_edits import is_protected, touched_by_person
from caption_boundaries.captions.strokes import TIME_TOLERANCE, StrokeMasks
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import UsageError
from caption_boundaries.types import FrameRange

LOOKED_AT_SECONDS = 3.0
"""A caption is known by its strokes after this time; more of a long one would take longer to load."""
REFINED_AT_ONCE = 6
"""Captions whose moved ends are looked for at most; where more move, as in an import, the indices stand."""


def start_index(seconds: float, rate_hz: float) -> int:
    """Return the first frame index that shows what is there from a moment on."""
    return max(0, math.ceil((seconds - TIME_TOLERANCE) * rate_hz))


def end_index(seconds: float, rate_hz: float) -> int:
    """Return the last frame index that shows what is gone at a moment; -1 where none does."""
    return math.ceil((seconds - TIME_TOLERANCE) * rate_hz) - 1


def exact_start(strokes: StrokeMasks, frames: FrameRange, rate_hz: float) -> float | None:
    """Return the moment at which a caption comes, or None where its strokes do not say one at its first index.

    Args:
        strokes: The stroke masks of the video.
        frames: The frame indices that show the caption.
        rate_hz: Frame indices per second.
    """
    first, stop = _source_frames(strokes, frames, rate_hz)
    reach = strokes.frames_in(REACH_SECONDS, at_least=4)
    known = min(stop, first + strokes.frames_in(LOOKED_AT_SECONDS, at_least=4))
    ink = strokes.share(first, known) >= STABLE_SHARE
    edge = refine_start(strokes, ink, first, max(0, first - reach), min(stop, first + reach))
    seconds = strokes.moment(edge.frame)
    return seconds if edge.contrast >= FAINT and start_index(seconds, rate_hz) == frames.start else None


def exact_end(strokes: StrokeMasks, frames: FrameRange, rate_hz: float) -> float | None:
    """Return the moment at which a caption is gone; takes what `exact_start` does."""
    first, stop = _source_frames(strokes, frames, rate_hz)
    reach = strokes.frames_in(REACH_SECONDS, at_least=4)
    known = max(first, stop - strokes.frames_in(LOOKED_AT_SECONDS, at_least=4))
    ink = strokes.share(known, stop) >= STABLE_SHARE
    edge = refine_end(strokes, ink, stop, max(first, stop - reach), min(strokes.frame_count, stop + reach))
    seconds = strokes.moment(edge.frame)
    return seconds if edge.contrast >= FAINT and end_index(seconds, rate_hz) == frames.end else None


def set_exact(
    sheet: Sheet, row_id: int, edge: Literal["start", "end"], seconds: float, rate_hz: float, policy: Policy
) -> bool:
    """Let one end of a caption be at a moment that lies at its frame index; what touches it there meets it.

    Returns:
        True where it stopped at a settled caption.

    Raises:
        UsageError: The caption would end before it starts.
    """
    row = sheet.caption(row_id)
    earlier, later = sheet.neighbours(row)
    at_start = edge == "start"
    other = earlier if at_start else later
    theirs = None if other is None else other.end_seconds if at_start else other.start_seconds
    stopped = False
    if other is not None and theirs is not None and (theirs > seconds if at_start else theirs < seconds):
        stopped = policy == "protect" and is_protected(other)
        if stopped:
            seconds = theirs
        else:
            sheet.put(replace(other, end_seconds=seconds) if at_start else replace(other, start_seconds=seconds))
    row = replace(row, start_seconds=seconds) if at_start else replace(row, end_seconds=seconds)
    start, end = seconds_of(row, rate_hz)
    if start >= end:
        raise UsageError("A caption must start before it ends.")
    sheet.put(replace(row, **touched_by_person([row])))
    return stopped


def seconds_of(row: Caption, rate_hz: float) -> tuple[float, float]:
    """Return when a row starts and ends (exclusive): exactly where that is known, else by its frame indices."""
    start, end = row.frames.seconds(rate_hz)
    return (
        start if row.start_seconds is None else row.start_seconds,
        end if row.end_seconds is None else row.end_seconds,
    )


def refine_moved(sheet: Sheet, strokes: StrokeMasks | None, rate_hz: float) -> None:
    """Give the ends that were moved exact times where the strokes say some, and let captions that touch meet.

    Args:
        sheet: Rows after an edit.
        strokes: The stroke masks of the video; None: there are none.
        rate_hz: Frame indices per second.
    """
    moved = [row for row in sheet.edits().kept if row.boundary_state != "gap"]
    if strokes is not None and strokes.frame_count and len(moved) <= REFINED_AT_ONCE:
        for row in moved:
            sheet.put(_refined(row, sheet.before(row.id or 0), strokes, rate_hz))
    for row in moved:
        _meet(sheet, sheet.caption(row.id or 0), rate_hz)


def _refined(row: Caption, before: Caption | None, strokes: StrokeMasks, rate_hz: float) -> Caption:
    start_moved = before is None or before.start_frame_index != row.start_frame_index
    end_moved = before is None or before.end_frame_index != row.end_frame_index
    if start_moved and row.start_seconds is None:
        row = replace(row, start_seconds=exact_start(strokes, row.frames, rate_hz))
    if end_moved and row.end_seconds is None:
        row = replace(row, end_seconds=exact_end(strokes, row.frames, rate_hz))
    if row.start_seconds is not None and row.end_seconds is not None and row.start_seconds >= row.end_seconds:
        row = replace(row, start_seconds=None, end_seconds=None)
    return row


def _meet(sheet: Sheet, row: Caption, rate_hz: float) -> None:
    """Let the times of a caption and of those that touch it not overlap; a settled one keeps its own."""
    earlier, later = sheet.neighbours(row)
    if earlier is not None and seconds_of(earlier, rate_hz)[1] > seconds_of(row, rate_hz)[0]:
        if is_protected(earlier):
            row = replace(row, start_seconds=seconds_of(earlier, rate_hz)[1])
            sheet.put(row)
        else:
            sheet.put(replace(earlier, end_seconds=row.start_seconds))
    if later is not None and seconds_of(row, rate_hz)[1] > seconds_of(later, rate_hz)[0]:
        sheet.put(replace(row, end_seconds=later.start_seconds))


def _source_frames(strokes: StrokeMasks, frames: FrameRange, rate_hz: float) -> tuple[int, int]:
    """Return the first source frame that a range shows, and the one after the last."""
    ends = strokes.shown_at(np.array([frames.start, frames.end], dtype=np.int64), rate_hz)
    return int(ends[0]), int(ends[1]) + 1
