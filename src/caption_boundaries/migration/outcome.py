"""What became of one folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Status = Literal["done", "skipped", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one folder, for the table at the end of a run."""

    folder: Path
    status: Status
    detail: str = ""
    """Why it was skipped or failed, or what was done, in one sentence."""
    bytes: int = 0
    """Size of the old file."""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    """Sentences on all that a person may want to know."""
    copies: Mapping[str, int] = field(default_factory=dict)
    """Copies of the old file that lie in the folder now, and their sizes in bytes."""
    exit_code: int = 0
    """Of the error, where it failed."""
