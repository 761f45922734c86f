"""What a power cut leaves: a trace of calls is replayed on a model of a disk that forgets what was not synced."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from support.tracing import Call

SYNCS = frozenset({"fsync", "fdatasync"})


@dataclass
class Inode:
    """A file, apart from its names."""

    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""

    def write(self, offset: int, data: bytes) -> None:
        """Change what the file holds; not durable."""
        self.data.extend(b"\0" * (offset - len(self.data)))
        self.data[offset : offset + len(data)] = data


Names = dict[str, Inode]
"""Files by their paths relative to the watched folder."""


class Disk:
    """The watched folder: what the system shows, and what the disk has."""

    def __init__(self, folder: Path) -> None:
        self.names: Names = {}
        self.folders: set[str] = {"."}
        self.kept_names: Names = {}
        self.kept_folders: set[str] = {"."}
        known: dict[int, Inode] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                inode = known.setdefault(path.stat().st_ino, Inode())
                inode.data, inode.synced = bytearray(path.read_bytes()), path.read_bytes()
                self.names[str(path.relative_to(folder))] = inode
        self.kept_names = dict(self.names)

    def apply(self, call: Call, *, syncs_work: bool = True) -> None:
        """Do what a system call does."""
        path = call.paths[0]
        if call.name in SYNCS:
            if syncs_work:
                self._sync(path)
        elif call.name == "open":
            self._open(path, call.flags)
        elif call.name in ("write", "pwrite64") and path in self.names:
            self.names[path].write(call.offset, call.data)
        elif call.name == "ftruncate" and path in self.names:
            inode = self.names[path]
            del inode.data[call.size :]
            inode.write(call.size, b"")
        elif call.name == "copy_file_range":
            source = self.names[call.paths[1]].data
            self.names[path].write(call.offset, bytes(source[call.offset : call.offset + call.size]))
        elif call.name == "rename":
            self.names[call.paths[1]] = self.names.pop(path)
        elif call.name == "link":
            self.names[call.paths[1]] = self.names[path]
        elif call.name == "unlink":
            del self.names[path]
        elif call.name == "mkdir":
            self.folders.add(path)
        elif call.name == "rmdir":
            self.folders.discard(path)

    def after_cut(self, *, names_too: bool, rng: random.Random | None = None) -> dict[str, tuple[int, bytes]]:
        """Return the files that are there after a power cut, each with a number for its inode.

        Args:
            names_too: Names that no sync of their folder covers are lost as well.
            rng: Lets some of what was not synced survive all the same.
        """
        names, folders = (self.kept_names, self.kept_folders) if names_too else (self.names, self.folders)
        left = {}
        for path, inode in names.items():
            parent = os.path.dirname(path) or "."
            if parent in folders:
                data = inode.synced
                if rng is not None and inode.synced != inode.data:
                    place = rng.randint(0, len(inode.data))
                    data = bytes(inode.data[:place]) + inode.synced[place:]
                left[path] = (id(inode), data)
        for folder in folders - {"."}:
            left.setdefault(f"{folder}/", (0, b""))
        return left

    def _open(self, path: str, flags: int) -> None:
        if flags & os.O_CREAT and path not in self.names:
            self.names[path] = Inode()
        if flags & os.O_TRUNC and path in self.names:
            self.names[path].data.clear()

    def _sync(self, path: str) -> None:
        if path in self.names:
            self.names[path].synced = bytes(self.names[path].data)
            return
        here = {name: inode for name, inode in self.names.items() if (os.path.dirname(name) or ".") == path}
        elsewhere = {name: inode for name, inode in self.kept_names.items() if (os.path.dirname(name) or ".") != path}
        self.kept_names = {**elsewhere, **here}
        if path == ".":
            self.kept_folders = set(self.folders)


def states_after_cuts(
    start: Path, calls: Sequence[Call], *, syncs_work: bool = True, lucky: int = 0
) -> Iterator[dict[str, tuple[int, bytes]]]:
    """Yield every different state in which a power cut at any moment may leave the folder.

    Args:
        start: The folder before the first call.
        calls: What was done to it.
        syncs_work: False: the disk ignores every sync, as if the program made none.
        lucky: How many random states to add at every fourth call, in which some of what was not synced survives.
    """
    disk, seen = Disk(start), set()
    rng = random.Random(0)
    for moment, call in enumerate([*calls, None]):
        for names_too in (False, True):
            for number in range(1 + (lucky if moment % 4 == 0 else 0)):
                state = disk.after_cut(names_too=names_too, rng=rng if number else None)
                mark = _mark(state)
                if mark not in seen:
                    seen.add(mark)
                    yield state
        if call is not None:
            disk.apply(call, syncs_work=syncs_work)


def write_state(state: dict[str, tuple[int, bytes]], folder: Path) -> None:
    """Make a folder that holds what is left after a power cut."""
    folder.mkdir(parents=True)
    made: dict[int, Path] = {}
    for path, (number, data) in sorted(state.items()):
        place = folder / path
        if path.endswith("/"):
            place.mkdir(exist_ok=True)
            continue
        place.parent.mkdir(exist_ok=True)
        if number in made:
            os.link(made[number], place)
        else:
            place.write_bytes(data)
            made[number] = place


def _mark(state: dict[str, tuple[int, bytes]]) -> bytes:
    numbers: dict[int, int] = {}
    digest = hashlib.sha256()
    for path, (number, data) in sorted(state.items()):
        digest.update(f"{path}\0{numbers.setdefault(number, len(numbers))}\0{len(data)}\0".encode() + data)
    return digest.digest()
