"""In which order captions are worked on, and which of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal

from caption_boundaries.captions.row_edits import is_protected
from caption_boundaries.database.captions import Caption

Order = Literal["uncertain", "time", "work"]
Show = Literal["all", "open", "pending", "unconfirmed", "gaps", "short", "long", "imported", "doubtful_text", "noted"]

LONG_GAP_SECONDS = 1.0
"""Gaps that last longer may hide a caption."""
SHORT_SECONDS, LONG_SECONDS = 0.4, 8.0
"""Captions are rarely shorter, or longer."""
DOUBTFUL_TEXT = 0.85
_UNKNOWN = 0.5
"""How doubtful something is of which nothing is known."""
_DOUBTFUL_STATUS = frozenset({"ocr_error", "partial_caption", "text_unclear", "other_issue"})


def queue(
    rows: Sequence[Caption], order: Order, show: Show, rate_hz: float, imported: Collection[int]
) -> list[tuple[int, float]]:
    """Return the ids of rows in the order in which to work on them, each with its doubt.

    Args:
        rows: All rows by start.
        order: ``uncertain``: the most doubtful first; ``time``: by start; ``work``: what has to be looked at again,
            then gaps, then the others, each by start.
        show: Which rows.
        rate_hz: Frame indices per second.
        imported: Rows that an import changed last.
    """
    shows = _filter(show, rate_hz, imported)
    scored = [(row, doubt(row)) for row in rows if shows(row)]
    if order == "uncertain":
        scored.sort(key=lambda item: (-item[1], item[0].start_frame_index))
    if order == "work":
        scored.sort(key=lambda item: (_rank(item[0]), item[0].start_frame_index))
    return [(row.id or 0, round(score, 4)) for row, score in scored]


def doubt(row: Caption) -> float:
    """Return how doubtful a row is, 0 to 1: 0 once a person has settled its extents and its text."""
    extents = (
        0.0 if is_protected(row) else 1 - (_UNKNOWN if row.boundary_confidence is None else row.boundary_confidence)
    )
    if row.boundary_state == "gap":
        return extents
    text = 0.0 if _text_settled(row) else 1 - (_UNKNOWN if row.text_confidence is None else row.text_confidence)
    pending = 0.5 * bool(row.boundary_pending) + 0.5 * bool(row.text_pending)
    return min(1.0, 0.6 * max(extents, text) + 0.2 * (extents + text) / 2 + 0.2 * pending)


def _doubt_of(confidence: float | None, *, settled: bool) -> float:
    return 0.0 if settled else 1 - (_UNKNOWN if confidence is None else confidence)


def _filter(show: Show, rate_hz: float, imported: Collection[int]) -> Callable[[Caption], bool]:
    def seconds(row: Caption) -> float:
        return len(row.frames) / rate_hz

    filters: dict[str, Callable[[Caption], bool]] = {
        "all": lambda row: not _is_gap(row),
        "open": lambda row: not _is_gap(row) and not (is_protected(row) and _text_settled(row)),
        "pending": lambda row: not _is_gap(row) and bool(row.boundary_pending or row.text_pending),
        "unconfirmed": lambda row: row.boundary_state == "predicted",
        "gaps": lambda row: _is_gap(row) and seconds(row) > LONG_GAP_SECONDS,
        "short": lambda row: not _is_gap(row) and seconds(row) < SHORT_SECONDS,
        "long": lambda row: not _is_gap(row) and seconds(row) > LONG_SECONDS,
        "imported": lambda row: row.id in imported,
        "noted": lambda row: bool(row.text_notes),
        "doubtful_text": lambda row: not _is_gap(row) and _has_doubtful_text(row),
    }
    return filters[show]


def _has_doubtful_text(row: Caption) -> bool:
    if row.text_pending or row.text_status in _DOUBTFUL_STATUS:
        return True
    return not _text_settled(row) and (row.text is None or (row.text_confidence or 0.0) < DOUBTFUL_TEXT)


def _text_settled(row: Caption) -> bool:
    return row.text is not None and row.text_status is not None and not row.text_pending


def _is_gap(row: Caption) -> bool:
    return row.boundary_state == "gap"


def _rank(row: Caption) -> int:
    return 0 if row.boundary_pending or row.text_pending else 1 if _is_gap(row) else 2
