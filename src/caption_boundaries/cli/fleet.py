"""Many videos at once: where they live, which engine runs them, and what became of them."""

from __future__ import annotations

import json
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from caption_boundaries.atomic import write_file
from caption_boundaries.cli.fleet_board import Board
from caption_boundaries.cli.output import Output
from caption_boundaries.config import Settings
from caption_boundaries.errors import CaptionBoundariesError, FleetError, TargetError, UsageError
from caption_boundaries.fleet.cluster import ClusterPool
from caption_boundaries.fleet.events import Engine, Finished
from caption_boundaries.fleet.homes import Home, InPlace
from caption_boundaries.fleet.jobs import Job, JobResult
from caption_boundaries.fleet.memory import default_workers
from caption_boundaries.fleet.mirrored import Mirrored
from caption_boundaries.fleet.pool import WorkerPool
from caption_boundaries.fleet.remote import is_address
from caption_boundaries.fleet.report import report_of
from caption_boundaries.fleet.store import VideoStore
from caption_boundaries.fleet.stored import Stored
from caption_boundaries.freshness import step_states
from caption_boundaries.library import load_video, resolve_target
from caption_boundaries.step import Step


@dataclass(frozen=True)
class FleetOptions:
    """How a fleet is run, as the command line says it."""

    jobs: int = 1
    """Videos side by side on this machine; 0 = as many as fit."""
    cluster: str = ""
    resources: tuple[str, ...] = ()
    scratch: Path | None = None
    report: Path | None = None
    keep_going: bool = False

    @property
    def wanted(self) -> bool:
        """True where something was asked for that only a fleet run can do."""
        return bool(self.cluster or self.resources or self.scratch or self.report)


def homes_of(targets: Sequence[str], data: Path, options: FleetOptions) -> list[Home]:
    """Return where the videos of all targets live, each once, in order.

    Raises:
        TargetError: A target means no video.
        UsageError: Databases would be opened on another machine's disk.
    """
    homes = [home for target in targets for home in _homes(target, data, options)]
    if _is_elsewhere(options.cluster) and any(isinstance(home, InPlace) for home in homes):
        raise UsageError(
            "The workers of a cluster on other machines would open databases over the network.",
            hint="Give --scratch DIR, a folder on the workers' local disks: they copy, work there and publish.",
        )
    return list({home.label: home for home in homes}.values())


def run_fleet(
    homes: Sequence[Home],
    steps: Sequence[Step],
    settings: Settings,
    out: Output,
    options: FleetOptions,
    *,
    force: bool = False,
) -> None:
    """Run steps on many videos side by side, then print what became of them.

    Raises:
        FleetError: A video failed (without ``keep_going`` the rest was not begun), or the cluster cannot be used.
    """
    run_id, names = secrets.token_hex(8), tuple(step.name for step in steps)
    weights = {home.label: home.weigh() for home in homes}
    # The longest first: a long one begun last would be worked on alone.
    ordered = sorted(homes, key=lambda home: -weights[home.label])
    engine, workers = _engine(options, len(homes))
    results: list[JobResult] = []
    with (
        _reported(results, [home.label for home in homes], workers, out, options.report),
        Board(weights, out) as board,
        closing(engine.run([Job(home, names, settings, force, run_id) for home in ordered])) as events,
    ):
        for event in events:
            board.show(event)
            if isinstance(event, Finished):
                results.append(event.result)
                if event.result.status == "failed" and not options.keep_going:
                    break
    _raise_failures(results, len(homes))


def print_plan(homes: Sequence[Home], steps: Sequence[Step], out: Output, *, force: bool) -> None:
    """Print what a run would do to each video, and change nothing."""
    plan = [{"video": home.label, "steps": _due(home, steps, force=force)} for home in homes]
    out.table("", ("video", "would run"), [(entry["video"], ", ".join(entry["steps"])) for entry in plan])
    out.emit(plan)


