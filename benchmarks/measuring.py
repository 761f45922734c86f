"""Time and memory of whole processes, and the physical floor: decoding alone."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av

DECODING_THREADS = 2


@dataclass(frozen=True)
class ProcessCost:
    """What a process took from start to end, the start of Python and its imports included."""

    exit_code: int
    wall_seconds: float
    cpu_seconds: float
    """User and system, of the process and of the children that it waited for."""
    peak_memory_mb: float
    """Largest resident size of any one of them, in millions of bytes."""
    output: str
    errors: str


@dataclass(frozen=True)
class DecodingCost:
    """What it takes to decode every picture of a clip and to do nothing with it."""

    wall_seconds: float
    cpu_seconds: float
    pictures: int
    duration_seconds: float
    """From the first picture's start to the last one's end."""


def run_process(command: Sequence[str]) -> ProcessCost:
    """Run ``command`` to its end and return what it took."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall_seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        return ProcessCost(
            exit_code=process.returncode,
            wall_seconds=wall_seconds,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_memory_mb=usage.ru_maxrss * 1024 / 1e6,
            output=output.read().decode(errors="replace"),
            errors=errors.read().decode(errors="replace"),
        )


def decode_only(video: Path, threads: int = DECODING_THREADS) -> DecodingCost:
    """Decode the first video stream of ``video`` from beginning to end."""
    started, cpu_started = time.perf_counter(), time.process_time()
    pictures, first, last = 0, 0.0, 0.0
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = threads
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            seconds = frame.time or 0.0
            first = seconds if pictures == 0 else first
            last = max(last, seconds)
            pictures += 1
        rate = stream.average_rate
    return DecodingCost(
        wall_seconds=time.perf_counter() - started,
        cpu_seconds=time.process_time() - cpu_started,
        pictures=pictures,
        duration_seconds=last - first + (float(1 / rate) if rate else 0.0),
    )
