"""An fsspec file system whose transfers fail where a test says so.

    flaky://memory/films        names in memory, of this process
    flaky:///tmp/x/films        files on the disk, seen by every process

Calls are counted by kind in :data:`CALLS`; :data:`FAULTS` says what the n-th call of a kind does. Both belong to one
process: worker processes begin with their own.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

Fault = str
"""``before``: the call fails and does nothing. ``after``: it does all, and the answer is lost. ``cut``: half of the
bytes arrive and nobody says so. ``kill``: the process dies in the middle of it."""

CALLS: Counter[str] = Counter()
FAULTS: dict[tuple[str, int], Fault] = {}
KINDS = ("put_file", "get_file", "pipe_file", "cat_file", "find", "info")


def calm() -> None:
    """Forget all faults and calls, and all files in memory."""
    CALLS.clear()
    FAULTS.clear()
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


class FlakyFileSystem(fsspec.AbstractFileSystem):
    """Hands every call on to a real file system, unless a fault is due."""

    protocol = "flaky"
    cachable = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._memory = MemoryFileSystem()
        self._disk = LocalFileSystem(auto_mkdir=False)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(path).removeprefix("flaky://").rstrip("/")

    def put_file(self, lpath: str, rpath: str, **options: Any) -> None:
        data = Path(lpath).read_bytes()
        self._faulty("put_file", lambda part: self._real(rpath).pipe_file(rpath, data[: int(len(data) * part)]))

    def get_file(self, rpath: str, lpath: str, **options: Any) -> None:
        data = self._real(rpath).cat_file(rpath)
        self._faulty("get_file", lambda part: Path(lpath).write_bytes(data[: int(len(data) * part)]))

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **options: Any) -> None:
        self._faulty("pipe_file", lambda part: self._real(path).pipe_file(path, value, mode=mode))

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        return self._faulty("cat_file", lambda part: self._real(path).cat_file(path, start, end))

    def find(self, path: str, **options: Any) -> list[str]:
        return self._faulty("find", lambda part: [self._plain(name) for name in self._real(path).find(path)])

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        return self._faulty("info", lambda part: self._real(path).info(path))

    def modified(self, path: str) -> datetime:
        written: datetime = self._real(path).modified(path)
        return written

    def rm_file(self, path: str) -> None:
        self._real(path).rm_file(path)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        self._real(path).makedirs(path, exist_ok=exist_ok)

    def _real(self, path: str) -> Any:
        return self._disk if path.startswith("/") else self._memory

    def _plain(self, name: str) -> str:
        return name if name.startswith("/") and Path(name).exists() else name.lstrip("/")

    def _faulty(self, kind: str, act: Callable[[float], Any]) -> Any:
        CALLS[kind] += 1
        fault = FAULTS.get((kind, CALLS[kind])) or FAULTS.get((kind, 0))
        if fault == "before":
            raise TimeoutError(f"no answer to {kind}")
        if fault == "kill":
            with suppress(OSError):
                act(0.5)
            os.kill(os.getpid(), signal.SIGKILL)
        done = act(0.5 if fault == "cut" else 1.0)
        if fault == "after":
            raise ConnectionResetError(f"the answer to {kind} was lost")
        return done


fsspec.register_implementation("flaky", FlakyFileSystem, clobber=True)
