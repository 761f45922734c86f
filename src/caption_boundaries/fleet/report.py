"""What a fleet run did, as plain values for people and machines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from caption_boundaries.fleet.jobs import JobResult


def report_of(
    results: Sequence[JobResult],
    *,
    workers: int | str,
    seconds: float,
    asked: int | None = None,
    interrupted: bool = False,
) -> dict[str, Any]:
    """Return the report of a run: its figures, and every video with its steps or its error.

    Args:
        results: One per video that was tried.
        workers: How many worked side by side, or the address of the cluster.
        seconds: Wall time of the whole run.
        asked: How many videos there were; those without a result were not begun or not finished.
        interrupted: True where the run was stopped.
    """
    failed = [result for result in results if result.status == "failed"]
    busy = sum(result.seconds for result in results)
    return {
        "videos": len(results) if asked is None else asked,
        "done": len(results) - len(failed),
        "failed": len(failed),
        "untried": 0 if asked is None else asked - len(results),
        "retried": sum(result.attempts > 1 for result in results),
        "interrupted": interrupted,
        "workers": workers,
        "seconds": round(seconds, 3),
        "busy_seconds": round(busy, 3),
        "step_seconds": _step_seconds(results),
        "results": [_result(result) for result in results],
    }


def _step_seconds(results: Sequence[JobResult]) -> dict[str, float]:
    """Return the wall seconds of each step over all videos."""
    totals: defaultdict[str, float] = defaultdict(float)
    for result in results:
        for outcome in result.outcomes:
            totals[outcome.step] += outcome.seconds
    return {step: round(seconds, 3) for step, seconds in totals.items()}


def _result(result: JobResult) -> dict[str, Any]:
    return {**asdict(result), "seconds": round(result.seconds, 3)}
