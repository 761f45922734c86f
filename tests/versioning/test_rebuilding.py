"""A pull brings no crops: the next step makes them from the video file, or says what is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.folders import contents
from support.repositories import cli, dvc, git, make_repository, name_author


@pytest.mark.slow
def test_crops_are_made_again_after_a_pull(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = make_repository(tmp_path / "mine", tmp_path / "remote")
    video = Path(shutil.move(finished, mine / "data" / "rabbit"))
    expected = contents(video)
    assert cli("track", video, "-q") == 0
    assert cli("snapshot", video, "-q", "-m", "Begin", "--push") == 0
    git(tmp_path, "clone", "--quiet", str(mine), "theirs")
    name_author(tmp_path / "theirs", "theirs")
    dvc(tmp_path / "theirs", "status")
    pulled = tmp_path / "theirs" / "data" / "rabbit"
    assert cli("pull", pulled, "-q") == 0
    assert not (pulled / "cropping.db").exists()

    capsys.readouterr()
    assert cli("captions", pulled, "--force") == 4
    assert "caption-boundaries crop" in capsys.readouterr().err
    assert cli("run", pulled) == 3
    assert "video file" in capsys.readouterr().err

    (film,) = video.glob("*.mp4")
    shutil.copy(film, pulled / film.name)
    assert cli("run", pulled, "-q") == 0
    assert contents(pulled) == expected
    assert git(tmp_path / "theirs", "status", "--porcelain") == "?? data/rabbit/rabbit.srt"
