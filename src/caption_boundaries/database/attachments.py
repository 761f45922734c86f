"""Which file is opened under which schema name, and in which mode: decided before anything is opened."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
    user_version: int
    """Schema version of the file."""

    @property
    def uri(self) -> str:
        """What to hand to ATTACH."""
        if self.mode == "stand-in":
            return ":memory:"
        if self.mode == "rw":
            return sqlite_uri(self.path, mode="rw")
        return readonly_uri(self.path, wal=self.spec.journal_mode == "WAL")


def plan_attachments(
    video_dir: Path,
    *,
    writes: Collection[str],
    requires: Collection[str],
    attach: Collection[str],
    overrides: Mapping[str, Path],
) -> tuple[Attachment, ...]:
    """Decide how each database in ``attach`` is opened.

    Args:
        video_dir: Folder of the video.
        writes: Schemas to open for writing; a missing file is not writable but stood in for.
        requires: Schemas whose file must exist.
        attach: Schemas to open.
        overrides: Other places for some of the files, such as one that is being built.

    Raises:
        TargetError: ``video_dir`` is no folder, or holds no database at all.
        DatabaseMissingError: A required file is missing.
        DatabaseCorruptError: A file is no database.
        DatabaseVersionError: A file is of another kind, or newer than the program.
    """
    unknown = {*writes, *requires, *attach} - SCHEMAS
    if unknown:
        raise ValueError(f"no such database: {', '.join(sorted(unknown))}; there are {', '.join(sorted(SCHEMAS))}")
    _check_folder(video_dir, overrides)
    planned = []
    for spec in DATABASES:
        if spec.schema in attach:
            path = overrides.get(spec.schema, database_path(video_dir, spec.schema))
            planned.append(_plan(spec, path, writable=spec.schema in writes, required=spec.schema in requires))
    return tuple(planned)


def _check_folder(video_dir: Path, overrides: Mapping[str, Path]) -> None:
    if not video_dir.is_dir():
        raise TargetError(
            f"{video_dir} is not a video folder: there is no such folder.",
            hint="`caption-boundaries list` shows the videos there are.",
        )
    if not overrides and not any(database_path(video_dir, schema).is_file() for schema in SCHEMAS):
        raise DatabaseMissingError("video", database_path(video_dir, "video"), BY_SCHEMA["video"].made_by)


def _plan(spec: DatabaseSpec, path: Path, *, writable: bool, required: bool) -> Attachment:
    if not path.is_file():
        if required:
            raise DatabaseMissingError(spec.schema, path, spec.made_by)
        return Attachment(spec, path, "stand-in", user_version=0)
    header = check_header(path, spec)
    if header.user_version < spec.version and not writable:
        raise DatabaseVersionError(
            f"{path} has the older schema version {header.user_version} (current: {spec.version}).",
            hint=f"Run `caption-boundaries doctor --upgrade {path.parent}` once.",
        )
    return Attachment(spec, path, "rw" if writable else "ro", header.user_version)
