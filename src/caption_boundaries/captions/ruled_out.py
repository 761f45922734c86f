"""Where a person has said that there is no caption, although a run had found one. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from caption_boundaries.captions.intervals import subtract
from caption_boundaries.database.actions import REDO, UNDO, LoggedAction
from caption_boundaries.database.row_changes import Value
from caption_boundaries.types import FrameRange

RULING_OUT = frozenset({"delete", "clear"})
"""Kinds of actions that say so; where captions are merged or trimmed, another one stands there."""


def ruled_out(actions: Iterable[LoggedAction]) -> list[FrameRange]:
    """Return the frame indices at which people have deleted captions, as far as they did not take it back.

    Args:
        actions: The whole log of `captions.db`, oldest first.
    """
    standing: dict[int, list[FrameRange]] = {}
    originals: dict[int, int] = {}
    taken_back: dict[int, list[FrameRange]] = {}
    for action in actions:
        if action.kind == UNDO and action.undoes is not None:
            originals[action.seq] = action.undoes
            taken_back[action.undoes] = standing.pop(action.undoes, [])
        elif action.kind == REDO and action.undoes is not None:
            original = originals.get(action.undoes, action.undoes)
            standing[original] = taken_back.get(original, [])
        elif action.kind in RULING_OUT:
            standing[action.seq] = _emptied(action)
    return sorted(frames for ranges in standing.values() for frames in ranges)


def _emptied(action: LoggedAction) -> list[FrameRange]:
    """Return which frame indices belonged to a caption before an action and to none after it."""
    before: list[FrameRange] = []
    after: list[FrameRange] = []
    for change in action.changes:
        if change.table == "captions":
            for row in change.rows:
                before += _caption_frames(change.values(row.before))
                after += _caption_frames(change.values(row.after))
    return [part for frames in before for part in subtract(frames, after)]


def _caption_frames(row: dict[str, Value] | None) -> list[FrameRange]:
    if row is None or row["boundary_state"] == "gap":
        return []
    return [FrameRange(int(str(row["start_frame_index"])), int(str(row["end_frame_index"])))]
