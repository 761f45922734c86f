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
        sample: How many to look at, spread over the video; None looks at all.
    """
    looked_at = _all_keys(connection, table) if sample is None else _spread_keys(connection, table, sample)
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


def _all_keys(connection: sqlite3.Connection, table: str) -> list[int]:
    return [row[0] for row in connection.execute(f"SELECT frame_index FROM {table} ORDER BY frame_index")]


def _spread_keys(connection: sqlite3.Connection, table: str, sample: int) -> list[int]:
    """Return about ``sample`` keys, without a walk through the whole table unless there are wide gaps in them."""
    count, first, last = (
        connection.execute(f"SELECT {value} FROM {table}").fetchone()[0]
        for value in ("count(*)", "min(frame_index)", "max(frame_index)")
    )
    if count <= sample or not (isinstance(first, int) and isinstance(last, int)):
        return _all_keys(connection, table)
    seek = f"SELECT frame_index FROM {table} WHERE frame_index >= ? ORDER BY frame_index LIMIT 1"
    places = (first + (last - first) * step // (sample - 1) for step in range(sample))
    found = list(dict.fromkeys(connection.execute(seek, (place,)).fetchone()[0] for place in places))
    return found if 2 * len(found) >= sample else _all_keys(connection, table)[:: count // sample]


def picture_problem(data: object) -> str | None:
    """Return what is wrong with a stored picture, or None."""
    if not isinstance(data, bytes):
        return "holds no picture"
    try:
        simplejpeg.decode_jpeg(data, colorspace="GRAY", strict=True)
    except ValueError as error:
        return f"cannot be decoded ({error})"
    return None
