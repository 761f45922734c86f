"""`state.db`: what is local to one machine; losing it loses no work."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from caption_boundaries.database.rows import select_rows


@dataclass(frozen=True, slots=True)
class StepRun:
    """The last run of a step on this machine; the fields are the columns of ``step_runs``."""

    step: str
    status: str
    """running, complete or failed."""
    message: str | None
    started_at: str
    finished_at: str | None
    seconds: float | None


class StateReader:
    """Reads `state.db`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def step_runs(self) -> dict[str, StepRun]:
        """Return the last run of every step that ran here."""
        return {run.step: run for run in select_rows(self._connection, StepRun, "state.step_runs")}


class StateWriter(StateReader):
    """Reads and writes `state.db`."""

    def begin_step(self, step: str) -> None:
        """Record that a step runs now."""
        self._connection.execute(
            "INSERT OR REPLACE INTO state.step_runs (step, status, started_at) VALUES (?, 'running', datetime('now'))",
            (step,),
        )

    def end_step(self, step: str, *, status: str, message: str, seconds: float) -> None:
        """Record how a step ended: complete or failed, with its summary or its error."""
        self._connection.execute(
            "UPDATE state.step_runs SET status = ?, message = ?, seconds = ?, finished_at = datetime('now') "
            "WHERE step = ?",
            (status, message, seconds, step),
        )
