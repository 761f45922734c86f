"""Are stored pictures whole? A damaged one is hidden from every check of the database's structure."""

from __future__ import annotations

import sqlite3

import simplejpeg

SAMPLE = 64
"""How many pictures of a table are decoded where not all are."""


def damaged_pictures(connection: sqlite3.Connection, table: str, *, sample: int | None) -> list[tuple[int, str]]:
    """Return the key of every picture that cannot be decoded, and why.

    Where most cannot, the table holds something else than JPEGs, and nothing is said of them.

    Args:
        connection: Open connection.
        table: Table with its schema.
        sample: How many to look at, evenly spread; None looks at all.
    """
    keys = [row[0] for row in connection.execute(f"SELECT frame_index FROM {table} ORDER BY frame_index")]
    looked_at = keys[:: 1 if sample is None else max(1, len(keys) // sample)]
    damaged = []
    for key in looked_at:
        try:
            (data,) = connection.execute(f"SELECT image_data FROM {table} WHERE frame_index = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            damaged.append((key, f"cannot be read ({error})"))
            continue
        problem = picture_problem(data)
        if problem is not None:
            damaged.append((key, problem))
    return damaged if len(damaged) * 2 <= len(looked_at) else []


def picture_problem(data: object) -> str | None:
    """Return what is wrong with a stored picture, or None."""
    if not isinstance(data, bytes):
        return "holds no picture"
    try:
        simplejpeg.decode_jpeg(data, colorspace="GRAY", strict=True)
    except ValueError as error:
        return f"cannot be decoded ({error})"
    return None
