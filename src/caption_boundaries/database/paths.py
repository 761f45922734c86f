"""Where a video's databases lie."""

from __future__ import annotations

import os
from pathlib import Path

from caption_boundaries.database.schema import BY_SCHEMA, DATABASES, VERSIONED

SIDE_FILE_SUFFIXES = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database while it is written, or after a crash."""


def get_video_databases(video_dir: Path | str) -> dict[str, Path]:
    """Return the paths of the four versioned databases of a video, whether they exist or not."""
    return {spec.schema: Path(video_dir) / spec.filename for spec in VERSIONED}


def all_databases(video_dir: Path | str) -> dict[str, Path]:
    """Return the paths of all six databases of a video, whether they exist or not."""
    return {spec.schema: Path(video_dir) / spec.filename for spec in DATABASES}


def database_path(video_dir: Path | str, schema: str) -> Path:
    """Return where the database ``schema`` of a video lies."""
    return Path(video_dir) / BY_SCHEMA[schema].filename


def check_databases_exist(video_dir: Path | str) -> dict[str, bool]:
    """Tell for each of the six databases whether its file exists."""
    return {schema: path.is_file() for schema, path in all_databases(video_dir).items()}


def side_file(path: Path, suffix: str) -> Path:
    """Return where SQLite keeps the side file of the database at ``path``: beside the file that a link leads to."""
    real = Path(os.path.realpath(path)) if path.is_symlink() else path
    return real.with_name(real.name + suffix)


def side_files(path: Path) -> list[Path]:
    """Return the side files that lie beside the database at ``path``, also journals of several databases at once."""
    real = side_file(path, "")
    found = [side_file(path, suffix) for suffix in SIDE_FILE_SUFFIXES if side_file(path, suffix).exists()]
    if real.parent.is_dir():
        found += sorted(entry for entry in real.parent.iterdir() if entry.name.startswith(f"{real.name}-mj"))
    return found


def sqlite_uri(path: Path, **parameters: str | int) -> str:
    """Return ``path`` as a URI for SQLite, safe for any name, with query parameters such as ``mode="ro"``."""
    query = "&".join(f"{key}={value}" for key, value in parameters.items())
    return f"{path.absolute().as_uri()}?{query}" if query else path.absolute().as_uri()


def readonly_uri(path: Path, *, wal: bool) -> str:
    """Return the URI that opens a database for reading and leaves nothing beside it.

    A write-ahead file (``wal``) opened with ``mode=ro`` leaves side files behind, unless SQLite is told that nobody
    writes. While somebody does write, the ``-wal`` file is there and the plain mode reads it.
    """
    quiet = wal and not side_file(path, "-wal").exists()
    return sqlite_uri(path, mode="ro", immutable=1) if quiet else sqlite_uri(path, mode="ro")
