"""What the caption tool shows: the list, the pictures around a moment, what was found, what a file says otherwise."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import quote

import numpy as np

from caption_boundaries.captions.moments import start_index
from caption_boundaries.captions.searching import Search
from caption_boundaries.database.actions import ActionLog
from caption_boundaries.database.caption_table import CaptionTable
from caption_boundaries.database.captions import Caption
from caption_boundaries.errors import UsageError
from caption_boundaries.export.formats import FORMATS
from caption_boundaries.web.caption_answers import SCHEMA
from caption_boundaries.web.caption_desk import CaptionDesk
from caption_boundaries.web.caption_import import Comparison, Difference
from caption_boundaries.web.caption_wire import (
    CaptionState,
    Counts,
    Crops,
    Extents,
    Hit,
    Hits,
    ImportDiff,
    ImportItem,
    SearchBody,
    Source,
    SourceFrame,
    SourceFrames,
)
from caption_boundaries.web.dbwriter import read_only_reason
from caption_boundaries.web.pictures import picture_version

HITS = 2000
"""Captions that a search shows at most."""
STALE_CROPS = "The crops are older than the layout. Run the crop step, then the captions step."
NO_CROPS = "There are no pictures of the caption region. Run the crop step."
OTHER_CROPS = "The captions were found in other crops than the ones shown here. Run the captions step."


def caption_state(connection: sqlite3.Connection, desk: CaptionDesk, stamp: str, name: str, actor: str) -> CaptionState:
    """Return everything that the tool shows of a video.

    Args:
        connection: Open; `captions.db` is attached.
        desk: What the captions stand on.
        stamp: Changes whenever the pages have to be loaded anew.
        name: What people call the video.
        actor: Who asks.
    """
    table, log = CaptionTable(connection), ActionLog(connection, SCHEMA)
    columns, rows = table.raw_rows()
    total = desk.total(table.extent())
    version, reason = picture_version(desk.folder, "cropping"), desk.no_source()
    return CaptionState(
        revision=log.revision(),
        stamp=stamp,
        name=name,
        rate_hz=desk.rate_hz,
        first_index=0,
        last_index=total.end,
        crops=Crops(version=version, width=desk.width, height=desk.height, ranges=list(desk.ranges)),
        source=Source(available=not reason, reason=reason, frame_count=len(desk.seconds), version=version),
        columns=list(columns),
        rows=[list(row) for row in rows],
        counts=Counts.of(table.counts(), len(total)),
        review=table.text_review(),
        notices=_notices(table, desk),
        formats=list(FORMATS),
        can_undo=log.can_undo(actor),
        can_redo=log.can_redo(actor),
        read_only=read_only_reason(desk.folder),
    )


def _notices(table: CaptionTable, desk: CaptionDesk) -> list[str]:
    if not desk.ranges:
        return [NO_CROPS]
    run = table.run()
    notices = [STALE_CROPS] if desk.is_stale else []
    if run is not None and desk.crop_hash and run.crop_hash != desk.crop_hash:
        notices.append(OTHER_CROPS)
    return notices


def source_frames_around(
    desk: CaptionDesk, around: float | None, number: int | None, before: int, after: int
) -> SourceFrames:
    """Return which pictures of the video file stand around a moment, or around the picture with a number.

    Raises:
        UsageError: Neither or both are given.
    """
    if (around is None) == (number is None):
        raise UsageError("Give either a moment or a number.")
    times = desk.seconds
    if not len(times):
        return SourceFrames(frames=[], current=None)
    if around is not None:
        number = int(np.searchsorted(times, around + 1e-6, side="right")) - 1
    assert number is not None
    current = min(max(number, 0), len(times) - 1)
    numbers = range(max(0, current - before), min(len(times), current + after + 1))
    frames = [
        SourceFrame(number=n, seconds=float(times[n]), index=start_index(float(times[n]), desk.rate_hz))
        for n in numbers
    ]
    return SourceFrames(frames=frames, current=current)


def search_hits(rows: Sequence[Caption], body: SearchBody, revision: int) -> Hits:
    """Return the captions in whose text something stands."""
    looked_for = Search(body.find, body.match_case, body.whole_words)
    hits: list[Hit] = []
    for row in rows:
        spans = looked_for.spans(row.text) if row.text else []
        if spans and len(hits) == HITS:
            return Hits(revision=revision, hits=hits, more=True)
        if spans and row.text and row.id:
            replaced = None if body.replace is None else looked_for.replaced(row.text, body.replace)
            start = row.start_frame_index
            hits.append(Hit(id=row.id, start_frame_index=start, text=row.text, spans=spans, replaced=replaced))
    return Hits(revision=revision, hits=hits, more=False)


def import_items(comparison: Comparison) -> ImportDiff:
    """Return a comparison as it goes over the wire."""
    items = [_item(number, difference) for number, difference in enumerate(comparison.differences)]
    return ImportDiff(
        format=comparison.format,
        items=items,
        same=comparison.same,
        cues=comparison.cues,
        digest=comparison.digest,
    )


def _item(number: int, difference: Difference) -> ImportItem:
    cue, row = difference.cue, difference.row
    before = None
    if row is not None:
        before = Extents(start_frame_index=row.start_frame_index, end_frame_index=row.end_frame_index, text=row.text)
    return ImportItem(
        number=number,
        op=difference.op,
        start_seconds=cue.start if cue else None,
        end_seconds=cue.end if cue else None,
        start_frame_index=difference.frames.start,
        end_frame_index=difference.frames.end,
        text=cue.text if cue else None,
        row_id=row.id if row else None,
        before=before,
        moves=difference.moves,
        retexts=difference.retexts,
        confirmed=difference.settled,
    )


def attachment(name: str, extension: str) -> str:
    """Return the header by which a browser saves an export under the video's name."""
    stem = PurePath(name).stem or "captions"
    return f"attachment; filename*=UTF-8''{quote(stem + extension, safe='')}"
