"""kill -9 at any moment of track, snapshot, pull and merge: running it again finishes the work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.killing import KillDriver, spread
from support.repositories import VIDEOS, Team, add_caption, captions_of, git, label, labels_of

MOMENTS = int(os.environ.get("CAPTION_BOUNDARIES_KILLS", "4"))
"""How many moments of each command are tried, evenly spread; more take longer."""


@pytest.fixture(scope="module")
def driver() -> Iterator[KillDriver]:
    made = KillDriver()
    yield made
    made.close()


def prepare_track(team: Team) -> list[object]:
    shutil.copytree(team.video, team.data / "new" / "7b1c", ignore=shutil.ignore_patterns("*.dvc", ".gitignore"))
    label(team.video, 300)
    return ["track", team.data, "-q"]


def check_track(team: Team) -> None:
    assert len(list((team.data / "new" / "7b1c").glob("*.dvc"))) == 4


def prepare_snapshot(team: Team) -> list[object]:
    label(team.video, 300)
    add_caption(team.video, 20, 30, "new")
    return ["snapshot", team.data, "-q", "-m", "Session", "--push"]


def check_snapshot(team: Team) -> None:
    assert git(team.mine, "status", "--porcelain") == ""
    assert git(team.mine, "rev-parse", "HEAD") == git(team.mine, "rev-parse", "origin/main")
    theirs = team.colleague()
    assert labels_of(theirs / VIDEOS[0]) == labels_of(team.video) == {(100, 0): "in", (300, 0): "in"}
    assert captions_of(theirs / VIDEOS[0]) == captions_of(team.video)


def prepare_pull(team: Team) -> list[object]:
    """Both have added a caption: the pull merges rows."""
    data = team.colleague()
    for folder in (team.mine, data):
        assert DRIVERS[0].run(folder, ["install-hooks", folder, "-q"])[0] == 0
    add_caption(data / VIDEOS[0], 100, 110, "theirs")
    assert DRIVERS[0].run(data, ["snapshot", data, "-q", "-m", "Theirs", "--push"])[0] == 0
    add_caption(team.video, 200, 210, "ours")
    assert DRIVERS[0].run(team.mine, ["snapshot", team.data, "-q", "-m", "Ours"])[0] == 0
    return ["pull", team.data, "-q"]


def check_pull(team: Team) -> None:
    assert captions_of(team.video) == [(3, 17, "Hello"), (100, 110, "theirs"), (200, 210, "ours")]
    assert git(team.mine, "status", "--porcelain").replace("?? .gitattributes", "") == ""


def prepare_merge(team: Team) -> list[object]:
    for name, start in (("base", 0), ("theirs", 100), ("ours", 200)):
        folder = Path(shutil.copytree(team.video, team.root / name))
        if start:
            add_caption(folder, start, start + 10, name)
    return ["merge", *(team.root / name / "captions.db" for name in ("base", "ours", "theirs")), "-q"]


def check_merge(team: Team) -> None:
    assert captions_of(team.root / "ours") == [(3, 17, "Hello"), (100, 110, "theirs"), (200, 210, "ours")]


DRIVERS: list[KillDriver] = []
COMMANDS = {
    "track": (prepare_track, check_track),
    "snapshot": (prepare_snapshot, check_snapshot),
    "pull": (prepare_pull, check_pull),
    "merge": (prepare_merge, check_merge),
}


@pytest.mark.slow
@pytest.mark.parametrize(("prepare", "check"), COMMANDS.values(), ids=COMMANDS)
def test_running_it_again_finishes_what_a_kill_has_cut_off(
    team: Team,
    driver: KillDriver,
    prepare: Callable[[Team], list[object]],
    check: Callable[[Team], None],
    tmp_path: Path,
) -> None:
    DRIVERS[:] = [driver]
    arguments = prepare(team)
    kept = Path(shutil.copytree(team.root, tmp_path / "kept", symlinks=True))
    code, changes = driver.run(team.mine, arguments)
    assert code == 0
    assert changes
    check(team)
    for moment in spread(changes, MOMENTS):
        shutil.rmtree(team.root)
        shutil.copytree(kept, team.root, symlinks=True)
        killed, _ = driver.run(team.mine, arguments, kill_at=moment)
        again, _ = driver.run(team.mine, arguments)
        assert again == 0, f"killed ({killed}) at change {moment} of {changes}"
        check(team)
