"""Changes of extents: one end, both, several captions, new ones, gaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from caption_boundaries.captions.editing import Policy, Sheet
from caption_boundaries.captions.moments import end_index, seconds_of, set_exact, start_index
from caption_boundaries.captions.row_edits import moved, new_caption, touched_by_person, with_text
from caption_boundaries.captions.strokes import TIME_TOLERANCE
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import UsageError
from caption_boundaries.types import FrameRange
from caption_boundaries.web import caption_changes as asked
from caption_boundaries.web.caption_plan import Planned, Rows, frames_from, id_of

STOPPED = "Stopped at a confirmed caption."


def _set_edge(rows: Rows, change: asked.SetEdge) -> Planned:
    (row,) = rows.captions([change.id])
    if change.seconds is not None:
        return _set_moment(rows, row, change.edge, change.seconds, change.policy)
    assert change.frame_index is not None
    return _set_index(rows, row, change.edge, change.frame_index, change.policy)


def _nudge(rows: Rows, change: asked.Nudge) -> Planned:
    (row,) = rows.captions([change.id])
    if change.source_frames:
        return _set_moment(rows, row, change.edge, _moment_beside(rows, row, change), change.policy)
    now = row.start_frame_index if change.edge == "start" else row.end_frame_index
    return _set_index(rows, row, change.edge, max(0, now + change.ticks), change.policy)


def _set_extents(rows: Rows, change: asked.SetExtents) -> Planned:
    (row,) = rows.captions([change.id])
    frames = frames_from(change.start_frame_index, change.end_frame_index)
    return save(rows, row, frames, change.policy)


def _set_index(rows: Rows, row: Caption, edge: asked.Edge, index: int, policy: Policy) -> Planned:
    start, end = row.start_frame_index, row.end_frame_index
    return save(rows, row, frames_from(index, end) if edge == "start" else frames_from(start, index), policy)


def save(rows: Rows, row: Caption, frames: FrameRange, policy: Policy) -> Planned:
    """Return the plan that gives a caption other extents."""

    def edit(sheet: Sheet) -> Planned:
        saved = sheet.save(id_of(row), frames, policy)
        return rows.refined(sheet, Planned(sheet.edits(), row.id, STOPPED if saved.stopped else ""))

    return rows.edit([row.frames, frames], edit, policy)


def _set_moment(rows: Rows, row: Caption, edge: asked.Edge, seconds: float, policy: Policy) -> Planned:
    """Move one end to a moment, which may leave its frame index as it is."""
    rate = rows.desk.rate_hz
    if edge == "start":
        frames = frames_from(start_index(seconds, rate), row.end_frame_index)
    else:
        frames = frames_from(row.start_frame_index, end_index(seconds, rate))

    def edit(sheet: Sheet) -> Planned:
        saved = sheet.save(id_of(row), frames, policy)
        if saved.stopped:
            return rows.refined(sheet, Planned(sheet.edits(), row.id, STOPPED))
        stopped = set_exact(sheet, id_of(row), edge, seconds, rate, policy)
        return rows.refined(sheet, Planned(sheet.edits(), row.id, STOPPED if stopped else ""))

    return rows.edit([row.frames, frames], edit, policy)


def _moment_beside(rows: Rows, row: Caption, change: asked.Nudge) -> float:
    """Return when the picture of the video is shown that stands some pictures from an end of a caption."""
    times, rate = rows.desk.seconds, rows.desk.rate_hz
    if not len(times):
        raise UsageError(
            "The times of the video's own pictures are not known.", hint="Run the crop step again, or use tenths."
        )
    start, end = seconds_of(row, rate)
    if change.edge == "start":
        place = int(np.searchsorted(times, start + TIME_TOLERANCE, side="right")) - 1
    else:
        place = int(np.searchsorted(times, end - TIME_TOLERANCE, side="left"))
    place = max(0, place + change.source_frames)
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 1 / rate
    return float(times[place]) if place < len(times) else float(times[-1]) + usual


def _shift(rows: Rows, change: asked.Shift) -> Planned:
    chosen = rows.captions(change.ids)
    moves = [
        (row, frames_from(row.start_frame_index + change.ticks, row.end_frame_index + change.ticks)) for row in chosen
    ]

    def edit(sheet: Sheet) -> Planned:
        sheet.delete(id_of(row) for row in chosen)
        stopped = False
        for row, frames in moves:
            stopped |= sheet.add(replace(moved(row, frames), **touched_by_person([row])), change.policy).stopped
        return rows.refined(sheet, Planned(sheet.edits(), id_of(chosen[0]), STOPPED if stopped else ""))

    return rows.edit([frames for row, new in moves for frames in (row.frames, new)], edit, change.policy)


def _add(rows: Rows, change: asked.Add) -> Planned:
    frames = frames_from(change.start_frame_index, change.end_frame_index)

    def edit(sheet: Sheet) -> Planned:
        saved = sheet.add(new_caption(frames, change.text), change.policy)
        return rows.refined(sheet, Planned(sheet.edits(), saved.id, STOPPED if saved.stopped else ""))

    return rows.edit([frames], edit, change.policy)


def _split(rows: Rows, change: asked.SplitAt) -> Planned:
    (row,) = rows.captions([change.id])

    def edit(sheet: Sheet) -> Planned:
        second = sheet.split(change.id, change.frame_index)
        for row_id, text in zip((change.id, second), change.texts or (), strict=False):
            sheet.put(with_text(sheet.caption(row_id), text, "valid_caption"))
        return rows.refined(sheet, Planned(sheet.edits(), second))

    return rows.edit([row.frames], edit)


def _merge(rows: Rows, change: asked.Merge) -> Planned:
    chosen = rows.captions([row_id for group in change.groups for row_id in group])

    def edit(sheet: Sheet) -> Planned:
        merged = [sheet.merge(group) for group in change.groups]
        if change.text is not None:
            sheet.put(with_text(sheet.caption(merged[0]), change.text, "valid_caption"))
        return Planned(sheet.edits(), merged[0])

    return rows.edit([row.frames for row in chosen], edit)


def _clear(rows: Rows, change: asked.Clear) -> Planned:
    frames = frames_from(change.start_frame_index, change.end_frame_index)

    def edit(sheet: Sheet) -> Planned:
        stopped = sheet.clear(frames, change.policy)
        return rows.refined(sheet, Planned(sheet.edits(), None, STOPPED if stopped else ""))

    return rows.edit([frames], edit)


def _delete(rows: Rows, change: asked.Delete) -> Planned:
    chosen = rows.captions(change.ids)

    def edit(sheet: Sheet) -> Planned:
        sheet.delete(change.ids)
        return Planned(sheet.edits())

    return rows.edit([row.frames for row in chosen], edit)


EXTENT_CHANGES: Mapping[type, Callable[[Rows, Any], Planned]] = {
    asked.SetEdge: _set_edge,
    asked.Nudge: _nudge,
    asked.SetExtents: _set_extents,
    asked.Shift: _shift,
    asked.Add: _add,
    asked.SplitAt: _split,
    asked.Merge: _merge,
    asked.Clear: _clear,
    asked.Delete: _delete,
}
"""How each kind of change is planned."""
