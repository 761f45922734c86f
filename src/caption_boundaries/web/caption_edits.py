"""What each kind of change does to the rows: a change in, changed rows out. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from caption_boundaries.captions.editing import NoRoomError, Policy, Sheet
from caption_boundaries.captions.moments import end_index, refine_moved, set_exact, start_index
from caption_boundaries.captions.row_edits import (
    RowEdits,
    moved,
    new_caption,
    touched_by_person,
    with_reading,
    with_text,
)
from caption_boundaries.captions.searching import Search
from caption_boundaries.database.caption_table import CaptionTable
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import TargetError, UsageError
from caption_boundaries.types import FrameRange
from caption_boundaries.web import caption_changes as asked
from caption_boundaries.web.caption_desk import CaptionDesk
from caption_boundaries.web.caption_import import compare, take_over

STOPPED = "Stopped at a confirmed caption."
PUSH_REACH = 600
"""Frame indices around a place that are looked at first when captions are pushed."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Planned:
    """What a change does."""

    edits: RowEdits
    focus: int | None = None
    """The row to look at afterwards; below zero: a new one."""
    message: str = ""
    review: str | None = None
    """The text review's new status; None: it stays."""

    @classmethod
    def nothing(cls) -> Planned:
        """Return the plan that changes nothing."""
        return cls(RowEdits((), (), ()))


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a caption's pictures."""

    frames: FrameRange
    text: str
    confidence: float


