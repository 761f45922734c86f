"""What a pooled connection holds and says."""

from __future__ import annotations

import sqlite3

from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.schema import SCHEMAS

VIDEO, CAPTIONS, ALL = {"video"}, {"captions"}, SCHEMAS


def attached(connection: sqlite3.Connection) -> set[str]:
    """Return the schemas that a connection has attached."""
    return {name for _, name, _ in connection.execute("PRAGMA database_list")} - {"main", "temp"}


def is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1").fetchall()
    except sqlite3.ProgrammingError:
        return False
    return True


def texts(connection: sqlite3.Connection) -> list[str | None]:
    return [caption.text for caption in CaptionReader(connection).captions()]
