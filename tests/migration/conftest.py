"""Prints at the end what the tests of the migration have counted, also when several processes ran them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def fast(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one, for tests of the order of calls, not of the disk."""
    memory = Path("/dev/shm")
    folder = memory / f"caption-boundaries-{os.getpid()}" if os.access(memory, os.W_OK) else tmp_path / "work"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the property ``told`` of every test that has one."""
    told = [
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
        if name == "told"
    ]
    if told:
        terminalreporter.section("migration")
        for line in sorted(map(str, told)):
            terminalreporter.write_line(line)
