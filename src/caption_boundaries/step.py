"""What a pipeline step is: a name, what it reads, the one database it writes, and a function."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from caption_boundaries.config import Settings


class Progress(Protocol):
    """Is told how far a step has come."""

    def __call__(self, done: float, total: float | None, unit: str) -> None:
        """Report ``done`` of ``total`` (None = unknown) in ``unit``, such as ``"frames"``."""


def silent(done: float, total: float | None, unit: str) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True)
class StepContext:
    """What a step's function gets: its video, an open door and its settings."""

    video_dir: Path
    """Folder of the video's databases."""
    conn: sqlite3.Connection
    """The databases that the step reads, read-only, and the one that it writes, under their schema names."""
    settings: Settings
    progress: Progress = silent


@dataclass(frozen=True)
class StepResult:
    """What a step did, for people and for machines."""

    summary: str
    """One line, such as ``"24 frames, 131 text lines"``."""
    counts: Mapping[str, float] = field(default_factory=dict)
    """The figures of the summary by name."""
    warnings: tuple[str, ...] = ()
    """Sentences that a person should read."""


@dataclass(frozen=True)
class Step:
    """One stage of the pipeline, as data: the runner, the command line and the tracking all derive from it."""

    name: str
    reads: frozenset[str]
    """Schema names that must be there, each opened read-only."""
    writes: str | None
    """Schema name of the one database that it writes; None writes only plain files."""
    replaces: bool
    """True: the written database is built anew beside the old one and swapped in whole. False: written in place."""
    run: Callable[[StepContext], StepResult]
    help: str
    """One sentence for the command line."""
