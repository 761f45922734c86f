"""A fleet to measure with: tiny videos, real steps; and the engines that run it, with workers killed on the way."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.fleets import make_fleet, run_serially
from support.folders import contents

__all__ = ["Kills", "contents", "copy_of", "folders_of", "killing", "make_fleet", "run_serially", "timed"]


@dataclass
class Kills:
    """How many workers were killed."""

    count: int = 0


def folders_of(root: Path) -> list[Path]:
    """Return the video folders of a fleet."""
    return sorted(root.glob("*/*"))


def copy_of(fleet: Path, root: Path) -> list[Path]:
    """Copy a fleet that has not been worked on, and return its folders."""
    shutil.copytree(fleet, root, copy_function=os.link)
    for path in root.rglob("*.db"):  # databases are written in place; the videos may be shared
        partial = path.with_name(f"{path.name}-own")
        shutil.copy2(path, partial)
        partial.replace(path)
    return folders_of(root)


@contextmanager
def killing(pids: Callable[[], Iterable[int]], every_seconds: float) -> Iterator[Kills]:
    """Kill one of the workers every few seconds while the block runs, each in turn."""
    kills, ended = Kills(), threading.Event()

    def strike() -> None:
        while not ended.wait(every_seconds):
            with suppress(Exception):
                alive = sorted(pids())
                if alive:
                    os.kill(alive[kills.count % len(alive)], signal.SIGKILL)
                    kills.count += 1

    thread = threading.Thread(target=strike, daemon=True)
    if every_seconds > 0:
        thread.start()
    try:
        yield kills
    finally:
        ended.set()
        if thread.is_alive():
            thread.join()


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """Return what ``action`` returns and the wall seconds that it took."""
    started = time.perf_counter()
    result = action()
    return result, time.perf_counter() - started
