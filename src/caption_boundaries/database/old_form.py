"""The old form: one file for everything that is known of a video, and how it is told from others by content.

Its name says nothing: the old file and one of the new databases are both called ``captions.db``. What counts is the
application id in the header, and, where that is not ours, the tables and their columns.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.database.folders import KEPT_FILENAME, OLD_FILENAMES
from caption_boundaries.database.header import read_header
from caption_boundaries.database.paths import database_path
from caption_boundaries.database.recovery import recover_journal
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.database.table_shapes import Table, tables_of
from caption_boundaries.errors import OldFolderError

MIGRATE_COMMAND = "caption-boundaries migrate"

_OLD_TABLES: Mapping[str, tuple[str, ...]] = {
    "video": ("full_frames", "video_metadata"),
    "fullOCR": ("full_frame_ocr",),
    "layout": ("full_frame_box_labels", "box_classification_model", "video_layout_config"),
    "captions": ("captions", "text_review_status"),
    "cropping": ("cropped_frames",),
    "state": (
        "video_preferences",
        "processing_status",
        "duplicate_resolution",
        "database_metadata",
        "crop_frames_status",
        "vp9_encoding_status",
    ),
}

_MARKS: Mapping[str, frozenset[str]] = {
    "captions": frozenset({"start_frame_index", "end_frame_index"}),
    "full_frames": frozenset({"frame_index", "image_data"}),
    "cropped_frames": frozenset({"frame_index", "image_data"}),
    "full_frame_ocr": frozenset({"frame_index", "box_index", "text", "x", "y", "width", "height"}),
    "full_frame_box_labels": frozenset({"frame_index", "box_left", "box_top", "box_right", "box_bottom", "label"}),
    "video_layout_config": frozenset({"crop_left", "crop_top", "crop_right", "crop_bottom"}),
    "box_classification_model": frozenset({"prior_in", "prior_out"}),
}
"""Columns without which a table of that name means something else."""

MOVED_COLUMNS: Mapping[str, tuple[str, str]] = {
    "index_framerate_hz": ("video", "video_metadata"),
    "layout_approved": ("layout", "video_layout_config"),
}
"""Columns of the old ``video_preferences`` that change the meaning of data, and the table that has them now."""

OUR_APPLICATION_IDS = frozenset(spec.application_id for spec in DATABASES)


def _homes() -> dict[str, tuple[str, str]]:
    homes = {table: (schema, table) for schema, tables in _OLD_TABLES.items() for table in tables}
    uses = Counter(table for spec in DATABASES for table in spec.tables)
    for spec in DATABASES:
        for table in spec.tables:
            # A rolled-back file keeps what the old form has no table for under these names.
            homes.setdefault(table if uses[table] == 1 else f"{spec.schema}_{table}", (spec.schema, table))
    return homes


HOMES: Mapping[str, tuple[str, str]] = _homes()
"""Where each table of an old file goes: schema and table of the new form."""


def find_old_database(video_dir: Path, *, recover_timeout: float | None = None) -> Path | None:
    """Return the old file that holds the data of ``video_dir``, or None where the folder is of the new form.

    Args:
        video_dir: Folder of the video.
        recover_timeout: Roll back first what a killed writer left, waiting so many seconds for a live one; None only
            reads, and cannot look into such a file.

    Raises:
        StorageError: A file cannot be read.
        DatabaseCorruptError: A file is damaged.
        DatabaseError: A killed writer has left it so that it cannot be read.
    """
    captions, annotations = (video_dir / name for name in OLD_FILENAMES)
    if recover_timeout is not None:
        _recover((captions, annotations), recover_timeout)
    if captions.is_file():
        return captions if is_old_database(captions) else None
    if annotations.is_file():
        return annotations if is_old_database(annotations) else None
    kept = video_dir / KEPT_FILENAME
    if kept.is_file() and not database_path(video_dir, "video").exists() and is_old_database(kept):
        return kept
    return None


def is_old_database(path: Path) -> bool:
    """Tell by its content whether the file at ``path`` holds the old form.

    Raises:
        StorageError: It cannot be read.
        DatabaseCorruptError: It is damaged.
    """
    with storage_errors(path):
        known = path.stat()
    return _is_old(path, known.st_dev, known.st_ino, known.st_size, known.st_mtime_ns)


@lru_cache(maxsize=1024)
def _is_old(path: Path, *identity: int) -> bool:
    """Look into a file once: every door asks this first, and opening is what costs."""
    header = read_header(path)
    if header is None or header.application_id in OUR_APPLICATION_IDS:
        return False
    return looks_old(tables_of(path, wal=header.wal))


def _recover(paths: Iterable[Path], timeout: float) -> None:
    for path in paths:
        try:
            recover_journal(path, timeout=timeout)
        except sqlite3.Error as error:
            raise translate(error, path) from error


def refuse_old_folder(video_dir: Path) -> None:
    """Make sure that ``video_dir`` is not of the old form, which is only read.

    Raises:
        OldFolderError: It is.
    """
    old = find_old_database(video_dir)
    if old is not None:
        raise old_folder_error(old)


def old_folder_error(old: Path) -> OldFolderError:
    """Return the refusal to write where ``old`` still holds the data."""
    return OldFolderError(
        f"{old.parent} is still in the old form ({old.name} holds everything), which is only read.",
        hint=f"Run `{MIGRATE_COMMAND} {old.parent}` first.",
    )


def looks_old(tables: Mapping[str, Table]) -> bool:
    """Tell whether these are the tables of an old file: of more than one new database, none with a foreign shape."""
    known = {HOMES[name][0] for name in tables if name in HOMES}
    return len(known) > 1 and not differences(tables)


def differences(tables: Mapping[str, Table]) -> list[str]:
    """Say for each table that has a name of ours, but another shape, what its columns lack."""
    found = []
    for name, marks in _MARKS.items():
        if name in tables and (missing := marks - tables[name].column_names):
            has = ", ".join(sorted(tables[name].column_names - marks)) or "none"
            found.append(f"table {name} has no column {', '.join(sorted(missing))} (it has {has})")
    return found
