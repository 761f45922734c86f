"""A real server in a process of its own, as people start it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PROGRAM = ("-m", "caption_boundaries", "serve")
PATIENCE = 120
"""Seconds in which a server answers or ends, also on a machine that is busy with other things."""


@dataclass
class LiveServer:
    """A server that runs."""

    process: subprocess.Popen[str]
    link: str
    """The link that opens a session; it works once."""

    @property
    def origin(self) -> str:
        parts = urlsplit(self.link)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def port(self) -> int:
        return int(self.origin.rpartition(":")[2])

    def _close(self) -> None:
        if self.process.stdout is not None:
            self.process.stdout.close()

    def kill(self) -> None:
        """End it without warning, as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)
        self._close()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE)
        self._close()


def steady_port() -> int:
    """Return a free port that stays free while a server is away: the system gives those below 32,768 to nobody."""
    for port in range(20_000 + os.getpid() % 5_000, 32_000):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def start_server(data: Path, *, port: int = 0, name: str = "ana") -> LiveServer:
    """Start a server over ``data`` and wait until it answers."""
    command = [sys.executable, *PROGRAM, str(data), "--no-browser", "--testing", "--name", name]
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    link = next((line.strip() for line in process.stdout if "/login#key=" in line), "")
    assert link, "the server printed no link"
    server = LiveServer(process, link)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{server.origin}/health", timeout=PATIENCE):
                return server
        except OSError:
            time.sleep(0.02)
    raise AssertionError("the server does not answer")
