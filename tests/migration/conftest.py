"""Folders of migration tests; prints at the end what those tests counted, also when several processes ran them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from support.old_folders import VIDEO_ID, old_folder
from support.verifying import WANTED


@pytest.fixture
def fast(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one, for tests of the order of calls, not of the disk."""
    memory = Path("/dev/shm")
    folder = memory / f"caption-boundaries-{os.getpid()}" if os.access(memory, os.W_OK) else tmp_path / "work"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A migrated folder without a copy of its old file, so that only the manifest knows what it was."""
    made = old_folder(tmp_path / VIDEO_ID[:2], WANTED)
    migrate_folder(made, MigrateOptions(backup=False))
    (made / "captions.db.old").unlink()
    return made


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
