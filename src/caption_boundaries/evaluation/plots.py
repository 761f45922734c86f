"""Pictures of how good a detector is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from caption_boundaries.atomic import discard, partial_path, replace_file
from caption_boundaries.evaluation.boundaries import BoundaryScore
from caption_boundaries.evaluation.pairs import BINS, confusion
from caption_boundaries.types import BOUNDARY_CLASSES


def plot_evaluation(scores: Mapping[str, BoundaryScore], path: Path) -> None:
    """Draw, for one detector or several, boundaries found by tolerance, the calibration, and confused classes.

    Args:
        scores: By the detector's name; the classes drawn are those of the first.
        path: The PNG to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 4.2), layout="constrained")
    bars, reliability, matrix = figure.subplots(1, 3)
    _draw_tolerances(bars, scores)
    _draw_reliability(reliability, scores)
    if scores:
        _draw_confusion(matrix, next(iter(scores.values())))
    partial = partial_path(path).with_suffix(".png")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(partial, dpi=110)
        replace_file(partial, path)
    finally:
        discard(partial)


def _draw_tolerances(axes: Any, scores: Mapping[str, BoundaryScore]) -> None:
    width = 0.8 / max(1, len(scores))
    for place, (name, score) in enumerate(scores.items()):
        values = [count.f1 for count in score.boundaries.values()]
        axes.bar(np.arange(len(values)) + place * width, values, width, label=name)
        axes.set_xticks(np.arange(len(values)), [f"±{tolerance}" for tolerance in score.boundaries])
    axes.set_ylim(0, 1.02)
    axes.set_title("boundary F1 by tolerance in frame indices")
    axes.legend()
    axes.grid(axis="y", alpha=0.3)


def _draw_reliability(axes: Any, scores: Mapping[str, BoundaryScore]) -> None:
    axes.plot([0, 1], [0, 1], color="gray", linewidth=0.8)
    for name, score in scores.items():
        confidence = score.probabilities.max(axis=1, initial=0.0)
        right = score.probabilities.argmax(axis=1) == score.labels if len(score.labels) else np.zeros(0, bool)
        places = np.minimum((confidence * BINS).astype(int), BINS - 1)
        counts = np.bincount(places, minlength=BINS)
        filled = counts > 0
        mean = np.bincount(places, confidence, BINS)[filled] / counts[filled]
        share = np.bincount(places, right, BINS)[filled] / counts[filled]
        axes.plot(mean, share, marker="o", markersize=4, label=name)
    axes.set_xlabel("confidence of a pair")
    axes.set_ylabel("share that is right")
    axes.set_title("calibration")
    axes.legend()
    axes.grid(alpha=0.3)


def _draw_confusion(axes: Any, score: BoundaryScore) -> None:
    counts = confusion(score.labels, score.probabilities.argmax(axis=1).astype(np.int64))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    names = [name.replace("_", " ") for name in BOUNDARY_CLASSES]
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_yticks(range(len(names)), names)
    for row in range(len(names)):
        for column in range(len(names)):
            dark = shares[row, column] > 0.5
            axes.text(column, row, counts[row, column], ha="center", va="center", color="white" if dark else "black")
    axes.set_title("truth (rows) and what was said (columns)")
