"""Reading a version of a video: from the cache, or as it lies in its folder."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.schema import BY_SCHEMA, VERSIONED
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.types import DEFAULT_INDEX_RATE_HZ
from caption_boundaries.versioning.differences import VideoDiff, VideoState, compare
from caption_boundaries.versioning.history import pointers_at
from caption_boundaries.versioning.pointers import Pointer
from caption_boundaries.versioning.workplace import Workplace

_SCHEMAS = {spec.filename: spec.schema for spec in VERSIONED}
_READ = ("layout", "captions")


@dataclass(frozen=True, slots=True)
class Version:
    """Where the databases of one version of a video lie."""

    files: Mapping[str, Path]
    """By schema."""
    contents: Mapping[str, str]
    """Hash of every file's content, by schema."""


def committed_version(place: Workplace, pointers: Mapping[str, Pointer]) -> Version:
    """Return the version whose contents are in the cache, given its pointers by file name; see `fetch_readable`."""
    by_schema = {_SCHEMAS[name]: pointer for name, pointer in pointers.items() if name in _SCHEMAS}
    return Version(
        {schema: place.store.object_path(pointer.md5) for schema, pointer in by_schema.items()},
        {schema: pointer.md5 for schema, pointer in by_schema.items()},
    )


def present_version(place: Workplace, folder: Path) -> Version:
    """Return the version that lies in a video's folder."""
    files = {spec.schema: folder / spec.filename for spec in VERSIONED if (folder / spec.filename).is_file()}
    return Version(files, {schema: place.store.hash(path) for schema, path in files.items()})


def fetch_readable(place: Workplace, pointers: Iterable[tuple[str, Pointer]]) -> None:
    """Get the contents that a comparison reads, given as (file name, pointer)."""
    wanted = {f"{schema}.db" for schema in _READ}
    place.store.fetch(pointer for name, pointer in pointers if name in wanted)


def read_state(version: Version, rate_hz: float = DEFAULT_INDEX_RATE_HZ) -> VideoState:
    """Return what a version of a video says."""
    with opened(version, _READ) as connection:
        return VideoState(
            tuple(row for row in CaptionReader(connection).captions() if row.boundary_state != "gap"),
            tuple(LayoutReader(connection).box_labels()),
            LayoutReader(connection).config(),
            version.contents,
            rate_hz,
        )


@contextmanager
def opened(version: Version, schemas: Iterable[str]) -> Iterator[sqlite3.Connection]:
    """Open databases of a version read-only under their schema names; those that it lacks are empty."""
    wanted = {schema: version.files[schema] for schema in schemas if schema in version.files}
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-") as name:
        empty = Path(name)
        if not wanted:  # a door needs one file at least
            from caption_boundaries.database.creation import create_database

            create_database(empty / "captions.db", BY_SCHEMA["captions"])
        with VideoDatabase(empty, readonly=True, attach=set(schemas), overrides=wanted) as connection:
            yield connection


def diff_versions(before: Version, after: Version, rate_hz: float = DEFAULT_INDEX_RATE_HZ) -> VideoDiff:
    """Return what changed between two versions; what has equal bytes is not read."""
    changed = {schema for schema in _READ if before.contents.get(schema) != after.contents.get(schema)}
    sides = [Version({s: path for s, path in v.files.items() if s in changed}, v.contents) for v in (before, after)]
    return compare(read_state(sides[0], rate_hz), read_state(sides[1], rate_hz))


def frame_rate(folder: Path) -> float:
    """Return the frame indices per second of a video that lies in its folder; the usual rate where it is not known."""
    if not (folder / BY_SCHEMA["video"].filename).is_file():
        return DEFAULT_INDEX_RATE_HZ
    with VideoDatabase(folder, readonly=True, attach={"video"}) as connection:
        metadata = VideoDbReader(connection).metadata()
    return metadata.index_framerate_hz if metadata is not None else DEFAULT_INDEX_RATE_HZ


def pointers_by_folder(place: Workplace, revision: str) -> dict[str, dict[str, Pointer]]:
    """Return the pointers of every video of the workplace at a commit, by folder and file name."""
    names = {place.name_of(folder) for folder in place.folders}
    found: dict[str, dict[str, Pointer]] = {}
    for name, pointer in pointers_at(place.git, revision, names).items():
        path = PurePosixPath(name)
        found.setdefault(str(path.parent), {})[path.name] = pointer
    return found
