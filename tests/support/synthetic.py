"""Small synthetic videos for tests."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

from caption_boundaries.data.folders import make_folder
from caption_boundaries.data.recipe import Recipe
from caption_boundaries.data.videos import TrainingVideo, read_videos
from caption_boundaries.types import BOUNDARY_CLASSES

SMALL = Recipe(
    seconds=5.0, sizes=((256, 144, 1),), rates=(("24", 1), ("30000/1001", 1)), crf=(18, 26), preset="ultrafast"
)
LARGE = replace(SMALL, sizes=((1280, 720, 1),))
"""Lines are high enough for every closer look."""
SEEDS = (3, 4, 5, 8)
"""Whose videos have samples of every class together."""


def varied_folders(root: Path, count: int, recipe: Recipe = SMALL) -> list[Path]:
    """Make ``count`` video folders that have samples of every class each, whatever fonts the machine has."""
    folders: list[Path] = []
    for seed in itertools.count(100):
        folder = make_folder(recipe, seed, root).folder
        (video,) = read_videos([folder])
        if isinstance(video, TrainingVideo) and len(set(video.labels.tolist())) == len(BOUNDARY_CLASSES):
            folders.append(folder)
        else:
            shutil.rmtree(folder)
        if len(folders) == count:
            break
    return folders
