"""What git and DVC shall not look at: blocks of lines that are kept up to date in their ignore files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from caption_boundaries.atomic import PARTIAL_PREFIX, storage_errors, write_file
from caption_boundaries.database.folders import KEPT_FILENAME
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.locking import LOCK_NAME

BEGIN = "# caption-boundaries: what follows is kept up to date by `caption-boundaries track`"
END = "# caption-boundaries: end"

_SIDE_FILES = ("*.db-wal", "*.db-shm", "*.db-journal", "*.db-mj*")
_NEVER = (f"{PARTIAL_PREFIX}*", LOCK_NAME)


def folder_lines(video_filename: str | None) -> list[str]:
    """Return what git shall not look at in a video's folder: everything whose pointer it keeps, and what is local."""
    names = [spec.filename for spec in DATABASES]
    backups = [f"{KEPT_FILENAME}*", "annotations.db"]
    lines = [f"/{name}" for name in (*names, *backups, *_SIDE_FILES, *_NEVER)]
    return lines if video_filename is None else [*lines, f"/{escaped(video_filename)}"]


def dvc_lines(*, derived_is_tracked: bool) -> list[str]:
    """Return what DVC shall not look at, anywhere: what is never versioned."""
    lines = [*_SIDE_FILES, *_NEVER, "state.db", f"{KEPT_FILENAME}*"]
    # DVC refuses to track what it ignores.
    return lines if derived_is_tracked else [*lines, "cropping.db"]


def escaped(name: str) -> str:
    """Return a file name as a pattern that fits nothing else."""
    pattern = re.sub(r"([\\*?\[\]!#])", r"\\\1", name)
    kept = pattern.rstrip(" ")
    return kept + "\\ " * (len(pattern) - len(kept))


def with_block(text: str, lines: Sequence[str], *, begin: str = BEGIN, end: str = END) -> str:
    """Return a file's text with ``lines`` as its block; what stands outside the block stays."""
    block = "\n".join([begin, *lines, end])
    if begin in text and end in text:
        before, _, rest = text.partition(begin)
        return f"{before}{block}{rest.partition(end)[2]}"
    return f"{text.rstrip()}\n\n{block}\n" if text.strip() else f"{block}\n"


def block_of(text: str) -> list[str]:
    """Return the lines of a file's block; empty where there is none."""
    return text.partition(BEGIN)[2].partition(END)[0].strip().splitlines()


def read_text(path: Path) -> str:
    """Return a file's text; empty where there is no such file."""
    with storage_errors(path):
        return path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole."""
    write_file(path, text.encode("utf-8", "surrogateescape"))