class Editor:
    """Plans changes of one video's captions, which it reads from an open table."""

    def __init__(self, table: CaptionTable, desk: CaptionDesk, reading: Reading | None = None) -> None:
        """Prepare.

        Args:
            table: The rows as they are.
            desk: What they stand on.
            reading: What was read for a change of the kind ``read``.
        """
        self._table = table
        self._desk = desk
        self._reading = reading
        self._total = desk.total(table.extent())

    def plan(self, change: asked.Change) -> Planned:
        """Return what a change does.

        Raises:
            TargetError: A caption is gone.
            UsageError: It cannot be done.
        """
        plans: dict[type, Callable[..., Planned]] = {
            asked.SetEdge: self._set_edge,
            asked.Nudge: self._nudge,
            asked.SetExtents: self._set_extents,
            asked.Shift: self._shift,
            asked.Add: self._add,
            asked.SplitAt: self._split,
            asked.Merge: self._merge,
            asked.Clear: self._clear,
            asked.Delete: self._delete,
            asked.Confirm: self._confirm,
            asked.SetText: self._set_text,
            asked.SetStatus: self._set_status,
            asked.SetNotes: self._set_notes,
            asked.NoText: self._no_text,
            asked.Replace: self._replace,
            asked.Read: self._read,
            asked.Import: self._import,
            asked.Review: self._review,
        }
        return plans[type(change)](change)

    def captions(self, ids: Sequence[int]) -> list[Caption]:
        """Return captions by id, in order.

        Raises:
            TargetError: One of them is gone.
            UsageError: One is a gap.
        """
        rows = self._table.rows(ids)
        missing = set(ids) - {row.id for row in rows}
        if missing:
            raise TargetError(
                f"Caption {min(missing)} is gone.", hint="Somebody deleted or merged it; load the captions again."
            )
        if any(row.boundary_state == "gap" for row in rows):
            raise UsageError("A gap has no text and no ends of its own.", hint="Add a caption in it instead.")
        return rows

    # --- extents -----------------------------------------------------------------------------------------------

    def _set_edge(self, change: asked.SetEdge) -> Planned:
        (row,) = self.captions([change.id])
        if change.seconds is not None:
            return self._set_moment(row, change.edge, change.seconds, change.policy)
        assert change.frame_index is not None
        return self._set_index(row, change.edge, change.frame_index, change.policy)

    def _nudge(self, change: asked.Nudge) -> Planned:
        (row,) = self.captions([change.id])
        if change.source_frames:
            return self._set_moment(row, change.edge, self._moment_beside(row, change), change.policy)
        now = row.start_frame_index if change.edge == "start" else row.end_frame_index
        return self._set_index(row, change.edge, max(0, now + change.ticks), change.policy)

    def _set_extents(self, change: asked.SetExtents) -> Planned:
        (row,) = self.captions([change.id])
        frames = _frames(change.start_frame_index, change.end_frame_index)
        return self._save(row, frames, change.policy)

    def _set_index(self, row: Caption, edge: asked.Edge, index: int, policy: Policy) -> Planned:
        start, end = row.start_frame_index, row.end_frame_index
        return self._save(row, _frames(index, end) if edge == "start" else _frames(start, index), policy)

    def _save(self, row: Caption, frames: FrameRange, policy: Policy) -> Planned:
        def edit(sheet: Sheet) -> Planned:
            saved = sheet.save(_id(row), frames, policy)
            return self._refined(sheet, Planned(sheet.edits(), row.id, STOPPED if saved.stopped else ""))

        return self._edit([row.frames, frames], edit, policy)

    def _set_moment(self, row: Caption, edge: asked.Edge, seconds: float, policy: Policy) -> Planned:
        """Move one end to a moment, which may leave its frame index as it is."""
        rate = self._desk.rate_hz
        if edge == "start":
            frames = _frames(start_index(seconds, rate), row.end_frame_index)
        else:
            frames = _frames(row.start_frame_index, end_index(seconds, rate))

        def edit(sheet: Sheet) -> Planned:
            saved = sheet.save(_id(row), frames, policy)
            if saved.stopped:
                return self._refined(sheet, Planned(sheet.edits(), row.id, STOPPED))
            stopped = set_exact(sheet, _id(row), edge, seconds, rate, policy)
            return self._refined(sheet, Planned(sheet.edits(), row.id, STOPPED if stopped else ""))

        return self._edit([row.frames, frames], edit, policy)

    def _moment_beside(self, row: Caption, change: asked.Nudge) -> float:
        """Return when the picture of the video is shown that stands some pictures from an end of a caption."""
        times, rate = self._desk.seconds, self._desk.rate_hz
        if not len(times):
            raise UsageError(
                "The times of the video's own pictures are not known.", hint="Run the crop step again, or use tenths."
            )
        start, end = row.frames.seconds(rate)
        if change.edge == "start":
            now = start if row.start_seconds is None else row.start_seconds
            place = int(np.searchsorted(times, now + 1e-6, side="right")) - 1
        else:
            now = end if row.end_seconds is None else row.end_seconds
            place = int(np.searchsorted(times, now - 1e-6, side="left"))
        place = max(0, place + change.source_frames)
        usual = float(np.median(np.diff(times))) if len(times) > 1 else 1 / rate
        return float(times[place]) if place < len(times) else float(times[-1]) + usual

    def _shift(self, change: asked.Shift) -> Planned:
        rows = self.captions(change.ids)
        moves = [
            (row, _frames(row.start_frame_index + change.ticks, row.end_frame_index + change.ticks)) for row in rows
        ]

        def edit(sheet: Sheet) -> Planned:
            sheet.delete(_id(row) for row in rows)
            stopped = False
            for row, frames in moves:
                stopped |= sheet.add(replace(moved(row, frames), **touched_by_person([row])), change.policy).stopped
            return self._refined(sheet, Planned(sheet.edits(), _id(rows[0]), STOPPED if stopped else ""))

        return self._edit([frames for row, new in moves for frames in (row.frames, new)], edit, change.policy)

    def _add(self, change: asked.Add) -> Planned:
        frames = _frames(change.start_frame_index, change.end_frame_index)

        def edit(sheet: Sheet) -> Planned:
            saved = sheet.add(new_caption(frames, change.text), change.policy)
            return self._refined(sheet, Planned(sheet.edits(), saved.id, STOPPED if saved.stopped else ""))

        return self._edit([frames], edit, change.policy)

    def _split(self, change: asked.SplitAt) -> Planned:
        (row,) = self.captions([change.id])

        def edit(sheet: Sheet) -> Planned:
            second = sheet.split(change.id, change.frame_index)
            for row_id, text in zip((change.id, second), change.texts or (), strict=False):
                sheet.put(with_text(sheet.caption(row_id), text, "valid_caption"))
            return self._refined(sheet, Planned(sheet.edits(), second))

        return self._edit([row.frames], edit)

    def _merge(self, change: asked.Merge) -> Planned:
        rows = self.captions([row_id for group in change.groups for row_id in group])

        def edit(sheet: Sheet) -> Planned:
            merged = [sheet.merge(group) for group in change.groups]
            if change.text is not None:
                sheet.put(with_text(sheet.caption(merged[0]), change.text, "valid_caption"))
            return Planned(sheet.edits(), merged[0])

        return self._edit([row.frames for row in rows], edit)

    def _clear(self, change: asked.Clear) -> Planned:
        frames = _frames(change.start_frame_index, change.end_frame_index)

        def edit(sheet: Sheet) -> Planned:
            stopped = sheet.clear(frames, change.policy)
            return self._refined(sheet, Planned(sheet.edits(), None, STOPPED if stopped else ""))

        return self._edit([frames], edit)

    def _delete(self, change: asked.Delete) -> Planned:
        rows = self.captions(change.ids)

        def edit(sheet: Sheet) -> Planned:
            sheet.delete(change.ids)
            return Planned(sheet.edits())

        return self._edit([row.frames for row in rows], edit)

    def _import(self, change: asked.Import) -> Planned:
        rows = self._table.captions()
        comparison = compare(change.content, change.format, "", rows, self._total, self._desk.rate_hz)
        sheet = Sheet(rows, self._total)
        stopped = take_over(sheet, comparison, change.ticked, change.policy, self._desk.rate_hz)
        planned = Planned(sheet.edits(), None, f"{stopped} captions met confirmed ones." if stopped else "")
        return self._refined(sheet, planned)

    # --- text and states ---------------------------------------------------------------------------------------

    def _confirm(self, change: asked.Confirm) -> Planned:
        rows = self.captions(change.ids)
        planned = replace(Planned.nothing(), focus=_id(rows[0]))
        if change.start_frame_index is not None or change.end_frame_index is not None:
            (row,) = rows
            start = row.start_frame_index if change.start_frame_index is None else change.start_frame_index
            end = row.end_frame_index if change.end_frame_index is None else change.end_frame_index
            planned = self._save(row, _frames(start, end), change.policy)
            rows = [next((other for other in planned.edits.updated if other.id == row.id), row)]
        return _with_rows(planned, rows, [_confirmed(row, change) for row in rows])

    def _set_text(self, change: asked.SetText) -> Planned:
        (row,) = self.captions([change.id])
        row = with_text(row, change.text, change.text_status)
        return self._put([row if change.notes is None else replace(row, text_notes=change.notes or None)])

    def _set_status(self, change: asked.SetStatus) -> Planned:
        names = change.model_fields_set - {"kind", "ids"}
        given = {name: getattr(change, name) for name in sorted(names)}
        if any(value is None for name, value in given.items() if name != "text_status"):
            raise UsageError("Only the status of a text can be taken away.")
        return self._put([replace(row, **given) for row in self.captions(change.ids)])

    def _set_notes(self, change: asked.SetNotes) -> Planned:
        (row,) = self.captions([change.id])
        return self._put([replace(row, text_notes=change.notes or None)])

    def _no_text(self, change: asked.NoText) -> Planned:
        return self._put([with_text(row, "", "confirmed") for row in self.captions(change.ids)])

    def _replace(self, change: asked.Replace) -> Planned:
        search = Search(change.find, change.match_case, change.whole_words)
        changed = []
        for row in self.captions(change.ids):
            text = search.replaced(row.text or "", change.replace)
            if row.text is not None and text != row.text:
                changed.append(replace(row, text=text, text_status=row.text_status or "valid_caption"))
        return self._put(changed)

    def _read(self, change: asked.Read) -> Planned:
        (row,) = self.captions([change.id])
        if self._reading is None or self._reading.frames != row.frames:
            raise UsageError("The caption was moved while it was read.", hint="Read it again.")
        return self._put([with_reading(row, self._reading.text, self._reading.confidence)])

    def _review(self, change: asked.Review) -> Planned:
        return replace(Planned.nothing(), review=change.status)

    # --- common ------------------------------------------------------------------------------------------------

    def _put(self, rows: Sequence[Caption]) -> Planned:
        """Return the plan that changes no extents."""
        first = rows[0].id if rows else None
        return _with_rows(replace(Planned.nothing(), focus=first), self._table.rows(_id(row) for row in rows), rows)

    def _edit(self, places: Sequence[FrameRange], edit: Callable[[Sheet], Planned], policy: Policy = "trim") -> Planned:
        """Run an edit on a sheet of the rows around some places; on all rows where pushing reaches further."""
        reach = PUSH_REACH if policy == "push" else 0
        start, end = min(frames.start for frames in places), max(frames.end for frames in places)
        if end > self._total.end:
            raise UsageError("That reaches beyond the end of the video.")
        rows = self._table.around(FrameRange(max(0, start - reach), min(self._total.end, end + reach)))
        first = min([start, *(row.start_frame_index for row in rows)])
        last = max([end, *(row.end_frame_index for row in rows)])
        at_start = not any(row.end_frame_index < start - reach - 1 for row in rows)
        at_end = not any(row.start_frame_index > end + reach + 1 for row in rows)
        span = FrameRange(0 if at_start else first, self._total.end if at_end else last)
        try:
            return edit(Sheet(rows, span))
        except NoRoomError:
            if span == self._total:
                raise
            return edit(Sheet(self._table.captions(), self._total))

    def _refined(self, sheet: Sheet, planned: Planned) -> Planned:
        with self._desk.strokes() as strokes:
            refine_moved(sheet, strokes, self._desk.rate_hz)
        return replace(planned, edits=sheet.edits())


