"""Cues: captions as subtitle files know them, with times in seconds, and how they follow from the database's rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import DatabaseCorruptError
from caption_boundaries.types import FrameRange

_NO_CAPTION = frozenset({"gap", "issue"})
"""States of rows that hold no caption."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption with its time; what a file format cannot hold is None after reading."""

    start: float
    """Seconds from the first picture."""
    end: float
    """Seconds, exclusive: the moment at which it is gone."""
    text: str
    r"""Lines joined by ``\n``."""
    id: int | None = None
    """The caption's id in the database."""
    frames: FrameRange | None = None
    """Frame indices, inclusive on both ends."""
    state: str | None = None
    """``predicted`` or ``confirmed``."""
    boundary_confidence: float | None = None
    """0 to 1: how sure the start and the end are."""
    text_confidence: float | None = None
    """0 to 1: how sure the text is."""


def cues_of(rows: Iterable[Caption], rate_hz: float, *, include_predicted: bool = True) -> list[Cue]:
    """Return a cue for every caption that has text, in order of time.

    Times are those refined to the source picture; where a row has none they follow from its frame indices. Captions
    whose frame indices do not overlap get cues that do not overlap either.

    Args:
        rows: Rows of the ``captions`` table; gaps, issues and rows without text are passed over.
        rate_hz: Frame indices per second.
        include_predicted: False leaves out what no person has confirmed.

    Raises:
        DatabaseCorruptError: A caption ends before it starts.
    """
    wanted = [
        row
        for row in rows
        if row.boundary_state not in _NO_CAPTION
        and (include_predicted or row.boundary_state != "predicted")
        and row.text is not None
        and row.text.strip()
    ]
    wanted.sort(key=lambda row: (row.start_frame_index, row.end_frame_index))
    cues = [_cue_of(row, rate_hz) for row in wanted]
    for number in range(1, len(cues)):
        before, row = wanted[number - 1], wanted[number]
        if before.end_frame_index < row.start_frame_index and cues[number - 1].end > cues[number].start:
            cues[number - 1 : number + 1] = _meet(cues[number - 1], cues[number], refined=row.start_seconds is not None)
    return cues


def _cue_of(row: Caption, rate_hz: float) -> Cue:
    if not 0 <= row.start_frame_index <= row.end_frame_index:
        raise DatabaseCorruptError(
            f"Caption {row.id} covers the frames {row.start_frame_index} to {row.end_frame_index}.",
            hint="Correct or delete it in the caption tool.",
        )
    frames = row.frames
    start, end = frames.seconds(rate_hz)
    refined_start = start if row.start_seconds is None else row.start_seconds
    refined_end = end if row.end_seconds is None else row.end_seconds
    if refined_start < refined_end:
        start, end = refined_start, refined_end
    return Cue(
        start=start,
        end=end,
        text=row.text or "",
        id=row.id,
        frames=frames,
        state=row.boundary_state,
        boundary_confidence=row.boundary_confidence,
        text_confidence=row.text_confidence,
    )


def _meet(before: Cue, after: Cue, *, refined: bool) -> tuple[Cue, Cue]:
    """Return both with one boundary between them: the start of ``after`` if refined, else the end of ``before``."""
    boundary = after.start if refined or before.end >= after.end else before.end
    if boundary <= before.start:
        return before, after
    return replace(before, end=boundary), replace(after, start=boundary)
