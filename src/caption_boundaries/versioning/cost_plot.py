"""The cost of the history as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from caption_boundaries.atomic import discard, partial_path, replace_file, storage_errors
from caption_boundaries.errors import UsageError
from caption_boundaries.versioning.costs import SessionCost


def plot_costs(costs: Sequence[SessionCost], path: Path) -> None:
    """Draw bytes per session, this form beside the old one, on a logarithmic scale.

    Raises:
        UsageError: Matplotlib is not installed, or the suffix is no picture's.
        StorageError: The disk refused.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError(
            "Plots need Matplotlib, which is not installed.", hint="Run `pip install 'caption-boundaries[plots]'`."
        ) from error
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    numbers = range(1, len(costs) + 1)
    axes.plot(numbers, [float(cost.old_form_bytes or "nan") for cost in costs], "s--", label="one file per video")
    axes.plot(numbers, [float(cost.bytes or "nan") for cost in costs], "o-", label="split databases")
    axes.set(yscale="log", xlabel="session", ylabel="bytes versioned", title="Bytes versioned per session")
    axes.legend()
    partial = partial_path(path)
    try:
        with storage_errors(path):
            figure.savefig(partial, format=path.suffix.removeprefix(".") or "png")
        replace_file(partial, path)
    except ValueError as error:
        raise UsageError(f"{path.suffix} is no kind of picture.", hint="Use .png, .svg or .pdf.") from error
    finally:
        discard(partial)