def _with_rows(planned: Planned, before: Sequence[Caption], after: Sequence[Caption]) -> Planned:
    """Return a plan that brings rows to other values besides."""
    changed = [row for row, old in zip(after, before, strict=True) if row != old]
    ids = {row.id for row in after}
    kept = [row for row in planned.edits.updated if row.id not in ids]
    same = [row for row in planned.edits.updated if row.id in ids and row.id not in {new.id for new in changed}]
    return replace(planned, edits=replace(planned.edits, updated=(*kept, *same, *changed)))


def _confirmed(row: Caption, change: asked.Confirm) -> Caption:
    if change.what in ("extents", "both"):
        state = "issue" if row.boundary_state == "issue" else "confirmed"
        row = replace(row, boundary_state=state, boundary_pending=0)
    text = change.text if change.text is not None else row.text
    if change.what in ("text", "both") and text is not None:
        row = with_text(row, text, change.text_status)
    return row if change.notes is None else replace(row, text_notes=change.notes or None)


def _frames(start: int, end: int) -> FrameRange:
    if start < 0:
        raise UsageError("That reaches beyond the start of the video.")
    if end < start:
        raise UsageError("A caption has at least one frame.", hint="Move the other end first, or delete it.")
    return FrameRange(start, end)


def _id(row: Caption) -> int:
    assert row.id is not None
    return row.id
