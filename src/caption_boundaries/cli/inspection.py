"""`status` and `list`: what there is, and how far it has come."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from caption_boundaries.cli.options import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    QuietOption,
    TargetsArgument,
    VerboseOption,
)
from caption_boundaries.cli.output import Output
from caption_boundaries.database.paths import all_databases
from caption_boundaries.errors import CaptionBoundariesError, TargetError
from caption_boundaries.freshness import StepState, step_states
from caption_boundaries.library import Video, load_video, load_videos, resolve_target

_MARKS = {"done": ("✓", "green"), "stale": ("↻", "yellow"), "missing": ("·", "dim")}
"""A sign and a colour for each state: never the colour alone."""


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(status)
    app.command("list")(list_command)


def status(
    targets: TargetsArgument,
    data: DataOption = DEFAULT_DATA,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Show for each video which steps are done, which are stale and why, and how large its databases are.

    Example: `caption-boundaries status film.mp4`
    """
    out = Output(json, quiet, verbose)
    report = []
    for folder in dict.fromkeys(folder for target in targets for folder in resolve_target(target, data)):
        video, states, sizes = load_video(folder), step_states(folder), _sizes(folder)
        out.say(video.name, style="bold")
        out.say(str(folder), style="dim")
        out.table(
            "",
            ("step", "state", "what"),
            [(name, _mark(state), state.detail) for name, state in states.items()],
        )
        out.table("", ("database", "size>"), [(name, _size(size)) for name, size in sizes.items()])
        report.append({**_video_json(video), "steps": _states_json(states), "bytes": sizes})
    out.emit(report)


def list_command(
    root: Annotated[Path | None, typer.Argument(metavar="[ROOT]", help="Data root; --data unless given.")] = None,
    data: DataOption = DEFAULT_DATA,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """List the videos of a data root with the state of every step.

    Example: `caption-boundaries list films`
    """
    out = Output(json, quiet, verbose)
    folder = root or data
    if not folder.is_dir():
        raise TargetError(f"There is no data root {folder}.", hint="`caption-boundaries extract VIDEO` makes one.")
    videos = load_videos(folder)
    rows, report = [], []
    for video in videos:
        states = _states(video)
        rows.append((video.video_id[:8], video.name, _duration(video), *(_sign(state) for state in states.values())))
        report.append({**_video_json(video), "steps": _states_json(states)})
    steps = tuple(report[0]["steps"]) if report else ()
    out.table(f"Videos in {folder}: {len(videos)}", ("id", "name", "length>", *steps), rows)
    out.say("  ".join(f"{sign} {state}" for state, (sign, _) in _MARKS.items()), style="dim")
    out.emit(report)


def _states(video: Video) -> dict[str, StepState]:
    """Return the states of a video's steps; of a folder that cannot be read, none is there."""
    try:
        return step_states(video.folder)
    except CaptionBoundariesError as error:
        return {"ingest": StepState("ingest", "missing", str(error))}


def _mark(state: StepState) -> Text:
    return Text(f"{_MARKS[state.state][0]} {state.state}", style=_MARKS[state.state][1])


def _sign(state: StepState) -> Text:
    return Text(*_MARKS[state.state])


def _states_json(states: dict[str, StepState]) -> dict[str, dict[str, str]]:
    return {name: {"state": state.state, "detail": state.detail} for name, state in states.items()}


def _video_json(video: Video) -> dict[str, Any]:
    return {
        "video_id": video.video_id,
        "folder": str(video.folder),
        "name": video.name,
        "metadata": asdict(video.metadata) if video.metadata else None,
    }


def _sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in all_databases(folder).values() if path.is_file()}


def _size(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


def _duration(video: Video) -> str:
    if video.metadata is None or video.metadata.duration_seconds is None:
        return "?"
    minutes, rest = divmod(round(video.metadata.duration_seconds), 60)
    return f"{minutes}:{rest:02d}"
