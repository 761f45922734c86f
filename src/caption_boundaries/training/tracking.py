"""Where the figures of a training go. A tracker is always there; the null one keeps nothing."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.atomic import storage_errors, write_file
from caption_boundaries.errors import UsageError
from caption_boundaries.training.curves import plot_curves
from caption_boundaries.types import BOUNDARY_CLASSES

TrackerKind = Literal["null", "local", "wandb"]
HISTORY, CURVES, CONFUSION, WANDB_ID = "history.jsonl", "curves.png", "confusion.json", "wandb-id.txt"


class Tracker(Protocol):
    """Is told everything that is worth keeping of a training."""

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Keep the figures of a step."""

    def confusion(self, step: int, matrix: NDArray[np.int64]) -> None:
        """Keep how often each class (rows) was taken for each (columns)."""

    def close(self) -> None:
        """Finish whatever is still to be written."""


class NullTracker:
    """Keeps nothing."""

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Keep nothing."""

    def confusion(self, step: int, matrix: NDArray[np.int64]) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Do nothing."""


class LocalTracker:
    """Keeps a line of JSON for each set of figures, and a plot of them, in the folder of the run."""

    def __init__(self, run_dir: Path, *, first_step: int) -> None:
        """Go on with the history of ``run_dir`` up to ``first_step``; what a killed run noted after it is dropped."""
        self._run_dir, self._path = run_dir, run_dir / HISTORY
        with storage_errors(self._path):
            run_dir.mkdir(parents=True, exist_ok=True)
        kept = [line for line in read_history(run_dir) if line["step"] <= first_step]
        write_file(self._path, "".join(json.dumps(line) + "\n" for line in kept).encode())

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Add a line."""
        line = {"step": step, **{name: round(float(value), 6) for name, value in figures.items()}}
        with storage_errors(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def confusion(self, step: int, matrix: NDArray[np.int64]) -> None:
        """Keep the latest matrix."""
        document = {"step": step, "classes": BOUNDARY_CLASSES, "rows_are_truth": matrix.tolist()}
        write_file(self._run_dir / CONFUSION, (json.dumps(document) + "\n").encode())

    def close(self) -> None:
        """Draw the curves."""
        plot_curves(read_history(self._run_dir), self._run_dir / CURVES)


class WandbTracker:
    """Sends figures to Weights & Biases; offline unless ``WANDB_MODE`` says otherwise."""

    def __init__(self, run_dir: Path, config: Mapping[str, Any]) -> None:
        """Begin a run, or go on with the one that ``run_dir`` knows.

        Raises:
            UsageError: The extra is not installed.
        """
        try:
            import wandb
        except ImportError as error:
            raise UsageError(
                "Weights & Biases is not installed.", hint="pip install 'caption-boundaries[wandb]'"
            ) from error
        self._wandb = wandb
        known = run_dir / WANDB_ID
        with storage_errors(run_dir):
            run_dir.mkdir(parents=True, exist_ok=True)
            run_id = known.read_text(encoding="utf-8").strip() if known.is_file() else secrets.token_hex(4)
        write_file(known, f"{run_id}\n".encode())
        self._run = wandb.init(
            project="caption-boundaries",
            id=run_id,
            resume="allow",
            dir=str(run_dir),
            config=dict(config),
            mode="online" if os.environ.get("WANDB_MODE") == "online" else "offline",
        )

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Send the figures of a step."""
        self._run.log(dict(figures), step=step)

    def confusion(self, step: int, matrix: NDArray[np.int64]) -> None:
        """Send the matrix as a table."""
        rows = [[name, *row] for name, row in zip(BOUNDARY_CLASSES, matrix.tolist(), strict=True)]
        self._run.log({"confusion": self._wandb.Table(columns=["truth", *BOUNDARY_CLASSES], data=rows)}, step=step)

    def close(self) -> None:
        """End the run."""
        self._run.finish()


class Trackers:
    """Tells several trackers."""

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        """Tell ``trackers``, in their order."""
        self._trackers = trackers

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Tell all of them."""
        for tracker in self._trackers:
            tracker.log(step, figures)

    def confusion(self, step: int, matrix: NDArray[np.int64]) -> None:
        """Tell all of them."""
        for tracker in self._trackers:
            tracker.confusion(step, matrix)

    def close(self) -> None:
        """Tell all of them."""
        for tracker in self._trackers:
            tracker.close()


def make_tracker(kind: TrackerKind, run_dir: Path, config: Mapping[str, Any], *, first_step: int) -> Tracker:
    """Return a tracker; one that sends figures elsewhere keeps them locally as well.

    Args:
        kind: Where the figures go.
        run_dir: Folder of the run.
        config: Of the training.
        first_step: The steps that a run which is gone on with has done.

    Raises:
        UsageError: What it needs is not installed.
    """
    if kind == "null":
        return NullTracker()
    local = LocalTracker(run_dir, first_step=first_step)
    return local if kind == "local" else Trackers([local, WandbTracker(run_dir, config)])


def read_history(run_dir: Path) -> list[dict[str, float]]:
    """Return the lines that a local tracker kept; a last one that was cut off by a kill is left out."""
    path = run_dir / HISTORY
    if not path.is_file():
        return []
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            break
    return lines
