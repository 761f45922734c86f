"""An empty database in memory, and any value that one may hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

from hypothesis import strategies as st

from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.stand_in import attach_stand_in
from caption_boundaries.types import FrameTime

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SHARE = st.floats(0, 1)
REAL = st.floats(allow_nan=False, allow_infinity=False)
COUNT = st.integers(0, 2**40)
TIMES = st.none() | st.builds(
    FrameTime, st.integers(-(2**40), 2**40), st.fractions(Fraction(1, 10**6), 1, max_denominator=10**6)
)


@contextmanager
def database(schema: str) -> Iterator[sqlite3.Connection]:
    """An empty database in memory under its schema name."""
    connection = sqlite3.connect(":memory:")
    try:
        attach_stand_in(connection, BY_SCHEMA[schema])
        yield connection
    finally:
        connection.close()
