"""What a person does to the extents of captions: rows in, changed rows out. Pure.

A `Sheet` holds the rows of a video, or those around the place that is edited. Whatever is done to it, its rows never
overlap and leave no frame index out: what makes room is trimmed, split or deleted by the rules of `intervals.py`, what
nothing covers becomes a gap. At the end `Sheet.edits` says which rows are others now.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from caption_boundaries.captions.intervals import Interval, match_gaps, save_range, subtract, uncovered
from caption_boundaries.captions.row_edits import (
    RowEdits,
    is_protected,
    joined_text,
    looked_at_again,
    moved,
    new_caption,
    touched_by_person,
)
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import UsageError
from caption_boundaries.types import FrameRange

Policy = Literal["protect", "push", "trim"]
"""How neighbours make room.

``protect`` stops at what a person has confirmed and trims the others; ``push`` moves them aside with the length that
they have; ``trim`` trims them all.
"""


@dataclass(frozen=True, slots=True)
class Saved:
    """A row that was given extents."""

    id: int
    stopped: bool
    """True: it got less than was asked for, because a confirmed caption stands there."""


class NoRoomError(UsageError):
    """The captions of a sheet cannot be pushed aside; on a larger sheet they may be."""


class Sheet:
    """Rows of a video that can be edited, in order; none overlapping the next."""

    def __init__(self, rows: Sequence[Caption], total: FrameRange) -> None:
        """Take rows in.

        Args:
            rows: Saved rows: all of a video, or those around one place.
            total: The frame indices that they and the gaps between them cover.
        """
        self._before = {_id(row): row for row in rows}
        self._by_id = dict(self._before)
        self._rows = sorted(rows, key=_place)
        self._total = total
        self._next_id = -1
        # Rows of an old database may overlap; then none can be found by its place.
        self._in_order = all(a.end_frame_index < b.start_frame_index for a, b in pairwise(self._rows))

    def caption(self, row_id: int) -> Caption:
        """Return a caption.

        Raises:
            UsageError: There is none of this id, or it is a gap.
        """
        row = self._by_id.get(row_id)
        if row is None or row.boundary_state == "gap":
            raise UsageError("There is no such caption now.", hint="Somebody may have deleted or merged it.")
        return row

    def before(self, row_id: int) -> Caption | None:
        """Return a row as it was at the beginning; None: it was not there."""
        return self._before.get(row_id)

    def neighbours(self, row: Caption) -> tuple[Caption | None, Caption | None]:
        """Return the captions that touch a row, before it and after it."""
        touching = [other for other in self._near(row.frames) if other.boundary_state != "gap"]
        earlier = next((other for other in touching if other.end_frame_index == row.start_frame_index - 1), None)
        later = next((other for other in touching if other.start_frame_index == row.end_frame_index + 1), None)
        return earlier, later

    def captions(self) -> list[Caption]:
        """Return all rows that are no gap, in order."""
        return [row for row in self._rows if row.boundary_state != "gap"]

    def put(self, row: Caption) -> None:
        """Put a row in the place of the one with its id and its extents."""
        known = self._by_id[_id(row)]
        assert known.frames == row.frames
        self._rows[self._position(known)] = self._by_id[_id(row)] = row

    def save(self, row_id: int, frames: FrameRange, policy: Policy) -> Saved:
        """Give a caption other extents; the others make room.

        Raises:
            UsageError: There is no room.
        """
        row = self.caption(row_id)
        allowed, pushed = self._make_room(frames, policy, row)
        if allowed != row.frames:
            self._save(replace(moved(row, allowed), **touched_by_person([row])), pushed)
        return Saved(row_id, stopped=allowed != frames)

    def add(self, row: Caption, policy: Policy) -> Saved:
        """Add a caption, with its id if it had one before; the others make room.

        Raises:
            UsageError: There is no room.
        """
        allowed, pushed = self._make_room(row.frames, policy, None)
        added = replace(moved(row, allowed), id=row.id if row.id is not None else self._new_id())
        self._save(added, pushed)
        return Saved(_id(added), stopped=allowed != row.frames)

    def split(self, row_id: int, frame_index: int) -> int:
        """Split a caption so that its second part begins at ``frame_index``, and return the id of that part.

        Raises:
            UsageError: The caption does not reach from before it to it.
        """
        row = self.caption(row_id)
        if not row.start_frame_index < frame_index <= row.end_frame_index:
            raise UsageError("A caption can be split only inside it.", hint="Move the cursor into the caption.")
        first = moved(row, FrameRange(row.start_frame_index, frame_index - 1))
        second = replace(moved(row, FrameRange(frame_index, row.end_frame_index)), id=self._new_id())
        theirs = touched_by_person([row])
        self._replace([row], [replace(first, **theirs), replace(second, **theirs)])
        return _id(second)

    def merge(self, ids: Sequence[int]) -> int:
        """Make one caption of several that stand in a row, and return its id: that of the first.

        Raises:
            UsageError: Another caption stands between them, or it is only one.
        """
        rows = sorted((self.caption(row_id) for row_id in dict.fromkeys(ids)), key=_place)
        if len(rows) < 2:
            raise UsageError("Two captions are needed to merge them.")
        frames = FrameRange(rows[0].start_frame_index, rows[-1].end_frame_index)
        covered = self._overlapping(frames)
        if any(row.boundary_state != "gap" and row not in rows for row in covered):
            raise UsageError("Another caption stands between them.", hint="Merge that one too, or delete it first.")
        text = joined_text(rows)
        whole = replace(
            moved(rows[0], frames),
            **touched_by_person(rows),
            end_seconds=rows[-1].end_seconds,
            text=text,
            text_pending=int(text is not None),
        )
        self._replace(covered, [whole])
        return _id(whole)

    def clear(self, frames: FrameRange, policy: Policy) -> bool:
        """Make a gap; return whether a confirmed caption kept part of it from becoming one.

        Raises:
            UsageError: Only confirmed captions stand there.
        """
        parts = [frames] if policy != "protect" else subtract(frames, self._protected(frames, None))
        if not parts:
            raise UsageError("Only confirmed captions stand there.", hint="Choose the policy “trim”, or delete them.")
        for part in parts:
            self.delete([self.add(new_caption(part), "trim").id])
        return parts != [frames]

    def delete(self, ids: Iterable[int]) -> None:
        """Take captions away; where they were becomes a gap."""
        for row_id in dict.fromkeys(ids):
            row = self.caption(row_id)
            self._replace([row], [])
            self._fill(row.frames)

    def edits(self) -> RowEdits:
        """Return which rows are others now than at the beginning."""
        now = self._by_id
        return RowEdits(
            updated=tuple(row for key, row in now.items() if key in self._before and row != self._before[key]),
            added=tuple(sorted((row for key, row in now.items() if key not in self._before), key=_place)),
            deleted=tuple(sorted(self._before.keys() - now.keys())),
        )

    def _new_id(self) -> int:
        self._next_id -= 1
        return self._next_id + 1

    def _make_room(self, frames: FrameRange, policy: Policy, row: Caption | None) -> tuple[FrameRange, list[Caption]]:
        """Return which part of ``frames`` a caption may have, and the captions that are pushed aside for it."""
        if frames.start < self._total.start or frames.end > self._total.end:
            raise UsageError("That reaches beyond the video.")
        if policy == "protect":
            return _allowed(frames, self._protected(frames, row), row.frames if row else None), []
        return frames, self._pushed(frames, row) if policy == "push" else []

    def _protected(self, frames: FrameRange, row: Caption | None) -> list[FrameRange]:
        near = self._overlapping(frames)
        return [other.frames for other in near if is_protected(other) and (row is None or other.id != row.id)]

    def _pushed(self, frames: FrameRange, row: Caption | None) -> list[Caption]:
        """Return the captions that stand in the way, moved aside in the order in which they are."""
        pivot = row.start_frame_index if row is not None else frames.start
        others = [other for other in self.captions() if row is None or other.id != row.id]
        pushed = []
        limit = frames.start - 1
        for other in reversed([other for other in others if other.start_frame_index < pivot]):
            if other.end_frame_index <= limit:
                break
            pushed.append(self._shifted(other, limit - other.end_frame_index))
            limit -= len(other.frames)
        limit = frames.end + 1
        for other in [other for other in others if other.start_frame_index >= pivot]:
            if other.start_frame_index >= limit:
                break
            pushed.append(self._shifted(other, limit - other.start_frame_index))
            limit += len(other.frames)
        return pushed

    def _shifted(self, row: Caption, by: int) -> Caption:
        start, end = row.start_frame_index + by, row.end_frame_index + by
        if start < self._total.start or end > self._total.end:
            raise NoRoomError("There is no room to push the captions aside.", hint="Choose the policy “trim”.")
        return looked_at_again(moved(row, FrameRange(start, end)))

    def _save(self, row: Caption, pushed: Sequence[Caption] = ()) -> None:
        """Put a caption and those pushed for it in their places, and apply what that means for the others."""
        reach = [other.frames for other in (row, *pushed)]
        reach += [self._by_id[_id(other)].frames for other in (row, *pushed) if other.id in self._by_id]
        place = _around(reach)
        near = self._near(place)
        others = {_id(other): other for other in (*near, *pushed) if other.id != row.id}
        intervals = [Interval(other.frames, other.boundary_state == "gap", key) for key, other in others.items()]
        edit = save_range(intervals, row.frames, self._span(near, place))
        for key in edit.deleted:
            del others[key]
        split = [replace(moved(others[part.key], part.frames), id=self._new_id()) for part in edit.split]
        for trim in edit.trimmed:
            others[trim.key] = looked_at_again(moved(others[trim.key], trim.frames))
        gaps = [self._gap(frames) for frames in edit.gaps]
        self._replace(near, [row, *others.values(), *(looked_at_again(part) for part in split), *gaps])

    def _fill(self, frames: FrameRange) -> None:
        """Make gaps of what nothing covers at a place, gaps that touch being one."""
        near = self._near(frames)
        captions = [row for row in near if row.boundary_state != "gap"]
        gaps = {_id(row): row for row in near if row.boundary_state == "gap"}
        wanted = uncovered((row.frames for row in captions), self._span(near, frames))
        intervals = [Interval(row.frames, is_gap=True, key=key) for key, row in gaps.items()]
        matched = {gap: row.key for row, gap in match_gaps(intervals, wanted) if row.key is not None}
        filled = [moved(gaps[matched[gap]], gap) if gap in matched else self._gap(gap) for gap in wanted]
        self._replace(near, [*captions, *filled])

    def _gap(self, frames: FrameRange) -> Caption:
        return Caption(frames.start, frames.end, boundary_state="gap", id=self._new_id())

    def _span(self, rows: Sequence[Caption], frames: FrameRange) -> FrameRange:
        """Return what rows and the space between them cover; at the ends of the sheet, all that is left."""
        span = _around([frames, *(row.frames for row in rows)])
        at_start = not rows or rows[0] is self._rows[0]
        at_end = not rows or rows[-1] is self._rows[-1]
        return FrameRange(
            self._total.start if at_start else max(span.start, self._total.start),
            self._total.end if at_end else min(span.end, self._total.end),
        )

    def _overlapping(self, frames: FrameRange) -> list[Caption]:
        return [row for row in self._near(frames) if row.frames.overlaps(frames)]

    def _near(self, frames: FrameRange) -> list[Caption]:
        """Return the rows at a place, with two beyond on either side."""
        if not self._in_order:
            return list(self._rows)
        low = bisect.bisect_left(self._rows, frames.start, key=lambda row: row.end_frame_index)
        high = bisect.bisect_right(self._rows, frames.end, key=lambda row: row.start_frame_index)
        return self._rows[max(0, low - 2) : high + 2]

    def _replace(self, old: Sequence[Caption], new: Sequence[Caption]) -> None:
        """Put rows in the place of others that stand next to each other."""
        for row in old:
            del self._by_id[_id(row)]
        self._by_id.update((_id(row), row) for row in new)
        if self._in_order:
            place = self._position(old[0]) if old else 0
            self._rows[place : place + len(old)] = sorted(new, key=_place)
        else:
            self._rows = sorted(self._by_id.values(), key=_place)

    def _position(self, row: Caption) -> int:
        if not self._in_order:
            return self._rows.index(row)
        return bisect.bisect_left(self._rows, row.start_frame_index, key=lambda other: other.start_frame_index)


def _allowed(frames: FrameRange, taken: Sequence[FrameRange], old: FrameRange | None) -> FrameRange:
    """Return the part of ``frames`` that nothing settled takes: where the caption was, else the largest."""
    parts = subtract(frames, taken)
    if not parts:
        raise UsageError("A confirmed caption stands there.", hint="Choose the policy “push” or “trim”.")
    if old is not None and any(part.overlaps(old) for part in parts):
        return max(parts, key=lambda part: min(part.end, old.end) - max(part.start, old.start))
    return max(parts, key=len)


def _around(ranges: Sequence[FrameRange]) -> FrameRange:
    return FrameRange(min(frames.start for frames in ranges), max(frames.end for frames in ranges))


def _id(row: Caption) -> int:
    if row.id is None:
        raise ValueError("every row of a sheet has an id")
    return row.id


def _place(row: Caption) -> tuple[int, int, int]:
    return row.start_frame_index, row.end_frame_index, row.id or 0
