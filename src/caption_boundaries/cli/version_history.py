"""`diff`, `log` and `cost`: what sessions changed, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from caption_boundaries.atomic import write_file
from caption_boundaries.cli.options import DEFAULT_DATA, DataOption, JsonOption, QuietOption, VerboseOption
from caption_boundaries.cli.output import Output
from caption_boundaries.cli.versioning import VersionedTargets, folders_of, size
from caption_boundaries.database.paths import database_path
from caption_boundaries.errors import TargetError, UsageError
from caption_boundaries.library import load_video
from caption_boundaries.versioning.comparing import ChangedVideo, compare_revisions, video_sessions
from caption_boundaries.versioning.cost_plot import plot_costs
from caption_boundaries.versioning.costs import session_costs
from caption_boundaries.versioning.git import Git, find_git_root
from caption_boundaries.versioning.history import sessions
from caption_boundaries.versioning.illustrating import illustrate
from caption_boundaries.versioning.pages import page
from caption_boundaries.versioning.telling import as_json, lines
from caption_boundaries.versioning.workplace import open_workplace


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (diff, log, cost):
        app.command()(command)


def diff(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REV] [REV] [TARGET...]",
            help="Up to two revisions of git (HEAD and what lies in the folders unless given), then videos.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with pictures, too.")] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Show what was changed: captions added, moved, retimed, reworded; labels flipped; the crop moved.

    Example: `caption-boundaries diff HEAD~1 HEAD films --html session.html`
    """
    out = Output(json, quiet, verbose)
    revisions, targets = _revisions(words or [], data)
    with open_workplace(folders_of(targets or [str(data)], data)) as place:
        old, new = revisions[0], revisions[1] if len(revisions) > 1 else None
        changed = list(compare_revisions(place, old, new))
        for video in changed:
            out.say(f"{load_video(video.folder).name} ({place.name_of(video.folder)})", style="bold")
            for line in lines(video.diff):
                out.say(f"  {line}")
        if not changed:
            out.say("Nothing changed.")
        if html is not None:
            _write_page(html, f"{old} to {new or 'now'}", changed, out)
        out.emit([{"folder": place.name_of(video.folder), **as_json(video.diff)} for video in changed])


def log(
    targets: VersionedTargets = None,
    data: DataOption = DEFAULT_DATA,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Show at most so many sessions.")] = 50,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """List the sessions of every video: when, who, what changed, and how many bytes that is.

    Example: `caption-boundaries log 5f2a`
    """
    out = Output(json, quiet, verbose)
    with open_workplace(folders_of(targets or [str(data)], data)) as place:
        found = video_sessions(place, "HEAD")[:limit]
    rows = [
        (
            entry.session.commit[:8],
            entry.session.at[:16].replace("T", " "),
            entry.session.author,
            entry.folder,
            ", ".join(f"{count} {kind}" for kind, count in entry.counts.items()) or "-",
            size(entry.bytes),
        )
        for entry in found
    ]
    out.table("", ("commit", "when", "who", "video", "what", "bytes>"), rows)
    out.emit(
        [
            {
                "commit": entry.session.commit,
                "at": entry.session.at,
                "author": entry.session.author,
                "subject": entry.session.subject,
                "video": entry.folder,
                "counts": entry.counts,
                "bytes": entry.bytes,
            }
            for entry in found
        ]
    )


def cost(
    targets: VersionedTargets = None,
    data: DataOption = DEFAULT_DATA,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw it: a .png, .svg or .pdf file.")] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Show how many bytes each session versions, and how many it would as one file per video.

    Example: `caption-boundaries cost films --plot cost.svg`
    """
    out = Output(json, quiet, verbose)
    with open_workplace(folders_of(targets or [str(data)], data)) as place:
        crops = {place.name_of(folder): _crop_bytes(folder) for folder in place.folders}
        found = session_costs(sessions(place.git, ["HEAD"], set(crops)), crops)
    rows = [
        (c.commit[:8], c.at[:10], c.subject, c.videos, size(c.bytes), size(c.old_form_bytes), f"{c.saved:.2%}")
        for c in found
    ]
    out.table("", ("commit", "day", "session", "videos>", "bytes>", "one file>", "saved>"), rows)
    out.say("“one file” counts the databases, and the crops as they lie here now.", style="dim")
    if plot is not None:
        plot_costs(found, plot)
        out.say(f"Drawn into {plot}.")
    out.emit([{**asdict(entry), "saved": entry.saved} for entry in found])


def _revisions(words: Sequence[str], data: Path) -> tuple[list[str], list[str]]:
    """Tell revisions from targets: up to two words at the beginning that git knows and that are no folders.

    Raises:
        UsageError: There is no commit yet.
    """
    inside = next((Path(word) for word in words if Path(word).is_dir()), data if data.is_dir() else Path())
    git = Git(find_git_root(inside))
    revisions: list[str] = []
    for word in words[:2]:
        if Path(word).is_dir() or git.commit_of(word) is None:
            break
        revisions.append(word)
    if not revisions and git.commit_of("HEAD") is None:
        raise UsageError("There is no commit to compare with.", hint="Run `caption-boundaries snapshot` first.")
    targets = list(words[len(revisions) :])
    if len(targets) != len(words) and not targets and not data.is_dir():
        raise TargetError(f"There is no data root {data}.", hint="Name the videos after the revisions.")
    return revisions or ["HEAD"], targets


def _write_page(path: Path, title: str, changed: Sequence[ChangedVideo], out: Output) -> None:
    videos = [illustrate(video.folder, video.diff) for video in changed]
    write_file(path, page(title, videos).encode())
    out.say(f"Written to {path}.")


def _crop_bytes(folder: Path) -> int:
    path = database_path(folder, "cropping")
    return path.stat().st_size if path.is_file() else 0
