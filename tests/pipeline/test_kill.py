"""`kill -9` at random moments of every step: running again completes, and the result is that of a calm run."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import time
from pathlib import Path

import pytest

from caption_boundaries.atomic import PARTIAL_PREFIX
from caption_boundaries.pipeline import BY_NAME, STEPS, run_steps
from support.folders import contents

KILLS_PER_STEP = 34
"""Six steps: 204 kills in all."""
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["caption_boundaries.pipeline"])


def run_one(folder: Path, name: str) -> None:
    list(run_steps(folder, [BY_NAME[name]], force=True))


def run_to_the_end(folder: Path, name: str) -> float:
    started = time.monotonic()
    process = FORKS.Process(target=run_one, args=(folder, name))
    process.start()
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - started


def kill_after(folder: Path, name: str, seconds: float) -> None:
    process = FORKS.Process(target=run_one, args=(folder, name))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()


@pytest.mark.slow
@pytest.mark.parametrize("name", [step.name for step in STEPS])
def test_a_killed_step_is_completed_by_running_again(name: str, stages: dict[str, Path], tmp_path: Path) -> None:
    names = [step.name for step in STEPS]
    before = stages[names[names.index(name) - 1] if name != names[0] else ""]
    old, calm = contents(before), contents(stages[name])
    usual = run_to_the_end(shutil.copytree(before, tmp_path / "timed"), name)
    chance = random.Random(name)
    folder = shutil.copytree(before, tmp_path / "video")
    for _ in range(KILLS_PER_STEP):
        kill_after(folder, name, chance.uniform(0.0, usual))
        untouched = contents(folder)  # right after the kill: the old rows or the new ones
        assert untouched in (old, calm)
    run_to_the_end(folder, name)
    assert contents(folder) == calm
    assert list(folder.glob(f"{PARTIAL_PREFIX}*")) == []
