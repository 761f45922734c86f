"""Which file is opened under which schema name, and in which mode: decided before anything is opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from caption_boundaries.atomic import may_write, storage_error, storage_errors
from caption_boundaries.database.foreign import named_difference
from caption_boundaries.database.header import check_header
from caption_boundaries.database.paths import database_path, readonly_uri, sqlite_uri
from caption_boundaries.database.schema import BY_SCHEMA, DATABASES, SCHEMAS, DatabaseSpec
from caption_boundaries.errors import DatabaseMissingError, DatabaseVersionError, TargetError

Mode = Literal["ro", "rw", "stand-in"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """One database of a connection."""

    spec: DatabaseSpec
    path: Path
    mode: Mode
    """"stand-in": the file is missing; an empty schema in memory takes its place, so that joins still run."""
    user_version: int = 0
    """Schema version of the file."""
    wal: bool = False
    """True: the file is in write-ahead mode."""

    @property
    def uri(self) -> str:
        """What to hand to ATTACH where there is a file."""
        if self.mode == "rw":
            return sqlite_uri(self.path, mode="rw")
        return readonly_uri(self.path, wal=self.wal)


def plan_attachments(
    video_dir: Path,
    *,
    writes: Collection[str],
    requires: Collection[str],
    attach: Collection[str],
    overrides: Mapping[str, Path],
    may_write: Collection[str] = (),
) -> tuple[Attachment, ...]:
    """Decide how each database in ``attach`` is opened.

    Args:
        video_dir: Folder of the video.
        writes: Schemas to open for writing.
        requires: Schemas whose file must exist.
        attach: Schemas to open.
        overrides: Other places for some of the files, such as one that is being built.
        may_write: Schemas to open for writing where that is possible, else for reading.

    Raises:
        TargetError: ``video_dir`` is no folder.
        DatabaseMissingError: A required file is missing, or there is no database at all.
        DatabaseCorruptError: A file is no database.
        DatabaseVersionError: A file is of another kind, newer than the program, or older and only read.
        StorageError: A file cannot be read, or not be written though it must.
    """
    unknown = {*writes, *requires, *attach, *may_write} - SCHEMAS
    if unknown:
        raise ValueError(f"no such database: {', '.join(sorted(unknown))}; there are {', '.join(sorted(SCHEMAS))}")
    with storage_errors(video_dir):
        _check_folder(video_dir, overrides)
        planned = []
        for spec in DATABASES:
            if spec.schema in attach:
                path = overrides.get(spec.schema, database_path(video_dir, spec.schema))
                must, may = spec.schema in writes, spec.schema in may_write
                planned.append(_plan(spec, path, must_write=must, may_write=may, required=spec.schema in requires))
    return tuple(planned)


def _check_folder(video_dir: Path, overrides: Mapping[str, Path]) -> None:
    if not video_dir.is_dir():
        raise TargetError(
            f"{video_dir} is not a video folder: there is no such folder.",
            hint="`caption-boundaries list` shows the videos there are.",
        )
    if not overrides and not any(database_path(video_dir, schema).is_file() for schema in SCHEMAS):
        raise DatabaseMissingError("video", database_path(video_dir, "video"), BY_SCHEMA["video"].made_by)


def _plan(spec: DatabaseSpec, path: Path, *, must_write: bool, may_write: bool, required: bool) -> Attachment:
    if not path.is_file():
        if required:
            raise DatabaseMissingError(spec.schema, path, spec.made_by)
        return Attachment(spec, path, "stand-in")
    try:
        header = check_header(path, spec)
    except DatabaseVersionError as error:
        raise named_difference(path, spec, error) from error
    writable = (must_write or may_write) and _can_write(path)
    if must_write and not writable:
        raise storage_error(PermissionError(errno.EACCES, os.strerror(errno.EACCES)), path)
    if header.user_version < spec.version and not writable:
        raise DatabaseVersionError(
            f"{path} has the older schema version {header.user_version} (current: {spec.version}).",
            hint=f"Run `caption-boundaries doctor --upgrade {path.parent}` once.",
        )
    return Attachment(spec, path, "rw" if writable else "ro", header.user_version, header.wal)


def _can_write(path: Path) -> bool:
    """Tell whether the file and its journal may be written; a shared file is first replaced by a copy of its own."""
    shared = path.is_symlink() or path.stat().st_nlink > 1
    return may_write(path.parent) and (shared or may_write(path))
