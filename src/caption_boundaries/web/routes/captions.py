"""The caption tool: where each caption starts and ends, and its text."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from starlette.responses import Response

from caption_boundaries.database.actions import ActionLog, LoggedAction
from caption_boundaries.database.caption_table import CaptionTable, CaptionTableWriter
from caption_boundaries.database.captions import Caption
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import ConflictError, InputError, TargetError, UsageError
from caption_boundaries.export.cues import cues_of
from caption_boundaries.export.formats import format_named
from caption_boundaries.library import load_video
from caption_boundaries.web import caption_changes as asked
from caption_boundaries.web.caption_answers import (
    SCHEMA,
    apply_edits,
    caption_answer,
    focus_of,
    ghost,
    imported_ids,
    with_real_focus,
)
from caption_boundaries.web.caption_conflicts import conflict_behind, with_versions
from caption_boundaries.web.caption_desk import CaptionDesk
from caption_boundaries.web.caption_edits import plan_change
from caption_boundaries.web.caption_import import compare
from caption_boundaries.web.caption_plan import Planned, Reading, Rows
from caption_boundaries.web.caption_queue import Order, Show, queue
from caption_boundaries.web.caption_reading import read_candidates, stored_candidates
from caption_boundaries.web.caption_tracks import tracks_of
from caption_boundaries.web.caption_views import (
    attachment,
    caption_state,
    import_items,
    search_hits,
    source_frames_around,
)
from caption_boundaries.web.caption_wire import (
    Candidates,
    CaptionAnswer,
    CaptionState,
    Ghost,
    Hits,
    ImportBody,
    ImportDiff,
    Queue,
    ReadBody,
    SearchBody,
    SourceFrames,
    Tracks,
)
from caption_boundaries.web.context import VideoFolder, Web, WebContext
from caption_boundaries.web.models import ActionBody
from caption_boundaries.web.routes.history import inputs_stamp

router = APIRouter(prefix="/api/v1/videos/{video_id}/captions")

RowId = Annotated[int, PathParameter(ge=1, le=2**53)]
SINGLE_PICTURES = 5
"""Single pictures that are read where the text is stored: they show how far the combined one can be trusted."""
_NO_PREVIEW = (asked.Read, asked.Import, asked.Replace)
"""What has a preview of its own."""


@router.get("/state")
def state(folder: VideoFolder, web: Web, actor: str = "") -> CaptionState:
    """Return everything that the tool shows, but pictures and tracks."""
    with _reading(folder) as connection:
        desk, name = web.caption_desks.of(folder), load_video(folder).name
        return caption_state(connection, desk, inputs_stamp(connection, folder, SCHEMA), name, actor)


@router.get("/changes")
def changes(
    folder: VideoFolder, since: Annotated[int, Query(ge=0)], actor: str = "", session: str = ""
) -> CaptionAnswer:
    """Return what was changed after a revision."""
    with _reading(folder) as connection:
        entries = ActionLog(connection, SCHEMA).since(since)
        return caption_answer(connection, entries, actor=actor, session=session)


@router.get("/tracks")
def tracks(folder: VideoFolder, web: Web) -> Tracks:
    """Return how likely something changes at each frame index, and how much does."""
    with _reading(folder) as connection:
        return tracks_of(connection, web.caption_desks.of(folder))


@router.get("/source-frames")
def source_frames(
    folder: VideoFolder,
    web: Web,
    around: Annotated[float | None, Query(ge=0, le=1e7)] = None,
    number: Annotated[int | None, Query(ge=0, le=2**40)] = None,
    before: Annotated[int, Query(ge=0, le=100)] = 5,
    after: Annotated[int, Query(ge=0, le=100)] = 5,
) -> SourceFrames:
    """Return which pictures of the video file stand around a moment, or around one of them."""
    return source_frames_around(web.caption_desks.of(folder), around, number, before, after)


@router.post("/actions")
def act(folder: VideoFolder, web: Web, body: asked.CaptionAction) -> CaptionAnswer:
    """Change captions: one transaction, one step to undo."""
    desk = web.caption_desks.of(folder)
    reading = _read_now(folder, web, desk, body.change) if isinstance(body.change, asked.Read) else None
    planned = Planned.nothing()

    with web.writers.open(folder, SCHEMA) as (connection, log):

        def apply() -> None:
            nonlocal planned
            planned = plan_change(Rows(CaptionTable(connection), desk, reading), body.change)
            writer = CaptionTableWriter(connection)
            planned = with_real_focus(planned, apply_edits(writer, planned.edits))
            if planned.review is not None:
                writer.set_text_review(planned.review)

        try:
            action = log.perform(body.request(body.change.kind), apply)
        except ConflictError as error:
            raise with_versions(error, connection, planned) from error
        except InputError as error:
            raise conflict_behind(error, connection, log, desk, body, reading) from error
        return _answer(connection, log, body, action, planned)


@router.post("/undo")
def undo(folder: VideoFolder, web: Web, body: ActionBody) -> CaptionAnswer:
    """Take back what this person did last."""
    return _take_back(folder, web, body, lambda log: log.undo(body.request("")))


@router.post("/redo")
def redo(folder: VideoFolder, web: Web, body: ActionBody) -> CaptionAnswer:
    """Do again what this person has undone last."""
    return _take_back(folder, web, body, lambda log: log.redo(body.request("")))


@router.post("/preview")
def preview(folder: VideoFolder, web: Web, body: asked.PreviewBody) -> Ghost:
    """Return what a change would do; nothing is written."""
    if isinstance(body.change, _NO_PREVIEW):
        raise UsageError("This kind of change has a preview of its own.")
    with _reading(folder) as connection:
        table = CaptionTable(connection)
        planned = plan_change(Rows(table, web.caption_desks.of(folder)), body.change)
        touched = [row.id or 0 for row in planned.edits.updated] + list(planned.edits.deleted)
        return ghost(planned, table.rows(touched))


@router.get("/queue")
def work_queue(folder: VideoFolder, web: Web, order: Order = "uncertain", show: Show = "open") -> Queue:
    """Return which captions to work on, in order."""
    with _reading(folder) as connection:
        log = ActionLog(connection, SCHEMA)
        imported = imported_ids(log) if show == "imported" else set()
        rows = CaptionTable(connection).captions()
        found = queue(rows, order, show, web.caption_desks.of(folder).rate_hz, imported)
        return Queue(revision=log.revision(), ids=[row for row, _ in found], scores=[score for _, score in found])


@router.get("/rows/{row_id}/candidates")
def candidates(folder: VideoFolder, row_id: RowId) -> Candidates:
    """Return what a caption's text may be, as far as it is known already."""
    with _reading(folder) as connection:
        return stored_candidates(_caption(connection, row_id))


