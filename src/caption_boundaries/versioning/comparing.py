"""Comparing two revisions of many videos, or a revision with what lies in the folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.versioning.differences import VideoDiff
from caption_boundaries.versioning.history import FileChange, Session, sessions
from caption_boundaries.versioning.versions import (
    Version,
    committed_version,
    diff_versions,
    fetch_readable,
    frame_rate,
    pointers_by_folder,
    present_version,
)
from caption_boundaries.versioning.workplace import Workplace


@dataclass(frozen=True, slots=True)
class ChangedVideo:
    """A video that differs between two revisions."""

    folder: Path
    diff: VideoDiff
    before: Version
    after: Version


@dataclass(frozen=True, slots=True)
class VideoSession:
    """What one commit did to one video."""

    session: Session
    folder: str
    bytes: int
    """New content that it versions."""
    counts: dict[str, int]
    """Changes by kind; empty where their contents are not in the cache."""


def compare_revisions(place: Workplace, old: str, new: str | None) -> Iterator[ChangedVideo]:
    """Yield the videos that differ between two commits; ``new`` None: as they lie in their folders."""
    before = pointers_by_folder(place, old)
    after = pointers_by_folder(place, new) if new is not None else None
    pairs = []
    for folder in place.folders:
        name = place.name_of(folder)
        was = committed_version(place, before.get(name, {}))
        now = committed_version(place, after.get(name, {})) if after is not None else present_version(place, folder)
        if was.contents != now.contents:
            pairs.append((folder, was, now))
    names = {place.name_of(folder) for folder, *_ in pairs}
    needed = [entry for side in (before, after or {}) for name in names for entry in side.get(name, {}).items()]
    fetch_readable(place, needed)
    for folder, was, now in pairs:
        diff = diff_versions(was, now, frame_rate(folder))
        if not diff.empty:
            yield ChangedVideo(folder, diff, was, now)


def video_sessions(place: Workplace, revision: str = "HEAD") -> list[VideoSession]:
    """Return what every commit up to ``revision`` did to every video of the workplace, newest first."""
    names = {place.name_of(folder) for folder in place.folders}
    return [
        _video_session(place, session, folder, [c for c in session.changes if c.folder == folder])
        for session in sessions(place.git, [revision], names)
        for folder in dict.fromkeys(change.folder for change in session.changes)
    ]


def _video_session(place: Workplace, session: Session, folder: str, changes: list[FileChange]) -> VideoSession:
    size = sum(change.after.size for change in changes if change.after is not None)
    before = committed_version(place, {c.filename: c.before for c in changes if c.before is not None})
    after = committed_version(place, {c.filename: c.after for c in changes if c.after is not None})
    read = [path for side in (before, after) for schema, path in side.files.items() if schema in ("layout", "captions")]
    counts = diff_versions(before, after).counts if all(path.is_file() for path in read) else {}
    return VideoSession(session, folder, size, counts)
