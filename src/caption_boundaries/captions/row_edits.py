"""Rows of captions after an edit: what follows for a row when its extents or its text are others. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from caption_boundaries.database.captions import Caption
from caption_boundaries.types import FrameRange


@dataclass(frozen=True, slots=True)
class RowEdits:
    """The rows that are others after an edit."""

    updated: tuple[Caption, ...]
    added: tuple[Caption, ...]
    """New rows, with ids below zero until they are saved."""
    deleted: tuple[int, ...]

    @property
    def kept(self) -> tuple[Caption, ...]:
        """The rows that are there afterwards, new ones too."""
        return self.updated + self.added


def is_protected(row: Caption) -> bool:
    """Tell whether a person has settled a row's extents."""
    return row.boundary_state in ("confirmed", "issue") and not row.boundary_pending


def moved(row: Caption, frames: FrameRange) -> Caption:
    """Return a row with other extents: a moved end has no exact time, and what was read is of other pictures."""
    if frames == row.frames:
        return row
    row = replace(
        row,
        start_frame_index=frames.start,
        end_frame_index=frames.end,
        start_seconds=row.start_seconds if frames.start == row.start_frame_index else None,
        end_seconds=row.end_seconds if frames.end == row.end_frame_index else None,
    )
    return row if row.boundary_state == "gap" else with_stale_text(row)


def with_stale_text(row: Caption) -> Caption:
    """Return a caption whose text, if it has one, and whose combined picture are of other extents."""
    return replace(
        row,
        text_pending=int(row.text is not None),
        image_needs_regen=1,
        median_ocr_status="pending",
        median_ocr_error=None,
    )


def new_caption(frames: FrameRange, text: str | None = None) -> Caption:
    """Return a caption that a person has made."""
    return Caption(
        frames.start,
        frames.end,
        boundary_state="confirmed",
        text=text,
        text_status=None if text is None else "valid_caption",
        image_needs_regen=1,
        text_read_from=None if text is None else extents_text(frames),
    )


def extents_text(frames: FrameRange) -> str:
    """Return extents as they are noted where a text is settled."""
    return f"{frames.start}-{frames.end}"


def joined_text(rows: Sequence[Caption]) -> str | None:
    """Return the text of merged captions: each line once where they repeat it, None where none has one."""
    texts = [row.text for row in rows if row.text is not None]
    different = [text for i, text in enumerate(texts) if text and (i == 0 or text != texts[i - 1])]
    return "\n".join(different) if texts else None


def touched_by_person(rows: Sequence[Caption]) -> dict[str, Any]:
    """Return the state of a caption whose extents a person has moved.

    It is theirs, so that no run makes it anew; what was not settled before has still to be looked at.
    """
    state = rows[0].boundary_state
    return {
        "boundary_state": "confirmed" if state == "predicted" else state,
        "boundary_pending": int(not all(is_protected(row) for row in rows)),
    }


def looked_at_again(row: Caption) -> Caption:
    """Return a row that was changed along with another; a gap is never looked at."""
    return row if row.boundary_state == "gap" else replace(row, boundary_pending=1)


def with_text(row: Caption, text: str | None, status: str) -> Caption:
    """Return a caption whose text a person has settled; None: it is not annotated."""
    return replace(
        row,
        text=text,
        text_pending=0,
        text_status=None if text is None else status,
        text_read_from=None if text is None else extents_text(row.frames),
    )


def with_reading(row: Caption, text: str, confidence: float) -> Caption:
    """Return a caption with what an engine has read in its combined picture; a text that it has stays.

    Where nothing was read the text stays unknown: that there is none is for a person to say.
    """
    row = replace(
        row,
        text_ocr_combined=text,
        median_ocr_status="complete",
        median_ocr_error=None,
        image_needs_regen=0,
    )
    if row.text is not None or not text:
        return row
    read_from = extents_text(row.frames)
    return replace(row, text=text, text_pending=1, text_confidence=round(confidence, 4), text_read_from=read_from)
