"""Two people change the same captions: what each of them would leave behind, for a person to choose from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from caption_boundaries.database.actions import ActionLog
from caption_boundaries.database.caption_table import CaptionTable
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import ConflictError, InputError
from caption_boundaries.web.caption_answers import TABLE, changed_ids
from caption_boundaries.web.caption_changes import CaptionAction
from caption_boundaries.web.caption_desk import CaptionDesk
from caption_boundaries.web.caption_edits import plan_change
from caption_boundaries.web.caption_plan import Planned, Reading, Rows
from caption_boundaries.web.caption_wire import WireCaption


def with_versions(error: ConflictError, connection: sqlite3.Connection, planned: Planned) -> ConflictError:
    """Return the error with both versions of the rows that two people changed."""
    ids = [int(str(key[0])) for table, key in error.rows if table == TABLE]
    mine = [row for row in planned.edits.kept if row.id in ids or row.id == planned.focus]
    error.versions = {"mine": _wire(mine), "theirs": _wire(CaptionTable(connection).rows(ids))}
    return error


def conflict_behind(
    error: InputError,
    connection: sqlite3.Connection,
    log: ActionLog,
    desk: CaptionDesk,
    body: CaptionAction,
    reading: Reading | None,
) -> InputError | ConflictError:
    """Return why an action cannot be done: often because somebody else has removed the caption that it is about.

    Args:
        error: What is wrong with the action on the rows as they are.
        connection: Open for writing; no transaction is under way.
        log: Of that connection.
        desk: What the captions stand on.
        body: The action.
        reading: What was read for it.

    Returns:
        The conflict, where the action makes sense on the rows that its person looked at, and others have changed
        those; else ``error``.
    """
    since = log.since(body.base_revision) if body.base_revision is not None else []
    theirs = [entry for entry in since if entry.session != body.session]
    if not theirs or body.base_revision is None:
        return error
    with log.as_of(body.base_revision):
        try:
            planned = plan_change(Rows(CaptionTable(connection), desk, reading), body.change)
        except InputError:
            return error
    touched = {*(row.id for row in planned.edits.kept), *planned.edits.deleted}
    both = [row_id for row_id in changed_ids(theirs) if row_id in touched]
    if not both:
        return error
    last = theirs[-1]
    conflict = with_versions(
        ConflictError(
            f"{last.actor} changed the same in the meantime.",
            rows=[(TABLE, (row_id,)) for row_id in both],
            actor=last.actor,
            at=last.at,
            revision=log.revision(),
        ),
        connection,
        planned,
    )
    same = conflict.versions["mine"] == conflict.versions["theirs"]
    return error if same else conflict


def _wire(rows: Iterable[Caption]) -> list[dict[str, object]]:
    return [WireCaption.of(row).model_dump() for row in rows]
