"""Many videos: every one is completed, whatever happens to the workers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from caption_boundaries.fleet.events import Finished, Progressed
from caption_boundaries.fleet.homes import InPlace
from caption_boundaries.fleet.jobs import Job, run_job
from caption_boundaries.fleet.memory import available_bytes, default_workers
from caption_boundaries.fleet.pool import WorkerPool
from caption_boundaries.fleet.report import report_of
from caption_boundaries.locking import video_lock
from caption_boundaries.pipeline import STEPS
from support.fleets import jobs_for, kill_workers
from support.folders import contents

ALL = tuple(step.name for step in STEPS)


@pytest.fixture
def videos(stages: dict[str, Path], tmp_path: Path) -> list[Path]:
    """Five videos that have just been registered."""
    return [shutil.copytree(stages[""], tmp_path / f"video {number}") for number in range(5)]


def test_every_video_is_done_once_and_equals_a_serial_run(videos: list[Path], stages: dict[str, Path]) -> None:
    results = [
        event.result for event in WorkerPool(2).run([Job(InPlace(video), ALL) for video in videos]) if finished(event)
    ]
    assert sorted(Path(result.video) for result in results) == videos
    assert {(result.status, result.attempts) for result in results} == {("done", 1)}
    assert [outcome.step for outcome in results[0].outcomes] == list(ALL)
    calm = contents(stages["export"])
    assert all(contents(video) == calm for video in videos)


def finished(event: object) -> bool:
    return isinstance(event, Finished)


def test_a_killed_worker_is_replaced_and_its_video_completed(videos: list[Path], stages: dict[str, Path]) -> None:
    pool = WorkerPool(2)
    killed: set[str] = set()
    results = []
    for event in pool.run([Job(InPlace(video), ALL) for video in videos]):
        if isinstance(event, Finished):
            results.append(event.result)
        elif event.job.home.label not in killed and event.step != "ingest":
            killed.add(event.job.home.label)  # every video loses its first worker
            kill_workers(pool.worker_pids)
    assert len(killed) > 0
    assert sorted(Path(result.video) for result in results) == videos
    assert all(result.status == "done" or result.attempts == 3 for result in results)
    calm = contents(stages["export"])
    assert all(contents(Path(result.video)) == calm for result in results if result.status == "done")
    assert any(result.attempts > 1 and result.status == "done" for result in results)


def test_a_video_that_costs_every_worker_is_called_failed(videos: list[Path]) -> None:
    pool = WorkerPool(1, max_attempts=2)
    results = []
    for event in pool.run([Job(InPlace(videos[0]), ALL)]):
        if isinstance(event, Progressed):
            kill_workers(pool.worker_pids)
        else:
            results.append(event.result)
    (result,) = results
    assert (result.status, result.attempts) == ("failed", 2)
    assert "signal 9" in (result.error or "")


def test_one_bad_video_does_not_stop_the_others(videos: list[Path]) -> None:
    (videos[1] / "video.db").write_text("not a database")
    results = {
        Path(e.result.video): e.result
        for e in WorkerPool(2).run([Job(InPlace(v), ("ingest",)) for v in videos])
        if finished(e)
    }
    assert {video for video, result in results.items() if result.status == "failed"} == {videos[1]}
    assert results[videos[1]].exit_code == 5
    assert "video.db" in (results[videos[1]].error or "")


def test_two_workers_never_write_one_video(videos: list[Path]) -> None:
    with video_lock(videos[0]):
        result = run_job(Job(InPlace(videos[0]), ("ingest",)))
    assert (result.status, result.exit_code) == ("failed", 6)


def test_a_whole_fleet_survives_the_death_of_its_workers(films: list[Path], serial: dict[str, dict[str, str]]) -> None:
    pool, results = WorkerPool(2, max_attempts=3 * len(films)), []
    for event in pool.run(jobs_for([InPlace(folder) for folder in films])):
        if isinstance(event, Finished):
            results.append(event.result)
            kill_workers(pool.worker_pids)  # whoever is in the middle of another video
    assert sorted(Path(result.video) for result in results) == films
    assert {result.status for result in results} == {"done"}
    assert any(result.attempts > 1 for result in results)
    assert {folder.name: contents(folder) for folder in films} == serial


def test_leaving_early_ends_the_workers(videos: list[Path]) -> None:
    pool = WorkerPool(2)
    events = pool.run([Job(InPlace(video), ALL) for video in videos])
    next(events)
    pids = pool.worker_pids
    events.close()
    assert pids
    assert pool.worker_pids == ()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_progress_is_told_by_step(videos: list[Path]) -> None:
    told: list[tuple[str, float, float | None]] = []
    result = run_job(Job(InPlace(videos[0]), ("ingest",)), lambda *words: told.append(words))
    assert result.status == "done"
    assert {step for step, _, _ in told} == {"ingest"}
    assert told[-1][1] == told[-1][2]


def test_the_report_counts(videos: list[Path]) -> None:
    (videos[1] / "video.db").write_text("not a database")
    results = [run_job(Job(InPlace(video), ("ingest",))) for video in videos[:2]]
    report = report_of(results, workers=1, seconds=2.0)
    assert {key: report[key] for key in ("videos", "done", "failed", "retried")} == {
        "videos": 2,
        "done": 1,
        "failed": 1,
        "retried": 0,
    }
    assert [entry["status"] for entry in report["results"]] == ["done", "failed"]
    assert report["step_seconds"].keys() == {"ingest"}
    stopped = report_of(results, workers=1, seconds=2.0, asked=5, interrupted=True)
    assert (stopped["videos"], stopped["untried"], stopped["interrupted"]) == (5, 3, True)


@pytest.mark.parametrize(
    ("videos_left", "available", "cores", "expected"),
    [(100, 100e9, 8, 8), (3, 100e9, 8, 3), (100, 2e9, 8, 2), (100, 1e8, 8, 1), (0, 100e9, 8, 1)],
    ids=["cores", "videos", "memory", "little memory", "nothing to do"],
)
def test_workers_fit_cores_memory_and_videos(videos_left: int, available: float, cores: int, expected: int) -> None:
    assert default_workers(videos_left, available=int(available), cores=cores) == expected


def test_the_available_memory_is_known() -> None:
    assert available_bytes() > 0


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"memory.max": "3000", "memory.current": "1000"}, 2000),
        ({"memory.max": "1000", "memory.current": "3000"}, 0),
        ({"memory/memory.limit_in_bytes": "500", "memory/memory.usage_in_bytes": "100"}, 400),
    ],
    ids=["second version", "above its limit", "first version"],
)
def test_a_container_has_the_memory_of_its_group(files: dict[str, str], expected: int, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    assert available_bytes(tmp_path) == expected


def test_a_group_without_a_limit_has_what_the_machine_has(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    assert available_bytes(tmp_path) > 0


def test_a_pool_without_workers_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        WorkerPool(0)
