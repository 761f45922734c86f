"""Hundreds of videos in one run each, on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from caption_boundaries.cli.main import run
from caption_boundaries.database.folders import find_video_folders
from caption_boundaries.migration.synthetic import old_video_id
from support.databases import md5
from support.old_folders import TINY, form_of, old_folder

VIDEOS = 374


@pytest.mark.slow
def test_374_videos_migrate_verify_and_roll_back_in_one_run_each(
    fast: Path, capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    root = fast / "!__local" / "data" / "_has_been_deprecated__!"
    (fast / "template").mkdir()
    template = old_folder(fast / "template", TINY)
    for number in range(VIDEOS):
        video_id = old_video_id(number)
        folder = root / video_id[:2] / video_id
        folder.mkdir(parents=True)
        (folder / "captions.db").write_bytes((template / "captions.db").read_bytes())
    before = md5(template / "captions.db")
    told: list[str] = []
    for command in (["migrate", "--no-backup", "--jobs", "2"], ["verify"], ["rollback", "--jobs", "2"]):
        assert run([*command, "--json", str(root)]) == 0
        answers = json.loads(capsys.readouterr().out)
        good = sum(answer.get("ok", answer.get("status") == "done") for answer in answers)
        told.append(f"{command[0]} {good}")
        assert good == VIDEOS
    folders = list(find_video_folders(root))
    assert len(folders) == VIDEOS
    assert {form_of(folder) for folder in folders} == {"old"}
    assert {md5(folder / "captions.db") for folder in folders} == {before}
    record_property("told", f"fleet of {VIDEOS}: {', '.join(told)}")
