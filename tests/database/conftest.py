"""A filled video folder, and a pool of readers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from caption_boundaries.database.pool import ReaderPool
from support.databases import filled_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return filled_folder(tmp_path / "video")


@pytest.fixture
def pool() -> Iterator[ReaderPool]:
    with ReaderPool() as made:
        yield made
