"""Who else has the same video open: it informs, and protects nothing; the check of revisions does that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

EXPIRY_SECONDS = 30.0
"""Pages report every ten seconds; who has not reported for this long has gone."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A window in which a tool is open."""

    session: str
    actor: str
    seen: float


class Presence:
    """The windows in which each tool of each video is open."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._visitors: dict[str, dict[str, Visitor]] = {}

    def report(self, place: str, session: str, actor: str) -> list[Visitor]:
        """Note that a window is open and return the others at the same place."""
        now = self._clock()
        with self._lock:
            here = {
                key: visitor
                for key, visitor in self._visitors.get(place, {}).items()
                if now - visitor.seen < EXPIRY_SECONDS
            }
            here[session] = Visitor(session, actor, now)
            self._visitors[place] = here
        return [visitor for key, visitor in here.items() if key != session]

    def leave(self, place: str, session: str) -> None:
        """Note that a window has closed."""
        with self._lock:
            self._visitors.get(place, {}).pop(session, None)
