"""The same fleet on the workers of a dask cluster that the test has started, and on one that the run starts."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import Client, LocalCluster

from caption_boundaries.errors import FleetError, UsageError
from caption_boundaries.fleet.cluster import ClusterPool
from caption_boundaries.fleet.events import Finished, Progressed
from caption_boundaries.fleet.homes import Home, InPlace
from caption_boundaries.fleet.jobs import Job, run_job
from caption_boundaries.fleet.mirrored import Mirrored
from caption_boundaries.fleet.stored import Stored
from support.fleets import jobs_for, kill_workers, results_of
from support.folders import contents
from support.stores import fetched_contents, publish


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster of two workers, each of which is replaced when it dies."""
    # As for a run's own cluster: who dies again and again is started again and again.
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1 day"}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            resources={"GPU": 1},
            silence_logs=60,
            scheduler_kwargs={"allowed_failures": 0},
        ) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def client(cluster: Any) -> Iterator[Any]:
    with Client(cluster.scheduler_address, set_as_default=False) as connected:
        yield connected


def worker_pids(client: Any) -> list[int]:
    return list(client.run(os.getpid).values())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["in place", "shared", "store"])
def test_a_fleet_survives_the_death_of_its_workers(
    kind: str, cluster: Any, client: Any, films: list[Path], serial: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    address = f"file://{tmp_path}/store"
    if kind == "store":
        for folder in films:
            publish(address, folder)
    home = {
        "in place": InPlace,
        "shared": lambda folder: Mirrored(folder, tmp_path / "scratch"),
        "store": lambda folder: Stored(address, folder.name, tmp_path / "scratch"),
    }[kind]
    pool, results, killed = ClusterPool(cluster.scheduler_address), [], 0
    for event in pool.run(jobs_for([home(folder) for folder in films])):
        if isinstance(event, Finished):
            results.append(event.result)
            if len(results) in (1, 5):
                kill_workers(worker_pids(client)[: 1 + killed])
                killed += 1
    assert killed == 2
    assert sorted(result.video for result in results) == sorted(home(folder).label for folder in films)
    assert {(result.status, result.error) for result in results} == {("done", None)}
    for folder in films:
        found = fetched_contents(address, folder.name, tmp_path / "got") if kind == "store" else contents(folder)
        assert found == serial[folder.name]


def test_workers_offer_what_a_job_needs(cluster: Any, films: list[Path]) -> None:
    (result,) = results_of(ClusterPool(cluster.scheduler_address, resources={"GPU": 1}), jobs_for([InPlace(films[0])]))
    assert result.status == "done"
    with pytest.raises(FleetError, match="No worker of the cluster offers GPU=2"):
        results_of(ClusterPool(cluster.scheduler_address, resources={"GPU": 2}), jobs_for([InPlace(films[0])]))


def test_a_failing_video_is_a_result_like_another(cluster: Any, films: list[Path]) -> None:
    (films[0] / "video.db").write_text("garbage")
    results = results_of(ClusterPool(cluster.scheduler_address), jobs_for([InPlace(folder) for folder in films[:2]]))
    failed, done = sorted(results, key=lambda result: result.status == "done")
    assert (failed.status, failed.exit_code, done.status) == ("failed", 5, "done")
    assert "video.db" in (failed.error or "")


class Deadly(InPlace):
    """A home that kills whoever comes."""

    def workplace(self, run: str, report: Any) -> Any:
        threading.Event().wait(0.3)  # so that it is heard to have begun
        os.kill(os.getpid(), 9)


class Faulty(InPlace):
    """A home with a fault of ours."""

    def workplace(self, run: str, report: Any) -> Any:
        raise ZeroDivisionError("a fault of ours")


@pytest.mark.slow
def test_a_video_that_costs_every_worker_is_called_failed(cluster: Any, films: list[Path]) -> None:
    homes: list[Home] = [Deadly(films[0]), Faulty(films[1]), InPlace(films[2])]
    results = {result.video: result for result in results_of(ClusterPool(cluster.scheduler_address), jobs_for(homes))}
    assert "workers died on" in (results[str(films[0])].error or "")
    assert "ZeroDivisionError: a fault of ours" in (results[str(films[1])].error or "")
    assert results[str(films[2])].status == "done"


class Endless(InPlace):
    """A home in which the work does not end, but tells that it goes on."""

    def workplace(self, run: str, report: Any) -> Any:
        while True:
            threading.Event().wait(0.1)
            report("fetch", 1, 2)


def test_leaving_early_stops_the_workers(cluster: Any, client: Any, films: list[Path]) -> None:
    pool = ClusterPool(cluster.scheduler_address)
    events = pool.run(jobs_for([Endless(folder) for folder in films[:5]]))
    event = next(events)
    assert isinstance(event, Progressed)
    assert (event.step, event.done, event.total) == ("fetch", 1, 2)
    events.close()
    (result,) = results_of(pool, jobs_for([InPlace(films[5])]))  # waits until a worker is free
    assert result.status == "done"


@pytest.mark.slow
def test_a_cluster_for_the_length_of_a_run(films: list[Path], serial: dict[str, dict[str, str]]) -> None:
    results = results_of(ClusterPool("local:1", resources={"GPU": 1}), jobs_for([InPlace(films[0])]))
    assert [(result.status, result.attempts) for result in results] == [("done", 1)]
    assert contents(films[0]) == serial[films[0].name]


def test_a_finished_job_that_is_run_again_changes_nothing(films: list[Path]) -> None:
    job = Job(InPlace(films[0]), ("ingest", "ocr"))
    run_job(job)
    before = contents(films[0])
    assert [outcome.ran for outcome in run_job(job).outcomes] == [False, False]
    assert contents(films[0]) == before


@pytest.mark.parametrize("address", ["", "local", "local:", "local:0", "local:-1", "local:two", "host:8786"])
def test_what_is_no_cluster_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is no cluster"):
        ClusterPool(address)


def test_a_cluster_that_does_not_answer_is_named(films: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caption_boundaries.fleet.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(FleetError, match="does not answer"):
        results_of(ClusterPool("tcp://127.0.0.1:9"), jobs_for([InPlace(films[0])]))


def test_a_cluster_that_has_lost_its_workers_is_given_up(films: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caption_boundaries.fleet.cluster.WORKERLESS_SECONDS", 0.0)
    monkeypatch.setattr("caption_boundaries.fleet.cluster._LOOK_SECONDS", 0.2)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", processes=False) as fading:
        events = ClusterPool(fading.scheduler_address).run(jobs_for([Endless(films[0]), Endless(films[1])]))
        next(events)
        fading.scale(0)
        with pytest.raises(FleetError, match="no worker"):
            list(events)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError) as refused:
        ClusterPool("local:2")
    assert "caption-boundaries[cluster]" in refused.value.hint
