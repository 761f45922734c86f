"""Processor seconds on a fleet: our commands, DVC's best bulk call, and one DVC call per file."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from measuring import ProcessCost, run_process
from report import Figure
from versioning_folders import CLI, DVC, edit, make_fleet, make_repository, run

_BULK = "import sys; from dvc.repo import Repo; Repo('.').add([line.strip() for line in sys.stdin])"
_SINGLE_CALLS = 20
_EDITS = 20


def measure_fleet(root: Path, videos: int) -> list[Figure]:
    """Track from scratch, take a snapshot of 20 edits, and pull into a fresh clone."""
    ours = make_repository(root / "ours", root / "remote")
    make_fleet(ours / "data", videos)
    theirs = root / "theirs"
    shutil.copytree(ours, theirs)
    files = sorted(str(path) for path in theirs.glob("data/*/*/*.db") if path.stem not in ("cropping", "state"))

    single = _single_calls(theirs, files)
    bulk = _python(theirs, _BULK, files[_SINGLE_CALLS:])
    track = _command(ours, *CLI, "track", "data", "-q")
    first = _command(ours, *CLI, "snapshot", "data", "-q", "-m", "Begin", "--push")
    for number, folder in enumerate(sorted(ours.glob("data/*/*"))[:_EDITS]):
        edit(folder / "captions.db", f"UPDATE captions SET text = 'edited {number}' WHERE id = 2")
    snapshot = _command(ours, *CLI, "snapshot", "data", "-q", "-m", "Session")
    run(ours, *CLI, "snapshot", "data", "-q", "--push")
    run(root, "git", "clone", "-q", str(ours), "clone")
    pull = _command(root / "clone", *CLI, "pull", "data", "-q")
    run(root, "git", "clone", "-q", str(ours), "clone2")
    dvc_pull = _command(root / "clone2", *DVC, "pull", "-q")
    clean = run(root / "clone", *DVC, "status")
    if "up to date" not in clean:
        raise RuntimeError(clean)
    per_file = single.cpu_seconds / _SINGLE_CALLS * len(files)
    return [
        Figure("files", len(files), ""),
        Figure("track from scratch", track.cpu_seconds, "CPU s", bulk.cpu_seconds, "DVC's bulk call", "<= 1.3"),
        Figure("track from scratch against single calls", track.cpu_seconds, "CPU s", per_file, "a DVC call per file"),
        Figure("track from scratch, wall", track.wall_seconds, "s", bulk.wall_seconds, "DVC's bulk call"),
        Figure("first snapshot with push", first.cpu_seconds, "CPU s"),
        Figure("snapshot of 20 edits", snapshot.cpu_seconds, "CPU s"),
        Figure("snapshot of 20 edits, wall", snapshot.wall_seconds, "s", aim="< 10"),
        Figure("pull into a fresh clone", pull.cpu_seconds, "CPU s", dvc_pull.cpu_seconds, "dvc pull"),
        Figure("pull into a fresh clone, wall", pull.wall_seconds, "s", dvc_pull.wall_seconds, "dvc pull"),
    ]


def _single_calls(repository: Path, files: list[str]) -> ProcessCost:
    """Add some files by a call each; in an empty repository, so a full one would cost even more."""
    calls = " && ".join(f"'{sys.executable}' -m dvc add -q '{path}'" for path in files[:_SINGLE_CALLS])
    return _command(repository, "sh", "-c", calls)


def _python(repository: Path, code: str, lines: list[str]) -> ProcessCost:
    listed = repository.with_name("files.txt")
    listed.write_text("\n".join(lines))
    return _command(repository, "sh", "-c", f"'{sys.executable}' -c \"{code}\" < '{listed}'")


def _command(folder: Path, *command: str) -> ProcessCost:
    cost = run_process(["env", "-C", str(folder), "DVC_NO_ANALYTICS=1", *command])
    if cost.exit_code != 0:
        raise RuntimeError(f"{' '.join(command)[:200]}: {cost.output[-500:]}{cost.errors[-1000:]}")
    return cost
