"""What planning a change needs, whatever its kind: the rows as they are, and a sheet of those around a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from caption_boundaries.captions.editing import NoRoomError, Policy, Sheet
from caption_boundaries.captions.moments import refine_moved
from caption_boundaries.captions.row_edits import RowEdits
from caption_boundaries.database.caption_table import CaptionTable
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import TargetError, UsageError
from caption_boundaries.types import FrameRange
from caption_boundaries.web.caption_desk import CaptionDesk

PUSH_REACH = 600
"""Frame indices around a place that are looked at first when captions are pushed."""


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


class Rows:
    """One video's captions, read from an open table."""

    def __init__(self, table: CaptionTable, desk: CaptionDesk, reading: Reading | None = None) -> None:
        """Prepare.

        Args:
            table: The rows as they are.
            desk: What they stand on.
            reading: What was read for a change that stores it.
        """
        self.table = table
        self.desk = desk
        self.reading = reading
        self.total = desk.total(table.extent())
        """All frame indices of the video."""

    def captions(self, ids: Sequence[int]) -> list[Caption]:
        """Return captions by id, in order.

        Raises:
            TargetError: One of them is gone.
            UsageError: One is a gap.
        """
        rows = self.table.rows(ids)
        missing = set(ids) - {row.id for row in rows}
        if missing:
            raise TargetError(
                f"Caption {min(missing)} is gone.", hint="Somebody deleted or merged it; load the captions again."
            )
        if any(row.boundary_state == "gap" for row in rows):
            raise UsageError("A gap has no text and no ends of its own.", hint="Add a caption in it instead.")
        return rows

    def put(self, rows: Sequence[Caption]) -> Planned:
        """Return the plan that gives rows other values, but no other extents."""
        first = rows[0].id if rows else None
        before = self.table.rows(id_of(row) for row in rows)
        return with_rows(replace(Planned.nothing(), focus=first), before, rows)

    def edit(self, places: Sequence[FrameRange], edit: Callable[[Sheet], Planned], policy: Policy = "trim") -> Planned:
        """Run an edit on a sheet of the rows around some places; on all rows where pushing reaches further."""
        reach = PUSH_REACH if policy == "push" else 0
        start, end = min(frames.start for frames in places), max(frames.end for frames in places)
        if end > self.total.end:
            raise UsageError("That reaches beyond the end of the video.")
        rows = self.table.around(FrameRange(max(0, start - reach), min(self.total.end, end + reach)))
        first = min([start, *(row.start_frame_index for row in rows)])
        last = max([end, *(row.end_frame_index for row in rows)])
        at_start = not any(row.end_frame_index < start - reach - 1 for row in rows)
        at_end = not any(row.start_frame_index > end + reach + 1 for row in rows)
        span = FrameRange(0 if at_start else first, self.total.end if at_end else last)
        try:
            return edit(Sheet(rows, span))
        except NoRoomError:
            if span == self.total:
                raise
            return edit(Sheet(self.table.captions(), self.total))

    def refined(self, sheet: Sheet, planned: Planned) -> Planned:
        """Return a plan with the exact times of what a sheet has moved."""
        with self.desk.strokes() as strokes:
            refine_moved(sheet, strokes, self.desk.rate_hz)
        return replace(planned, edits=sheet.edits())


def with_rows(planned: Planned, before: Sequence[Caption], after: Sequence[Caption]) -> Planned:
    """Return a plan that brings rows to other values besides."""
    changed = [row for row, old in zip(after, before, strict=True) if row != old]
    ids = {row.id for row in after}
    kept = [row for row in planned.edits.updated if row.id not in ids]
    same = [row for row in planned.edits.updated if row.id in ids and row.id not in {new.id for new in changed}]
    return replace(planned, edits=replace(planned.edits, updated=(*kept, *same, *changed)))


def frames_from(start: int, end: int) -> FrameRange:
    """Return a range that a person has asked for.

    Raises:
        UsageError: It cannot be one.
    """
    if start < 0:
        raise UsageError("That reaches beyond the start of the video.")
    if end < start:
        raise UsageError("A caption has at least one frame.", hint="Move the other end first, or delete it.")
    return FrameRange(start, end)


def id_of(row: Caption) -> int:
    """Return the id of a row that has one."""
    assert row.id is not None
    return row.id
