"""The layout tool: which boxes are the caption, and where to crop."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from fastapi import APIRouter

from caption_boundaries.database.actions import ActionLog, LoggedAction
from caption_boundaries.database.layout import LayoutReader, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.layout.classifier import load_library
from caption_boundaries.layout.step import StoredPictures
from caption_boundaries.web import layout_actions
from caption_boundaries.web.context import VideoFolder, Web, WebContext
from caption_boundaries.web.dbwriter import read_only_reason
from caption_boundaries.web.layout_desk import LayoutDesk
from caption_boundaries.web.layout_labels import IN, OUT
from caption_boundaries.web.layout_wire import (
    ApproveBody,
    Assessment,
    Boxes,
    DraftBody,
    LabelBody,
    LayoutAnswer,
    LayoutState,
    SuggestedCrop,
    WireRegion,
)
from caption_boundaries.web.models import ActionBody
from caption_boundaries.web.packing import pack
from caption_boundaries.web.pictures import picture_version
from caption_boundaries.web.routes.history import focus_of, inputs_stamp

router = APIRouter(prefix="/api/v1/videos/{video_id}/layout")

SCHEMA = "layout"
LOOKED_AT = 200
"""How many of the latest labels are looked at, to say how long the predictions have been right."""


@router.get("/state")
def state(folder: VideoFolder, web: Web, actor: str = "") -> LayoutState:
    """Return everything that the tool shows, but pictures and what is thought of the boxes."""
    with _reading(folder, web) as (desk, connection):
        log = ActionLog(connection, SCHEMA)
        frames = desk.frames
        return LayoutState(
            revision=log.revision(),
            stamp=inputs_stamp(connection, folder, SCHEMA),
            pictures=picture_version(folder, "video"),
            width=frames.width,
            height=frames.height,
            rate_hz=frames.rate_hz,
            frames=list(frames.indices),
            failures=frames.failures,
            boxes=_boxes(desk),
            labels=pack(desk.labels.codes, "int8"),
            strays=len(desk.labels.strays),
            crop=layout_actions.crop_state(desk.config),
            can_undo=log.can_undo(actor),
            can_redo=log.can_redo(actor),
            read_only=read_only_reason(folder),
        )


@router.get("/assessment")
def assessment(folder: VideoFolder, web: Web) -> Assessment:
    """Return what is thought of every box."""
    load_library()
    with _reading(folder, web) as (desk, connection):
        return _assessment(desk, LayoutReader(connection))


@router.get("/crop")
def suggested_crop(folder: VideoFolder, web: Web) -> SuggestedCrop:
    """Return the crop that follows from the boxes."""
    with _reading(folder, web) as (desk, connection):
        revision, suggestion = ActionLog(connection, SCHEMA).revision(), desk.suggestion()
    # Worked out with the database let go: a label that is saved meanwhile must not wait for it.
    return SuggestedCrop(revision=revision, regions=[WireRegion.of(region) for region in suggestion.regions()])


@router.post("/labels")
def label(folder: VideoFolder, web: Web, body: LabelBody) -> LayoutAnswer:
    """Give boxes another label."""
    return _act(folder, web, body, body.kind, lambda desk, writer: layout_actions.set_labels(desk, writer, body))


@router.post("/draft")
def draft(folder: VideoFolder, web: Web, body: DraftBody) -> LayoutAnswer:
    """Keep the rectangles that a person has drawn."""
    return _act(folder, web, body, "draft", lambda desk, writer: layout_actions.set_draft(desk, writer, body.regions))


@router.post("/approve")
def approve(folder: VideoFolder, web: Web, body: ApproveBody) -> LayoutAnswer:
    """Approve the crop: it gets a new version, and the model is saved."""

    def apply(desk: LayoutDesk, writer: LayoutWriter) -> None:
        with VideoDatabase(folder, readonly=True, attach={"video"}) as connection:
            pictures = StoredPictures(connection)
            suggested = desk.suggestion().regions(pictures.polarity_of)
        layout_actions.approve(desk, writer, body.regions, suggested)

    return _act(folder, web, body, "approve", apply)


@router.post("/withdraw")
def withdraw(folder: VideoFolder, web: Web, body: ActionBody) -> LayoutAnswer:
    """Take the approval back."""
    return _act(folder, web, body, "withdraw", layout_actions.withdraw)


@router.post("/undo")
def undo(folder: VideoFolder, web: Web, body: ActionBody) -> LayoutAnswer:
    """Take back what this person did last."""
    return _change(folder, web, lambda desk, log, writer: log.undo(body.request("")), body.actor)


@router.post("/redo")
def redo(folder: VideoFolder, web: Web, body: ActionBody) -> LayoutAnswer:
    """Do again what this person has undone last."""
    return _change(folder, web, lambda desk, log, writer: log.redo(body.request("")), body.actor)


Apply = Callable[[LayoutDesk, LayoutWriter], object]


def _act(folder: Path, web: WebContext, body: ActionBody, kind: str, apply: Apply) -> LayoutAnswer:
    return _change(
        folder,
        web,
        lambda desk, log, writer: log.perform(body.request(kind), lambda: apply(desk, writer)),
        body.actor,
    )


def _change(
    folder: Path,
    web: WebContext,
    change: Callable[[LayoutDesk, ActionLog, LayoutWriter], LoggedAction | None],
    actor: str,
) -> LayoutAnswer:
    """Change `layout.db`, bring the desk to it, and say what is different now."""
    with web.writers.open(folder, SCHEMA) as (connection, log):
        desk = web.desks.of(folder)
        desk.refresh(connection)
        writer = LayoutWriter(connection)
        action = change(desk, log, writer)
        revision = log.revision()
        changed = desk.follow(action, connection, revision) if action is not None else []
        return LayoutAnswer(
            revision=revision,
            kind=action.kind if action else "",
            boxes=changed,
            labels=[int(code) for code in desk.labels.codes[changed]],
            crop=layout_actions.crop_state(desk.config),
            assessment=_assessment(desk, writer),
            focus=focus_of(action) if action else None,
            can_undo=log.can_undo(actor),
            can_redo=log.can_redo(actor),
        )


@contextmanager
def _reading(folder: Path, web: WebContext) -> Iterator[tuple[LayoutDesk, sqlite3.Connection]]:
    """Open a video's layout for reading, its desk brought to what is stored."""
    with (
        web.writers.exclusive(folder, SCHEMA),
        VideoDatabase(folder, readonly=True, attach={SCHEMA}, requires={SCHEMA}) as connection,
    ):
        desk = web.desks.of(folder)
        desk.refresh(connection)
        yield desk, connection


def _boxes(desk: LayoutDesk) -> Boxes:
    frames, table = desk.frames, desk.frames.table
    # The table knows only frames that were read; the page counts all sampled frames.
    places = np.searchsorted(np.array(frames.indices), table.frame_indices[table.frame])
    edges = np.column_stack([table.left / table.aspect, table.top, table.right / table.aspect, table.bottom])
    return Boxes(
        count=len(table),
        frame=pack(places, "int32"),
        edges=pack(edges, "float32"),
        confidence=pack(np.clip(table.confidence, 0, 1) * 65535, "uint16"),
        texts=list(table.texts),
    )


def _assessment(desk: LayoutDesk, reader: LayoutReader) -> Assessment:
    judgement = desk.judgement()
    latest = reader.latest_agreements(LOOKED_AT)
    return Assessment(
        odds=pack(judgement.log_odds, "float32"),
        source="model" if judgement.model else "rules",
        doubts=sorted(judgement.doubts.items(), key=lambda item: -item[1]),
        labels_in=int((desk.labels.codes == IN).sum()),
        labels_out=int((desk.labels.codes == OUT).sum()),
        agreed=latest.index(False) if False in latest else len(latest),
    )
