"""`doctor`: is the installation whole, and is a data root sound?"""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from caption_boundaries import __version__
from caption_boundaries.atomic import PARTIAL_PREFIX
from caption_boundaries.cli.options import DEFAULT_DATA, DataOption, JsonOption, QuietOption, VerboseOption
from caption_boundaries.cli.output import Output
from caption_boundaries.database.health import check_database
from caption_boundaries.database.paths import all_databases
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.upgrading import upgrade_database
from caption_boundaries.errors import CaptionBoundariesError, DatabaseError
from caption_boundaries.library import find_video_folders
from caption_boundaries.recognition.registry import create_engine, engine_names

MIN_FREE_BYTES = 1_000_000_000
"""Below this a data root is called nearly full."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    level: str
    """ok, note (an option that is not installed) or problem."""
    detail: str


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(doctor)


def doctor(
    root: Annotated[Path | None, typer.Argument(metavar="[ROOT]", help="Data root; --data unless given.")] = None,
    data: DataOption = DEFAULT_DATA,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Bring databases of older versions to the current schema.")
    ] = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Check the installation, and every database of a data root.

    Example: `caption-boundaries doctor films`
    """
    out = Output(json, quiet, verbose)
    folder = root or data
    findings = _installation() + (_data_root(folder, upgrade=upgrade) if folder.is_dir() else [])
    shown = [finding for finding in findings if verbose or finding.level != "ok" or finding.what in _ALWAYS_SHOWN]
    out.table("", ("", "what", "detail"), [(_sign(finding), finding.what, finding.detail) for finding in shown])
    problems = [finding for finding in findings if finding.level == "problem"]
    out.say(f"{len(findings)} things checked, {len(problems)} problems.", style="bold")
    out.emit([asdict(finding) for finding in findings])
    if problems:
        raise DatabaseError(f"{len(problems)} problems found.", hint=problems[0].detail)


_ALWAYS_SHOWN = ("caption-boundaries", "Python", "SQLite", "PyAV", "ONNX Runtime", "engine rapidocr")


def _installation() -> list[Finding]:
    versions = {
        "caption-boundaries": __version__,
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "PyAV": metadata.version("av"),
        "ONNX Runtime": metadata.version("onnxruntime"),
    }
    found = [Finding(name, "ok", version) for name, version in versions.items()]
    return found + [_engine(name) for name in engine_names()]


def _engine(name: str) -> Finding:
    try:
        engine = create_engine(name)
    except CaptionBoundariesError as error:
        return Finding(f"engine {name}", "note", str(error))
    return Finding(f"engine {name}", "ok", engine.version)


def _data_root(root: Path, *, upgrade: bool) -> list[Finding]:
    findings = [_writable(root), _free_space(root)]
    for folder in find_video_folders(root):
        findings += _video_folder(folder, upgrade=upgrade)
    return findings


def _writable(root: Path) -> Finding:
    if os.access(root, os.W_OK):
        return Finding(str(root), "ok", "can be written")
    return Finding(str(root), "problem", f"{root} cannot be written: give this user the right to.")


def _free_space(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    level = "ok" if free >= MIN_FREE_BYTES else "problem"
    return Finding("free space", level, f"{free / 1e9:.1f} GB free in {root}")


def _video_folder(folder: Path, *, upgrade: bool) -> list[Finding]:
    findings = []
    for schema, path in all_databases(folder).items():
        if upgrade and path.is_file():
            findings.append(_try(str(path), lambda p=path, s=schema: _upgraded(p, s)))  # type: ignore[misc]
        findings.append(_try(str(path), lambda p=path, s=schema: _checked(p, s)))  # type: ignore[misc]
    left = [path.name for path in folder.glob(f"{PARTIAL_PREFIX}*")]
    if left:
        findings.append(Finding(str(folder), "note", f"left by a killed run, removed by the next: {', '.join(left)}"))
    return findings


def _try(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, "ok", check())
    except CaptionBoundariesError as error:
        return Finding(what, "problem", str(error))


def _checked(path: Path, schema: str) -> str:
    check_database(path, BY_SCHEMA[schema])
    return "sound"


def _upgraded(path: Path, schema: str) -> str:
    steps = upgrade_database(path, BY_SCHEMA[schema])
    return f"{steps} schema migrations applied" if steps else "schema is current"


def _sign(finding: Finding) -> Text:
    return {"ok": Text("✓", style="green"), "note": Text("i", style="cyan"), "problem": Text("✗", style="red")}[
        finding.level
    ]
