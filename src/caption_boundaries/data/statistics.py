"""The figures of a data set as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from caption_boundaries.atomic import write_file
from caption_boundaries.data.frozen import FrozenDataset, folds_table
from caption_boundaries.errors import InputError

COLORS = ("#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#ff9da6", "#9d755d")
INK = "#333333"


def plot_dataset(frozen: FrozenDataset, seconds: Sequence[float], path: Path) -> None:
    """Draw the samples of each class by fold, and how long captions last, as a PNG.

    Args:
        frozen: The data set.
        seconds: Lengths of its confirmed captions.
        path: Where to write; replaced as a whole.

    Raises:
        InputError: matplotlib is not installed.
        StorageError: The disk refused.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError(
            "Plots need matplotlib, which is not installed.", hint="pip install 'caption-boundaries[plots]'"
        ) from error
    figure = Figure(figsize=(10, 4), dpi=120, layout="constrained")
    left, right = figure.subplots(1, 2)
    before = np.zeros(len(frozen.classes))
    for fold, videos, counts in folds_table(frozen):
        values = np.array([counts[name] for name in frozen.classes])
        told = f"fold {fold}: {videos} video{'' if videos == 1 else 's'}"
        left.bar(frozen.classes, values, bottom=before, color=COLORS[fold % len(COLORS)], label=told)
        before += values
    for place, total in enumerate(before):
        left.annotate(f"{total:.0f}", (place, total), ha="center", va="bottom", color=INK)
    left.set_title(f"{frozen.name}: samples of each class", loc="left")
    left.tick_params(axis="x", rotation=20)
    left.legend(frameon=False)
    right.hist(np.array(seconds), bins=40, color=COLORS[0])
    right.set_title("Length of captions", loc="left")
    right.set_xlabel("seconds")
    right.set_ylabel("captions")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    data = BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None})
    write_file(path, data.getvalue())
