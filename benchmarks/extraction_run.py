"""One clip from video to captions, and what that took."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import av

from caption_boundaries.evaluation.metrics import Score, score
from caption_boundaries.evaluation.truth import TimedText, read_captions
from clips import Clip
from measuring import DecodingCost, ProcessCost, decode_only, run_process


@dataclass(frozen=True)
class Result:
    """What came of one clip."""

    clip: Clip
    score: Score
    predicted: tuple[TimedText, ...]
    runs: tuple[ProcessCost, ...]
    decoding: tuple[DecodingCost, ...]
    steps: dict[str, float] = field(default_factory=dict)
    """Wall seconds of each step in the last run."""
    repeatable: bool = True
    """Whether every run gave the same captions."""

    @property
    def duration(self) -> float:
        """Seconds of video."""
        return self.decoding[0].duration_seconds

    @property
    def wall(self) -> float:
        """Median wall seconds of a run, the start of the process included."""
        return statistics.median(run.wall_seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        """Median processor seconds of a run."""
        return statistics.median(run.cpu_seconds for run in self.runs)

    @property
    def decoding_wall(self) -> float:
        """Median wall seconds of decoding alone."""
        return statistics.median(cost.wall_seconds for cost in self.decoding)

    @property
    def decoding_cpu(self) -> float:
        """Median processor seconds of decoding alone."""
        return statistics.median(cost.cpu_seconds for cost in self.decoding)

    @property
    def memory(self) -> float:
        """Highest peak of all runs in MB."""
        return max(run.peak_memory_mb for run in self.runs)


class ExtractionFailedError(Exception):
    """The command line did not deliver captions."""


def measure(clip: Clip, repeat: int) -> Result:
    """Extract one clip ``repeat`` times, each time decoding it alone first.

    Raises:
        ExtractionFailedError: The clip cannot be decoded, or the command line failed.
    """
    runs, decoding, found = [], [], []
    steps: dict[str, float] = {}
    for _ in range(repeat):
        try:
            decoding.append(decode_only(clip.video))
        except (av.FFmpegError, IndexError) as error:
            raise ExtractionFailedError(f"the clip cannot be decoded: {error}") from error
        cost, captions = extract(clip.video)
        runs.append(cost)
        found.append(captions)
        steps = step_seconds(cost.output)
    return Result(
        clip=clip,
        score=score(clip.truth.captions, found[-1], frame_seconds=clip.truth.frame_seconds),
        predicted=found[-1],
        runs=tuple(runs),
        decoding=tuple(decoding),
        steps=steps,
        repeatable=len(set(found)) == 1,
    )


def extract(video: Path) -> tuple[ProcessCost, tuple[TimedText, ...]]:
    """Take one video to captions in a fresh process and a fresh data root; returns the cost and the captions."""
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "captions.json"
        cost = run_process(
            [
                *(sys.executable, "-m", "caption_boundaries", "extract", str(video)),
                *("--data", f"{scratch}/data", "--output", str(output), "--json"),
            ]
        )
        if cost.exit_code != 0 or not output.is_file():
            last_lines = " ".join(cost.errors.strip().splitlines()[-3:])
            raise ExtractionFailedError(f"exit code {cost.exit_code}: {last_lines}")
        return cost, read_captions(output)


def step_seconds(output: str) -> dict[str, float]:
    """Return the seconds of each step from what the command line printed; empty where it says nothing of them."""
    try:
        return {step["step"]: float(step["seconds"]) for step in json.loads(output)["steps"]}
    except (ValueError, KeyError, TypeError):
        return {}
