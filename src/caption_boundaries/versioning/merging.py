"""Joining two versions of `layout.db` or `captions.db` that come from the same one."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.atomic import copy_rights, partial_path, replace_file, storage_errors
from caption_boundaries.database.actions import ActionLog, ActionRequest
from caption_boundaries.database.creation import create_database, remove_partial
from caption_boundaries.database.header import read_header
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.row_changes import EDITED_TABLES, TableChange, apply_changes, join_images, key_getter
from caption_boundaries.database.row_sets import Row, TableRows, append_log, read_table, replace_table
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.sealing import seal
from caption_boundaries.errors import InputError
from caption_boundaries.versioning.caption_merging import merge_captions
from caption_boundaries.versioning.dvc_store import hash_of
from caption_boundaries.versioning.layout_merging import merge_config, merge_derived, merge_labels
from caption_boundaries.versioning.three_way import Conflict

MERGEABLE = ("layout", "captions")
_DERIVED = {"layout": "box_classification_model", "captions": "boundary_runs"}
_TABLES = {
    "layout": ("full_frame_box_labels", "video_layout_config", "box_classification_model", "action_log"),
    "captions": ("captions", "text_review_status", "boundary_runs", "action_log"),
}

_Side = Mapping[str, TableRows]


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of a merge."""

    schema: str
    conflicts: tuple[Conflict, ...]
    changed: int
    """Rows of ours that are other now."""
    actions: int
    """Actions of theirs that the log got."""


@dataclass(frozen=True)
class _Result:
    tables: Mapping[str, Sequence[Row]]
    conflicts: list[Conflict]
    new_ids: Mapping[str, Mapping[int, int]]


def merge_databases(base: Path | None, ours: Path, theirs: Path, output: Path) -> Merged:
    """Write the rows of both versions to ``output``; the three files are only read.

    Args:
        base: What both began with; None: nothing.
        ours: One version: `layout.db` or `captions.db`, whatever it is called.
        theirs: The other.
        output: May be one of the three.

    Raises:
        InputError: They are not versions of one such database.
        DatabaseCorruptError: One of them is damaged.
        StorageError: The disk refused; ``output`` is as it was.
    """
    schema = _schema_of(ours, theirs, *([base] if base is not None else []))
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-") as name:
        sides = [
            _copy(path, Path(name) / side, schema)
            for side, path in (("base", base), ("ours", ours), ("theirs", theirs))
        ]
        rows = [_read(folder, schema) for folder in sides]
        result = _merge_captions(*rows) if schema == "captions" else _merge_layout(*rows)
        told = uuid.uuid5(uuid.NAMESPACE_OID, " ".join(hash_of(path) for path in (ours, theirs)))
        done = _write(sides[1], schema, rows[1], rows[2], result, str(told))
        merged = sides[1] / BY_SCHEMA[schema].filename
        seal(merged)
        _put(merged, output)
    return done


def _schema_of(*paths: Path) -> str:
    found = set()
    for path in paths:
        header = read_header(path)
        known = [s for s in MERGEABLE if header is not None and header.application_id == BY_SCHEMA[s].application_id]
        if not known:
            raise InputError(f"{path} is neither a layout.db nor a captions.db.", hint="Only those two can be merged.")
        found.add(known[0])
    if len(found) > 1:
        raise InputError("The files are not versions of one database: one is a layout.db, another a captions.db.")
    return found.pop()


def _copy(path: Path | None, folder: Path, schema: str) -> Path:
    """Make a folder with a copy of one version, brought to the current schema when it is opened for writing."""
    folder.mkdir()
    target = folder / BY_SCHEMA[schema].filename
    if path is None:
        create_database(target, BY_SCHEMA[schema])
    else:
        with storage_errors(path):
            shutil.copyfile(path, target)
    return folder


@contextmanager
def _opened(folder: Path, schema: str) -> Iterator[sqlite3.Connection]:
    with VideoDatabase(folder, writes={schema}, attach={schema}) as connection:
        yield connection


def _read(folder: Path, schema: str) -> dict[str, TableRows]:
    with _opened(folder, schema) as connection:
        return {table: read_table(connection, schema, table) for table in _TABLES[schema]}


def _merge_captions(base: _Side, ours: _Side, theirs: _Side) -> _Result:
    last_id = max(side["captions"].last_id for side in (base, ours, theirs))
    captions = merge_captions(base["captions"].rows, ours["captions"].rows, theirs["captions"].rows, last_id=last_id)
    review = merge_derived(*(side["text_review_status"].rows for side in (base, ours, theirs)))
    if captions.conflicts:
        review = [{**row, "status": "pending"} for row in review]
    return _Result(
        {
            "captions": captions.rows,
            "text_review_status": review,
            "boundary_runs": _derived("captions", base, ours, theirs),
        },
        captions.conflicts,
        {"captions": captions.new_ids},
    )


def _merge_layout(base: _Side, ours: _Side, theirs: _Side) -> _Result:
    table = "full_frame_box_labels"
    last_id = max(side[table].last_id for side in (base, ours, theirs))
    labels = merge_labels(base[table].rows, ours[table].rows, theirs[table].rows, last_id=last_id)
    configs = (next(iter(side["video_layout_config"].rows), None) for side in (base, ours, theirs))
    config, conflicts = merge_config(*configs)
    return _Result(
        {
            table: labels.rows,
            "video_layout_config": [config] if config is not None else [],
            "box_classification_model": _derived("layout", base, ours, theirs),
        },
        [*labels.conflicts, *conflicts],
        {table: labels.new_ids},
    )


def _derived(schema: str, base: _Side, ours: _Side, theirs: _Side) -> list[Row]:
    table = _DERIVED[schema]
    return merge_derived(base[table].rows, ours[table].rows, theirs[table].rows)


def _write(folder: Path, schema: str, ours: _Side, theirs: _Side, result: _Result, told: str) -> Merged:
    """Bring our copy to the result: their actions join the log, and the merge is an action that can be undone."""
    edited = {table: rows for table, rows in result.tables.items() if table in EDITED_TABLES[schema]}
    changes = tuple(_changes(schema, table, ours[table], rows) for table, rows in edited.items())
    with _opened(folder, schema) as connection:
        added = append_log(connection, schema, theirs["action_log"].rows, result.new_ids)
        runs = result.tables.get("boundary_runs")
        if runs is not None and list(runs) != list(ours["boundary_runs"].rows):
            replace_table(connection, schema, "boundary_runs", runs)
        connection.commit()
        request = ActionRequest(told, actor="merge", session="merge", kind="merge")
        ActionLog(connection, schema).perform(request, lambda: apply_changes(connection, schema, changes))
    return Merged(schema, tuple(result.conflicts), sum(len(change.rows) for change in changes), added)


def _changes(schema: str, table: str, ours: TableRows, rows: Sequence[Row]) -> TableChange:
    get_key = key_getter(schema, table, ours.columns)
    before, after = (
        {get_key(image): image for image in (tuple(row[name] for name in ours.columns) for row in side)}
        for side in (ours.rows, rows)
    )
    return join_images(table, ours.columns, dict(before), dict(after))


def _put(merged: Path, output: Path) -> None:
    partial = partial_path(output)
    try:
        with storage_errors(output):
            shutil.copyfile(merged, partial)
        if output.exists():
            copy_rights(output, partial, writable=True)
        replace_file(partial, output)
    finally:
        remove_partial(partial)
