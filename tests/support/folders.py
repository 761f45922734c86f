"""Hashes of whole video folders: what changed, and what did not."""

from __future__ import annotations

import hashlib
from pathlib import Path

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.recovery import recover_folder
from caption_boundaries.database.row_hash import content_hash
from caption_boundaries.database.schema import BY_SCHEMA, SCHEMAS

COUNTED = SCHEMAS - {"state"}
"""What a run must repeat exactly; `state.db` says when it ran."""


def contents(video_dir: Path) -> dict[str, str]:
    """Return the content hash of every table, by ``schema.table``, as the next command would find it."""
    recover_folder(video_dir)
    with VideoDatabase(video_dir, readonly=True) as connection:
        return {
            f"{schema}.{table}": content_hash(connection, schema, table)
            for schema in sorted(COUNTED)
            for table in BY_SCHEMA[schema].tables
        }


def file_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below ``folder``, by relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
