"""Killing a command at a chosen moment: the n-th time that it is about to change something on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

_DRIVER = """
import json, os, signal, sys
import dvc.repo, dvc_data.index.checkout, matplotlib  # paid for once, not for every run
from caption_boundaries.cli.main import run

CHANGES = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.symlink", "os.truncate", "os.chmod",
           "subprocess.Popen", "sqlite3.connect"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

def watch(kill_at):
    seen = [0]
    def hook(event, arguments):
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES):
            seen[0] += 1
            if seen[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    return seen

for line in sys.stdin:
    job = json.loads(line)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.chdir(job["folder"])
        seen = watch(job["kill_at"])
        code = run(job["arguments"])
        os.write(writing, json.dumps({"code": code, "changes": seen[0]}).encode())
        os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    told = os.read(reading, 10000)  # a git that outlives its parent may hold the other end
    os.close(reading)
    print(told.decode() or json.dumps({"code": os.waitstatus_to_exitcode(status), "changes": None}), flush=True)
"""


class KillDriver:
    """A process that runs our commands, each in a fork of its own, and kills them when told to."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, folder: Path, arguments: Sequence[object], *, kill_at: int = 0) -> tuple[int, int | None]:
        """Run a command in ``folder``; returns (exit code, changes), or (-9, None) where it was killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {"folder": str(folder), "arguments": list(map(str, arguments)), "kill_at": kill_at}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        return told["code"], told["changes"]

    def close(self) -> None:
        self._process.communicate()


def spread(changes: int, count: int) -> Iterable[int]:
    """Return at most ``count`` moments, evenly spread over all of them."""
    return sorted({1 + round(i * (changes - 1) / max(1, count - 1)) for i in range(min(count, changes))})
