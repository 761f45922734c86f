"""Every command of the page runs, in order, in one team's repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.data import REPOSITORY
from support.databases import filled_folder
from support.repositories import VIDEOS, add_caption, cli, dvc, git

PAGE = (REPOSITORY / "docs" / "versioning.md").read_text(encoding="utf-8")


def blocks() -> list[list[str]]:
    """Return the commands of every block."""
    found = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    return [[line for line in block.splitlines() if line.strip()] for block in found]


class Shell:
    """Runs the page's commands: ours in this process, the others as they are."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self._monkeypatch = root, monkeypatch
        self.enter(root)

    def enter(self, folder: Path) -> None:
        self.folder = folder
        self._monkeypatch.chdir(folder)

    def run(self, line: str) -> None:
        line = line.replace("/mnt/shared/captions", str(self.root / "shared"))
        if line.startswith("caption-boundaries "):
            import shlex

            assert cli(*shlex.split(line)[1:]) == 0, line
        elif line.startswith("dvc "):
            dvc(self.folder, *line.split()[1:])
        else:
            done = subprocess.run(["sh", "-c", line], cwd=self.folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{line}: {done.stderr}"


@pytest.mark.slow
def test_every_command_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (install, set_up, include, clone, session, look, pull, merge, side, remotes) = blocks()
    assert install == ["pip install 'caption-boundaries[dvc]'"]
    mine = tmp_path / "mine"
    for video in VIDEOS:
        filled_folder(mine / "data" / video)
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", "hub.git")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "3")
    for i, (key, value) in enumerate((("init.defaultBranch", "main"), ("user.name", "me"), ("user.email", "m@e.org"))):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{i}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{i}", value)
    shell = Shell(tmp_path, monkeypatch)
    shell.enter(mine)
    for line in set_up:
        shell.run(line)
    git(mine, "commit", "--quiet", "-m", "Settings")
    git(mine, "remote", "add", "origin", str(tmp_path / "hub.git"))
    git(mine, "push", "--quiet", "-u", "origin", "main")
    for line in include:
        shell.run(line)
    assert cli("snapshot", "data", "-q", "-m", "Crops", "--push") == 0

    shell.enter(tmp_path)
    shell.run(clone[0])
    assert clone[1] == "cd films"
    shell.enter(tmp_path / "films")
    for line in clone[2:]:
        shell.run(line)

    add_caption(tmp_path / "films" / "data" / VIDEOS[0], 50, 60, "theirs")
    for line in (*session, *look):
        shell.run(line)
    assert (tmp_path / "films" / "session.html").exists()
    assert (tmp_path / "films" / "cost.png").exists()
    shell.enter(mine)
    for line in pull:
        shell.run(line)
    for name in ("base", "mine", "yours"):
        shutil.copytree(mine / "data" / VIDEOS[0], mine / name)
    for line in merge:
        shell.run(line)
    _conflict(mine, tmp_path / "films")
    for line in side:
        shell.run(line)
    git(mine, "commit", "--quiet", "-m", "Merged")
    for line in remotes:
        shell.run(line)


def _conflict(mine: Path, theirs: Path) -> None:
    """Leave a merge in which both have read one video anew."""
    from support.databases import raw

    for folder in (theirs, mine):
        raw(folder / "data" / VIDEOS[0] / "fullOCR.db", f"UPDATE full_frame_ocr SET text = '{folder.name}'")
        assert cli("snapshot", folder / "data", "-q", "-m", "OCR", *(["--push"] if folder == theirs else [])) == 0
    assert cli("pull", mine / "data", "-q") == 1


def test_the_script_is_a_thin_door(tmp_path: Path) -> None:
    script = REPOSITORY / "scripts" / "setup-dvc-tracking.py"
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "--include-derived" in done.stdout
    assert "caption-boundaries track" in script.read_text()
