"""What a change does to the rows: a change in, changed rows out. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from caption_boundaries.captions.editing import Sheet
from caption_boundaries.errors import UsageError
from caption_boundaries.web import caption_changes as asked
from caption_boundaries.web.caption_extents import EXTENT_CHANGES
from caption_boundaries.web.caption_import import compare, take_over
from caption_boundaries.web.caption_plan import Planned, Rows
from caption_boundaries.web.caption_texts import TEXT_CHANGES


def plan_change(rows: Rows, change: asked.Change) -> Planned:
    """Return what a change does.

    Raises:
        TargetError: A caption is gone.
        UsageError: It cannot be done.
    """
    return _CHANGES[type(change)](rows, change)


def _import(rows: Rows, change: asked.Import) -> Planned:
    stored = rows.table.captions()
    comparison = compare(change.content, change.format, "", stored, rows.total, rows.desk.rate_hz)
    if change.digest is not None and change.digest != comparison.digest:
        raise UsageError("The captions have changed since the file was compared.", hint="Compare it again.")
    sheet = Sheet(stored, rows.total)
    stopped = take_over(sheet, comparison, change.ticked, change.policy, rows.desk.rate_hz)
    planned = Planned(sheet.edits(), None, f"{stopped} captions met confirmed ones." if stopped else "")
    return rows.refined(sheet, planned)


_CHANGES: Mapping[type, Callable[[Rows, Any], Planned]] = {**EXTENT_CHANGES, **TEXT_CHANGES, asked.Import: _import}
