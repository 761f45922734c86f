"""Several who work on one stored video: one wins, the others are told, and nobody's work is written over."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import CaptionBoundariesError, ConflictError, DatabaseBusyError, VideoBusyError
from caption_boundaries.fleet.contents import travelling_files
from caption_boundaries.fleet.exchange import compare, fetch_video
from caption_boundaries.fleet.jobs import run_job
from caption_boundaries.fleet.manifest import Manifest
from caption_boundaries.fleet.store import Publication
from support.fleets import jobs_for
from support.folders import contents
from support.stores import address_of, home_of, open_store, publish, silent


def test_two_runs_never_work_on_one_video(films: list[Path], tmp_path: Path) -> None:
    address, folder = address_of("file", tmp_path), films[0]
    publish(address, folder)
    home = home_of(address, folder, tmp_path)
    with home.workplace("one", silent):
        result = run_job(jobs_for([home], run="two")[0])
        with pytest.raises(VideoBusyError, match="worked on by process"):
            publish(address, folder, run="three")
    assert (result.status, result.exit_code) == ("failed", VideoBusyError.exit_code)


def test_of_two_publishers_one_wins_and_the_other_is_told(films: list[Path], tmp_path: Path) -> None:
    address, folder = address_of("flaky memory", tmp_path), films[0]
    base = publish(address, folder).manifest
    results: dict[str, Publication | CaptionBoundariesError] = {}
    both_ready = threading.Barrier(2)

    def race(name: str) -> None:
        path = tmp_path / name
        path.write_text(name)
        both_ready.wait()
        try:
            results[name] = open_store(address).publish(
                Manifest(folder.name, 0, run=name), base, {"a.txt": path}, silent
            )
        except CaptionBoundariesError as error:
            results[name] = error

    racers = [threading.Thread(target=race, args=(name,)) for name in ("one", "two")]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    (winner,) = [result for result in results.values() if isinstance(result, Publication)]
    (loser,) = [result for result in results.values() if isinstance(result, ConflictError)]
    assert open_store(address).latest(folder.name) == winner.manifest
    assert "published by somebody else" in str(loser)


def test_a_worker_of_the_same_run_that_was_thought_dead_is_no_conflict(films: list[Path], tmp_path: Path) -> None:
    address = address_of("memory", tmp_path)
    base = publish(address, films[0]).manifest
    files = travelling_files(films[0]) | {"a.txt": tmp_path / "a.txt"}
    for text in ("one", "two"):
        (tmp_path / "a.txt").write_text(text)
        made = open_store(address).publish(Manifest(films[0].name, 0, run="run"), base, files, silent)
    assert made.manifest.files["a.txt"].size == 3
    assert made.manifest.generation == 2


def edit(folder: Path, version: int) -> None:
    with VideoDatabase(folder, writes={"layout"}) as connection:
        connection.execute("UPDATE layout.video_layout_config SET crop_bounds_version = ?", (version,))


def test_fetching_and_publishing_never_write_over_somebody_s_work(films: list[Path], tmp_path: Path) -> None:
    address, mine = address_of("file", tmp_path), films[0]
    publish(address, mine)
    store = open_store(address)
    fetch_video(store, store.latest(mine.name), tmp_path / "theirs", report=silent)
    theirs = tmp_path / "theirs" / mine.name[:2] / mine.name
    assert compare(store, theirs, mine.name).difference == "same"
    edit(theirs, 2)
    assert compare(store, theirs, mine.name).difference == "ahead"
    with pytest.raises(ConflictError, match="changes that were not published"):
        fetch_video(store, store.latest(mine.name), tmp_path / "theirs", report=silent)
    publish(address, theirs)
    assert compare(store, mine, mine.name).difference == "behind"
    edit(mine, 3)
    assert compare(store, mine, mine.name).difference == "diverged"
    with pytest.raises(ConflictError, match="not made from what"):
        publish(address, mine)
    edit(mine, 1)


def test_a_folder_that_is_behind_is_renewed(films: list[Path], tmp_path: Path) -> None:
    address, mine = address_of("file", tmp_path), films[0]
    publish(address, mine)
    theirs = shutil.copytree(mine, tmp_path / "other" / mine.name)
    edit(theirs, 2)
    publish(address, theirs)
    store = open_store(address)
    with pytest.raises(ConflictError, match="not made from what"):
        publish(address, mine)
    assert fetch_video(store, store.latest(mine.name), mine.parent.parent, report=silent)
    assert contents(mine) == contents(theirs)
    assert not fetch_video(store, store.latest(mine.name), mine.parent.parent, report=silent)
    assert not list(mine.glob(".partial*"))


def test_an_unknown_folder_beside_a_stored_video_is_left_alone(films: list[Path], tmp_path: Path) -> None:
    address = address_of("file", tmp_path)
    publish(address, films[0])
    (films[0] / ".store.json").unlink()
    assert not publish(address, films[0]).new  # it holds the same
    edit(films[0], 2)
    (films[0] / ".store.json").unlink()
    with pytest.raises(ConflictError):
        publish(address, films[0])


def test_a_database_in_the_middle_of_a_transaction_is_not_published(films: list[Path], tmp_path: Path) -> None:
    (films[0] / "captions.db-journal").write_bytes(b"left by a crash")
    with pytest.raises(DatabaseBusyError, match=r"captions\.db"):
        publish(address_of("file", tmp_path), films[0])
    assert open_store(address_of("file", tmp_path)).latest(films[0].name) is None


def test_the_newest_generation_of_every_video_is_listed(films: list[Path], tmp_path: Path) -> None:
    address = address_of("file", tmp_path)
    for folder in films[:2]:
        publish(address, folder)
    edit(films[0], 2)
    publish(address, films[0])
    listed = {manifest.video_id: manifest for manifest in open_store(address).all_latest()}
    assert {video_id: manifest.generation for video_id, manifest in listed.items()} == {
        films[0].name: 2,
        films[1].name: 1,
    }
    assert listed[films[0].name].title.endswith(".mp4")
