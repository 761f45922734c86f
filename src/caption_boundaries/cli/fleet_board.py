"""The live lines of a fleet: one for the run as a whole, one for each video that is being worked on."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from caption_boundaries.cli.output import Output
from caption_boundaries.fleet.events import Event, Finished, Progressed

_SPEED_SECONDS = 1800.0
"""The time left is told from the speed of so long: videos come to their ends in fits and starts."""
_TRANSFERS = ("fetch", "publish")


class Board:
    """Shows events on a terminal; elsewhere it tells of finished videos under --verbose, a line for each."""

    def __init__(self, weights: Mapping[str, int], out: Output) -> None:
        """Begin with what there is to do.

        Args:
            weights: Bytes to work on, by label of the video; the time left is told from them.
            out: Where words go.
        """
        console = Console(stderr=True)
        self._terminal = console.is_terminal and not (out.quiet or out.json)
        self._out = out
        self._weights = {label: max(1, weight) for label, weight in weights.items()}
        self._counts = {"done": 0, "failed": 0}
        self._videos = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not self._terminal,
            speed_estimate_period=_SPEED_SECONDS,
        )
        self._all = self._videos.add_task(self._told(), total=sum(self._weights.values()))
        self._lines: dict[str, TaskID] = {}

    def __enter__(self) -> Board:
        self._videos.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._videos.stop()

    def show(self, event: Event) -> None:
        """Bring the lines up to date."""
        if isinstance(event, Finished):
            self._finish(event)
        else:
            self._move(event)

    def _finish(self, event: Finished) -> None:
        label, result = event.job.home.label, event.result
        self._counts[result.status] += 1
        self._videos.update(self._all, description=self._told(), advance=self._weights.get(label, 1))
        if label in self._lines:
            self._videos.remove_task(self._lines.pop(label))
        if not self._terminal:
            counted = f"{sum(self._counts.values())} of {len(self._weights)}"
            self._out.detail(f"{counted}: {label} {result.status} in {result.seconds:.1f} s")

    def _move(self, event: Progressed) -> None:
        label = event.job.home.label
        if label not in self._lines:
            self._lines[label] = self._videos.add_task(event.job.home.video_id[:8], total=None)
        place = event.step if event.step in _TRANSFERS else _place(event)
        name = f"{event.job.home.video_id[:8]} {place}"
        self._videos.update(self._lines[label], description=name, completed=event.done, total=event.total)

    def _told(self) -> str:
        failed = f", {self._counts['failed']} failed" if self._counts["failed"] else ""
        return f"{sum(self._counts.values())} of {len(self._weights)} videos{failed}"


def _place(event: Progressed) -> str:
    """Return the step and which one of how many it is."""
    steps = event.job.steps
    number = f"{steps.index(event.step) + 1}/{len(steps)} " if event.step in steps else ""
    return f"{number}{event.step}"
