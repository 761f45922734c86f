"""Changes of texts and states, and what settles a caption."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from caption_boundaries.captions.row_edits import with_reading, with_text
from caption_boundaries.captions.searching import Search
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import UsageError
from caption_boundaries.web import caption_changes as asked
from caption_boundaries.web.caption_extents import save
from caption_boundaries.web.caption_plan import Planned, Rows, frames_from, id_of, with_rows


def _confirm(rows: Rows, change: asked.Confirm) -> Planned:
    chosen = rows.captions(change.ids)
    planned = replace(Planned.nothing(), focus=id_of(chosen[0]))
    if change.start_frame_index is not None or change.end_frame_index is not None:
        (row,) = chosen
        start = row.start_frame_index if change.start_frame_index is None else change.start_frame_index
        end = row.end_frame_index if change.end_frame_index is None else change.end_frame_index
        planned = save(rows, row, frames_from(start, end), change.policy)
        chosen = [next((other for other in planned.edits.updated if other.id == row.id), row)]
    return with_rows(planned, chosen, [_confirmed(row, change) for row in chosen])


def _set_text(rows: Rows, change: asked.SetText) -> Planned:
    (row,) = rows.captions([change.id])
    row = with_text(row, change.text, change.text_status)
    return rows.put([row if change.notes is None else replace(row, text_notes=change.notes or None)])


def _set_status(rows: Rows, change: asked.SetStatus) -> Planned:
    names = change.model_fields_set - {"kind", "ids"}
    given = {name: getattr(change, name) for name in sorted(names)}
    if any(value is None for name, value in given.items() if name != "text_status"):
        raise UsageError("Only the status of a text can be taken away.")
    return rows.put([replace(row, **given) for row in rows.captions(change.ids)])


def _set_notes(rows: Rows, change: asked.SetNotes) -> Planned:
    (row,) = rows.captions([change.id])
    return rows.put([replace(row, text_notes=change.notes or None)])


def _no_text(rows: Rows, change: asked.NoText) -> Planned:
    return rows.put([with_text(row, "", "confirmed") for row in rows.captions(change.ids)])


def _replace(rows: Rows, change: asked.Replace) -> Planned:
    search = Search(change.find, change.match_case, change.whole_words)
    changed = []
    for row in rows.captions(change.ids):
        text = search.replaced(row.text or "", change.replace)
        if row.text is not None and text != row.text:
            changed.append(replace(row, text=text, text_status=row.text_status or "valid_caption"))
    return rows.put(changed)


def _read(rows: Rows, change: asked.Read) -> Planned:
    (row,) = rows.captions([change.id])
    if rows.reading is None or rows.reading.frames != row.frames:
        raise UsageError("The caption was moved while it was read.", hint="Read it again.")
    return rows.put([with_reading(row, rows.reading.text, rows.reading.confidence)])


def _review(rows: Rows, change: asked.Review) -> Planned:
    return replace(Planned.nothing(), review=change.status)


def _confirmed(row: Caption, change: asked.Confirm) -> Caption:
    if change.what in ("extents", "both"):
        state = "issue" if row.boundary_state == "issue" else "confirmed"
        row = replace(row, boundary_state=state, boundary_pending=0)
    text = change.text if change.text is not None else row.text
    if change.what in ("text", "both") and text is not None:
        row = with_text(row, text, change.text_status)
    return row if change.notes is None else replace(row, text_notes=change.notes or None)


TEXT_CHANGES: Mapping[type, Callable[[Rows, Any], Planned]] = {
    asked.Confirm: _confirm,
    asked.SetText: _set_text,
    asked.SetStatus: _set_status,
    asked.SetNotes: _set_notes,
    asked.NoText: _no_text,
    asked.Replace: _replace,
    asked.Read: _read,
    asked.Review: _review,
}
"""How each kind of change is planned."""
