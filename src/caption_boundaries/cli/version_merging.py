"""`merge` and `install-hooks`: two people's sessions on one video, and what git calls by itself."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from caption_boundaries.cli.options import JsonOption, QuietOption, VerboseOption
from caption_boundaries.cli.output import Output
from caption_boundaries.errors import CaptionBoundariesError, VideoBusyError
from caption_boundaries.versioning.git import Git, find_git_root
from caption_boundaries.versioning.hooks import apply_hooks, plan_hooks
from caption_boundaries.versioning.merge_driver import merge_pointers
from caption_boundaries.versioning.merging import Merged, merge_databases
from caption_boundaries.versioning.pulling import apply_checkout, plan_checkout, refuse_unsaved, settle_all
from caption_boundaries.versioning.targets import versioned_folders
from caption_boundaries.versioning.workplace import open_workplace


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(merge)
    app.command("install-hooks")(install_hooks)
    app.command("after-checkout", hidden=True)(after_checkout)


def merge(
    base: Annotated[Path, typer.Argument(help="What both began with; an empty file: nothing.")],
    ours: Annotated[Path, typer.Argument(help="One version; it gets the result unless --output is given.")],
    theirs: Annotated[Path, typer.Argument(help="The other version.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where the result goes.")] = None,
    pointer_of: Annotated[
        str | None,
        typer.Option("--pointer-of", help="The files are pointers to versions of this file, as git hands them over."),
    ] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Join two versions of a layout.db or captions.db row by row; conflicts are listed and wait for the tools.

    Example: `caption-boundaries merge base/captions.db mine/captions.db yours/captions.db`
    """
    out = Output(json, quiet, verbose)
    if pointer_of is not None:
        done = merge_pointers(base, ours, theirs, pointer_of)
    else:
        empty = not base.stat().st_size if base.exists() else False
        done = merge_databases(None if empty else base, ours, theirs, output or ours)
    _print_merged(done, pointer_of or str(output or ours), out)


def install_hooks(
    repository: Annotated[Path, typer.Argument(help="A folder of the repository.")] = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only say what would be done.")] = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Let git merge layouts and captions row by row, and get the data after every checkout; once for each clone.

    Example: `caption-boundaries install-hooks`
    """
    out = Output(json, quiet, verbose)
    git = Git(find_git_root(repository))
    plan = plan_hooks(git)
    if not dry_run:
        apply_hooks(git, plan)
    names = [str(path) for path, _ in plan.texts] + [name for name, _ in plan.settings]
    for name in names:
        out.say(f"{'would write' if dry_run else 'wrote'} {name}")
    out.say("Everything is installed already." if plan.empty else "Commit .gitattributes, so that others have it too.")
    out.emit({"dry_run": dry_run, "changed": names})


def after_checkout() -> None:
    """Get the data of the revision that git has just checked out; called by git.

    It never fails: git has done its part already. What stands in the way is told.
    """
    root = Path(os.path.realpath(find_git_root(Path())))
    folders = list(versioned_folders(root))
    if not folders:
        return
    try:
        with open_workplace(folders, timeout=0) as place:
            settle_all(place)
            refuse_unsaved(place)
            changed = apply_checkout(place, plan_checkout(place)).changed
    except VideoBusyError:
        return  # one of our own commands had git do this; it gets the data itself
    except CaptionBoundariesError as error:
        Output().warn(f"The databases are still those of before: {error}")
        return
    if changed:
        Output().say(f"{len(changed)} databases changed with the checkout.")


def _print_merged(done: Merged, name: str, out: Output) -> None:
    out.say(f"{name}: {done.changed} rows changed, {done.actions} actions of theirs, {len(done.conflicts)} conflicts.")
    for conflict in done.conflicts:
        out.say(f"  {conflict}")
    if done.conflicts:
        out.say("What was kept waits in the tools; the other version stands in the notes or above.", style="dim")
    out.emit({"file": name, **asdict(done)})
