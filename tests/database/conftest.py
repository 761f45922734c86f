"""A pool of readers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from caption_boundaries.database.pool import ReaderPool


@pytest.fixture
def pool() -> Iterator[ReaderPool]:
    with ReaderPool() as made:
        yield made
