"""Putting videos under version control: every name, every pointer, and nothing twice."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from caption_boundaries.versioning.tracking import plan_tracking
from caption_boundaries.versioning.workplace import open_workplace
from support.databases import filled_folder, fingerprint, md5, raw
from support.repositories import Team, cli, dvc, git, label, make_repository

HOSTILE = (
    "!__local/data/_has_been_deprecated__!/5f2a",
    "with space ",
    "it's",
    'quo"te',
    "per%41cent",
    "col:on",
    "at@sign",
    "ha#sh",
    "字幕",
    "-lead",
    "br[ack]et",
    "st*r?",
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo", tmp_path / "remote")


def actions(folders: list[Path], **options: bool) -> dict[str, str]:
    with open_workplace(folders) as place:
        return {item.path.name: item.action for item in plan_tracking(place, **options).items}


def test_folders_of_any_name_are_tracked_committed_and_clean(repository: Path) -> None:
    for name in HOSTILE:
        filled_folder(repository / "data" / name)
    before = dict(fingerprint(repository))
    assert cli("track", repository / "data", "--dry-run", "-q") == 0
    changed = {name for name, state in fingerprint(repository).items() if before.get(name) != state}
    assert {name for name in changed if not name.startswith((".git/", ".dvc/"))} == set()

    assert cli("track", repository / "data", "-q") == 0
    for name in HOSTILE:
        folder = repository / "data" / name
        pointers = {path.name for path in folder.glob("*.dvc")}
        assert pointers == {"video.db.dvc", "fullOCR.db.dvc", "layout.db.dvc", "captions.db.dvc"}
    assert cli("snapshot", repository / "data", "-q", "-m", "Begin") == 0
    assert git(repository, "status", "--porcelain", "--untracked-files=all") == ""
    assert "up to date" in dvc(repository, "status")


def test_what_dvc_adds_afterwards_is_what_we_wrote(team: Team) -> None:
    dvc(team.mine, "add", str(team.video / "layout.db"), str(team.video / "video.db"))
    assert git(team.mine, "status", "--porcelain") == ""


def test_tracking_again_changes_nothing(team: Team) -> None:
    before = fingerprint(team.data)
    assert cli("track", team.data, "-q") == 0
    assert {name: state for name, state in fingerprint(team.data).items() if not name.endswith(".lock")} == {
        name: state for name, state in before.items() if not name.endswith(".lock")
    }
    assert set(actions([team.video]).values()) == {"unchanged"}


def test_crops_and_the_video_file_are_tracked_on_request(repository: Path) -> None:
    folder = filled_folder(repository / "data" / "x")
    (folder / "film.mp4").write_bytes(b"a film")
    assert cli("track", folder, "-q") == 0
    assert not (folder / "cropping.db.dvc").exists()
    assert cli("track", folder, "-q", "--include-derived", "--include-video") == 0
    assert {"cropping.db.dvc", "film.mp4.dvc"} <= {path.name for path in folder.iterdir()}
    assert "cropping.db" not in (repository / ".dvcignore").read_text().splitlines()
    assert cli("snapshot", folder, "-q", "-m", "All") == 0
    assert git(repository, "status", "--porcelain", "--untracked-files=all") == ""
    # They stay tracked: the pointer is the memory.
    assert cli("track", folder, "-q") == 0
    assert "cropping.db" not in (repository / ".dvcignore").read_text().splitlines()


def test_the_pointer_of_the_old_single_file_is_replaced(repository: Path) -> None:
    folder = filled_folder(repository / "data" / "x")
    new = (folder / "captions.db").rename(folder / "new")
    with sqlite3.connect(folder / "captions.db") as old:
        old.execute("CREATE TABLE captions (id INTEGER PRIMARY KEY, start_frame_index, end_frame_index, text)")
        old.execute("CREATE TABLE full_frames (frame_index INTEGER PRIMARY KEY, image_data)")
    old.close()
    shutil.copy(folder / "captions.db", folder / "annotations.db")
    dvc(repository, "add", str(folder / "captions.db"), str(folder / "annotations.db"))
    (folder / "captions.db").rename(folder / "captions.db.old")
    (folder / "annotations.db").unlink()
    new.rename(folder / "captions.db")

    found = actions([folder])
    assert found["captions.db"] == "replace"
    assert found["annotations.db"] == "remove"
    assert cli("track", folder, "-q") == 0
    assert md5(folder / "captions.db") in (folder / "captions.db.dvc").read_text()
    assert not (folder / "annotations.db.dvc").exists()


def test_a_folder_of_the_old_form_is_left_out(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = repository / "data" / "old"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "captions.db") as old:
        old.execute("CREATE TABLE captions (id INTEGER PRIMARY KEY, start_frame_index, end_frame_index, text)")
        old.execute("CREATE TABLE full_frames (frame_index INTEGER PRIMARY KEY, image_data)")
    old.close()
    assert cli("track", folder) == 0
    assert "migrate" in capsys.readouterr().out
    assert list(folder.glob("*.dvc")) == []


def test_what_a_person_wrote_into_a_pointer_stays(team: Team) -> None:
    pointer = team.video / "layout.db.dvc"
    pointer.write_text("# ours\n" + pointer.read_text() + "desc: which boxes are the caption\n")
    label(team.video, 300)
    assert cli("track", team.video, "-q") == 0
    assert md5(team.video / "layout.db") in pointer.read_text()
    assert "desc: which boxes are the caption" in pointer.read_text()
    assert pointer.read_text().startswith("# ours\n")


def test_a_pointer_to_something_else_is_left_alone(team: Team) -> None:
    pointer = team.video / "layout.db.dvc"
    text = "outs:\n- path: layout.db\n- path: another.db\n"
    pointer.write_text(text)
    assert actions([team.video])["layout.db"] == "keep"
    assert pointer.read_text() == text


def test_a_half_written_pointer_is_repaired(team: Team) -> None:
    for name in ("layout.db.dvc", "captions.db.dvc"):
        pointer = team.video / name
        whole = pointer.read_text()
        pointer.write_text(whole[:20] if name.startswith("l") else "")
        assert cli("track", team.video, "-q") == 0
        assert pointer.read_text() == whole


def test_the_plan_is_told_to_machines(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("track", team.video, "--json", "--dry-run") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"] == {"unchanged": 4}
    assert report["ignore_files"] == []


def test_the_ignore_files_keep_what_others_wrote(team: Team) -> None:
    ignore = team.video / ".gitignore"
    ignore.write_text("/mine.txt\n\n" + ignore.read_text() + "/yours.txt\n")
    kept = ignore.read_text()
    assert cli("track", team.video, "-q") == 0
    assert ignore.read_text() == kept


def test_outside_a_repository_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = filled_folder(tmp_path / "alone")
    assert cli("track", folder) == 2
    assert "git init" in capsys.readouterr().err
    git(tmp_path, "init", "--quiet")
    assert cli("track", folder) == 2
    assert "dvc init" in capsys.readouterr().err


def test_videos_of_two_repositories_are_refused(team: Team, tmp_path: Path) -> None:
    other = make_repository(tmp_path / "other", tmp_path / "remote2")
    assert cli("track", team.video, filled_folder(other / "x")) == 2


def test_a_damaged_database_is_refused(team: Team) -> None:
    (team.video / "layout.db").write_bytes(b"SQLite format 3\0 and then nothing")
    assert cli("track", team.video, "-q") == 5
    raw(team.video / "captions.db", "PRAGMA user_version = 99")
    (team.video / "layout.db").unlink()
    assert cli("track", team.video, "-q") == 5
