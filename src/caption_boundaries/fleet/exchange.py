"""Sending folders of a data root to a store, and fetching them from it.

A fetched or published folder remembers which generation it holds, in a hidden file. So nobody's work is overwritten:
what was changed here is not fetched over, and what was published by others is not published over.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from caption_boundaries.atomic import partial_path, storage_errors, write_file
from caption_boundaries.errors import ConflictError
from caption_boundaries.fleet.contents import make_local, resting, travelling_files
from caption_boundaries.fleet.homes import Report
from caption_boundaries.fleet.manifest import Manifest, from_bytes, to_bytes
from caption_boundaries.fleet.renaming import finish_publishing, publish_by_renaming, stamps
from caption_boundaries.fleet.store import Publication, VideoStore, hash_file
from caption_boundaries.ingest.staging import prepare_root, staged_folder
from caption_boundaries.library import load_video
from caption_boundaries.locking import video_lock

_REMEMBERED = ".store.json"
Difference = Literal["new", "same", "ahead", "behind", "diverged"]
"""How a folder stands to the store: only here or only there, equal, changed here, changed there, changed in both."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a folder and a store's video stand to each other."""

    difference: Difference
    base: Manifest | None
    """What the folder holds, or was made from."""
    there: Manifest | None
    """What counts in the store."""


def compare(store: VideoStore, folder: Path, video_id: str) -> Standing:
    """Tell how ``folder`` stands to the video in the store; reads and hashes the folder's files.

    Raises:
        StorageError: Either cannot be read.
    """
    there, base = store.latest(video_id), _remembered(folder)
    if there is None or not folder.is_dir():
        return Standing("new", None, there)
    files = {name: hash_file(path) for name, path in travelling_files(folder).items()}
    if files == dict(there.files):
        return Standing("same", there, there)
    if base is None:
        return Standing("diverged", None, there)
    changed_here, changed_there = files != dict(base.files), base.generation != there.generation
    if changed_here:
        return Standing("diverged" if changed_there else "ahead", base, there)
    return Standing("behind", base, there)


def publish_folder(store: VideoStore, folder: Path, *, run: str, report: Report) -> Publication:
    """Publish a video's folder.

    Raises:
        ConflictError: The store has what this folder was not made from.
        VideoBusyError: Somebody works on the folder, or on the video in the store.
        DatabaseBusyError: A database is open for writing.
        StorageError: A transfer failed for good; the old generation counts.
    """
    video_id = folder.absolute().name
    with video_lock(folder), store.claim(video_id, run):
        finish_publishing(folder)
        standing = compare(store, folder, video_id)
        _refuse(standing, {"behind", "diverged"}, f"{folder} was not made from what {store.address} has now", "fetch")
        with resting(folder):
            manifest = Manifest(video_id, 0, title=load_video(folder).name, run=run)
            publication = store.publish(manifest, standing.there, travelling_files(folder), report)
        _remember(folder, publication.manifest)
    return publication


def fetch_video(store: VideoStore, manifest: Manifest, data_root: Path, *, report: Report) -> bool:
    """Bring a video into a data root: a new folder appears whole, an older one is renewed; True where bytes changed.

    Raises:
        ConflictError: The folder holds changes that were not published.
        VideoBusyError: Somebody works on the folder.
        StorageError: A transfer failed for good; the folder is as it was.
    """
    folder = folder_in(data_root, manifest.video_id)
    if not folder.is_dir():
        prepare_root(data_root)
        with staged_folder(data_root, folder) as staging:
            store.fetch(manifest, staging, report)
            make_local(staging)
            _remember(staging, manifest)
        return True
    with video_lock(folder):
        finish_publishing(folder)
        standing, before = compare(store, folder, manifest.video_id), stamps(folder)
        _refuse(standing, {"ahead", "diverged"}, f"{folder} holds changes that were not published", "publish")
        if standing.difference == "behind" and standing.base is not None:
            _renew(store, folder, standing.base, manifest, before, report)
        _remember(folder, manifest)
    return standing.difference == "behind"


def folder_in(data_root: Path, video_id: str) -> Path:
    """Return where a video lies in a data root."""
    return data_root / video_id[:2] / video_id


def _renew(
    store: VideoStore,
    folder: Path,
    base: Manifest,
    manifest: Manifest,
    before: dict[str, tuple[int, int]],
    report: Report,
) -> None:
    fresh = {name: file for name, file in manifest.files.items() if base.files.get(name) != file}
    with _beside(folder) as arrived:
        store.fetch(Manifest(manifest.video_id, manifest.generation, fresh), arrived, report)
        publish_by_renaming(arrived, folder, before, report)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Give an empty hidden folder inside ``folder``, and remove it afterwards."""
    beside = partial_path(folder / "fetched.publishing")
    with storage_errors(folder):
        beside.mkdir()
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _refuse(standing: Standing, refused: set[Difference], why: str, remedy: str) -> None:
    there = standing.there
    if standing.difference in refused and there is not None:
        error = ConflictError(f"{why}.", rows=(), actor=there.run, at=there.published_at, revision=there.generation)
        error.hint = f"Look with `caption-boundaries store list`, then {remedy} into another data root and compare."
        raise error


def _remembered(folder: Path) -> Manifest | None:
    path = folder / _REMEMBERED
    with suppress(FileNotFoundError):
        return from_bytes(path.read_bytes(), str(path))
    return None


def _remember(folder: Path, manifest: Manifest) -> None:
    write_file(folder / _REMEMBERED, to_bytes(manifest))
