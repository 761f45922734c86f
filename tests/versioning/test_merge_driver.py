"""Two people on one video, with real git: nobody's work is dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.repositories import VIDEOS, Team, add_caption, captions_of, cli, git, label, labels_of

HELLO = (3, 17, "Hello")


@pytest.fixture
def theirs(team: Team) -> Path:
    """A colleague's clone with hooks, who has added a caption and two labels and pushed them."""
    assert cli("install-hooks", team.mine, "-q") == 0
    assert cli("snapshot", team.data, "-q", "-m", "Hooks", "--push") == 0
    data = team.colleague()
    assert cli("install-hooks", data, "-q") == 0
    add_caption(data / VIDEOS[0], 100, 110, "theirs")
    label(data / VIDEOS[0], 100, "out")
    label(data / VIDEOS[0], 200, "in")
    assert cli("snapshot", data, "-q", "-m", "Theirs", "--push") == 0
    return data


def test_both_peoples_sessions_survive_a_pull(
    team: Team, theirs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(team.mine)
    add_caption(team.video, 200, 210, "ours")
    label(team.video, 200, "out")
    assert cli("snapshot", team.data, "-q", "-m", "Ours") == 0
    capsys.readouterr()
    assert cli("pull", team.data) == 0
    told = capsys.readouterr()
    assert "1 conflicts" in told.out
    assert "box 0 of frame 200" in told.err
    assert captions_of(team.video) == [HELLO, (100, 110, "theirs"), (200, 210, "ours")]
    assert labels_of(team.video) == {(100, 0): "out"}  # the disputed box waits without a label
    assert git(team.mine, "status", "--porcelain") == ""
    assert cli("snapshot", team.data, "-q", "--push") == 0
    assert cli("pull", theirs, "-q") == 0
    assert captions_of(theirs / VIDEOS[0]) == captions_of(team.video)


def test_a_plain_git_merge_does_the_same_and_the_hook_gets_the_data(team: Team, theirs: Path) -> None:
    add_caption(team.video, 200, 210, "ours")
    assert cli("snapshot", team.data, "-q", "-m", "Ours") == 0
    git(team.mine, "pull", "--quiet", "--no-rebase", "--no-edit")
    assert captions_of(team.video) == [HELLO, (100, 110, "theirs"), (200, 210, "ours")]
    git(team.mine, "checkout", "--quiet", "HEAD^1")
    assert captions_of(team.video) == [HELLO, (200, 210, "ours")]
    add_caption(team.video, 300, 310, "unsaved")
    git(team.mine, "checkout", "--quiet", "main")  # the hook keeps its hands off what is unsaved
    assert captions_of(team.video)[-1] == (300, 310, "unsaved")


def test_hooks_of_others_are_kept(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    hook = team.mine / ".git/hooks/post-checkout"
    hook.write_text("#!/bin/bash\nexec dvc git-hook post-checkout $@\n")
    assert cli("install-hooks", team.mine, "--dry-run") == 0
    assert hook.read_text() == "#!/bin/bash\nexec dvc git-hook post-checkout $@\n"
    for _ in range(2):
        assert cli("install-hooks", team.mine) == 0
    lines = hook.read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    assert lines[-1] == "exec dvc git-hook post-checkout $@"
    assert sum("after-checkout" in line for line in lines) == 1
    assert "already" in capsys.readouterr().out


def test_a_pointer_that_is_none_is_left_to_git(team: Team, tmp_path: Path) -> None:
    empty, odd = tmp_path / "empty", tmp_path / "odd"
    empty.touch()
    odd.write_text("outs: []\n")
    pointer = team.video / "layout.db.dvc"
    for ours, theirs in ((pointer, odd), (pointer, empty), (odd, pointer)):
        assert cli("merge", empty, ours, theirs, "--pointer-of", "data/5f/5f2a/layout.db.dvc") == 2
