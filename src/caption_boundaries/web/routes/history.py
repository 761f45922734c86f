"""What both tools share: the history of actions, and who else is there."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal

from fastapi import APIRouter

from caption_boundaries.database.actions import ActionLog, LoggedAction
from caption_boundaries.database.caption_table import CaptionTable
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.web import caption_answers, models
from caption_boundaries.web.context import VideoFolder, Web
from caption_boundaries.web.dbwriter import file_stamp

router = APIRouter(prefix="/api/v1/videos/{video_id}")

Tool = Literal["layout", "captions"]
"""A tool; it writes the database of the same name."""

READS: dict[str, tuple[str, ...]] = {"layout": ("video", "fullOCR"), "captions": ("cropping", "layout")}
"""What a tool shows besides its own database; where one of these is made anew, the page loads again."""


@router.get("/{tool}/history")
def history(folder: VideoFolder, tool: Tool, before: int | None = None, limit: int = 60) -> models.History:
    """Return the newest actions first."""
    with VideoDatabase(folder, readonly=True, attach={tool}, requires={tool}) as connection:
        log = ActionLog(connection, tool)
        entries = log.entries(before=before, limit=max(1, min(limit, 200)))
        return models.History(revision=log.revision(), entries=[history_entry(entry) for entry in entries])


@router.post("/{tool}/presence")
def presence(folder: VideoFolder, tool: Tool, body: models.PresenceBody, web: Web) -> models.Presence:
    """Note that a window is open, and say what it needs to know of others."""
    place = f"{folder}/{tool}"
    if body.leaving:
        web.presence.leave(place, body.session)
        others = []
    else:
        others = web.presence.report(place, body.session, body.actor)
    with VideoDatabase(folder, readonly=True, attach={tool}, requires={tool}) as connection:
        revision, stamp = ActionLog(connection, tool).revision(), inputs_stamp(connection, folder, tool)
    return models.Presence(
        revision=revision,
        stamp=stamp,
        others=[models.Visitor(actor=other.actor, session=other.session) for other in others],
    )


def inputs_stamp(connection: sqlite3.Connection, folder: Path, tool: str) -> str:
    """Return what changes whenever a step makes anew what a tool shows.

    The captions step changes the tool's own database, which the state of the file does not tell from what people do.
    """
    parts = ["x" if stamp is None else f"{stamp[0]:x}.{stamp[2]:x}" for stamp in _stamps(folder, tool)]
    if tool == "captions":
        parts.append(str(CaptionTable(connection).run_id()))
    return "-".join(parts)


def _stamps(folder: Path, tool: str) -> list[tuple[int, int, int] | None]:
    return [file_stamp(folder, schema) for schema in READS[tool]]


def history_entry(action: LoggedAction) -> models.HistoryEntry:
    """Return an action as the history shows it."""
    return models.HistoryEntry(
        seq=action.seq,
        kind=action.kind,
        actor=action.actor,
        at=action.at,
        undoes=action.undoes,
        rows=sum(len(change.rows) for change in action.changes),
        frame_index=focus_of(action),
    )


def focus_of(action: LoggedAction) -> int | None:
    """Return the frame at which an action is best looked at, or None where it is about no frame."""
    caption = caption_answers.focus_of(action)
    if caption is not None:
        return caption.frame_index
    for change in action.changes:
        if "frame_index" in change.columns:
            place = change.columns.index("frame_index")
            images = (row.after or row.before for row in change.rows)
            return min(int(str(image[place])) for image in images if image is not None)
    return None
