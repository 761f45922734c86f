"""What is told of files that other processes may remove or replace at any moment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from caption_boundaries.atomic import still_lies_at


def left(path: Path) -> None:
    assert path.exists()


def removed(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    other = path.with_suffix(".other")
    other.touch()
    other.rename(path)


@pytest.mark.parametrize(("happened", "there"), [(left, True), (removed, False), (replaced, False)])
def test_an_open_file_lies_at_its_path_until_another_does(
    happened: Callable[[Path], None], there: bool, tmp_path: Path
) -> None:
    path = tmp_path / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        happened(path)
        assert still_lies_at(path, descriptor) == there
    finally:
        os.close(descriptor)
