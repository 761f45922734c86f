"""How many workers fit into memory."""

from __future__ import annotations

import os
from pathlib import Path

WORKER_BYTES = 900_000_000
"""What one video needs at its peak: decoding 1080p, two OCR engines and the pictures on their way."""


def available_bytes() -> int:
    """Return the memory that new processes can use, as the kernel estimates it."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    raise OSError("/proc/meminfo has no line MemAvailable")


def default_workers(videos: int, *, available: int | None = None, cores: int | None = None) -> int:
    """Return how many workers to start: one per core, as many as fit into memory, no more than there are videos."""
    memory = available_bytes() if available is None else available
    return max(1, min(videos, cores or os.cpu_count() or 1, memory // WORKER_BYTES))