@router.post("/rows/{row_id}/read")
def read(folder: VideoFolder, web: Web, row_id: RowId, body: ReadBody) -> Candidates:
    """Read a caption's pictures and return what its text may be; nothing is written."""
    desk = web.caption_desks.of(folder)
    with _reading(folder) as connection:
        row, settings = _caption(connection, row_id), _run_settings(connection)
    return read_candidates(row, web.caption_readers.read(desk, row.frames, body.frames, settings))


@router.post("/search")
def search(folder: VideoFolder, body: SearchBody) -> Hits:
    """Return the captions in whose text something stands, and what replacing it would make of them."""
    with _reading(folder) as connection:
        revision = ActionLog(connection, SCHEMA).revision()
        return search_hits(CaptionTable(connection).captions(), body, revision)


@router.post("/import-preview")
def import_preview(folder: VideoFolder, web: Web, body: ImportBody) -> ImportDiff:
    """Return what a file says otherwise than the captions; nothing is written."""
    desk = web.caption_desks.of(folder)
    with _reading(folder) as connection:
        table = CaptionTable(connection)
        rows, total = table.captions(), desk.total(table.extent())
    comparison = compare(body.content, body.format, body.name, rows, total, desk.rate_hz)
    return import_items(comparison)


@router.get("/export/{format_name}")
def export(folder: VideoFolder, web: Web, format_name: str, confirmed: bool = False) -> Response:
    """Return the captions as a file."""
    chosen = format_named(format_name)
    with _reading(folder) as connection:
        rows = CaptionTable(connection).captions()
    cues = cues_of(rows, web.caption_desks.of(folder).rate_hz, include_predicted=not confirmed)
    disposition = attachment(load_video(folder).name, chosen.extension)
    return Response(chosen.encode(cues), media_type=chosen.media_type, headers={"content-disposition": disposition})


def _take_back(
    folder: Path, web: WebContext, body: ActionBody, take_back: Callable[[ActionLog], LoggedAction]
) -> CaptionAnswer:
    with web.writers.open(folder, SCHEMA) as (connection, log):
        try:
            action = take_back(log)
        except ConflictError as error:
            raise with_versions(error, connection, Planned.nothing()) from error
        return _answer(connection, log, body, action, Planned.nothing())


def _answer(
    connection: sqlite3.Connection,
    log: ActionLog,
    body: ActionBody,
    action: LoggedAction | None,
    planned: Planned,
) -> CaptionAnswer:
    """Return what the page does not know yet: everything after the revision that it looked at."""
    if body.base_revision is not None:
        entries = log.since(body.base_revision)
    else:
        entries = [action] if action is not None else []
    return caption_answer(
        connection,
        entries,
        actor=body.actor,
        session=body.session,
        kind=action.kind if action is not None else "",
        focus=focus_of(action, planned.focus) if action is not None else None,
        message=planned.message,
    )


def _read_now(folder: Path, web: WebContext, desk: CaptionDesk, change: asked.Read) -> Reading:
    """Read a caption before its database is opened for writing: others need not wait for the engine."""
    with _reading(folder) as connection:
        row, settings = _caption(connection, change.id), _run_settings(connection)
    readings = web.caption_readers.read(desk, row.frames, SINGLE_PICTURES, settings)
    return Reading(row.frames, readings.text, readings.confidence)


def _caption(connection: sqlite3.Connection, row_id: int) -> Caption:
    rows = CaptionTable(connection).rows([row_id])
    if not rows or rows[0].boundary_state == "gap":
        raise TargetError(f"There is no caption {row_id}.", hint="Load the captions again.")
    return rows[0]


def _run_settings(connection: sqlite3.Connection) -> str:
    run = CaptionTable(connection).run()
    return run.settings if run is not None else ""


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    with VideoDatabase(folder, readonly=True, attach={SCHEMA}, requires={SCHEMA}) as connection:
        yield connection
