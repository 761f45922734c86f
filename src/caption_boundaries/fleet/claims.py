"""Claims: who works on a video, told to every machine that sees the same place.

A claim is a small file with a number. Whoever creates the next number has the video; creating succeeds once. The
holder renews it while it works; when it has died, the claim runs out and the next number may be created.
Claims save work; that no video is written by two is guarded again when it is published.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace

from caption_boundaries.errors import VideoBusyError
from caption_boundaries.fleet.patience import Patience
from caption_boundaries.fleet.remote import Remote

LEASE_SECONDS = 600.0
"""A claim that was not renewed for so long is free; clocks of machines may differ by half of it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a claim, and until when."""

    run: str
    """Id of the fleet run."""
    host: str
    pid: int
    until: float
    """Unix time; the past = given up."""


def this_holder(run: str, lease: float = LEASE_SECONDS) -> Holder:
    """Return this process as a holder."""
    return Holder(run, socket.gethostname(), os.getpid(), time.time() + lease)


def is_free(holder: Holder, run: str, *, now: float, alive: Callable[[int], bool]) -> bool:
    """Tell whether a claim may be taken over. Pure.

    Args:
        holder: Who holds it.
        run: Whose turn it would be. The engine of a run gives a video to one worker at a time, so what a worker of
            the same run holds was left by one that died.
        now: Unix time.
        alive: Tells whether a process of this machine is alive.
    """
    if holder.until < now or (run and holder.run == run):
        return True
    return holder.host == socket.gethostname() and not alive(holder.pid)


@contextmanager
def claimed(
    place: Remote, folder: str, what: str, run: str, *, patience: Patience | None = None, lease: float = LEASE_SECONDS
) -> Iterator[None]:
    """Hold the claims in ``folder`` of a place for the length of the block.

    Raises:
        VideoBusyError: Another run works on the video.
        StorageError: The place cannot be reached.
    """
    claim = _Claim(place, folder, what, this_holder(run, lease), patience or Patience(), lease)
    claim.take()
    ended = threading.Event()
    renewing = threading.Thread(target=claim.renew_until, args=(ended,), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        claim.give_back()


@dataclass
class _Claim:
    place: Remote
    folder: str
    what: str
    holder: Holder
    patience: Patience
    lease: float
    number: int = 0

    def take(self) -> None:
        numbers = self._numbers()
        last = self._holder_of(numbers[-1]) if numbers else None
        if last is not None and not is_free(last, self.holder.run, now=time.time(), alive=_alive):
            raise self._busy(last)
        self.number = numbers[-1] + 1 if numbers else 1
        if not self._create():
            raise self._busy(self._holder_of(self.number))

    def renew_until(self, ended: threading.Event) -> None:
        while not ended.wait(self.lease / 4):
            # A missed renewal is no harm: there are more before the claim runs out.
            with suppress(Exception):
                self.place.replace(self._name(self.number), self._data(time.time() + self.lease))

    def give_back(self) -> None:
        """Remove this claim and the dead ones before it; where that fails it runs out by itself."""
        with suppress(Exception):
            for number in self._numbers():
                if number <= self.number:
                    self.place.delete(self._name(number))

    def _create(self) -> bool:
        name, data = self._name(self.number), self._data(self.holder.until)
        made = self.patience.insist(lambda: self.place.create(name, data), f"Claiming {self.what}")
        return made or self._read(self.number) == data  # made by a try whose answer was lost

    def _numbers(self) -> list[int]:
        names = self.patience.insist(lambda: self.place.names(self.folder), f"Looking for claims on {self.what}")
        stems = [name.rpartition("/")[2].removesuffix(".json") for name in names]
        return sorted(int(stem) for stem in stems if stem.isdigit())

    def _holder_of(self, number: int) -> Holder | None:
        """Return who holds a number; None where it was just given back, or says nothing that we understand."""
        data = self._read(number)
        with suppress(ValueError, TypeError):
            return Holder(**json.loads(data)) if data is not None else None
        return None

    def _read(self, number: int) -> bytes | None:
        try:
            return self.patience.insist(
                lambda: self.place.read(self._name(number)), f"Reading claims on {self.what}", may_be_missing=True
            )
        except FileNotFoundError:
            return None

    def _name(self, number: int) -> str:
        return f"{self.folder}/{number:06d}.json"

    def _data(self, until: float) -> bytes:
        return json.dumps(asdict(replace(self.holder, until=until))).encode()

    def _busy(self, other: Holder | None) -> VideoBusyError:
        who = f"process {other.pid} on {other.host}" if other else "another machine"
        return VideoBusyError(
            f"{self.what} is being worked on by {who}.",
            hint=f"Wait until it is done; a claim left by a dead machine is free after {self.lease / 60:.0f} minutes.",
        )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs for another user
    return True
