"""Git and DVC repositories for tests: a working copy, a hub, a remote, and colleagues' clones."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.cli.main import run
from caption_boundaries.database.captions import Caption, CaptionReader, CaptionWriter
from caption_boundaries.database.layout import BoxLabel, LayoutReader, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from support.databases import filled_folder

VIDEOS = ("5f/5f2a", "a b/it's 7")
SITE_CACHE = "dvc-site-cache"


@dataclass(frozen=True)
class Team:
    """What a team shares, below one folder."""

    root: Path

    @property
    def mine(self) -> Path:
        return self.root / "mine"

    @property
    def data(self) -> Path:
        return self.mine / "data"

    @property
    def video(self) -> Path:
        return self.data / VIDEOS[0]

    def moved(self) -> Team:
        """Point a copied team at its own hub and remote."""
        git(self.mine, "remote", "set-url", "origin", str(self.root / "hub.git"))
        dvc(self.mine, "remote", "modify", "--local", "shared", "url", str(self.root / "remote"))
        return self

    def colleague(self, name: str = "colleague", *, pull: bool = True) -> Path:
        """Clone the hub and pull; returns the clone's data root."""
        clone = self.root / name
        git(self.root, "clone", "--quiet", str(self.root / "hub.git"), name)
        name_author(clone, name)
        dvc(clone, "remote", "modify", "--local", "shared", "url", str(self.root / "remote"))
        if pull:
            assert cli("pull", clone / "data", "-q") == 0
        return clone / "data"

    def objects(self) -> set[str]:
        """Return the names of the contents on the remote."""
        return {path.parent.name + path.name for path in (self.root / "remote" / "files" / "md5").glob("*/*")}


def make_team(root: Path) -> Team:
    team = Team(root)
    git(root, "init", "--quiet", "--bare", "--initial-branch", "main", "hub.git")
    make_repository(team.mine, root / "remote")
    for video in VIDEOS:
        filled_folder(team.data / video)
    git(team.mine, "remote", "add", "origin", str(root / "hub.git"))
    assert cli("track", team.data, "-q") == 0
    assert cli("snapshot", team.data, "-q", "-m", "Begin", "--push") == 0
    git(team.mine, "push", "--quiet", "-u", "origin", "main")
    return team


def make_repository(folder: Path, remote: Path) -> Path:
    """Make a git and DVC repository."""
    from dvc.repo import Repo

    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    name_author(folder, "me")
    Repo.init(str(folder)).close()
    dvc(folder, "remote", "add", "--default", "shared", str(remote))
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "Set up")
    return folder


def name_author(folder: Path, name: str) -> None:
    git(folder, "config", "user.name", name)
    git(folder, "config", "user.email", f"{name}@example.org")


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it prints."""
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {arguments}: {done.stderr}"
    return done.stdout.strip()


def dvc(folder: Path, *arguments: str) -> str:
    """Run DVC as a user does and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
    )
    assert done.returncode == 0, f"dvc {arguments}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def cli(*arguments: object) -> int:
    """Run a command of ours in this process and return its exit code."""
    return run([str(argument) for argument in arguments])


def label(video: Path, frame: int, word: str = "in", *, box: int = 0) -> None:
    """Label a box as the layout tool does."""
    with VideoDatabase(video, writes={"layout"}) as connection:
        row = BoxLabel(frame, box, f"box {box}", 10, 20, 110, 50, label=word, label_source="user")
        LayoutWriter(connection).save_box_labels([row])


def add_caption(video: Path, start: int, end: int, text: str) -> None:
    """Add a caption."""
    with VideoDatabase(video, writes={"captions"}) as connection:
        CaptionWriter(connection).add(Caption(start, end, boundary_state="confirmed", text=text))


def captions_of(video: Path) -> list[tuple[int, int, str | None]]:
    """Return the captions that are no gaps."""
    with VideoDatabase(video, readonly=True) as connection:
        rows = CaptionReader(connection).captions()
    return [(r.start_frame_index, r.end_frame_index, r.text) for r in rows if r.boundary_state != "gap"]


def labels_of(video: Path) -> dict[tuple[int, int], str]:
    """Return the labels by frame and box."""
    with VideoDatabase(video, readonly=True) as connection:
        return {(row.frame_index, row.box_index): row.label for row in LayoutReader(connection).box_labels()}
