"""Makes fleets of tiny videos, and engines that run jobs where a test can see them.

A fleet's videos have different pictures and captions. OCR is turned off (the null engine), and the layout is given as a
person would have approved it: so every step has something to do, and a video costs a tenth of a second.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from caption_boundaries.config import OcrSettings, Settings
from caption_boundaries.database.layout import LayoutConfig, LayoutWriter, regions_to_json
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.fleet.events import Engine, Finished
from caption_boundaries.fleet.homes import Home
from caption_boundaries.fleet.jobs import Job, JobResult
from caption_boundaries.ingest.register import register_video
from caption_boundaries.pipeline import STEPS, run_steps
from caption_boundaries.types import Box, Region
from support.clips import CaptionStyle, write_clip
from support.folders import contents

ALL = tuple(step.name for step in STEPS)
QUICK = Settings(ocr=OcrSettings(engine="null", workers=1))
"""No OCR: what it would cost says nothing about a fleet."""
_KINDS = 6
"""Different clips in a fleet; more would only take longer to make."""


def make_fleet(root: Path, videos: int) -> list[Path]:
    """Make a data root with so many registered videos, none of which has been worked on; returns their folders."""
    clips = [
        _clip(root.parent / f"{root.name}-clips" / f"clip {kind}.mp4", kind) for kind in range(min(_KINDS, videos))
    ]
    root.mkdir()
    return sorted(_register(clips[number % len(clips)], root) for number in range(videos))


def run_serially(folders: Iterable[Path]) -> dict[str, dict[str, str]]:
    """Run all steps on each folder, one after the other in this process; returns their contents by video id."""
    for folder in folders:
        list(run_steps(folder, settings=QUICK))
    return {folder.name: contents(folder) for folder in folders}


def jobs_for(homes: Iterable[Home], *, run: str = "run") -> list[Job]:
    """Return a job with all steps for each home."""
    return [Job(home, ALL, QUICK, run=run) for home in homes]


def results_of(engine: Engine, jobs: Sequence[Job]) -> list[JobResult]:
    """Run jobs to their ends and return the results in the order in which they came."""
    return [event.result for event in engine.run(jobs) if isinstance(event, Finished)]


def _clip(path: Path, kind: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    shift = 0.1 * kind
    spoken = [(0.1 + shift, 0.6 + shift, f"Nr {kind}"), (0.9 + shift, 1.3 + shift, "Good")]
    style = CaptionStyle(height=0.2, center=(0.5, 0.8))
    return write_clip(path, captions=spoken, size=(96, 64), fps=10, duration=2.0, style=style).path


def _register(clip: Path, root: Path) -> Path:
    folder = register_video(clip, root, known={}).video_dir
    region = Region(Box(0.0, 0.6, 1.0, 1.0), line_height=0.2, line_count=1)
    config = LayoutConfig(
        96, 64, 0, 38, 96, 64, layout_approved=1, has_captions=1, confidence=1.0, regions=regions_to_json([region])
    )
    with VideoDatabase(folder, writes={"layout"}, attach={"layout"}) as connection:
        LayoutWriter(connection).save_config(config)
    return folder


def kill_workers(pids: Iterable[int]) -> None:
    """Kill workers that may have ended by themselves just now."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
