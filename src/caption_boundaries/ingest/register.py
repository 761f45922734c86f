"""Giving a video file its folder in the data root, and recognising one that has a folder already."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from caption_boundaries.atomic import partial_path, replace_file
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.multi_db import HAND_EDITED, VideoDatabase
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.database.video import VideoDbReader, VideoDbWriter, VideoMetadata
from caption_boundaries.errors import DuplicateVideoError, VideoFileError
from caption_boundaries.ingest.placing import Keep, place_file, stored_name
from caption_boundaries.ingest.source import find_video_file
from caption_boundaries.ingest.staging import prepare_root, registration_lock, staged_folder
from caption_boundaries.locking import video_lock
from caption_boundaries.media.identity import video_hash
from caption_boundaries.media.info import probe
from caption_boundaries.step import Progress, silent

IfKnown = Literal["reuse", "refuse", "keep-both", "replace"]
"""What to do with a video that has a folder already."""

Known = Mapping[str, Path] | Callable[[], Mapping[str, Path]]
"""Folders by the hash of their video file; a function is called when nobody else registers the same video."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Where a video's folder is."""

    video_dir: Path
    video_id: str
    """Name of the folder: a UUIDv4 for new ones."""
    created: bool
    """False: the folder was there already."""
    duplicate_of: Path | None = None
    """The folder that held the same video before."""


def register_video(
    source: Path,
    data_root: Path,
    *,
    known: Known,
    on_duplicate: IfKnown = "reuse",
    mode: Keep = "link",
    progress: Progress = silent,
) -> Registration:
    """Give a video file a folder with six empty databases; it appears under its final name whole or not at all.

    Args:
        source: The video file; it stays where it is.
        data_root: Folder of all videos; made when only it is missing.
        known: Folders of the videos that are there.
        on_duplicate: For a video that is there already: use its folder, refuse, make a second folder, or put this file
            in place of the other one and empty the databases derived from it (what people edited stays).
        mode: Keep the file as a hard link (as a copy where that is impossible), as a copy, or only its path.
        progress: Is told of the bytes copied.

    Raises:
        VideoFileError: The file is no video that can be read.
        DuplicateVideoError: The video is there already, and that was to be refused.
        StorageError: No room, no permission, or the place of the data root is missing.
        VideoBusyError: Another process works on the folder whose file is to be replaced.
    """
    probe(source)
    prepare_root(data_root)
    digest = video_hash(source)
    with registration_lock(data_root, digest):
        folder = (known() if callable(known) else known).get(digest)
        if folder is None or on_duplicate == "keep-both":
            created = _create(source, data_root, digest, mode, progress)
            return Registration(created, created.name, created=True, duplicate_of=folder)
        if on_duplicate == "refuse":
            raise DuplicateVideoError(
                f"{source} is in the data root already: {folder}.",
                hint="Use that folder, or take the file in a second time with --if-known keep-both.",
            )
        if on_duplicate == "replace" or not _has_file(folder):
            _put_file(source, folder, digest, mode, progress, empty_derived=on_duplicate == "replace")
        return Registration(folder, folder.name, created=False, duplicate_of=folder)


def _create(source: Path, data_root: Path, digest: str, mode: Keep, progress: Progress) -> Path:
    video_id = str(uuid.uuid4())
    final = data_root / video_id[:2] / video_id
    with staged_folder(data_root, final) as staging:
        create_databases(staging)
        name = stored_name(source.name)
        how = mode if mode == "reference" else place_file(source, staging / name, mode, digest, progress)
        metadata = _metadata(source, video_id, digest, name, how)
        # Written at once, so that a run that is killed before it samples a frame finds its folder again.
        with VideoDatabase(staging, writes={"video"}, attach={"video"}) as connection:
            VideoDbWriter(connection).save_metadata(metadata)
    return final


def _metadata(source: Path, video_id: str, digest: str, name: str, how: Keep) -> VideoMetadata:
    return VideoMetadata(
        video_id=video_id,
        video_hash=digest,
        storage_path=str(source.resolve()) if how == "reference" else name,
        original_filename=source.name.encode("utf-8", "replace").decode(),
        file_size_bytes=source.stat().st_size,
        upload_method=how,
    )


def _has_file(folder: Path) -> bool:
    known = _stored_metadata(folder)
    try:
        find_video_file(folder, known.storage_path if known else None)
    except VideoFileError:
        return False
    return True


def _stored_metadata(folder: Path) -> VideoMetadata | None:
    with VideoDatabase(folder, readonly=True, attach={"video"}) as connection:
        return VideoDbReader(connection).metadata()


def _put_file(source: Path, folder: Path, digest: str, mode: Keep, progress: Progress, *, empty_derived: bool) -> None:
    """Put ``source`` in place of the folder's video file; what people edited stays as it is."""
    with video_lock(folder):
        before = _stored_metadata(folder)
        name = _name_in(folder, before) or stored_name(source.name)
        partial = partial_path(folder / name)
        try:
            how = mode if mode == "reference" else place_file(source, partial, mode, digest, progress)
            metadata = _metadata(source, folder.name, digest, name, how)
            if empty_derived:
                _empty_derived(folder, metadata)
            else:
                _save_place(folder, before or metadata, metadata)
            if how != "reference":
                replace_file(partial, folder / name)
        finally:
            partial.unlink(missing_ok=True)


def _name_in(folder: Path, metadata: VideoMetadata | None) -> str | None:
    """Return the name of the video file inside its folder; None where it lies elsewhere or is unknown."""
    stored = metadata.storage_path if metadata else None
    return stored if stored and (folder / stored).parent == folder else None


def _empty_derived(folder: Path, metadata: VideoMetadata) -> None:
    for spec in DATABASES:
        if spec.schema in HAND_EDITED:
            continue
        with replacing_database(folder, spec.schema, reads=()) as connection:
            if spec.schema == "video":
                VideoDbWriter(connection).save_metadata(metadata)


def _save_place(folder: Path, before: VideoMetadata, place: VideoMetadata) -> None:
    with VideoDatabase(folder, writes={"video"}, attach={"video"}) as connection:
        renewed = replace(before, storage_path=place.storage_path, upload_method=place.upload_method)
        VideoDbWriter(connection).save_metadata(renewed)
