"""Many synthetic videos at once; whatever was made before is kept."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import FrameType
from typing import NoReturn

from caption_boundaries.data.folders import Made, folder_of, make_folder
from caption_boundaries.data.recipe import Recipe
from caption_boundaries.errors import FleetError
from caption_boundaries.ingest.staging import prepare_root
from caption_boundaries.library import is_video_folder

SEEDS_APART = 1_000_000
"""A run with another number has seeds so far away."""


def seeds_of(run: int, count: int) -> range:
    """Return the seeds of the videos of a run; a longer run has the videos of a shorter one and more."""
    return range(run * SEEDS_APART, run * SEEDS_APART + count)


def missing_seeds(recipe: Recipe, seeds: Sequence[int], root: Path) -> list[int]:
    """Return the seeds whose videos are not there yet."""
    return [seed for seed in seeds if not is_video_folder(folder_of(recipe, seed, root))]


def make_folders(recipe: Recipe, seeds: Sequence[int], root: Path, *, jobs: int = 1) -> Iterator[Made]:
    """Make the video of every seed and yield each as it is there, in whatever order they come.

    Leaving the loop early, or Ctrl-C, leaves whole videos only; the same call again goes on.

    Args:
        recipe: What may come in the videos.
        seeds: One video each.
        root: Data root; made when only it is missing.
        jobs: Processes side by side.

    Raises:
        FleetError: A process was killed, for example for want of memory.
        CaptionBoundariesError: A video could not be made.
    """
    prepare_root(root)
    missing = missing_seeds(recipe, seeds, root)
    for seed in sorted(set(seeds) - set(missing)):
        yield Made(folder_of(recipe, seed, root), seed, created=False)
    if jobs == 1 or len(missing) < 2:
        yield from (make_folder(recipe, seed, root) for seed in missing)
        return
    yield from _side_by_side(lambda pool: [pool.submit(make_folder, recipe, seed, root) for seed in missing], jobs)


def _side_by_side(submit: Callable[[ProcessPoolExecutor], list[Future[Made]]], jobs: int) -> Iterator[Made]:
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("forkserver"), initializer=_prepare)
    before = set(multiprocessing.active_children())
    try:
        yield from (future.result() for future in as_completed(submit(pool)))
    except BrokenProcessPool as error:
        raise FleetError(
            "A process that made videos was killed.",
            hint="Run the same command again to go on, with fewer jobs if memory was short.",
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()  # each clears away what it had begun
            process.join()


def _prepare() -> None:
    """Let the parent alone see Ctrl-C, and unwind when it ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
