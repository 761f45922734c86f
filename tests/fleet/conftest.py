"""Fleets, made once and copied."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support import flaky
from support.fleets import make_fleet, run_serially

VIDEOS = 12
"""Enough that several workers die in the middle of some; `benchmarks/fleet.py` runs the same with 374."""


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root whose videos have not been worked on; copy it."""
    root = tmp_path_factory.mktemp("fleet") / "films"
    make_fleet(root, VIDEOS)
    return root


@pytest.fixture(scope="session")
def serial(fleet: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What a calm run, one video after the other, makes of the fleet: content hashes by video id."""
    root = shutil.copytree(fleet, tmp_path_factory.mktemp("serial") / "films")
    return run_serially(sorted(root.glob("*/*")))


@pytest.fixture
def films(fleet: Path, tmp_path: Path) -> list[Path]:
    """The folders of a fleet of one's own."""
    root = shutil.copytree(fleet, tmp_path / "films")
    return sorted(root.glob("*/*"))


@pytest.fixture(autouse=True)
def _calm() -> None:
    """Begin without faults, and with nothing in memory."""
    flaky.calm()
