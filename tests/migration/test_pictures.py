"""Which stored pictures are decoded where not all are, and what is said of those that cannot be."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from io import BytesIO

import numpy as np
import pytest
import simplejpeg

from caption_boundaries.migration.pictures import damaged_pictures, picture_problem

GOOD = simplejpeg.encode_jpeg(np.zeros((8, 8, 3), np.uint8))


@pytest.fixture
def frames() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE frames (frame_index INTEGER PRIMARY KEY, image_data)")
        yield connection


def fill(frames: sqlite3.Connection, keys: Iterable[int], damaged: Iterable[int] = ()) -> None:
    bad = set(damaged)
    frames.executemany(
        "INSERT INTO frames VALUES (?, ?)", [(key, b"no picture" if key in bad else GOOD) for key in keys]
    )


def looked_at(frames: sqlite3.Connection, sample: int | None) -> list[int]:
    """Return the keys whose pictures are read."""
    keys: list[int] = []
    frames.set_trace_callback(lambda sql: keys.append(int(sql.rpartition(" ")[2])) if "image_data" in sql else None)
    damaged_pictures(frames, "frames", sample=sample)
    return keys


def test_all_are_looked_at_where_there_are_few(frames: sqlite3.Connection) -> None:
    fill(frames, range(5, 13))
    assert looked_at(frames, 8) == looked_at(frames, None) == list(range(5, 13))


@pytest.mark.parametrize("keys", [range(100), range(0, 10_000, 100), range(-50, 50)])
def test_a_sample_is_spread_from_the_first_to_the_last(keys: range, frames: sqlite3.Connection) -> None:
    fill(frames, keys)
    seen = looked_at(frames, 10)
    assert len(seen) == 10
    assert set(seen) <= set(keys)
    assert (seen[0], seen[-1]) == (keys[0], keys[-1])
    gaps = np.diff(seen) / keys.step
    assert gaps.max() <= 12


def test_wide_gaps_in_the_keys_make_no_gaps_in_the_sample(frames: sqlite3.Connection) -> None:
    fill(frames, [*range(100), 10**9])
    assert looked_at(frames, 10) == [*range(0, 100, 10), 10**9]


def test_keys_that_are_no_numbers_are_all_looked_at() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE frames (frame_index TEXT, image_data)")
        connection.executemany("INSERT INTO frames VALUES (?, ?)", [(f"n{key}", GOOD) for key in range(20)])
        connection.execute("UPDATE frames SET image_data = NULL WHERE frame_index = 'n7'")
        assert damaged_pictures(connection, "frames", sample=10) == [("n7", "holds no picture")]


def test_damaged_ones_are_told_unless_most_are(frames: sqlite3.Connection) -> None:
    fill(frames, range(8), damaged=[3])
    ((key, problem),) = damaged_pictures(frames, "frames", sample=None)
    assert (key, problem.startswith("cannot be decoded")) == (3, True)
    fill(frames, range(8, 20), damaged=range(8, 20))
    assert damaged_pictures(frames, "frames", sample=None) == []  # the table holds something else


@pytest.mark.parametrize("data", [None, 7, "text", BytesIO(GOOD), b"", GOOD[:-20]])
def test_what_is_no_picture(data: object) -> None:
    assert picture_problem(data) is not None
    assert picture_problem(GOOD) is None
