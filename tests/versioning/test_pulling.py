"""Getting the work of others: nothing overwritten, no journal of another version, rows equal at every revision."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.row_hash import row_hash
from caption_boundaries.database.schema import VERSIONED
from support.databases import MANY_LABELS, kill_writer, md5, names, raw, rows, run_python, start_python
from support.repositories import VIDEOS, Team, add_caption, captions_of, cli, dvc, git, label, labels_of


def hashes(data: Path) -> dict[str, str]:
    """Return the row hash of every versioned table of every video."""
    found = {}
    for video in VIDEOS:
        with VideoDatabase(data / video, readonly=True) as connection:
            for spec in VERSIONED:
                for table in spec.tables:
                    found[f"{video} {spec.schema}.{table}"] = row_hash(connection, spec.schema, table)
    return found


def test_a_fresh_clone_has_the_same_rows_at_every_revision(team: Team) -> None:
    expected = {git(team.mine, "rev-parse", "HEAD"): hashes(team.data)}
    for edit in (lambda: label(team.video, 300), lambda: add_caption(team.video, 20, 30, "new")):
        edit()
        assert cli("snapshot", team.data, "-q", "-m", "Session", "--push") == 0
        expected[git(team.mine, "rev-parse", "HEAD")] = hashes(team.data)
    theirs = team.colleague()
    assert names(theirs / VIDEOS[0]) >= {"video.db", "fullOCR.db", "layout.db", "captions.db"}
    for commit, wanted in expected.items():
        git(theirs, "checkout", "--quiet", "--detach", commit)
        assert cli("pull", theirs, "-q", "--data-only") == 0
        assert hashes(theirs) == wanted
    assert "up to date" in dvc(theirs, "status")
    dvc(team.mine, "gc", "-w", "-f")
    shutil.rmtree(team.video)
    git(team.mine, "checkout", "--quiet", ".")
    assert cli("pull", team.data, "-q") == 0
    assert hashes(team.data) == wanted


def test_edits_that_are_in_no_snapshot_are_never_overwritten(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = team.colleague()
    label(team.video, 300)
    assert cli("snapshot", team.data, "-q", "-m", "Mine", "--push") == 0
    label(theirs / VIDEOS[0], 400, "out")
    assert cli("pull", theirs) == 6
    assert "snapshot" in capsys.readouterr().err
    assert (400, 0) in labels_of(theirs / VIDEOS[0])


def test_a_file_that_was_never_tracked_here_is_not_overwritten(team: Team) -> None:
    theirs = team.colleague(pull=False)
    (theirs / VIDEOS[0] / "layout.db").write_bytes((team.video / "captions.db").read_bytes())
    assert cli("pull", theirs, "-q") == 6


@pytest.mark.parametrize("wal", [False, True], ids=["journal", "wal"])
def test_a_killed_writers_journal_never_meets_another_version(team: Team, wal: bool) -> None:
    """`git checkout` and `dvc checkout` alone leave the journal beside the other version."""
    label(team.video, 300)
    assert cli("snapshot", team.data, "-q", "-m", "Second") == 0
    expected = labels_of(team.video)
    git(team.mine, "checkout", "--quiet", "HEAD~1")
    assert cli("pull", team.data, "-q", "--data-only") == 0
    if wal:
        raw(team.video / "layout.db", "PRAGMA journal_mode = WAL")
    kill_writer(team.video / "layout.db", MANY_LABELS, wal=wal)
    git(team.mine, "checkout", "--quiet", "main")
    code = cli("pull", team.data, "-q", "--data-only")
    if wal:  # the writer had committed: its rows are kept, and the pull is refused
        assert code == 6
        assert len(labels_of(team.video)) > 2000
    else:
        assert code == 0
        assert labels_of(team.video) == expected
    assert [path.name for path in team.video.glob("layout.db-*")] == []
    assert rows(team.video / "layout.db", "PRAGMA integrity_check") == [("ok",)]


def test_without_the_guard_the_journal_damages_the_other_version(team: Team) -> None:
    with sqlite3.connect(team.video / "layout.db") as connection:
        connection.execute(MANY_LABELS)
    connection.close()
    assert cli("snapshot", team.data, "-q", "-m", "Many") == 0
    kill_writer(team.video / "layout.db", "UPDATE full_frame_box_labels SET box_text = box_text || ' and more'")
    git(team.mine, "checkout", "--quiet", "HEAD~1")
    dvc(team.mine, "checkout", "--force", str(team.video / "layout.db"))
    run = run_python(
        "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT * FROM full_frame_box_labels')"
        ".fetchall())",
        team.video / "layout.db",
    )
    assert "malformed" in run.stderr or "never committed" in run.stdout


def test_a_stale_connection_cannot_splice_its_pages_into_a_pulled_file(team: Team) -> None:
    theirs = team.colleague()
    label(team.video, 300)
    assert cli("snapshot", team.data, "-q", "-m", "Mine", "--push") == 0
    path = theirs / VIDEOS[0] / "layout.db"
    other = start_python(
        """
        import sqlite3, sys, time
        connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=1)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT * FROM full_frame_box_labels").fetchall()
        print("open", flush=True)
        time.sleep(600)
        """,
        path,
    )
    assert other.stdout is not None
    other.stdout.readline()
    before = path.read_bytes()
    try:
        assert cli("pull", theirs, "-q") == 6
        assert path.read_bytes() == before
    finally:
        other.kill()
        other.communicate()
    assert cli("pull", theirs, "-q") == 0
    assert md5(path) == md5(team.video / "layout.db")


def test_without_the_guard_a_stale_connection_splices_its_pages(team: Team) -> None:
    path, other = team.video / "layout.db", team.data / VIDEOS[1] / "layout.db"
    label(team.data / VIDEOS[1], 300)
    expected = rows(other, "SELECT frame_index, label FROM full_frame_box_labels")
    with closing(sqlite3.connect(path, isolation_level=None)) as stale:
        stale.execute("PRAGMA journal_mode = WAL")
        stale.execute("SELECT * FROM full_frame_box_labels").fetchall()
        shutil.copy(other, team.video / "new")
        (team.video / "new").replace(path)
        stale.execute("UPDATE full_frame_box_labels SET label = 'out'")
        assert rows(path, "SELECT frame_index, label FROM full_frame_box_labels") != expected


def test_a_tool_that_writes_is_refused(team: Team) -> None:
    theirs = team.colleague()
    label(team.video, 300)
    assert cli("snapshot", team.data, "-q", "-m", "Mine", "--push") == 0
    video = theirs / VIDEOS[0]
    with VideoDatabase(video, writes={"layout"}) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert cli("pull", theirs, "-q") == 6
    assert cli("pull", theirs, "-q") == 0
    assert labels_of(video) == labels_of(team.video)


def test_what_is_missing_on_the_remote_is_told(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = team.colleague()
    label(team.video, 300)
    assert cli("snapshot", team.data, "-q", "-m", "Mine") == 0
    git(team.mine, "push", "--quiet")  # the commit without the data
    assert cli("pull", theirs, "-q") == 1
    assert "--push" in capsys.readouterr().err
    assert cli("snapshot", team.data, "-q", "--push") == 0
    assert cli("pull", theirs, "-q") == 0
    assert labels_of(theirs / VIDEOS[0]) == labels_of(team.video)


@pytest.mark.parametrize("kind", ["hardlink", "symlink"])
def test_pulled_frames_are_links_and_pulled_annotations_are_not(team: Team, kind: str) -> None:
    theirs = team.colleague(pull=False)
    dvc(theirs.parent, "config", "--local", "cache.type", kind)
    assert cli("pull", theirs, "-q") == 0
    video, layout = (theirs / VIDEOS[0] / name for name in ("video.db", "layout.db"))
    assert video.is_symlink() or video.stat().st_nlink >= 2
    assert not layout.is_symlink()
    assert layout.stat().st_nlink == 1
    assert "up to date" in dvc(theirs, "status")


def _new_video(team: Team) -> None:
    shutil.copytree(team.video, team.data / "new" / "7b1c", ignore=shutil.ignore_patterns("*.dvc"))
    assert cli("track", team.data, "-q") == 0
    assert cli("snapshot", team.data, "-q", "-m", "New", "--push") == 0


def _half_written(theirs: Path) -> None:
    """Leave the working tree as a merge does that is killed while it writes files."""
    git(theirs, "fetch", "--quiet")
    for name in git(theirs, "diff", "--name-only", "HEAD", "origin/main").split("\n"):
        path = theirs.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(git(theirs, "show", f"origin/main:{name}") + "\n")


def _half_merged(theirs: Path) -> None:
    git(theirs, "fetch", "--quiet")
    git(theirs, "merge", "--quiet", "--no-commit", "--no-ff", "origin/main")
    (theirs.parent / ".git/caption-boundaries.merging").touch()


def _locked(theirs: Path) -> None:
    (theirs.parent / ".git/caption-boundaries.working").touch()
    (theirs.parent / ".git/index.lock").touch()


@pytest.mark.parametrize("leave", [_half_written, _half_merged, _locked])
def test_a_killed_pull_is_finished_by_the_next(team: Team, leave: Callable[[Path], None]) -> None:
    theirs = team.colleague()
    label(team.video, 300)
    _new_video(team)
    leave(theirs)
    assert cli("pull", theirs, "-q") == 0
    assert labels_of(theirs / VIDEOS[0]) == labels_of(team.video)
    assert captions_of(theirs / "new" / "7b1c") == captions_of(team.video)
    assert git(theirs, "status", "--porcelain") == ""


def test_a_merge_of_a_person_is_left_to_them(team: Team) -> None:
    git(team.mine, "checkout", "--quiet", "-b", "side")
    git(team.mine, "commit", "--quiet", "--allow-empty", "-m", "Side")
    git(team.mine, "checkout", "--quiet", "main")
    git(team.mine, "merge", "--quiet", "--no-ff", "--no-commit", "side")
    assert cli("pull", team.data, "-q") == 2
    assert cli("snapshot", team.data, "-q") == 2


def test_a_dry_run_changes_nothing(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = team.colleague(pull=False)
    assert cli("pull", theirs, "--dry-run") == 0
    assert "8 files would change" in capsys.readouterr().out
    assert not (theirs / VIDEOS[0] / "layout.db").exists()
    assert cli("pull", "5f2a", "--data", theirs, "-q") == 0
    assert (theirs / VIDEOS[0] / "layout.db").exists()
    assert not (theirs / VIDEOS[1] / "layout.db").exists()
