"""The figures of measured clips: one by one, and added up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from caption_boundaries.evaluation.matching import match_captions
from caption_boundaries.evaluation.metrics import total
from extraction_run import Result
from report import Figure

REAL_TIME_FACTOR_AIM = 0.15
"""Of the 60-second clips in 720p, on two cores."""


def clip_figures(result: Result) -> dict[str, Any]:
    """Return everything that was measured of one clip, for the file."""
    return {
        "clip": result.clip.name,
        "group": result.clip.group,
        "duration_seconds": round(result.duration, 3),
        "pictures": result.decoding[0].pictures,
        **result.score.as_dict(),
        "wall_seconds": result.wall,
        "cpu_seconds": result.cpu,
        "peak_memory_mb": result.memory,
        "real_time_factor": result.wall / result.duration,
        "decode_only_wall_seconds": result.decoding_wall,
        "decode_only_cpu_seconds": result.decoding_cpu,
        "wall_over_decode_only": result.wall / result.decoding_wall,
        "cpu_over_decode_only": result.cpu / result.decoding_cpu,
        "step_seconds": result.steps,
        "runs": len(result.runs),
        "repeatable": result.repeatable,
        "differences": list(differences(result)),
    }


def groups(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """Return the figures of each group of clips added up."""
    summed = {}
    for name, members in grouped(results):
        times = {
            "real_time_factor": sum(member.wall for member in members) / sum(member.duration for member in members),
            "wall_over_decode_only": sum(m.wall for m in members) / sum(m.decoding_wall for m in members),
            "cpu_over_decode_only": sum(m.cpu for m in members) / sum(m.decoding_cpu for m in members),
        }
        summed[name] = total(member.score for member in members).as_dict() | times
    return summed


def differences(result: Result) -> Iterator[str]:
    """Yield a line for everything that is not as the truth says: missed, invented, off by a picture, misread."""
    truth, frame = result.clip.truth.captions, result.clip.truth.frame_seconds
    matches = match_captions(truth, result.predicted)
    for match in matches:
        start = round((match.predicted.start - match.truth.start) / frame)
        end = round((match.predicted.end - match.truth.end) / frame)
        if start or end:
            yield f"{match.truth.start:.3f} s: start {start:+d}, end {end:+d} pictures: {match.truth.text!r}"
        if match.predicted.text != match.truth.text:
            yield f"{match.truth.start:.3f} s: read {match.predicted.text!r} for {match.truth.text!r}"
    found, used = {match.truth for match in matches}, {match.predicted for match in matches}
    yield from (f"{c.start:.3f}-{c.end:.3f} s: missed {c.text!r}" for c in truth if c not in found)
    yield from (f"{c.start:.3f}-{c.end:.3f} s: invented {c.text!r}" for c in result.predicted if c not in used)


def grouped(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    """Return the results of each group, in the order in which they come."""
    return [(name, list(members)) for name, members in groupby(results, key=lambda result: result.clip.group)]


def headline_figures(results: Sequence[Result]) -> Iterator[Figure]:
    """Yield the numbers that count."""
    for result in results:
        name, figures = result.clip.name, result.score
        yield Figure(f"{name}: boundary F1 at 0.05 s", figures.boundaries[0.05].f1, "")
        yield Figure(f"{name}: character error rate", figures.plain.rate, "")
        yield Figure(f"{name}: wall time", result.wall, "s", result.decoding_wall, "decoding alone")
        yield Figure(f"{name}: real-time factor", result.wall / result.duration, "", aim=f"<= {REAL_TIME_FACTOR_AIM}")
