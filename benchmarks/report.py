"""How every benchmark of this folder stores its figures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from caption_boundaries.atomic import write_file

RESULTS = Path(__file__).resolve().parent / "results"
"""Where the figures are kept."""


@dataclass(frozen=True)
class Figure:
    """One measured number, if possible as a ratio to a peer or to a physical limit measured in the same run."""

    name: str
    value: float
    unit: str
    """Such as ``s``, ``MB``, ``bytes/s``; empty for a plain ratio."""
    reference: float | None = None
    """The peer's or the limit's number in the same unit."""
    reference_name: str = ""
    """What it is compared to."""
    aim: str = ""
    """What it should be, in words: ``<= 0.15``."""

    @property
    def ratio(self) -> float | None:
        """The value over the reference; None without one."""
        return self.value / self.reference if self.reference else None

    def as_dict(self) -> dict[str, Any]:
        """Return everything that is known, the ratio too."""
        known = asdict(self) | {"ratio": self.ratio}
        return {name: value for name, value in known.items() if value not in (None, "")}


def write_report(
    benchmark: str,
    figures: Iterable[Figure],
    *,
    machine: Mapping[str, Any],
    details: Mapping[str, Any] | None = None,
    folder: Path = RESULTS,
) -> Path:
    """Write ``<benchmark>.json`` and return its path.

    Args:
        benchmark: Name of the benchmark.
        figures: The numbers that count.
        machine: What `machine.describe` says.
        details: Everything else that is worth keeping.
        folder: Where to write.
    """
    document = {
        "benchmark": benchmark,
        "machine": dict(machine),
        "figures": [figure.as_dict() for figure in figures],
        **(details or {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{benchmark}.json"
    write_file(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())
    return path
