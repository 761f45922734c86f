"""What the caption tool answers after something has changed: the rows that are others now, never all of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace

from caption_boundaries.captions.row_edits import RowEdits, is_protected
from caption_boundaries.database.actions import ActionLog, LoggedAction
from caption_boundaries.database.caption_table import CaptionTable, CaptionTableWriter
from caption_boundaries.database.captions import Caption
from caption_boundaries.web.caption_desk import CaptionDesk
from caption_boundaries.web.caption_edits import Planned
from caption_boundaries.web.caption_wire import CaptionAnswer, Counts, Focus, Ghost, WireCaption

SCHEMA = "captions"
TABLE = "captions"


def apply_edits(writer: CaptionTableWriter, edits: RowEdits) -> dict[int, int]:
    """Write edits and return the ids that new rows got, by those that they had before."""
    writer.delete(edits.deleted)
    for row in edits.updated:
        writer.update(row)
    return {row.id or 0: writer.add(row) for row in edits.added}


def ghost(planned: Planned, before: Sequence[Caption]) -> Ghost:
    """Return what a change would do; ``before`` are the rows that it changes or takes away, as they are."""
    own = planned.focus
    return Ghost(
        rows=[WireCaption.of(row) for row in planned.edits.kept],
        gone=list(planned.edits.deleted),
        message=planned.message,
        hurt=[row.id for row in before if row.id is not None and row.id != own and is_protected(row)],
    )


def caption_answer(
    connection: sqlite3.Connection,
    desk: CaptionDesk,
    entries: Sequence[LoggedAction],
    *,
    actor: str,
    session: str,
    kind: str = "",
    focus: Focus | None = None,
    message: str = "",
) -> CaptionAnswer:
    """Return what some actions have changed, and what the page shows besides.

    Args:
        connection: Open; `captions.db` is attached.
        desk: What the captions stand on.
        entries: The actions of which the page does not know yet.
        actor: Who asks.
        session: Which window asks.
        kind: Of the action that it asked for.
        focus: Where to look.
        message: What to say.
    """
    table, log = CaptionTable(connection), ActionLog(connection, SCHEMA)
    ids = changed_ids(entries)
    rows = table.rows(ids)
    return CaptionAnswer(
        revision=log.revision(),
        kind=kind,
        rows=[WireCaption.of(row) for row in rows],
        gone=sorted(set(ids) - {row.id for row in rows}),
        others=sorted(changed_ids(entry for entry in entries if entry.session != session)),
        focus=focus,
        message=message,
        counts=counts_of(table, desk),
        review=table.text_review(),
        can_undo=log.can_undo(actor),
        can_redo=log.can_redo(actor),
    )


def counts_of(table: CaptionTable, desk: CaptionDesk) -> Counts:
    """Return how far people have come with a video."""
    return Counts.of(table.counts(), len(desk.total(table.extent())))


def changed_ids(entries: Iterable[LoggedAction]) -> list[int]:
    """Return the ids of all rows that actions have changed."""
    keys = (row.key[0] for entry in entries for change in entry.changes if change.table == TABLE for row in change.rows)
    return list(dict.fromkeys(int(str(key)) for key in keys))


def imported_ids(log: ActionLog) -> set[int]:
    """Return the rows that an import was the last to change."""
    last: dict[int, str] = {}
    for entry in log.since(0):
        last.update(dict.fromkeys(changed_ids([entry]), entry.kind))
    return {row_id for row_id, kind in last.items() if kind == "import"}


def focus_of(action: LoggedAction, wanted: int | None = None) -> Focus | None:
    """Return where to look at an action: at the wanted row, else at the first caption, else at the first row."""
    images = []
    for change in action.changes:
        if change.table == TABLE:
            for row in change.rows:
                values = change.values(row.after) or change.values(row.before) or {}
                images.append((row.after is None, values["boundary_state"] == "gap", values))
    if not images:
        return None
    best = min(
        images, key=lambda item: (item[2]["id"] != wanted, item[1], item[0], int(str(item[2]["start_frame_index"])))
    )
    gone, _, values = best
    return Focus(id=None if gone else int(str(values["id"])), frame_index=int(str(values["start_frame_index"])))


def with_real_focus(planned: Planned, new_ids: dict[int, int]) -> Planned:
    """Return a plan whose focus is the id that its row got when it was saved."""
    return replace(planned, focus=new_ids.get(planned.focus, planned.focus) if planned.focus is not None else None)
