"""What the layout tool has stored."""

from __future__ import annotations

from pathlib import Path

from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase


def stored_labels(folder: Path) -> dict[tuple[int, int], str]:
    """Return the label of every labelled box, by the index of its frame and its number there."""
    with VideoDatabase(folder, readonly=True, attach={"layout"}) as connection:
        return {(row.frame_index, row.box_index): row.label for row in LayoutReader(connection).box_labels()}
