"""What a fleet run did, as plain values for people and machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from caption_boundaries.fleet.jobs import JobResult


def report_of(results: Sequence[JobResult], *, workers: int, seconds: float) -> dict[str, Any]:
    """Return the report of a run: its figures, and every video with its steps or its error.

    Args:
        results: One per video.
        workers: How many worked side by side.
        seconds: Wall time of the whole run.
    """
    failed = [result for result in results if result.status == "failed"]
    busy = sum(result.seconds for result in results)
    return {
        "videos": len(results),
        "done": len(results) - len(failed),
        "failed": len(failed),
        "retried": sum(result.attempts > 1 for result in results),
        "workers": workers,
        "seconds": round(seconds, 3),
        "busy_seconds": round(busy, 3),
        "results": [_result(result) for result in results],
    }


def _result(result: JobResult) -> dict[str, Any]:
    return {**asdict(result), "video_dir": str(result.video_dir), "seconds": round(result.seconds, 3)}
