"""The course of a training as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from caption_boundaries.atomic import discard, partial_path, replace_file

SHOWN = (
    ("loss", ("train_loss", "loss")),
    ("F1", ("macro_f1", "change_f1")),
    ("learning rate", ("learning_rate",)),
)
"""Each panel's title and the figures in it."""


def plot_curves(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw the figures of ``history`` over the steps into the PNG ``path``."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.6), layout="constrained")
    for axes, (title, names) in zip(figure.subplots(1, len(SHOWN)), SHOWN, strict=True):
        for name in names:
            points = [(line["step"], line[name]) for line in history if name in line]
            if points:
                axes.plot(*zip(*points, strict=True), label=name.replace("_", " "))
        axes.set_title(title)
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    partial = partial_path(path).with_suffix(".png")
    try:
        figure.savefig(partial, dpi=110)
        replace_file(partial, path)
    finally:
        discard(partial)
