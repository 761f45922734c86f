"""An object store whose transfers fail: a video is published whole or not at all."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import StorageError, TargetError, UsageError
from caption_boundaries.fleet.contents import travelling_files
from caption_boundaries.fleet.events import Finished
from caption_boundaries.fleet.exchange import fetch_video
from caption_boundaries.fleet.homes import Home
from caption_boundaries.fleet.jobs import run_job
from caption_boundaries.fleet.manifest import Manifest, from_bytes, to_bytes
from caption_boundaries.fleet.pool import WorkerPool
from caption_boundaries.fleet.remote import is_address, open_remote
from caption_boundaries.fleet.store import hash_file
from caption_boundaries.fleet.stored import Stored
from caption_boundaries.pipeline import run_steps
from support import flaky
from support.fleets import QUICK, jobs_for, kill_workers
from support.stores import address_of, fetched_contents, home_of, open_store, publish, silent


@pytest.mark.parametrize("kind", ["file", "memory", "flaky", "flaky memory"])
def test_a_video_is_worked_on_and_published(
    kind: str, films: list[Path], serial: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    address, folder = address_of(kind, tmp_path), films[0]
    publish(address, folder)
    (job,) = jobs_for([home_of(address, folder, tmp_path)])
    result = run_job(job)
    assert (result.status, result.error) == ("done", None)
    assert {outcome.step for outcome in result.outcomes if outcome.ran} >= {"ingest", "ocr", "crop", "captions"}
    assert result.outcomes[-1].result.summary.endswith(f"{address}/videos/{folder.name}/{folder_srt(folder)}")
    assert fetched_contents(address, folder.name, tmp_path / "fetched") == serial[folder.name]
    assert list((tmp_path / "scratch").glob("*")) == []


def folder_srt(folder: Path) -> str:
    (video,) = folder.glob("*.mp4")
    return f"{video.stem}.srt"


def test_running_again_sends_nothing(films: list[Path], tmp_path: Path) -> None:
    address = address_of("flaky", tmp_path)
    publish(address, films[0])
    run_job(jobs_for([home_of(address, films[0], tmp_path)])[0])
    puts, newest = flaky.CALLS["put_file"], open_store(address).latest(films[0].name)
    again = run_job(jobs_for([home_of(address, films[0], tmp_path)])[0])
    assert [outcome.step for outcome in again.outcomes if outcome.ran] == ["export"]
    assert flaky.CALLS["put_file"] == puts
    assert open_store(address).latest(films[0].name) == newest


def test_unchanged_files_are_not_sent_again(films: list[Path], tmp_path: Path) -> None:
    address = address_of("file", tmp_path)
    first = publish(address, films[0])
    assert set(first.sent) == set(travelling_files(films[0]))
    assert not publish(address, films[0]).new
    with VideoDatabase(films[0], writes={"layout"}) as connection:
        connection.execute("UPDATE layout.video_layout_config SET crop_bounds_version = 2")
    second = publish(address, films[0])
    assert (second.sent, second.manifest.generation) == (("layout.db",), 2)


def test_what_belongs_to_one_machine_stays_there(films: list[Path], tmp_path: Path) -> None:
    list(run_steps(films[0], settings=QUICK))
    files = publish(address_of("file", tmp_path), films[0]).manifest.files
    assert not {name for name in files if name.startswith((".", "state"))}
    assert {"video.db", "fullOCR.db", "layout.db", "captions.db", "cropping.db"} < set(files)


FAULTY = [(kind, fault) for kind in flaky.KINDS for fault in ("before", "after")]
FAULTY += [("put_file", "cut"), ("get_file", "cut")]


@pytest.mark.parametrize(("kind", "fault"), FAULTY)
def test_a_fault_that_passes_is_overcome(
    kind: str, fault: str, films: list[Path], serial: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    address, folder = address_of("flaky memory", tmp_path), films[1]
    publish(address, folder)
    flaky.CALLS.clear()
    flaky.FAULTS.update({(kind, number): fault for number in (1, 3, 6, 7)})
    result = run_job(jobs_for([home_of(address, folder, tmp_path)])[0])
    flaky.FAULTS.clear()
    assert (result.status, result.error) == ("done", None)
    assert flaky.CALLS[kind] > 1
    assert fetched_contents(address, folder.name, tmp_path / "fetched") == serial[folder.name]


HARMLESS = [("pipe_file", "after"), ("info", "after")]
"""What was created is found to be so; what is asked after does not exist, which is an answer."""


@pytest.mark.parametrize(("kind", "fault"), FAULTY)
def test_a_fault_that_stays_is_told_and_nothing_is_published(
    kind: str, fault: str, films: list[Path], tmp_path: Path
) -> None:
    address, folder = address_of("flaky memory", tmp_path), films[1]
    before = publish(address, folder).manifest
    flaky.FAULTS[kind, 0] = fault
    result = run_job(jobs_for([home_of(address, folder, tmp_path)])[0])
    flaky.FAULTS.clear()
    if (kind, fault) in HARMLESS:
        assert result.status == "done"
    else:
        assert (result.status, result.exit_code) == ("failed", StorageError.exit_code)
        assert "failed 4 times" in (result.error or "")
        assert open_store(address).latest(folder.name) == before
    assert fetched_contents(address, folder.name, tmp_path / "fetched")  # whatever counts is whole


def test_a_fleet_with_failing_transfers_is_complete_or_clearly_failed(
    films: list[Path], serial: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    address = address_of("flaky memory", tmp_path)
    before = {folder.name: publish(address, folder).manifest for folder in films[:6]}
    flaky.CALLS.clear()
    # One of four calls fails; and of some calls so many in a row that the job gives up.
    flaky.FAULTS.update({("get_file", number): "before" for number in range(1, 400, 4)})
    flaky.FAULTS.update({("put_file", number): "cut" for number in (2, 9, 10, 11, 12, 20)})
    results = [run_job(job) for job in jobs_for([home_of(address, folder, tmp_path) for folder in films[:6]])]
    flaky.FAULTS.clear()
    assert {result.status for result in results} == {"done", "failed"}
    for folder, result in zip(films, results, strict=False):
        if result.status == "done":
            assert fetched_contents(address, folder.name, tmp_path / "fetched") == serial[folder.name]
        else:
            assert open_store(address).latest(folder.name) == before[folder.name]


def run_and_die(home: Home, kind: str, number: int) -> None:
    flaky.FAULTS[kind, number] = "kill"
    run_job(jobs_for([home])[0])


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("get_file", 1),
        ("get_file", 5),
        ("put_file", 1),
        ("put_file", 2),
        ("get_file", 8),
        ("pipe_file", 1),
        ("pipe_file", 2),
    ],
)
def test_a_worker_killed_in_a_transfer_leaves_the_old_or_the_new(
    kind: str, number: int, films: list[Path], serial: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    address, folder = address_of("flaky", tmp_path), films[2]
    before = publish(address, folder).manifest
    flaky.calm()
    process = multiprocessing.get_context("fork").Process(
        target=run_and_die, args=(home_of(address, folder, tmp_path), kind, number)
    )
    process.start()
    process.join()
    assert process.exitcode == -9
    newest = open_store(address).latest(folder.name)
    assert newest == before or ((kind, number) == ("pipe_file", 2) and newest is not None and newest.generation == 2)
    result = run_job(jobs_for([home_of(address, folder, tmp_path)], run="another")[0])  # the dead are no hindrance
    assert (result.status, result.error) == ("done", None)
    assert fetched_contents(address, folder.name, tmp_path / "fetched") == serial[folder.name]


def test_a_killed_worker_s_work_is_gone_on_with(films: list[Path], tmp_path: Path) -> None:
    address, folder = address_of("flaky", tmp_path), films[2]
    publish(address, folder)
    flaky.calm()
    process = multiprocessing.get_context("fork").Process(
        target=run_and_die, args=(home_of(address, folder, tmp_path), "put_file", 1)
    )
    process.start()
    process.join()
    result = run_job(jobs_for([home_of(address, folder, tmp_path)])[0])
    assert [outcome.step for outcome in result.outcomes if outcome.ran] == ["export"]


def test_what_was_done_is_not_lost_when_it_cannot_be_published_yet(films: list[Path], tmp_path: Path) -> None:
    address, folder = address_of("flaky memory", tmp_path), films[2]
    publish(address, folder)
    flaky.FAULTS["put_file", 0] = "before"
    assert run_job(jobs_for([home_of(address, folder, tmp_path)])[0]).status == "failed"
    flaky.FAULTS.clear()
    result = run_job(jobs_for([home_of(address, folder, tmp_path)])[0])
    assert [outcome.step for outcome in result.outcomes if outcome.ran] == ["export"]
    assert open_store(address).latest(folder.name).generation == 2
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.slow
def test_workers_that_die_lose_nothing(films: list[Path], serial: dict[str, dict[str, str]], tmp_path: Path) -> None:
    address = address_of("file", tmp_path)
    for folder in films:
        publish(address, folder)
    pool, results = WorkerPool(2, max_attempts=3 * len(films)), []
    for event in pool.run(jobs_for([Stored(address, folder.name, tmp_path / "scratch") for folder in films])):
        if isinstance(event, Finished):
            results.append(event.result)
            kill_workers(pool.worker_pids)  # whoever is in the middle of another video
    assert any(result.attempts > 1 for result in results)
    assert sorted(result.video for result in results) == sorted(f"{address}/videos/{folder.name}" for folder in films)
    assert {result.status for result in results} == {"done"}
    for folder in films:
        assert fetched_contents(address, folder.name, tmp_path / "fetched") == serial[folder.name]
        assert open_store(address).latest(folder.name).generation == 2  # published once


def test_a_damaged_object_is_named(films: list[Path], tmp_path: Path) -> None:
    address, folder = address_of("file", tmp_path), films[0]
    manifest = publish(address, folder).manifest
    digest = manifest.files["video.db"].sha256
    damaged = tmp_path / "store" / "objects" / digest[:2] / digest
    damaged.write_bytes(bytes(damaged.stat().st_size))
    with pytest.raises(StorageError, match=r"video\.db is not what was published"):
        fetch_video(open_store(address), manifest, tmp_path / "fetched", report=silent)
    assert list((tmp_path / "fetched").glob("*/*")) == []
    damaged.unlink()
    with pytest.raises(StorageError, match="is gone"):
        fetch_video(open_store(address), manifest, tmp_path / "fetched", report=silent)


def test_a_video_that_is_not_there_is_named(tmp_path: Path) -> None:
    home = Stored(f"file://{tmp_path}", "nobody", tmp_path / "scratch")
    with pytest.raises(TargetError, match="nobody does not exist"), home.workplace("run", silent):
        pass


GOOD = json.loads(to_bytes(Manifest("abcd", 3, {"video.db": hash_file(Path(__file__))}, "film.mp4", "run", "now")))


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"video_id": "../escape"},
        {"files": {"../../.bashrc": {"sha256": "a" * 64, "size": 1}}},
        {"files": {".lock": {"sha256": "a" * 64, "size": 1}}},
        {"files": {"video.db": {"sha256": "../../secret", "size": 1}}},
        {"files": {"video.db": {"sha256": "a" * 64, "size": -1}}},
        {"files": ["video.db"]},
        {"generation": "many"},
    ],
    ids=["later form", "id", "path", "hidden", "hash", "size", "list", "generation"],
)
def test_a_manifest_that_could_do_harm_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(StorageError, match="cannot be used"):
        from_bytes(json.dumps(GOOD | changes).encode(), "here")


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{}", b"\xff"])
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(StorageError, match="cannot be used"):
        from_bytes(data, "here")


def test_a_manifest_comes_back_as_it_was() -> None:
    manifest = from_bytes(json.dumps(GOOD).encode(), "here")
    assert from_bytes(to_bytes(manifest), "here") == manifest
    assert manifest.size == Path(__file__).stat().st_size


@pytest.mark.parametrize(
    ("target", "expected"),
    [("s3://bucket/films", True), ("file:///mnt", True), ("films", False), ("/a://b", False), ("", False)],
)
def test_addresses_are_told_from_paths(target: str, expected: bool) -> None:
    assert is_address(target) is expected


@pytest.mark.parametrize("address", ["nosuch://bucket", "file://films", "file://host/films"])
def test_an_address_that_leads_nowhere_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        open_remote(address)


@pytest.mark.parametrize("kind", ["file", "memory", "flaky", "flaky memory"])
def test_a_place_keeps_what_it_is_given(kind: str, tmp_path: Path) -> None:
    place = open_remote(address_of(kind, tmp_path))
    assert (place.names("a"), place.size("a/b")) == ([], None)
    assert place.create("a/b", b"one")
    assert not place.create("a/b", b"two")
    assert (place.names("a"), place.size("a/b"), place.read("a/b")) == (["a/b"], 3, b"one")
    place.replace("a/b", b"three")
    place.download("a/b", tmp_path / "here")
    assert (tmp_path / "here").read_bytes() == b"three"
    place.upload(tmp_path / "here", "c/d/e")
    place.delete("a/b")
    place.delete("a/b")
    assert names(place.names("")) == ["c/d/e"]
    with pytest.raises(FileNotFoundError):
        place.read("a/b")


def names(found: Iterable[str]) -> list[str]:
    return sorted(found)
