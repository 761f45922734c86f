"""Claims: one run at a time works on a video; what the dead have left hinders nobody."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from caption_boundaries.errors import StorageError, VideoBusyError
from caption_boundaries.fleet.claims import Holder, claimed, is_free
from caption_boundaries.fleet.patience import Patience
from caption_boundaries.fleet.remote import FolderRemote

HERE = socket.gethostname()
NOW = 1000.0


@pytest.mark.parametrize(
    ("holder", "run", "alive", "free"),
    [
        (Holder("a", "far", 1, NOW + 1), "b", True, False),
        (Holder("a", "far", 1, NOW - 1), "b", True, True),
        (Holder("a", "far", 1, NOW + 1), "a", True, True),
        (Holder("", "far", 1, NOW + 1), "", True, False),
        (Holder("a", HERE, 1, NOW + 1), "b", True, False),
        (Holder("a", HERE, 1, NOW + 1), "b", False, True),
        (Holder("a", "far", 1, NOW + 1), "b", False, False),
    ],
    ids=["held", "run out", "the same run", "no run", "alive here", "dead here", "elsewhere nobody knows"],
)
def test_a_claim_is_free_when_its_holder_is_gone(holder: Holder, run: str, alive: bool, free: bool) -> None:
    assert is_free(holder, run, now=NOW, alive=lambda pid: alive) is free


def test_while_one_run_holds_a_video_another_is_refused(tmp_path: Path) -> None:
    place = FolderRemote(tmp_path)
    with claimed(place, "claims/a", "film", "one"):
        with (
            pytest.raises(VideoBusyError, match=f"process {os.getpid()} on {HERE}"),
            claimed(place, "claims/a", "film", "two"),
        ):
            pass
        with claimed(place, "claims/b", "another film", "two"):
            pass
    with claimed(place, "claims/a", "film", "two"):
        pass
    assert place.names("") == []


def test_many_ask_and_one_is_given(tmp_path: Path) -> None:
    place, given, ready, done = FolderRemote(tmp_path), [], threading.Barrier(8), threading.Event()

    def ask(run: str) -> None:
        ready.wait()
        try:
            with claimed(place, "claims/a", "film", run):
                given.append(run)
                done.wait()
        except VideoBusyError:
            refused.release()

    refused = threading.Semaphore(0)
    askers = [threading.Thread(target=ask, args=(f"run {number}",)) for number in range(8)]
    for asker in askers:
        asker.start()
    for _ in range(7):
        refused.acquire()
    done.set()
    for asker in askers:
        asker.join()
    assert len(given) == 1


def leave(tmp_path: Path, holder: Holder) -> None:
    (tmp_path / "claims" / "a").mkdir(parents=True)
    (tmp_path / "claims" / "a" / "000007.json").write_text(json.dumps(asdict(holder)))


@pytest.mark.parametrize(
    "holder",
    [Holder("a", "far", 1, time.time() - 1), Holder("a", HERE, 2**22 + 1, time.time() + 99)],
    ids=["run out", "dead"],
)
def test_what_the_dead_have_left_is_taken_over_and_cleared_away(holder: Holder, tmp_path: Path) -> None:
    leave(tmp_path, holder)
    with claimed(FolderRemote(tmp_path), "claims/a", "film", "b"):
        assert sorted(path.name for path in (tmp_path / "claims" / "a").iterdir()) == ["000007.json", "000008.json"]
    assert FolderRemote(tmp_path).names("") == []


def test_a_claim_that_nobody_understands_is_taken_over(tmp_path: Path) -> None:
    leave(tmp_path, Holder("a", "far", 1, time.time() + 99))
    (tmp_path / "claims" / "a" / "000007.json").write_text("?")
    with claimed(FolderRemote(tmp_path), "claims/a", "film", "b"):
        pass


def test_a_claim_is_renewed_while_the_work_goes_on(tmp_path: Path) -> None:
    place = FolderRemote(tmp_path)
    with claimed(place, "claims/a", "film", "one", lease=0.4):
        first = place.read("claims/a/000001.json")
        while place.read("claims/a/000001.json") == first:
            time.sleep(0.01)
        with pytest.raises(VideoBusyError), claimed(place, "claims/a", "film", "two"):
            pass


class Gone(FolderRemote):
    """A place that cannot be reached."""

    def names(self, folder: str) -> list[str]:
        raise ConnectionError("the network is down")


def test_a_place_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    hasty = Patience(attempts=2, first_pause_seconds=0.0)
    with (
        pytest.raises(StorageError, match=r"Looking for claims on film failed 2 times: the network is down\."),
        claimed(Gone(tmp_path), "claims/a", "film", "one", patience=hasty),
    ):
        pass


def test_what_is_refused_is_not_tried_again() -> None:
    tried = []

    def refuse() -> None:
        tried.append(1)
        raise PermissionError("not yours")

    with pytest.raises(StorageError, match="Sending it is refused: not yours"):
        Patience().insist(refuse, "Sending it")
    assert tried == [1]


def test_pauses_grow_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)

    def fail() -> None:
        raise TimeoutError

    with pytest.raises(StorageError, match="TimeoutError"):
        Patience(attempts=9, first_pause_seconds=1.0, longest_pause_seconds=8.0).insist(fail, "Sending it")
    longest = [1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))
