"""What changed, as lines of text and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from caption_boundaries.database.captions import Caption
from caption_boundaries.versioning.differences import LabelChange, VideoDiff
from caption_boundaries.versioning.wording import as_text


def lines(diff: VideoDiff) -> Iterator[str]:
    """Yield one line for each change."""
    for change in diff.captions:
        times = told_times(change.before, change.after, diff.rate_hz)
        yield f"{', '.join(change.kinds)} {times} {as_text(change.words)}".rstrip()
    for label in diff.labels:
        yield _label_line(label)
    yield from diff.layout
    yield from (f"{schema} made anew" for schema in diff.databases)


def told_times(before: Caption | None, after: Caption | None, rate_hz: float) -> str:
    """Return when a caption is shown: before, and after where that is another time."""
    told = [_times(row, rate_hz) for row in (before, after) if row is not None]
    return " → ".join(dict.fromkeys(told))


def as_json(diff: VideoDiff) -> dict[str, Any]:
    """Return a comparison as plain values."""
    return {
        "counts": diff.counts,
        "captions": [
            {
                "kinds": list(change.kinds),
                "before": asdict(change.before) if change.before else None,
                "after": asdict(change.after) if change.after else None,
                "words": [part._asdict() for part in change.words],
            }
            for change in diff.captions
        ],
        "labels": [asdict(change) for change in diff.labels],
        "layout": list(diff.layout),
        "databases": list(diff.databases),
    }


def _times(row: Caption, rate_hz: float) -> str:
    start, end = row.frames.seconds(rate_hz)
    start = start if row.start_seconds is None else row.start_seconds
    end = end if row.end_seconds is None else row.end_seconds
    return f"{_clock(start)}–{_clock(end)}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:05.2f}"


def _label_line(change: LabelChange) -> str:
    row = change.after or change.before
    assert row is not None
    words = " → ".join(side.label if side else "none" for side in (change.before, change.after))
    return f"label {change.kind}: frame {row.frame_index} “{row.box_text}”: {words}"
