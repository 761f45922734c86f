"""A shared disk: worked on in scratch, and everything that has changed appears there at once or not at all."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
from pathlib import Path

import pytest

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import ConflictError, DatabaseBusyError, RecognitionError, VideoBusyError
from caption_boundaries.fleet import renaming
from caption_boundaries.fleet.jobs import run_job
from caption_boundaries.fleet.mirrored import Mirrored
from caption_boundaries.fleet.renaming import finish_publishing, publish_by_renaming, stamps
from caption_boundaries.locking import video_lock
from caption_boundaries.pipeline import run_steps, select_steps
from support.fleets import QUICK, jobs_for
from support.folders import contents, file_hashes


def silent(step: str, done: float, total: float | None) -> None:
    """Tell nobody."""


@pytest.fixture
def home(films: list[Path], tmp_path: Path) -> Mirrored:
    return Mirrored(films[0], tmp_path / "scratch")


def hidden(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.startswith(".")} - {".lock"}


def test_a_video_is_worked_on_elsewhere_and_comes_back(home: Mirrored, serial: dict[str, dict[str, str]]) -> None:
    result = run_job(jobs_for([home])[0])
    assert (result.status, result.error) == ("done", None)
    assert contents(home.video_dir) == serial[home.video_id]
    assert list(home.scratch.iterdir()) == []
    assert hidden(home.video_dir) == set()


def test_nothing_is_written_where_nothing_has_changed(home: Mirrored) -> None:
    run_job(jobs_for([home])[0])
    before = stamps(home.video_dir)
    again = run_job(jobs_for([home])[0])
    assert [outcome.step for outcome in again.outcomes if outcome.ran] == ["export"]
    assert stamps(home.video_dir) == before


def test_the_state_of_a_machine_does_not_travel(home: Mirrored) -> None:
    before = (home.video_dir / "state.db").read_bytes()
    run_job(jobs_for([home])[0])
    assert (home.video_dir / "state.db").read_bytes() == before


def test_a_failed_step_leaves_the_home_as_it_was(home: Mirrored) -> None:
    (home.video_dir / "layout.db").write_text("garbage")
    before = file_hashes(home.video_dir)
    result = run_job(jobs_for([home])[0])
    assert result.status == "failed"
    assert file_hashes(home.video_dir) | {".lock": ""} == before | {".lock": ""}
    assert list(home.scratch.iterdir()) == []  # nothing was done in it


def ingest_and_fail(folder: Path) -> None:
    list(run_steps(folder, select_steps(only=["ingest"]), settings=QUICK))
    raise RecognitionError("The engine cannot be started.")


def test_steps_that_were_done_before_one_failed_are_not_lost(home: Mirrored) -> None:
    with pytest.raises(RecognitionError), home.workplace("run", silent) as folder:
        ingest_and_fail(folder)
    again = run_job(jobs_for([home])[0])
    assert [outcome.step for outcome in again.outcomes if outcome.ran] == ["ocr", "crop", "captions", "export"]
    assert list(home.scratch.iterdir()) == []


def test_what_was_damaged_in_scratch_is_fetched_anew(home: Mirrored) -> None:
    with pytest.raises(RecognitionError), home.workplace("run", silent) as folder:
        ingest_and_fail(folder)
    (folder / "video.db").write_text("garbage")
    assert run_job(jobs_for([home])[0]).status == "failed"
    assert list(home.scratch.iterdir()) == []
    assert run_job(jobs_for([home])[0]).status == "done"


def test_nothing_is_kept_of_a_video_that_somebody_else_has_changed(home: Mirrored) -> None:
    with pytest.raises(ConflictError), home.workplace("run", silent) as folder:
        edit_both(folder, home.video_dir)
    assert list(home.scratch.iterdir()) == []


def edit_both(folder: Path, home: Path) -> None:
    for where, version in ((folder, 2), (home, 3)):
        with VideoDatabase(where, writes={"layout"}) as connection:
            connection.execute("UPDATE layout.video_layout_config SET crop_bounds_version = ?", (version,))


def test_a_change_made_meanwhile_is_kept(home: Mirrored) -> None:
    with pytest.raises(ConflictError, match="while it was worked on"), home.workplace("run", silent) as folder:
        edit_both(folder, home.video_dir)
    with VideoDatabase(home.video_dir, readonly=True) as connection:
        assert connection.execute("SELECT crop_bounds_version FROM layout.video_layout_config").fetchone() == (3,)
    assert hidden(home.video_dir) == set()


def test_a_database_in_the_middle_of_a_transaction_is_not_copied(home: Mirrored) -> None:
    (home.video_dir / "captions.db-journal").write_bytes(b"somebody is at it")
    with pytest.raises(DatabaseBusyError), home.workplace("run", silent):
        pass


def test_one_at_a_time(home: Mirrored) -> None:
    with home.workplace("one", silent), pytest.raises(VideoBusyError), home.workplace("two", silent):
        pass
    with video_lock(home.video_dir), pytest.raises(VideoBusyError), home.workplace("two", silent):
        pass


CALLS = ("copy2", "sync_file", "sync_folder", "rename", "replace", "rmtree")


def publish_and_die(folder: Path, home: Path, kill_at: int) -> None:
    """Publish, and die when about to change something on the disk for the ``kill_at``-th time."""
    seen = 0

    def counting(real):  # type: ignore[no-untyped-def]
        def call(*args, **options):  # type: ignore[no-untyped-def]
            nonlocal seen
            seen += 1
            if seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return call

    shutil.copy2, shutil.rmtree = counting(shutil.copy2), counting(shutil.rmtree)
    renaming.sync_file, renaming.sync_folder = counting(renaming.sync_file), counting(renaming.sync_folder)
    Path.rename, Path.replace = counting(Path.rename), counting(Path.replace)
    publish_by_renaming(folder, home, stamps(home), silent)


def test_killed_at_any_moment_all_files_are_old_or_all_are_new(tmp_path: Path) -> None:
    old = {"captions.db": b"old captions", "cropping.db": b"old crops", "film.mp4": b"film"}
    new = {"captions.db": b"new captions", "cropping.db": b"new crops", "film.srt": b"1"}
    outcomes, kill_at, code = set(), 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        kill_at += 1
        home, folder = tmp_path / f"home {kill_at}", tmp_path / f"folder {kill_at}"
        for place, files in ((home, old), (folder, new)):
            place.mkdir()
            for name, data in files.items():
                (place / name).write_bytes(data)
        process = multiprocessing.get_context("fork").Process(target=publish_and_die, args=(folder, home, kill_at))
        process.start()
        process.join()
        code = process.exitcode or 0
        finish_publishing(home)
        found = {path.name: path.read_bytes() for path in home.iterdir()}
        assert found in (old, old | new)
        outcomes.add(found == old)
    assert outcomes == {True, False}
    assert kill_at > 15


def test_what_was_changed_after_a_kill_is_not_written_over(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "folder"
    for place, text in ((home, "old"), (folder, "new")):
        place.mkdir()
        for name in ("a.db", "b.db"):
            (place / name).write_text(text)
    staged = home / ".publishing"
    shutil.copytree(folder, staged)
    expected = {"a.db": [3, (home / "a.db").stat().st_mtime_ns], "b.db": [3, 1]}  # somebody has written b.db since
    (staged / ".expected.json").write_text(json.dumps(expected))
    finish_publishing(home)
    assert {path.name: path.read_text() for path in home.iterdir()} == {"a.db": "new", "b.db": "old"}
