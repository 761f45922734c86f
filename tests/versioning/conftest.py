"""Repositories with a few videos, a remote and a colleague."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.repositories import Team, make_team


@pytest.fixture(scope="session")
def _team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_team(tmp_path_factory.mktemp("team")).root


@pytest.fixture
def team(_team: Path, tmp_path: Path) -> Team:
    """Two tracked, committed and pushed videos in ``mine``, with a bare ``hub`` and a DVC ``remote``."""
    root = Path(shutil.copytree(_team, tmp_path / "team", symlinks=True))
    return Team(root).moved()
