"""What a layout decision rests on, as values that a person can read and a file can hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from caption_boundaries.layout.lines import Bools, LineTable, unread_lines
from caption_boundaries.layout.overlays import places
from caption_boundaries.layout.rows import Row
from caption_boundaries.types import Box, Region

Json = object
"""A value that JSON can hold."""

MOST_ENTRIES = 20
"""Entries of one list at most: diagnostics are read by people."""
SLACK = 1e-3
"""Share of a box's area that may lie outside before it counts as cut: regions are stored with six decimals."""


def crop_diagnostics(table: LineTable, inside: Bools, regions: Sequence[Region]) -> tuple[float, dict[str, Json]]:
    """Return which share of the caption's boxes the crop holds entirely, and which it cuts."""
    lines = [int(line) for line in np.flatnonzero(inside)]
    lost = {line: _lost(table.box(line), regions) for line in lines}
    cut = [line for line in lines if lost[line] > SLACK]
    coverage = 1.0 - len(cut) / len(lines) if lines else 1.0
    entries = [{**_entry(table, line), "lost": round(lost[line], 4)} for line in cut]
    return coverage, {"coverage": round(coverage, 6), "cut_count": len(cut), "cut": entries[:MOST_ENTRIES]}


def verdict_diagnostics(table: LineTable, inside: Bools, reasons: Sequence[str]) -> dict[str, Json]:
    """Return how many frames and boxes hold captions, and what was left out for which reason."""
    left_out: list[dict[str, Json]] = []
    for place in places(table):
        lines = [line for line in place.lines if not inside[line]]
        if lines:
            entry = _entry(table, lines[0])
            left_out.append({**entry, "reason": reasons[lines[0]], "frames": len(np.unique(table.frame[lines]))})
    left_out.sort(key=lambda entry: -int(str(entry["frames"])))
    return {
        "frames": table.frame_count,
        "frames_with_text": len(np.unique(table.frame)),
        "frames_with_captions": len(np.unique(table.frame[inside])),
        "frames_unread": len(np.unique(table.frame[unread_lines(table)])),
        "boxes": len(table),
        "caption_boxes": int(inside.sum()),
        "left_out": {reason: reasons.count(reason) for reason in sorted(set(reasons) - {""})},
        "left_out_places": left_out[:MOST_ENTRIES],
    }


def row_diagnostics(chosen: Sequence[Row], rejected: Sequence[Row]) -> dict[str, Json]:
    """Return how the chosen rows and the best of the others were scored."""
    return {"rows": [_row(row) for row in chosen], "rejected_rows": [_row(row) for row in rejected[:3]]}


def _row(row: Row) -> dict[str, Json]:
    return {
        "center_y": round(row.center_y, 4),
        "line_height": round(row.height, 4),
        "anchor": row.anchor,
        "anchor_spread": round(row.anchor_spread, 3),
        "distinct_texts": row.distinct,
        "frames": len(row.frames),
        "score": round(row.score, 4),
        "factors": {name: round(value, 4) for name, value in row.factors.items()},
        "example": row.pieces[0].text,
    }


def _entry(table: LineTable, line: int) -> dict[str, Json]:
    box = table.box(line)
    return {
        "frame_index": int(table.frame_indices[table.frame[line]]),
        "box_index": int(table.box_index[line]),
        "text": table.texts[line],
        "box": [round(edge, 4) for edge in (box.left, box.top, box.right, box.bottom)],
    }


def _lost(box: Box, regions: Sequence[Region]) -> float:
    """Return the share of a box's area that no region holds, 0 to 1; regions do not overlap."""
    held = 0.0
    for region in regions:
        width = min(box.right, region.box.right) - max(box.left, region.box.left)
        height = min(box.bottom, region.box.bottom) - max(box.top, region.box.top)
        held += max(0.0, width) * max(0.0, height)
    return 1.0 - held / max(box.width * box.height, 1e-12)
