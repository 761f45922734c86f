"""How many workers fit onto this machine."""

from __future__ import annotations

import os
from pathlib import Path

WORKER_BYTES = 900_000_000
"""What one video needs at its peak: decoding 1080p, two OCR engines and the pictures on their way."""

_CGROUP = Path("/sys/fs/cgroup")


def available_bytes(cgroup: Path = _CGROUP) -> int:
    """Return the memory that new processes can use: what the kernel estimates, or what is left to this container."""
    free = _kernel_estimate()
    limit, used = _number(cgroup / "memory.max"), _number(cgroup / "memory.current")
    if limit is None or used is None:
        limit, used = _number(cgroup / "memory/memory.limit_in_bytes"), _number(cgroup / "memory/memory.usage_in_bytes")
    return free if limit is None or used is None else max(0, min(free, limit - used))


def usable_cores() -> int:
    """Return how many cores this process may run on."""
    return len(os.sched_getaffinity(0))


def default_workers(videos: int, *, available: int | None = None, cores: int | None = None) -> int:
    """Return how many workers to start: one per core, as many as fit into memory, no more than there are videos."""
    memory = available_bytes() if available is None else available
    return max(1, min(videos, cores or usable_cores(), memory // WORKER_BYTES))


def _kernel_estimate() -> int:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    raise OSError("/proc/meminfo has no line MemAvailable")


def _number(path: Path) -> int | None:
    """Return the number in a file of the kernel; None where there is no such file, or no limit."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
