"""Many folders at once: a process that dies takes nothing with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from caption_boundaries.errors import StorageError
from caption_boundaries.migration.batch import _serve, attempt, run_batch
from caption_boundaries.migration.migrate import migrate_folder
from caption_boundaries.migration.outcome import Outcome
from caption_boundaries.step import Progress
from support.old_folders import assert_complete, old_folder, rows_of

JOBS = pytest.mark.parametrize("jobs", [1, 3])


def fickle(folder: Path, *, progress: Progress) -> Outcome:
    """Do what the folder's name says."""
    progress(1_500_000, 2_000_000, "bytes")
    if folder.name == "refuse":
        raise StorageError("The disk is full.")
    if folder.name == "surprise":
        raise KeyError("nobody thought of this")
    if folder.name == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if folder.name == "leave":
        os._exit(3)
    progress(2_000_000, 2_000_000, "bytes")
    return Outcome(folder, "done", bytes=2_000_000)


@JOBS
def test_every_folder_has_an_outcome_in_the_order_it_was_given(jobs: int) -> None:
    folders = [Path(name) for name in ("a", "refuse", "b", "surprise", "c")]
    told: list[Outcome] = []
    done: list[float] = []
    outcomes = run_batch(folders, fickle, jobs=jobs, told=told.append, progress=lambda d, t, u: done.append(d))
    assert [(outcome.folder.name, outcome.status) for outcome in outcomes] == [
        ("a", "done"),
        ("refuse", "failed"),
        ("b", "done"),
        ("surprise", "failed"),
        ("c", "done"),
    ]
    assert (outcomes[1].detail, outcomes[1].exit_code) == ("The disk is full.", 7)
    assert "nobody thought of this" in outcomes[3].detail
    assert sorted(told, key=lambda outcome: str(outcome.folder)) == sorted(outcomes, key=lambda o: str(o.folder))
    assert done[-1] == max(done) >= 6_000_000


def test_a_process_that_dies_takes_nothing_with_it() -> None:
    outcomes = run_batch([Path("die"), Path("leave"), *map(Path, "abcdef")], fickle, jobs=2)
    assert "SIGKILL" in outcomes[0].detail
    assert "exit code 3" in outcomes[1].detail
    assert [outcome.status for outcome in outcomes] == ["failed"] * 2 + ["done"] * 6


@JOBS
def test_nothing_more_is_begun_after_a_failure_when_asked(jobs: int) -> None:
    outcomes = run_batch([Path("refuse"), *map(Path, "abcdefgh")], fickle, jobs=jobs, keep_going=False)
    assert outcomes[0].status == "failed"
    assert len(outcomes) < 9


def endless(folder: Path, *, progress: Progress) -> Outcome:
    (folder / "begun").touch()
    try:
        while True:
            time.sleep(0.01)
    finally:
        (folder / "unwound").touch()


class Stop(BaseException):
    """As if a person had pressed Ctrl-C."""


def test_an_interruption_ends_the_processes_and_lets_them_unwind(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()

    def stop(done: float, total: float | None, unit: str) -> None:
        if all((folder / "begun").exists() for folder in folders):
            raise Stop

    with pytest.raises(Stop):
        run_batch(folders, endless, jobs=2, progress=stop)
    assert all((folder / "unwound").exists() for folder in folders)


def test_what_a_process_sends() -> None:
    signals = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    receiving, sending = multiprocessing.Pipe(duplex=False)
    try:
        _serve(sending, Path("a"), fickle)
        assert [receiving.recv(), receiving.recv()] == [1_500_000, Outcome(Path("a"), "done", bytes=2_000_000)]
        with pytest.raises(SystemExit):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, signals[0])
        signal.signal(signal.SIGTERM, signals[1])
        receiving.close()
        sending.close()


def test_migrations_side_by_side(tmp_path: Path) -> None:
    folders = [old_folder(tmp_path / str(number)) for number in range(4)]
    expected = rows_of(folders[0], {})
    outcomes = run_batch(folders, migrate_folder, jobs=2)
    assert [outcome.status for outcome in outcomes] == ["done"] * 4
    assert {assert_complete(folder, expected) for folder in folders} == {"new"}


def test_an_interruption_is_no_outcome() -> None:
    def interrupted(folder: Path, *, progress: Progress) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(Path(), interrupted, lambda *report: None)
