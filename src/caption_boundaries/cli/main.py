"""The program's entry: commands, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import signal
import sys
import tempfile
import traceback
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from caption_boundaries import __version__
from caption_boundaries.cli import (
    datasets,
    doctor,
    evaluation,
    extract,
    inspection,
    migration,
    serve,
    steps,
    store,
    training,
    version_history,
    version_merging,
    versioning,
)
from caption_boundaries.errors import CaptionBoundariesError

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT."""

app = typer.Typer(
    name="caption-boundaries",
    help="Videos with burned-in captions in; exactly timed, proof-read text and training data out.",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with `caption-boundaries extract VIDEO`.",
)
for module in (
    extract,
    steps,
    training,
    evaluation,
    store,
    datasets,
    inspection,
    doctor,
    serve,
    migration,
    versioning,
    version_history,
    version_merging,
):
    module.add_commands(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"caption-boundaries {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Videos with burned-in captions in; exactly timed, proof-read text and training data out."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error is told in one sentence."""
    try:
        code = app(arguments, standalone_mode=False)
    except typer.Abort:
        return _interrupted()
    except typer.TyperException as error:
        _complain(error.format_message(), "Add --help to the command to see what it takes.")
        return error.exit_code
    except CaptionBoundariesError as error:
        return _failed(error)
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone; there is nobody to tell
        return 1
    except Exception:  # the last resort: nobody should meet a traceback
        return _crashed()
    if code == INTERRUPTED:  # typer has caught the Ctrl-C
        return _interrupted()
    return code if isinstance(code, int) else 0


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    """Unwind on SIGTERM as on Ctrl-C, so that nothing is left half done."""
    sys.exit(128 + number)


def _interrupted() -> int:
    _complain("Stopped.", "Nothing is half done; run the same command again to go on.")
    return INTERRUPTED


def _failed(error: CaptionBoundariesError) -> int:
    _complain(error.message, error.hint)
    if "-v" in sys.argv or "--verbose" in sys.argv:
        traceback.print_exception(error)
    return error.exit_code


def _crashed() -> int:
    with tempfile.NamedTemporaryFile(
        "w", prefix="caption-boundaries-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        traceback.print_exc(file=log)
    kind = sys.exc_info()[0]
    assert kind is not None
    _complain(f"Something unforeseen went wrong ({kind.__name__}).", f"The details are in {Path(log.name)}.")
    return 1


def _complain(message: str, hint: str) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("Error: ", "bold red"), message))
    if hint:
        console.print(Text(hint))
