"""The rules by which extents of captions push each other aside; ranges of frame indices in, ranges out.

Rows never overlap, and every frame index belongs to a caption or to a gap. Saving a range makes room for it: what it
covers wholly is deleted, what it covers partly is trimmed, what encloses it is split in two. What nothing covers
becomes a gap, and gaps that touch are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from caption_boundaries.types import FrameRange


@dataclass(frozen=True, slots=True)
class Interval:
    """The extents of one row."""

    frames: FrameRange
    is_gap: bool
    """True: nothing is shown here."""
    key: int | None = None
    """The row it belongs to; None: not saved yet."""


@dataclass(frozen=True, slots=True)
class Trim:
    """A row that gets other extents."""

    key: int
    frames: FrameRange


@dataclass(frozen=True, slots=True)
class Split:
    """The second part of a row that was split; the first part is a `Trim` of the same key."""

    key: int
    frames: FrameRange


@dataclass(frozen=True, slots=True)
class Edit:
    """What has to happen to the rows so that a range can be saved."""

    deleted: tuple[int, ...]
    """Captions and gaps that go."""
    trimmed: tuple[Trim, ...]
    """Captions and gaps that get other extents; captions among them have to be looked at again."""
    split: tuple[Split, ...]
    """Captions to add as copies of the one from which they were split."""
    gaps: tuple[FrameRange, ...]
    """Gaps to add."""


def subtract(frames: FrameRange, taken: Iterable[FrameRange]) -> list[FrameRange]:
    """Return what is left of ``frames`` without those that are ``taken``, in order."""
    left, position = [], frames.start
    for other in sorted(taken):
        if other.end < position:
            continue
        if other.start > frames.end:
            break
        if other.start > position:
            left.append(FrameRange(position, other.start - 1))
        position = other.end + 1
    if position <= frames.end:
        left.append(FrameRange(position, frames.end))
    return left


def uncovered(covered: Iterable[FrameRange], total: FrameRange) -> list[FrameRange]:
    """Return the gaps of ``total`` that ``covered`` leaves, in order, none touching the next."""
    return subtract(total, covered)


def save_range(rows: Sequence[Interval], frames: FrameRange, total: FrameRange, *, key: int | None = None) -> Edit:
    """Return what has to happen to the other rows so that ``frames`` can be saved.

    Args:
        rows: All rows of the video with their keys; the order is no matter.
        frames: The range that a person gave.
        total: All frame indices of the video.
        key: The row that gets the range; None: it is a new one.

    Raises:
        ValueError: The range reaches beyond the video, or a row has no key.
    """
    if frames.start < total.start or frames.end > total.end:
        raise ValueError(f"{frames.start}..{frames.end} reaches beyond {total.start}..{total.end}")
    if any(row.key is None for row in rows):
        raise ValueError("every row needs its key")
    others = [row for row in rows if row.key != key]
    captions = {row.key: subtract(row.frames, [frames]) for row in others if not row.is_gap and row.key is not None}
    kept = [part for parts in captions.values() for part in parts]
    wanted_gaps = uncovered([frames, *kept], total)
    gap_rows = [row for row in others if row.is_gap]
    matched = match_gaps(gap_rows, wanted_gaps)
    trims = [Trim(row.key, gap) for row, gap in matched if row.key is not None and row.frames != gap]
    old = {row.key: row.frames for row in others}
    trims += [Trim(row_key, parts[0]) for row_key, parts in captions.items() if parts and parts[0] != old[row_key]]
    kept_gaps = {row.key for row, _ in matched}
    return Edit(
        deleted=tuple(
            sorted(
                [row_key for row_key, parts in captions.items() if not parts]
                + [row.key for row in gap_rows if row.key is not None and row.key not in kept_gaps]
            )
        ),
        trimmed=tuple(sorted(trims, key=lambda trim: trim.key)),
        split=tuple(Split(row_key, part) for row_key, parts in captions.items() for part in parts[1:]),
        gaps=tuple(gap for gap in wanted_gaps if gap not in {wanted for _, wanted in matched}),
    )


def match_gaps(rows: Sequence[Interval], wanted: Sequence[FrameRange]) -> list[tuple[Interval, FrameRange]]:
    """Return for every wanted gap the row that can become it: the first that shares a frame with it, each once.

    Args:
        rows: Gaps that there are, in any order.
        wanted: Gaps that there should be, in order, none overlapping the next.
    """
    left = sorted(rows, key=lambda row: row.frames)
    matched, place = [], 0
    for gap in wanted:
        while place < len(left) and left[place].frames.end < gap.start:
            place += 1
        if place < len(left) and left[place].frames.overlaps(gap):
            matched.append((left[place], gap))
            place += 1
    return matched


def apply(rows: Sequence[Interval], frames: FrameRange, edit: Edit, *, key: int | None = None) -> list[Interval]:
    """Return the rows as they are after ``frames`` was saved, by their start; what is new has no key."""
    moved = {trim.key: trim.frames for trim in edit.trimmed}
    gone = set(edit.deleted)
    after = [
        Interval(moved.get(row.key, row.frames) if row.key is not None else row.frames, row.is_gap, row.key)
        for row in rows
        if row.key not in gone and (key is None or row.key != key)
    ]
    after.append(Interval(frames, is_gap=False, key=key))
    after += [Interval(part.frames, is_gap=False) for part in edit.split]
    after += [Interval(gap, is_gap=True) for gap in edit.gaps]
    return sorted(after, key=lambda row: row.frames)