def _homes(target: str, data: Path, options: FleetOptions) -> Sequence[Home]:
    if is_address(target):
        scratch = options.scratch or Path(tempfile.gettempdir()) / "caption-boundaries-scratch"
        manifests = list(VideoStore(target).all_latest())
        if not manifests:
            raise TargetError(
                f"{target} holds no videos.", hint="Put some in with `caption-boundaries store publish TARGET... --to`."
            )
        return [Stored(target, manifest.video_id, scratch.absolute(), manifest.size) for manifest in manifests]
    folders = [folder.absolute() for folder in resolve_target(target, data)]
    if options.scratch is None:
        return [InPlace(folder) for folder in folders]
    return [Mirrored(folder, options.scratch.absolute()) for folder in folders]


def _is_elsewhere(cluster: str) -> bool:
    """Tell whether the workers of a cluster may run on another machine."""
    host = urlsplit(cluster).hostname
    if "://" not in cluster or host == "localhost":
        return False
    try:
        return not ip_address(host or "").is_loopback
    except ValueError:
        return True


def _engine(options: FleetOptions, videos: int) -> tuple[Engine, int | str]:
    """Return what runs the jobs, and how many workers or which cluster that is."""
    if options.cluster:
        pool = ClusterPool(options.cluster, resources=_resources(options.resources))
        return pool, pool.local_workers or options.cluster
    if options.resources:
        raise UsageError("--resource chooses workers of a cluster.", hint="Give --cluster too.")
    workers = min(options.jobs, videos) or default_workers(videos)
    return WorkerPool(workers), workers


def _resources(texts: Sequence[str]) -> dict[str, float]:
    resources = {}
    for text in texts:
        name, _, amount = text.partition("=")
        try:
            resources[name] = float(amount)
        except ValueError:
            raise UsageError(f"{text!r} is no resource.", hint="Write NAME=AMOUNT, such as GPU=1.") from None
    return resources


@contextmanager
def _reported(
    results: list[JobResult], labels: Sequence[str], workers: int | str, out: Output, file: Path | None
) -> Iterator[None]:
    """Print, and store in ``file``, what became of the videos, also when the run is stopped or breaks off."""
    started, ended_well = time.perf_counter(), False
    try:
        yield
        ended_well = True
    finally:
        seconds = time.perf_counter() - started
        order = {label: number for number, label in enumerate(labels)}
        told = sorted(results, key=lambda result: order[result.video])
        report = report_of(told, workers=workers, seconds=seconds, asked=len(labels), interrupted=not ended_well)
        if file is not None:
            write_file(file, (json.dumps(report, ensure_ascii=False, indent=1, default=str) + "\n").encode())
        if ended_well:
            _print_results(told, seconds, out)
            out.emit(report)


def _raise_failures(results: Sequence[JobResult], asked: int) -> None:
    failed = [result for result in results if result.status == "failed"]
    if failed:
        untried = asked - len(results)
        rest = f" {untried} were not begun or not finished." if untried else ""
        raise FleetError(f"{len(failed)} of {asked} videos failed.{rest}", hint=f"The first: {failed[0].error}")


def _print_results(results: Sequence[JobResult], seconds: float, out: Output) -> None:
    shown = [result for result in results if out.verbose or result.status == "failed"]
    rows = [(_name(result.video), result.status, f"{result.seconds:.1f} s", result.error or "") for result in shown]
    if rows:
        out.table("", ("video", "state", "time>", "why"), rows)
    done = sum(result.status == "done" for result in results)
    retried = sum(result.attempts > 1 for result in results)
    again = f", {retried} of them after a worker died" if retried else ""
    out.say(f"{done} of {len(results)} videos done in {seconds:.1f} s{again}", style="bold")


def _name(label: str) -> str:
    return label if is_address(label) else load_video(Path(label)).name


def _due(home: Home, steps: Sequence[Step], *, force: bool) -> list[str]:
    """Return the steps that would run on a video; for one in a store nobody knows before it is fetched."""
    if force or isinstance(home, Stored):
        return [f"{step.name}{'' if force else ' if stale'}" for step in steps]
    due: list[str] = []
    try:
        states = step_states(Path(home.label))
    except CaptionBoundariesError as error:
        return [f"nothing: {error.message}"]
    for step in steps:
        state = states.get(step.name)
        if due or state is None or not state.done:  # what comes after a step that runs will be stale
            due.append(step.name)
    return due
