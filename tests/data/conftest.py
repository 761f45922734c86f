"""A few small synthetic videos, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from caption_boundaries.data.folders import make_folder
from support.clips import write_clip
from support.synthetic import SEEDS, SMALL


@pytest.fixture(scope="session")
def small_videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with four synthetic videos; not to be changed."""
    root = tmp_path_factory.mktemp("synthetic") / "films"
    root.mkdir()
    for seed in SEEDS:
        make_folder(SMALL, seed, root)
    return root


@pytest.fixture
def films(small_videos: Path, tmp_path: Path) -> Path:
    """A copy of the data root."""
    return shutil.copytree(small_videos, tmp_path / "films")


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of moving pictures without captions, with a key picture every second."""
    folder = tmp_path_factory.mktemp("footage")
    write_clip(folder / "meadow.mp4", size=(160, 90), fps=10, duration=60.0, options={"g": "10"})
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty small photos, some on either side of the split; each is darker at the left."""
    folder = tmp_path_factory.mktemp("photos")
    ramp = np.tile(np.linspace(20, 220, 240, dtype=np.uint8)[None, :, None], (150, 1, 3))
    for number in range(20):
        Image.fromarray(ramp).save(folder / f"meadow-{number}.png")
    return folder
