"""What a verification has found, as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Level = Literal["header", "structure", "content"]
"""How deep a verification looks: the heads of the files; their structure and row counts; every value."""

LEVELS: tuple[Level, ...] = ("header", "structure", "content")

Weight = Literal["problem", "warning", "note"]
"""problem: something is damaged, missing or not what was migrated; warning: it makes no sense, but was so in the old
file; note: worth knowing."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found."""

    weight: Weight
    file: str
    message: str
    table: str | None = None
    row: int | None = None
    """Key of the row."""

    @property
    def place(self) -> str:
        """File, table and row in words."""
        parts = [
            self.file,
            f"table {self.table}" if self.table else "",
            f"row {self.row}" if self.row is not None else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Report:
    """What a verification of one folder has found; true where there is no problem."""

    folder: Path
    level: Level
    form: Literal["new", "old"]
    findings: tuple[Finding, ...] = ()
    row_counts: bool = True
    """No row that was migrated is missing without a reason."""
    data_integrity: bool = True
    """Everything that was looked at is whole."""
    tables: dict[str, int] = field(default_factory=dict)
    """Rows now, by table with its schema."""

    def __bool__(self) -> bool:
        return not self.problems

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that are problems."""
        return tuple(finding for finding in self.findings if finding.weight == "problem")


MAX_ROWS_NAMED = 5
"""So many rows of one table are named one by one."""


def row_findings(weight: Weight, file: str, table: str, rows: Iterable[int], message: str) -> list[Finding]:
    """Return a finding for each of the first rows, and one for how many more there are."""
    keys = list(rows)
    found = [Finding(weight, file, message, table, key) for key in keys[:MAX_ROWS_NAMED]]
    if len(keys) > MAX_ROWS_NAMED:
        found.append(Finding(weight, file, f"{message} ({len(keys) - MAX_ROWS_NAMED} more such rows)", table))
    return found
