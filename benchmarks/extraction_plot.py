"""The picture of the extraction benchmark: quality and speed of each clip, with other programs' figures beside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from peers import PEERS

if TYPE_CHECKING:
    from extraction_run import Result

OURS, FLOOR = "#2a6f97", "#a9d6e5"
PEER_COLOURS = ("#bc6c25", "#dda15e", "#606c38", "#9a031e", "#6a4c93")


def save_plot(results: Sequence[Result], path: Path) -> Path:
    """Draw the figures of ``results`` into a PNG and return its path."""
    names = [result.clip.name for result in results]
    figure, (boundaries, characters, speed) = plt.subplots(
        1, 3, figsize=(15, 2.6 + 0.42 * len(names)), sharey=True, layout="constrained"
    )
    rows = range(len(names))
    boundaries.barh(rows, [result.score.boundaries[0.05].f1 for result in results], color=OURS)
    boundaries.set(title="boundary F1 within 0.05 s", xlim=(0, 1.02), yticks=rows, yticklabels=names)
    boundaries.invert_yaxis()
    characters.barh(rows, [100 * result.score.plain.rate for result in results], color=OURS)
    characters.set(title="character error rate, %")
    _mark_peers(characters, [(peer.name, peer.clips, peer.character_error) for peer in PEERS], scale=100)
    # Room beyond zero: without errors there would be no bar and no scale.
    characters.set_xlim(0, max(1.0, characters.get_xlim()[1]))
    speed.barh(rows, [result.wall / result.duration for result in results], color=OURS, label="whole extraction")
    floor = [result.decoding_wall / result.duration for result in results]
    speed.barh(rows, floor, height=0.35, color=FLOOR, label="decoding alone, same run")
    speed.set(title="real-time factor (wall seconds per second of video)")
    _mark_peers(speed, [(peer.name, peer.clips, peer.real_time_factor) for peer in PEERS])
    for axes in (characters, speed):
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), fontsize=7, frameon=False)
    figure.suptitle("Extraction: bars measured here; dashed lines are other programs, measured elsewhere", fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def _mark_peers(axes: Axes, figures: Sequence[tuple[str, str, float | None]], scale: float = 1) -> None:
    """Draw a dashed line for every peer that has a figure."""
    for (name, clips, value), colour in zip(figures, PEER_COLOURS, strict=True):
        if value is not None:
            axes.axvline(scale * value, color=colour, linestyle="--", linewidth=1.2, label=f"{name} ({clips})")
