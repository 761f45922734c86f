"""The page for the team says what is so: its commands run in its order, its words are those of the program."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from caption_boundaries.cli.main import run
from caption_boundaries.database.folders import find_video_folders
from caption_boundaries.migration.findings import LEVELS
from support.databases import names
from support.old_folders import assert_complete, old_folder, rows_of

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "migrating.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("caption-boundaries ")
]


def test_the_commands_of_the_page_lead_from_the_old_form_to_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        old_folder(tmp_path / "films" / f"{number:02x}", name=f"video-{number}")
    folders = list(find_video_folders(tmp_path / "films"))
    expected = {folder: rows_of(folder, {}) for folder in folders}
    for line in COMMANDS:
        assert run(shlex.split(line)[1:]) == 0, line
    assert len(COMMANDS) >= 14
    for folder in folders:
        assert assert_complete(folder, expected[folder]) == "new"
        assert not {name for name in names(folder) if name.endswith(".old") or "backup" in name}


def test_the_page_tells_every_level_and_option() -> None:
    for word in (*LEVELS, "--deep", "--carry-unknown", "--keep-damaged", "--no-backup", "--discard-changes"):
        assert f"`{word}" in PAGE or f"{word}`" in PAGE, word
