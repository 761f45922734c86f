"""The `dataset` commands: what they print, and that stopping them leaves whole videos only."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from caption_boundaries.cli.main import INTERRUPTED, run
from caption_boundaries.data.production import make_folders, seeds_of
from caption_boundaries.data.recipe import Recipe
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.folders import find_video_folders
from caption_boundaries.freshness import step_states

PAGE = Path(__file__).resolve().parents[2] / "docs" / "datasets.md"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert run(["dataset", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert run(["dataset", *map(str, arguments)]) == 2
    return capsys.readouterr().err


def test_alone_it_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys)
    for name in ("synthesize", "build", "stats", "export"):
        assert name in out


def test_from_nothing_to_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "films"
    made = json.loads(printed(capsys, "synthesize", root, "--videos", 2, "--seconds", 4, "--json"))
    assert [one["created"] for one in made] == [True, True]
    assert "0 videos made, 2 were there" in printed(capsys, "synthesize", root, "--videos", 2, "--seconds", 4)
    built = json.loads(printed(capsys, "build", "first", root, "--data", root, "--folds", 2, "--cap", 9, "--json"))
    assert Path(built["manifest"]) == root / "datasets" / "first.json"
    assert len(built["folds"]) == 2
    stats = json.loads(printed(capsys, "stats", "first", "--data", root, "--plot", tmp_path / "a.png", "--json"))
    assert stats["counts"] == built["counts"]
    assert stats["captions"]["longest"] >= stats["captions"]["median"] > 0
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size[0] > 800
    assert json.loads(printed(capsys, "stats", root, "--json"))["videos"] == 2
    told = json.loads(
        printed(capsys, "export", "first", tmp_path / "coco", "--format", "coco", "--data", root, "--json")
    )
    assert told["files"] == sum(path.is_file() for path in (tmp_path / "coco").rglob("*"))


def test_a_table_for_people_and_a_warning_for_what_is_left_out(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unjudged = films / "new"
    unjudged.mkdir()
    create_databases(unjudged)
    assert run(["dataset", "build", "mixed", str(films), "--data", str(films), "--dry-run"]) == 0
    told = capsys.readouterr()
    assert "fold 4" in told.out
    assert "empty_valid" in told.out
    assert f"{unjudged} is left out" in told.err
    assert not (films / "datasets").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["synthesize", "films", "--split", "both"], "Choose train or test"),
        (["synthesize", "films", "--exclude", "60"], "says not from when to when"),
        (["synthesize", "films", "--footage", "nowhere"], "no footage at"),
        (["build", "a/b", "films"], "is no name for a data set"),
        (["stats", "unknown"], "No video fits"),
        (["export", "unknown", "out"], "There is no data set"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "films").mkdir()
    assert told in refused(capsys, *arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["films"]


def stopped_after_a_video(root: Path, jobs: int, number: signal.Signals) -> tuple[int, str]:
    """Begin to make many videos, send a signal when there is one, and return the exit code and the errors."""
    command = [sys.executable, "-m", "caption_boundaries", "dataset", "synthesize", str(root)]
    process = subprocess.Popen(
        [*command, "--videos", "500", "--seconds", "2", "--jobs", str(jobs)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and not (root.is_dir() and list(find_video_folders(root))):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    os.killpg(process.pid, number)  # as a terminal does: every process of the group
    _, told = process.communicate()
    return process.returncode, told


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_whole_videos_only(jobs: int, tmp_path: Path) -> None:
    root = tmp_path / "films"
    code, told = stopped_after_a_video(root, jobs, signal.SIGINT)
    assert code == INTERRUPTED, told
    assert "Traceback" not in told
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []
    for folder in find_video_folders(root):
        assert step_states(folder)["crop"].done
        assert len(list(folder.glob("*.mp4"))) == 1


def test_what_a_killed_run_left_half_done_is_cleared_by_the_next(tmp_path: Path) -> None:
    root = tmp_path / "films"
    stopped_after_a_video(root, 1, signal.SIGKILL)
    there = len(list(find_video_folders(root)))
    made = list(make_folders(Recipe(seconds=2), seeds_of(0, there + 1), root))
    assert [one.created for one in made] == [False] * there + [True]
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


def test_every_command_of_the_page_runs(
    footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").symlink_to(footage)
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("caption-boundaries dataset")]
    assert len(commands) >= 6
    for arguments in commands:
        short = [re.sub(r"^(200|40)$", "2", word) for word in arguments]
        extra = ["--seconds", "3"] if "synthesize" in short else []
        assert run([*short, *extra]) == 0, arguments
    assert (tmp_path / "first.png").is_file()
