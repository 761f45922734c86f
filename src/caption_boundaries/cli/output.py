"""What a command prints: tables and progress for people, JSON for machines."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from caption_boundaries.step import Progress as Report
from caption_boundaries.step import Step, silent

TASK_COLUMNS = (
    SpinnerColumn(),
    TextColumn("{task.description:<9}"),
    BarColumn(),
    MofNCompleteColumn(),
    TextColumn("{task.fields[unit]}"),
    TimeElapsedColumn(),
    TimeRemainingColumn(),
)
UNFOLDED = 1000
"""Characters of the widest table in a file."""


@dataclass(frozen=True)
class Output:
    """Where a command's words go; chosen once by its options."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False

    @property
    def _console(self) -> Console:
        # Made anew, so that a redirected stdout is honoured.
        return Console(highlight=False, soft_wrap=True)

    def say(self, text: str = "", *, style: str = "") -> None:
        """Print a line for a person; nothing under --quiet or --json."""
        if not (self.quiet or self.json):
            self._console.print(Text(text, style=style))

    def detail(self, text: str) -> None:
        """Print a line only under --verbose."""
        if self.verbose:
            self.say(text, style="dim")

    def warn(self, text: str) -> None:
        """Print a warning to the error stream."""
        if not self.quiet:
            Console(stderr=True, highlight=False, soft_wrap=True).print(Text(f"Warning: {text}", style="yellow"))

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table for a person; columns whose title ends in ">" are numbers: aligned right, and whole."""
        if self.quiet or self.json:
            return
        table = Table(title=title or None, title_justify="left", title_style="bold")
        for column in columns:
            if column.endswith(">"):
                table.add_column(column.rstrip(">"), justify="right", no_wrap=True)
            else:
                table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
        console = Console(highlight=False)
        if not console.is_terminal and "COLUMNS" not in os.environ:
            console.width = UNFOLDED  # a file and a pipe have no width at which to fold
        console.print(table)

    def emit(self, value: Any) -> None:
        """Print ``value`` as JSON; only under --json."""
        if self.json:
            json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
            sys.stdout.write("\n")

    @contextmanager
    def progress(self, label: str = "") -> Iterator[Callable[[Step], Report]]:
        """Show a bar for each step that runs; yields what the pipeline asks for a step's report."""
        if self.quiet or self.json:
            yield lambda step: silent
            return
        console = Console(stderr=True)
        with Progress(*TASK_COLUMNS, console=console, transient=True, disable=not console.is_terminal) as bars:
            yield lambda step: _bar(bars, f"{label} {step.name}".strip())


def program() -> str:
    """Return how this program was called, for commands that a person can copy."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return "python -m caption_boundaries"
    if not called.exists():
        return "caption-boundaries"
    found = shutil.which(called.name)
    on_path = found is not None and Path(found).samefile(called)
    return called.name if on_path else os.path.relpath(called)


def _bar(bars: Progress, description: str) -> Report:
    task = bars.add_task(description, total=None, unit="")

    def report(done: float, total: float | None, unit: str) -> None:
        bars.update(task, completed=done, total=total, unit=unit)

    return report
