"""What a subtitle file says otherwise than the captions, and taking parts of it over. Rows in, rows out."""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

from caption_boundaries.captions.editing import Policy, Sheet
from caption_boundaries.captions.moments import end_index, seconds_of, start_index
from caption_boundaries.captions.row_edits import extents_text, is_protected, moved, new_caption
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import UsageError
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.formats import format_named, format_of
from caption_boundaries.export.text import tidy_text
from caption_boundaries.types import FrameRange

SAME_SECONDS = 0.011
"""Times that differ by no more are the same: the coarsest format counts hundredths and rounds down."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a file says otherwise."""

    op: Literal["add", "change", "remove"]
    frames: FrameRange
    """The extents that the file wants; of a caption that it does not have, those that it has now."""
    cue: Cue | None
    """None: the file has no such caption."""
    row: Caption | None
    """None: there is no such caption yet."""
    moves: bool = False
    retexts: bool = False

    @property
    def settled(self) -> bool:
        """True: a person has settled what would change."""
        if self.row is None:
            return False
        text_settled = self.row.text_status is not None and not self.row.text_pending
        return ((self.op == "remove" or self.moves) and is_protected(self.row)) or (
            (self.op == "remove" or self.retexts) and text_settled
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file beside the captions."""

    format: str
    differences: tuple[Difference, ...]
    """By start."""
    same: int
    """Cues that say what the captions say."""
    cues: int

    @property
    def digest(self) -> str:
        """Tells comparisons apart: the same file against other captions gives another one."""
        said = [(item.op, item.frames, item.row and item.row.id, item.cue) for item in self.differences]
        return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def compare(
    content: str, format_name: str | None, file_name: str, rows: Sequence[Caption], total: FrameRange, rate_hz: float
) -> Comparison:
    """Compare a file with the captions.

    Args:
        content: Its text.
        format_name: Its format; None: the one that its name says.
        file_name: Its name, where that is known.
        rows: All rows of the video.
        total: All frame indices of the video; cues that begin later are left out.
        rate_hz: Frame indices per second.

    Raises:
        UsageError: There is no such format.
        InputError: The file cannot be read.
    """
    chosen = format_named(format_name) if format_name else format_of(PurePath(file_name))  # type: ignore[arg-type]
    cues = sorted(chosen.decode(content.encode("utf-8", "replace")), key=lambda cue: (cue.start, cue.end))
    captions = [row for row in rows if row.boundary_state != "gap"]
    pairs, left = _matched(cues, captions, rate_hz)
    found = [
        _difference(cue, row, total, rate_hz) for cue, row in pairs if start_index(cue.start, rate_hz) <= total.end
    ]
    differences = [difference for difference in found if difference is not None]
    differences += [Difference("remove", row.frames, None, row) for row in left if row.text]
    differences.sort(key=lambda difference: (difference.frames, difference.op))
    return Comparison(chosen.extension.removeprefix("."), tuple(differences), found.count(None), len(cues))


def take_over(sheet: Sheet, comparison: Comparison, ticked: Collection[int], policy: Policy, rate_hz: float) -> int:
    """Apply the differences with these numbers to a sheet of all rows; returns how many were kept off by others.

    What is taken over has to be looked at again.

    Raises:
        UsageError: There is no difference with such a number.
    """
    chosen = [difference for number, difference in enumerate(comparison.differences) if number in set(ticked)]
    if len(chosen) != len(set(ticked)):
        raise UsageError("The captions have changed since the file was compared.", hint="Compare it again.")
    for item in chosen:
        if item.op == "change" and not item.moves and item.row is not None:
            sheet.put(_with_text(item.row, item))
    moving = [item for item in chosen if item.op == "remove" or item.moves]
    sheet.delete(item.row.id for item in moving if item.row is not None and item.row.id is not None)
    return sum(_place(sheet, item, policy, rate_hz) for item in moving if item.op != "remove")


def _place(sheet: Sheet, item: Difference, policy: Policy, rate_hz: float) -> bool:
    """Put a caption where the file says; return whether it could not be there, or not wholly."""
    row = item.row if item.row is not None else new_caption(item.frames)
    try:
        return sheet.add(_with_text(_with_extents(row, item, rate_hz), item), policy).stopped
    except UsageError:
        if item.row is not None:
            sheet.add(item.row, "trim")
        return True


def _matched(
    cues: Sequence[Cue], captions: Sequence[Caption], rate_hz: float
) -> tuple[list[tuple[Cue, Caption | None]], list[Caption]]:
    """Return every cue with the caption that it means, or None, and the captions that no cue means.

    Those belong together that share most time with each other.
    """
    spans = [seconds_of(row, rate_hz) for row in captions]
    ends = [end for _, end in spans]
    shared = []
    for number, cue in enumerate(cues):
        for place in range(bisect.bisect_right(ends, cue.start), len(captions)):
            start, end = spans[place]
            if start >= cue.end:
                break
            shared.append((min(end, cue.end) - max(start, cue.start), number, place))
    of_cue: dict[int, int] = {}
    taken: set[int] = set()
    for _, number, place in sorted(shared, key=lambda item: (-item[0], item[1], item[2])):
        if number not in of_cue and place not in taken:
            of_cue[number] = place
            taken.add(place)
    pairs = [(cue, captions[of_cue[n]] if n in of_cue else None) for n, cue in enumerate(cues)]
    return pairs, [row for place, row in enumerate(captions) if place not in taken]


def _difference(cue: Cue, row: Caption | None, total: FrameRange, rate_hz: float) -> Difference | None:
    if row is None:
        return Difference("add", _frames_of(cue, total, rate_hz), cue, None, moves=True, retexts=True)
    start, end = seconds_of(row, rate_hz)
    start_moves, end_moves = not _same(start, cue.start), not _same(end, cue.end)
    retexts = tidy_text(row.text or "") != tidy_text(cue.text)
    if not (start_moves or end_moves or retexts):
        return None
    wanted = _frames_of(cue, total, rate_hz)
    first = wanted.start if start_moves else row.start_frame_index
    last = wanted.end if end_moves else row.end_frame_index
    return Difference("change", FrameRange(first, max(first, last)), cue, row, start_moves or end_moves, retexts)


def _frames_of(cue: Cue, total: FrameRange, rate_hz: float) -> FrameRange:
    first = min(start_index(cue.start, rate_hz), total.end)
    return FrameRange(first, min(max(first, end_index(cue.end, rate_hz)), total.end))


def _with_extents(row: Caption, item: Difference, rate_hz: float) -> Caption:
    assert item.cue is not None
    if not item.moves:
        return row
    row = moved(row, item.frames)
    start, end = item.cue.start, item.cue.end
    row = replace(
        row,
        boundary_state="issue" if row.boundary_state == "issue" else "confirmed",
        boundary_pending=1,
    )
    if start_index(start, rate_hz) == item.frames.start and not _same(row.start_seconds, start):
        row = replace(row, start_seconds=start)
    if end_index(end, rate_hz) == item.frames.end and not _same(row.end_seconds, end):
        row = replace(row, end_seconds=end)
    return row


def _same(known: float | None, seconds: float) -> bool:
    return known is not None and abs(known - seconds) <= SAME_SECONDS


def _with_text(row: Caption, item: Difference) -> Caption:
    assert item.cue is not None
    if not item.retexts:
        return row
    return replace(
        row,
        text=tidy_text(item.cue.text),
        text_status="valid_caption",
        text_pending=1,
        text_read_from=extents_text(item.frames),
    )
