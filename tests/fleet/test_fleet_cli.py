"""The commands that a person who runs a fleet types."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from caption_boundaries.cli.main import INTERRUPTED, run
from caption_boundaries.fleet.homes import InPlace
from caption_boundaries.fleet.mirrored import Mirrored
from caption_boundaries.fleet.store import VideoStore
from support.folders import contents, file_hashes

ENGINE = ["--engine", "null", "--workers", "1"]


@pytest.fixture
def root(films: list[Path]) -> Path:
    """A data root of three videos."""
    for folder in films[3:]:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    return films[0].parent.parent


def folders(root: Path) -> list[Path]:
    return sorted(path.parent for path in root.glob("*/*/video.db"))


def told(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    assert run([str(argument) for argument in arguments]) == code
    return capsys.readouterr().out


def test_a_fleet_is_reported_to_a_file(
    root: Path, tmp_path: Path, serial: dict[str, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    out = told(capsys, "run", root, *ENGINE, "--jobs", 2, "--verbose", "--report", tmp_path / "run.json")
    report = json.loads((tmp_path / "run.json").read_text())
    assert {key: report[key] for key in ("videos", "done", "failed", "untried", "workers", "interrupted")} == {
        "videos": 3,
        "done": 3,
        "failed": 0,
        "untried": 0,
        "workers": 2,
        "interrupted": False,
    }
    assert [entry["video"] for entry in report["results"]] == [str(folder) for folder in folders(root)]
    assert "3 of 3: " in out
    assert "3 of 3 videos done" in out
    assert {folder.name: contents(folder) for folder in folders(root)}.items() <= serial.items()


def test_a_fleet_goes_on_where_it_ended(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "run", folders(root)[0], *ENGINE)
    report = json.loads(told(capsys, "run", root, *ENGINE, "--jobs", 2, "--json"))
    ran = [sum(step["ran"] for step in entry["outcomes"]) for entry in report["results"]]
    assert ran == [1, 5, 5]


def test_a_failure_ends_the_run_unless_it_is_to_go_on(root: Path, tmp_path: Path) -> None:
    (folders(root)[0] / "layout.db").write_text("garbage")
    for more, tried in ((["--jobs", "2", "--keep-going"], 3),):
        assert run(["run", str(root), *ENGINE, "--report", str(tmp_path / "run.json"), *more]) == 9
        report = json.loads((tmp_path / "run.json").read_text())
        assert (report["failed"], report["done"] + report["failed"]) == (1, tried)
    (folders(root)[1] / "layout.db").write_text("garbage")
    (folders(root)[2] / "layout.db").write_text("garbage")
    assert run(["run", str(root), *ENGINE, "--report", str(tmp_path / "run.json"), "--jobs", "1"]) == 9
    report = json.loads((tmp_path / "run.json").read_text())
    assert (report["failed"], report["untried"]) == (1, 2)


def test_what_would_run_is_told_and_nothing_is_changed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = file_hashes(root)
    plan = json.loads(told(capsys, "run", root, "--dry-run", "--json"))
    assert [entry["steps"] for entry in plan] == [["ingest", "ocr", "layout", "crop", "captions", "export"]] * 3
    assert file_hashes(root) == before
    told(capsys, "run", root, *ENGINE)
    plan = json.loads(told(capsys, "run", root, "--dry-run", "--json"))
    assert [entry["steps"] for entry in plan] == [["export"]] * 3


def test_a_shared_root_is_worked_on_in_scratch(
    root: Path, tmp_path: Path, serial: dict[str, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "run", root, *ENGINE, "--jobs", 2, "--scratch", tmp_path / "scratch")
    assert {folder.name: contents(folder) for folder in folders(root)}.items() <= serial.items()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_fleet_goes_to_a_store_and_comes_back(
    root: Path, tmp_path: Path, serial: dict[str, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"file://{tmp_path}/store"
    (would,) = {
        entry["what"]
        for entry in json.loads(told(capsys, "store", "publish", root, "--to", address, "--dry-run", "--json"))
    }
    assert would == "would be compared: new"
    assert not (tmp_path / "store").exists()
    assert "generation 1" in told(capsys, "store", "publish", root, "--to", address)
    assert "is there already" in told(capsys, "store", "publish", root, "--to", address)
    told(capsys, "run", address, *ENGINE, "--jobs", 2, "--scratch", tmp_path / "scratch")
    listed = json.loads(told(capsys, "store", "list", address, "--json"))
    assert [(entry["video_id"], entry["generation"]) for entry in listed] == [(f.name, 2) for f in folders(root)]
    assert listed[0]["title"] in told(capsys, "store", "list", address)
    told(capsys, "store", "fetch", address, listed[0]["video_id"], "--data", tmp_path / "fetched")
    assert [folder.name for folder in folders(tmp_path / "fetched")] == [listed[0]["video_id"]]
    assert "fetched" in told(capsys, "store", "fetch", address, "--data", tmp_path / "fetched")
    assert {folder.name: contents(folder) for folder in folders(tmp_path / "fetched")}.items() <= serial.items()
    assert "same" in told(capsys, "store", "fetch", address, "--data", tmp_path / "fetched", "--dry-run")


def test_one_refused_video_does_not_keep_the_others_from_the_store(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"file://{tmp_path}/store"
    (folders(root)[1] / "captions.db-journal").write_bytes(b"left")
    out = told(capsys, "store", "publish", root, "--to", address, "--keep-going", "--json", code=9)
    assert [bool(entry["error"]) for entry in json.loads(out)] == [False, True, False]
    assert run(["store", "publish", str(root), "--to", address]) == 6
    assert len(list(VideoStore(address).all_latest())) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "ROOT", "--cluster", "tcp://10.1.2.3:8786"], 2, "--scratch"),
        (["run", "ROOT", "--cluster", "nowhere"], 2, "is no cluster"),
        (["run", "ROOT", "--resource", "GPU=1"], 2, "--cluster"),
        (["run", "ROOT", "--cluster", "local:1", "--resource", "GPU"], 2, "is no resource"),
        (["run", "file:///nowhere/at/all"], 2, "holds no videos"),
        (["run", "nosuch://bucket"], 2, "cannot be reached"),
        (["store", "fetch", "file:///nowhere/at/all", "abcd"], 2, "has no video abcd"),
    ],
    ids=["network", "cluster", "resource alone", "resource", "empty store", "address", "id"],
)
def test_what_cannot_be_is_told(
    arguments: list[str], code: int, words: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([str(root) if argument == "ROOT" else argument for argument in arguments]) == code
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://localhost:8786", "local:2"])
def test_workers_of_this_machine_may_work_in_place(address: str, root: Path) -> None:
    from caption_boundaries.cli.fleet import FleetOptions, homes_of

    homes = homes_of([str(root), str(root)], root, FleetOptions(cluster=address))
    assert [type(home) for home in homes] == [InPlace] * 3
    mirrored = homes_of([str(root)], root, FleetOptions(cluster="tcp://10.1.2.3:1", scratch=Path("scratch")))
    assert [type(home) for home in mirrored] == [Mirrored] * 3


@pytest.mark.slow
@pytest.mark.parametrize("how", [["--jobs", "2"], ["--cluster", "local:1"]], ids=["local", "cluster"])
def test_a_stopped_run_tells_what_was_done_and_leaves_nothing_half_done(
    how: list[str], root: Path, tmp_path: Path, serial: dict[str, dict[str, str]]
) -> None:
    command = [sys.executable, "-m", "caption_boundaries", "run", str(root), *ENGINE, *how, "--verbose", "--force"]
    process = subprocess.Popen(
        [*command, "--report", str(tmp_path / "run.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    while not list(root.glob("*/*/.partial*")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode in (INTERRUPTED, -signal.SIGINT), errors
    assert "Traceback" not in errors
    assert json.loads((tmp_path / "run.json").read_text())["interrupted"]
    assert run(["run", str(root), *ENGINE, "--quiet"]) == 0
    assert {folder.name: contents(folder) for folder in folders(root)}.items() <= serial.items()
