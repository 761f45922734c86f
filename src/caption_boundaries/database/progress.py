"""How far the three passes of people have come, counted where the rows are."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HumanProgress:
    """Counts of one video."""

    box_labels: int
    """Boxes that a person has labelled."""
    layout_approved: bool
    captions: int
    """Rows that are no gap."""
    extents_done: int
    """Captions whose start and end a person has settled."""
    text_done: int
    """Captions whose text a person has settled."""


TEXT_DONE = "text IS NOT NULL AND text_pending = 0 AND text_status IS NOT NULL"
"""Condition: a person has settled the text of a row of ``captions``."""
EXTENTS_DONE = "boundary_state IN ('confirmed', 'issue') AND boundary_pending = 0"
"""Condition: a person has settled the start and the end of a row of ``captions``."""


def human_progress(connection: sqlite3.Connection) -> HumanProgress:
    """Return the counts of a video whose layout and captions are attached."""
    labels = connection.execute(
        "SELECT count(*) FROM layout.full_frame_box_labels WHERE label_source = 'user'"
    ).fetchone()
    approved = connection.execute("SELECT coalesce(max(layout_approved), 0) FROM layout.video_layout_config").fetchone()
    captions = connection.execute(
        f"SELECT count(*), coalesce(sum({EXTENTS_DONE}), 0), coalesce(sum({TEXT_DONE}), 0) "
        "FROM captions.captions WHERE boundary_state <> 'gap'"
    ).fetchone()
    return HumanProgress(labels[0], bool(approved[0]), *captions)
