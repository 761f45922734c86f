"""Snapshots: only what has changed, never torn, never old."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.locking import video_lock
from support.databases import MANY_LABELS, fingerprint, kill_writer, md5, raw, rows, start_python
from support.folders import contents
from support.repositories import Team, add_caption, captions_of, cli, dvc, git, label


def snapshot(target: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, object]:
    capsys.readouterr()
    assert cli("snapshot", target, "--json", "-m", "Session", *options) == 0
    report: dict[str, object] = json.loads(capsys.readouterr().out)
    return report


def test_a_session_versions_the_one_database_that_it_changed(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    before = team.objects()
    label(team.video, 300)
    report = snapshot(team.data, capsys, "--push")
    assert report["stored"] == ["data/5f/5f2a/layout.db"]
    new = team.objects() - before
    assert new == {md5(team.video / "layout.db")}
    assert report["bytes"] == report["pushed_bytes"] == (team.video / "layout.db").stat().st_size
    assert git(team.mine, "rev-parse", "HEAD") == git(team.mine, "rev-parse", "origin/main") == report["commit"]


def test_a_session_that_changed_nothing_versions_nothing(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    before, head = team.objects(), git(team.mine, "rev-parse", "HEAD")
    for statement in ("UPDATE {t} SET label = 'out'", "UPDATE {t} SET label = 'in'", "VACUUM", "ANALYZE"):
        raw(team.video / "layout.db", statement.format(t="full_frame_box_labels"))
    raw(team.video / "layout.db", "DROP TABLE sqlite_stat1")
    for _ in range(2):
        report = snapshot(team.data, capsys, "--push")
        assert (report["stored"], report["commit"], report["pushed_bytes"]) == ([], None, 0)
    assert (team.objects(), git(team.mine, "rev-parse", "HEAD")) == (before, head)
    assert git(team.mine, "status", "--porcelain") == ""


def test_forty_histories_of_the_same_rows_are_one_version(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    path, found, original = team.video / "captions.db", set(), (team.video / "captions.db").read_bytes()
    for seed in range(40):
        path.write_bytes(original)
        _write_in_some_order(path, random.Random(seed))
        if seed % 10 == 0:
            snapshot(team.video, capsys)
        else:
            from caption_boundaries.versioning.files import seal_file

            seal_file(path)
        found.add(md5(path))
    assert len(found) == 1
    assert git(team.mine, "rev-list", "--count", "HEAD") == "3"


def _write_in_some_order(path: Path, order: random.Random) -> None:
    ids = list(range(10, 40))
    order.shuffle(ids)
    at = "2026-01-01"
    columns = "id, start_frame_index, end_frame_index, text, boundary_updated_at, created_at"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for i in ids:
            if order.random() < 0.5:
                connection.execute(f"INSERT INTO captions ({columns}) VALUES ({i}, 0, 0, 'x', '{at}', '{at}')")
            connection.execute(
                f"INSERT OR REPLACE INTO captions ({columns}) VALUES ({i}, {i}, {i}, '{i}', '{at}', '{at}')"
            )
        if order.random() < 0.3:
            connection.execute("VACUUM")


@pytest.fixture
def live_log(team: Team) -> Iterator[Path]:
    """A database that another process has open, with a change that is only in its write-ahead log."""
    path = team.video / "layout.db"
    other = start_python(
        """
        import sqlite3, sys, time
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE full_frame_box_labels SET label = 'out'")
        print("written", flush=True)
        time.sleep(600)
        """,
        path,
    )
    assert other.stdout is not None
    other.stdout.readline()
    yield path
    other.kill()
    other.communicate()


def test_rows_in_a_live_write_ahead_log_are_refused_and_not_lost(team: Team, live_log: Path) -> None:
    before = (team.video / "layout.db.dvc").read_text()
    assert cli("snapshot", team.video, "-q", "-m", "Session") == 6
    assert (team.video / "layout.db.dvc").read_text() == before


def test_without_the_guard_the_old_rows_are_stored(team: Team, live_log: Path) -> None:
    dvc(team.mine, "add", str(live_log))
    name = (team.video / "layout.db.dvc").read_text().split("md5: ")[1][:32]
    stored = team.mine / ".dvc/cache/files/md5" / name[:2] / name[2:]
    with closing(sqlite3.connect(f"file:{stored}?immutable=1", uri=True)) as old:
        assert old.execute("SELECT label FROM full_frame_box_labels").fetchall() == [("in",)]


@pytest.mark.parametrize("wal", [False, True], ids=["journal", "wal"])
def test_what_a_killed_writer_left_is_settled_first(team: Team, wal: bool) -> None:
    path, before = team.video / "layout.db", contents(team.video)
    if wal:
        raw(path, "PRAGMA journal_mode = WAL")
    kill_writer(path, MANY_LABELS, wal=wal)
    assert cli("snapshot", team.video, "-q", "-m", "Session") == 0
    assert md5(path) in (team.video / "layout.db.dvc").read_text()
    assert [file.name for file in team.video.glob("layout.db-*")] == []
    committed = rows(path, "SELECT count(*) FROM full_frame_box_labels WHERE box_text LIKE 'never%'") == [(2001,)]
    assert committed == wal
    assert (contents(team.video) == before) != wal


def test_a_tool_in_the_middle_of_a_transaction_is_waited_for_or_refused(team: Team) -> None:
    label(team.video, 300)
    with VideoDatabase(team.video, writes={"layout"}) as connection:
        connection.execute("UPDATE layout.full_frame_box_labels SET label = 'out'")
        assert cli("snapshot", team.video, "-q", "-m", "Session") == 6
    assert cli("snapshot", team.video, "-q", "-m", "Session") == 0


def test_a_running_step_is_refused(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    label(team.video, 300)
    with video_lock(team.video):
        assert cli("snapshot", team.video, "-q", "-m", "Session") == 6
    assert "working on" in capsys.readouterr().err


def test_snapshots_beside_a_busy_writer_hold_whole_transactions(team: Team) -> None:
    """Each transaction writes two rows; no version may have one without the other."""
    path = team.video / "captions.db"
    writer = start_python(
        """
        import sqlite3, sys, time
        c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
        for i in range(10**6):
            try:
                c.execute("BEGIN IMMEDIATE")
                for text in "ab":
                    c.execute("INSERT INTO captions (start_frame_index, end_frame_index, text) VALUES (?, ?, ?)",
                              (i, i, text))
                c.execute("COMMIT")
            except sqlite3.OperationalError:  # the file was replaced by its sealed self
                c.close()
                c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
            print(i, flush=True)
            time.sleep(0.01)
        """,
        path,
    )
    assert writer.stdout is not None
    taken = 0
    try:
        for _ in range(3):
            writer.stdout.readline()
            taken += cli("snapshot", team.video, "-q", "-m", "Session") == 0
    finally:
        writer.kill()
        writer.communicate()
    if not taken:
        assert cli("snapshot", team.video, "-q", "-m", "Session") == 0
    cache = team.mine / ".dvc/cache/files/md5"
    for commit in git(team.mine, "log", "--format=%H", "-n", str(max(taken, 1))).split():
        name = git(team.mine, "show", f"{commit}:data/5f/5f2a/captions.db.dvc").split("md5: ")[1][:32]
        stored = cache / name[:2] / name[2:]
        assert md5(stored) == name
        with closing(sqlite3.connect(f"file:{stored}?immutable=1", uri=True)) as version:
            odd = "SELECT start_frame_index FROM captions WHERE id > 1 GROUP BY 1 HAVING count(*) <> 2"
            assert version.execute(odd).fetchall() == []


@pytest.mark.parametrize("kind", ["hardlink", "symlink"])
def test_writing_never_reaches_through_a_link_into_the_cache(team: Team, kind: str) -> None:
    dvc(team.mine, "config", "cache.type", kind)
    for schema in ("video", "layout"):
        (team.video / f"{schema}.db").unlink()
    dvc(team.mine, "checkout", "--relink", str(team.video / "layout.db"), str(team.video / "video.db"))
    path = team.video / "layout.db"
    name = md5(path)
    stored = team.mine / ".dvc/cache/files/md5" / name[:2] / name[2:]
    assert path.is_symlink() or path.stat().st_ino == stored.stat().st_ino
    label(team.video, 300)
    assert md5(stored) == name
    assert md5(path) != name
    assert cli("snapshot", team.video, "-q", "-m", "Session", "--push") == 0
    assert not path.is_symlink()
    assert path.stat().st_nlink == 1
    video = team.video / "video.db"
    assert video.is_symlink() or video.stat().st_nlink == 2  # frame files stay linked


def test_a_damaged_content_of_the_cache_is_never_uploaded(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    label(team.video, 300)
    snapshot(team.video, capsys)
    name = md5(team.video / "layout.db")
    stored = team.mine / ".dvc/cache/files/md5" / name[:2] / name[2:]
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes()[:-1] + b"!")
    stored.chmod(0o444)  # as one that was written through a link by root
    assert cli("snapshot", team.video, "-q", "--push") == 5
    assert name not in team.objects()
    raw(team.video / "layout.db", "UPDATE full_frame_box_labels SET box_text = 'another' WHERE frame_index = 300")
    assert cli("track", team.video, "-q") == 0


def test_only_our_files_are_committed(team: Team) -> None:
    (team.mine / "notes.txt").write_text("mine")
    git(team.mine, "add", "notes.txt")
    add_caption(team.video, 20, 30, "new")
    assert cli("snapshot", team.video, "-q", "-m", "Session") == 0
    assert git(team.mine, "show", "--name-only", "--format=") == "data/5f/5f2a/captions.db.dvc"
    assert git(team.mine, "status", "--porcelain") == "A  notes.txt"


def test_a_dry_run_stores_nothing(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    label(team.video, 300)
    before = fingerprint(team.data)
    assert cli("snapshot", team.data, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["changed"] == ["data/5f/5f2a/layout.db"]
    assert fingerprint(team.data) == before


def test_earlier_snapshots_are_pushed_too(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    versions = []
    for frame in (300, 400):
        label(team.video, frame)
        snapshot(team.video, capsys)
        versions.append(md5(team.video / "layout.db"))
    snapshot(team.video, capsys, "--push")
    assert set(versions) <= team.objects()


def test_without_dvc_it_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "dvc.py").write_text("raise ImportError('not here')")
    command = [sys.executable, "-m", "caption_boundaries", "track", str(tmp_path)]
    (tmp_path / "layout.db").touch()
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert "caption-boundaries[dvc]" in done.stderr


def test_nothing_tracked_says_what_to_do(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    for pointer in team.video.glob("*.dvc"):
        pointer.unlink()
    assert cli("snapshot", team.video, "-m", "x") == 2
    assert "caption-boundaries track" in capsys.readouterr().err


def test_captions_survive(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    add_caption(team.video, 20, 30, "new")
    snapshot(team.video, capsys)
    assert captions_of(team.video) == [(3, 17, "Hello"), (20, 30, "new")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes through a write-protected link")
def test_without_the_guard_root_writes_through_a_link_into_the_cache(team: Team) -> None:
    path = team.video / "layout.db"
    name = md5(path)
    stored = team.mine / ".dvc/cache/files/md5" / name[:2] / name[2:]
    path.unlink()
    path.hardlink_to(stored)
    raw(path, "UPDATE full_frame_box_labels SET label = 'out'")
    assert md5(stored) != name
