"""A small video and its folder after every step, and a folder with a few rows in every database."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from caption_boundaries.ingest.register import register_video
from caption_boundaries.pipeline import STEPS, run_steps
from support.clips import Clip, write_clip
from support.databases import filled_folder

# Started in the background of a shell, Ctrl-C would be ignored here and in every program that a test starts and stops.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no failure: no example is judged by the time that it takes.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

CAPTIONS = [(0.6, 1.9, "Good morning"), (1.9, 3.0, "Where is the rabbit?"), (3.6, 4.6, "Over there.")]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """A video of five seconds with three captions."""
    return write_clip(
        tmp_path_factory.mktemp("clip") / "rabbit.mp4", captions=CAPTIONS, size=(640, 360), fps=24, duration=5.0
    )


@pytest.fixture(scope="session")
def stages(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders before the first step and after each: ``{"": …, "ingest": …, …, "export": …}``."""
    root = tmp_path_factory.mktemp("stages")
    folder = register_video(clip.path, root / "data", known={}).video_dir
    kept = {"": shutil.copytree(folder, root / "0-new")}
    for step in STEPS:
        list(run_steps(folder, [step]))
        kept[step.name] = shutil.copytree(folder, root / step.name)
    return kept


@pytest.fixture
def finished(stages: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the folder after the last step."""
    return shutil.copytree(stages["export"], tmp_path / "video")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a few rows in every versioned database; many tests have a folder of their own instead."""
    return filled_folder(tmp_path / "video")
