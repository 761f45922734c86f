"""Work in the background: steps that run, wait, fail and are stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from caption_boundaries.errors import StorageError, VideoBusyError
from caption_boundaries.web.app import create_app, create_context
from caption_boundaries.web.jobs import Jobs, run_pipeline
from caption_boundaries.web.settings import WebSettings
from support.web_data import make_video
from support.web_server import Server


def _quick(folder: Path, steps: Sequence[str], send: Callable[..., None]) -> None:
    for step in steps:
        send(step=step, done=1.0, total=2.0, unit="frames")
        send(finished=step, message=f"did {step}")


def _slow(folder: Path, steps: Sequence[str], send: Callable[..., None]) -> None:
    send(step=steps[0])
    time.sleep(600)


def _failing(folder: Path, steps: Sequence[str], send: Callable[..., None]) -> None:
    raise StorageError("The disk is full.", hint="Free some space.")


def _broken(folder: Path, steps: Sequence[str], send: Callable[..., None]) -> None:
    raise RuntimeError("oh")


def _killed(folder: Path, steps: Sequence[str], send: Callable[..., None]) -> None:
    os.kill(os.getpid(), 9)


def wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def last_of(jobs: Jobs, video_id: str = "v") -> Any:
    wait_for(lambda: (job := jobs.get(video_id)) is not None and not job.active)
    return jobs.get(video_id)


class TestJobs:
    @pytest.mark.parametrize(
        ("work", "state", "message"),
        [
            (_quick, "done", "did b"),
            (_failing, "failed", "The disk is full. Free some space."),
            (_broken, "failed", "RuntimeError: oh"),
            (_killed, "failed", "code -9"),
        ],
    )
    def test_a_job_ends_as_its_process_does(self, tmp_path: Path, work: Any, state: str, message: str):
        jobs = Jobs(work)
        jobs.start("v", tmp_path, ["a", "b"])
        job = last_of(jobs)
        assert (job.state, message in job.message) == (state, True), job
        if state == "done":
            assert job.finished == ("a", "b")
        jobs.close()

    def test_a_job_is_stopped_and_another_one_may_begin(self, tmp_path: Path):
        jobs = Jobs(_slow)
        jobs.start("v", tmp_path, ["a"])
        wait_for(lambda: (job := jobs.get("v")) is not None and job.step == "a")
        with pytest.raises(VideoBusyError):
            jobs.start("v", tmp_path, ["a"])
        jobs.start("waits", tmp_path, ["a"])
        jobs.stop("waits")
        jobs.stop("v")
        assert last_of(jobs).state == "stopped"
        assert last_of(jobs, "waits").state == "stopped"
        jobs.stop("v")
        jobs.start("v", tmp_path, ["a"])
        jobs.close()
        assert jobs.active() == []

    def test_the_real_steps_run(self, tmp_path: Path):
        news: list[dict[str, Any]] = []
        folder = make_video(tmp_path, frames=3, layout=False)
        run_pipeline(folder, ["layout"], lambda **said: news.append(said))
        assert news[0]["step"] == "layout"
        assert news[-1]["finished"] == "layout"

    def test_steps_are_run_from_the_page(self, data: Path):
        make_video(data, frames=3, name="another.mp4", layout=False)
        context = create_context(WebSettings(data=data), work=_quick)
        app = create_app(context)
        with TestClient(app, base_url="http://127.0.0.1:8765") as client:
            server = Server(app, context, client)
            server.log_in()
            video_id = next(iter(context.registry.all()))
            server.post(f"/api/v1/videos/{video_id}/run", {"steps": ["crop", "layout"]})
            assert last_of(context.jobs, video_id).finished == ("layout", "crop")
            assert server.get(f"/api/v1/videos/{video_id}")["job"]["state"] == "done"
            assert "no step" in server.post(f"/api/v1/videos/{video_id}/run", {"steps": ["x"]}, 400)["error"]["message"]
            server.post(f"/api/v1/videos/{video_id}/stop", {}, 204)
