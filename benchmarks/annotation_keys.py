"""The keys of the caption tool that lead from what was predicted to what is true; a test presses them in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Extent = tuple[int, int, str]
"""First and last frame index, and text."""


@dataclass(frozen=True)
class Task:
    """What is to be done about one caption."""

    predicted: Extent | None
    """None: it was missed."""
    wanted: Extent | None
    """None: it is none."""

    @property
    def keys(self) -> list[str]:
        """Return the keys, as the table of keys names them; a typed character is a key of its own."""
        if self.wanted is None:
            return ["Delete"]
        if self.predicted is None:
            # From the caption before it: to the place by single steps is the worst case, so a click counts as one key.
            return [
                "Click",
                "I",
                *self._nudges((self.wanted[0] - 7, self.wanted[0] + 7)),
                "E",
                *self.wanted[2],
                "Enter",
            ]
        typed = ["E", "Control+a", *self.wanted[2]] if self.predicted[2] != self.wanted[2] else []
        return [*self._nudges(self.predicted[:2]), *typed, "Enter"]

    def _nudges(self, extents: tuple[int, int]) -> list[str]:
        assert self.wanted is not None
        by_start, by_end = self.wanted[0] - extents[0], self.wanted[1] - extents[1]
        return ["[" if by_start < 0 else "]"] * abs(by_start) + ["{" if by_end < 0 else "}"] * abs(by_end)


@dataclass(frozen=True)
class Work:
    """Everything that is to be done about a video's captions."""

    name: str
    tasks: Sequence[Task]

    @property
    def captions(self) -> int:
        """How many captions there are in truth."""
        return sum(task.wanted is not None for task in self.tasks)

    @property
    def untouched(self) -> int:
        """How many need nothing but Enter."""
        return sum(task.keys == ["Enter"] for task in self.tasks)

    @property
    def keys_per_caption(self) -> float:
        """All keys over the captions there are in truth."""
        return sum(len(task.keys) for task in self.tasks) / max(1, self.captions)


def keys_for(name: str, predicted: Sequence[Extent], truth: Sequence[Extent]) -> Work:
    """Return the work: each true caption is paired with the predicted one that shares most frames with it."""
    left = list(predicted)
    tasks = []
    for wanted in truth:
        best = max(left, key=lambda row: _shared(row, wanted), default=None)
        if best is not None and _shared(best, wanted) > 0:
            left.remove(best)
            tasks.append(Task(best, wanted))
        else:
            tasks.append(Task(None, wanted))
    return Work(name, [*tasks, *(Task(row, None) for row in left)])


def _shared(a: Extent, b: Extent) -> int:
    return min(a[1], b[1]) - max(a[0], b[0]) + 1
