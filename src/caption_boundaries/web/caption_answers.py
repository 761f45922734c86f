"""What the caption tool answers after something has changed: the rows that are others now, never all of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from caption_boundaries.captions.row_edits import RowEdits, is_protected
from caption_boundaries.database.actions import ActionLog, LoggedAction
from caption_boundaries.database.caption_table import CaptionTable, CaptionTableWriter
from caption_boundaries.database.captions import Caption
from caption_boundaries.database.row_changes import Value
from caption_boundaries.web.caption_plan import Planned
from caption_boundaries.web.caption_wire import CaptionAnswer, Focus, Ghost, WireCaption

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
        review=table.text_review(),
        can_undo=log.can_undo(actor),
        can_redo=log.can_redo(actor),
    )


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
    """Return where to look at an action: at the wanted row, else at the caption that it was about."""
    rows = [
        _Place.of(change.values(row.before), change.values(row.after))
        for change in action.changes
        if change.table == TABLE
        for row in change.rows
    ]
    if not rows:
        return None
    best = min(rows, key=lambda row: (row.id != wanted, row.is_gap, row.made_room, row.gone, row.start))
    return Focus(id=None if best.gone else best.id, frame_index=best.start)


@dataclass(frozen=True, slots=True)
class _Place:
    """A row that an action changed, as far as it says what the action was about."""

    id: int
    start: int
    gone: bool
    is_gap: bool
    made_room: bool
    """True: it was changed along with another, and has to be looked at again; or that was taken back."""

    @classmethod
    def of(cls, before: dict[str, Value] | None, after: dict[str, Value] | None) -> _Place:
        values = after or before or {}
        made_room = False
        if before is not None and after is not None:
            same = all(before[name] == after[name] for name in ("boundary_state", "text", "text_status", "text_notes"))
            made_room = same and before["boundary_pending"] != after["boundary_pending"]
        return cls(
            id=int(str(values["id"])),
            start=int(str(values["start_frame_index"])),
            gone=after is None,
            is_gap=values["boundary_state"] == "gap",
            made_room=made_room,
        )


def with_real_focus(planned: Planned, new_ids: dict[int, int]) -> Planned:
    """Return a plan whose focus is the id that its row got when it was saved."""
    return replace(planned, focus=new_ids.get(planned.focus, planned.focus) if planned.focus is not None else None)
