"""What a video folder offers for training, read through pooled connections; videos that offer nothing say why."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.crop.plan import layout_regions
from caption_boundaries.data.samples import Ints, caption_lengths, pairs_of
from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.layout import LayoutReader, regions_from_json
from caption_boundaries.database.pool import ReaderPool, reader_pool
from caption_boundaries.database.row_hash import content_hash, row_hash
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import CaptionBoundariesError, UsageError
from caption_boundaries.types import DEFAULT_INDEX_RATE_HZ, Region

NEEDED = frozenset({"video", "layout", "captions", "cropping"})
"""Databases without which a video offers nothing."""
ONE_VIDEO = "video"
"""Groups videos by nothing: each for itself."""


@dataclass(frozen=True)
class TrainingVideo:
    """A video and its samples."""

    folder: Path
    video_id: str
    name: str
    group: str
    """Videos of one group are never on both sides of a split."""
    firsts: Ints
    """The earlier frame index of each sample, ascending, shape (n,)."""
    labels: Ints
    """The class of each sample, shape (n,)."""
    regions: tuple[Region, ...]
    """What the crops show, top to bottom."""
    frame_count: int
    """How many crops there are."""
    lengths: tuple[int, ...]
    """Lengths of the confirmed captions in frame indices."""
    rate_hz: float
    """Frame indices per second."""
    captions_hash: str
    """Of the rows that say what is shown."""
    crops_hash: str
    """Of which pictures the crops are; the pictures themselves are not read."""
    crop_bounds_version: int

    def __len__(self) -> int:
        return len(self.firsts)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A video that offers nothing, and why."""

    folder: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Grouping:
    """What keeps videos together."""

    pattern: str = ONE_VIDEO
    """``video``, or a regular expression: what it finds in a video's name (its first group, if it has one) is the
    group; a video in whose name it finds nothing is a group of its own."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise UsageError(f"{self.pattern!r} is no regular expression: {error}.") from error

    def group_of(self, name: str, identity: str) -> str:
        """Return the group of a video with a name; ``identity`` is the same for copies of one video."""
        found = None if self.pattern == ONE_VIDEO else re.search(self.pattern, name)
        return identity if found is None else f"name {found[found.re.groups and 1]}"


def read_videos(
    folders: Sequence[Path], *, grouping: Grouping | None = None, pool: ReaderPool | None = None
) -> Iterator[TrainingVideo | LeftOut]:
    """Yield for every folder, in order, what it offers or why it offers nothing.

    Args:
        folders: Video folders of the new form or the old.
        grouping: What keeps videos together; each for itself unless given.
        pool: Connections; the shared ones unless given.
    """
    grouping, pool = grouping or Grouping(), reader_pool() if pool is None else pool
    for folder in folders:
        try:
            yield _read(folder, pool, grouping)
        except CaptionBoundariesError as error:
            yield LeftOut(folder, str(error))


def _read(folder: Path, pool: ReaderPool, grouping: Grouping) -> TrainingVideo | LeftOut:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old folders are welcome here
        connection = pool.connection(folder, NEEDED)
    indices = np.array(CropReader(connection).frame_indices(), dtype=np.int64)
    if not len(indices):
        return LeftOut(folder, "It has no crops: run `caption-boundaries crop`.")
    rows = CaptionReader(connection).captions()
    firsts, labels = pairs_of(rows, indices)
    if not len(firsts):
        return LeftOut(folder, "It has no confirmed captions or gaps: confirm some in the caption tool.")
    metadata = VideoDbReader(connection).metadata()
    name = (metadata and (metadata.display_path or metadata.original_filename)) or folder.name
    identity = (metadata and metadata.video_hash) or folder.name
    crops = CropReader(connection)
    run = crops.run()
    return TrainingVideo(
        folder=folder,
        video_id=folder.absolute().name,
        name=name,
        group=grouping.group_of(name, identity),
        firsts=firsts,
        labels=labels,
        regions=_regions(connection, run.regions if run else None),
        frame_count=len(indices),
        lengths=tuple(caption_lengths(rows)),
        rate_hz=metadata.index_framerate_hz if metadata else DEFAULT_INDEX_RATE_HZ,
        captions_hash=content_hash(connection, "captions", "captions"),
        crops_hash=_crops_hash(connection, crops),
        crop_bounds_version=run.crop_bounds_version if run else 0,
    )


def _regions(connection: sqlite3.Connection, of_run: str | None) -> tuple[Region, ...]:
    """Return what the crops show; those of an old folder show its one crop box."""
    if of_run is not None:
        return regions_from_json(of_run)
    config = LayoutReader(connection).config()
    return layout_regions(config) if config is not None else ()


def _crops_hash(connection: sqlite3.Connection, crops: CropReader) -> str:
    columns = ("frame_index", "width", "height", "file_size")
    pictures = row_hash(connection, "cropping", "cropped_frames", columns=columns)
    return hashlib.sha256(f"{crops.crop_hash()} {pictures}".encode()).hexdigest()


def subset(video: TrainingVideo, kept: NDArray[np.int64]) -> TrainingVideo:
    """Return the video with some of its samples, given by number."""
    return TrainingVideo(**{**vars(video), "firsts": video.firsts[kept], "labels": video.labels[kept]})
