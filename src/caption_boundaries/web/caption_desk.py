"""What the caption tool of a video stands on besides its captions: the crops, the layout and the video file."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.captions.moments import start_index
from caption_boundaries.captions.strokes import StrokeMasks
from caption_boundaries.crop.geometry import CropGeometry, crop_geometry
from caption_boundaries.crop.plan import layout_regions
from caption_boundaries.database.cropping import CropReader, CropRun
from caption_boundaries.database.layout import LayoutConfig, LayoutReader, regions_from_json, regions_to_json
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import VideoFileError
from caption_boundaries.ingest.source import find_video_file
from caption_boundaries.types import DEFAULT_INDEX_RATE_HZ, FrameRange, Region
from caption_boundaries.web.dbwriter import file_stamp

KEPT_DESKS = 8
"""Videos of which this stays in memory."""
_SCHEMAS = ("video", "layout", "cropping")
_Stamps = tuple[tuple[int, int, int] | None, ...]
_QUANTILE = 0.995
"""A change of the strokes that is larger than this share of all is drawn as high as it goes."""


@dataclass(frozen=True)
class CaptionDesk:
    """What stays the same while captions are edited; read again when a step has run."""

    folder: Path
    stamps: _Stamps
    rate_hz: float
    index_count: int
    """Frame indices of the video; 0: not known."""
    ranges: tuple[tuple[int, int], ...]
    """Frame indices that have a crop."""
    width: int
    """Of the crops, in pixels."""
    height: int
    regions: tuple[Region, ...]
    """What the crops show, top to bottom."""
    frame_size: tuple[int, int] | None
    """Width and height of the whole frame in pixels."""
    times: tuple[tuple[int, NDArray[np.float64]], ...]
    """For every chunk of stroke masks its first source frame and the times of its frames."""
    is_stale: bool
    """True: the crops are older than the layout."""
    crop_hash: str
    """Tells crops from others; empty: not known."""
    storage_path: str | None
    """Where the video file is."""

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """When each picture of the video file is first shown; empty: not known."""
        return np.concatenate([part for _, part in self.times]) if self.times else np.zeros(0)

    @property
    def geometry(self) -> CropGeometry | None:
        """How the crops are cut out of a frame; None without crops."""
        if not self.regions or self.frame_size is None:
            return None
        return crop_geometry(self.regions, *self.frame_size)

    def total(self, extent: FrameRange | None) -> FrameRange:
        """Return all frame indices of the video, those that rows cover too."""
        last = max(self.index_count - 1, extent.end if extent else 0, 0)
        return FrameRange(0, last)

    def video_file(self) -> Path:
        """Return the video file.

        Raises:
            VideoFileError: It is not at hand.
        """
        return find_video_file(self.folder, self.storage_path)

    def no_source(self) -> str:
        """Return why pictures of the video file cannot be shown; empty where they can."""
        if self.geometry is None or not self.times:
            return "The crops do not say which pictures of the video they show; run the crop step again."
        try:
            self.video_file()
        except VideoFileError as error:
            return str(error)
        return ""

    @contextmanager
    def strokes(self) -> Iterator[StrokeMasks | None]:
        """Open the stroke masks for the block; None where there are none."""
        if not self.times:
            yield None
            return
        with VideoDatabase(self.folder, readonly=True, attach={"cropping"}, requires={"cropping"}) as connection:
            crops = CropReader(connection)
            yield StrokeMasks(self.times, lambda first: crops.signal_chunk(first).masks, 1.0)

    @cached_property
    def difference(self) -> NDArray[np.float64]:
        """How much of the strokes changes before each frame index, 0 to 1; empty: not known."""
        if not self.times:
            return np.zeros(0)
        changed = np.zeros(max(self.index_count, start_index(float(self.seconds[-1]), self.rate_hz) + 1))
        with VideoDatabase(self.folder, readonly=True, attach={"cropping"}, requires={"cropping"}) as connection:
            for seconds, counts in CropReader(connection).stroke_changes():
                indices = [start_index(moment, self.rate_hz) for moment in seconds.tolist()]
                np.add.at(changed, indices, counts)
        some = changed[changed > 0]
        full = float(np.quantile(some, _QUANTILE)) if len(some) else 1.0
        return np.clip(changed[: self.index_count] / full, 0.0, 1.0)


class CaptionDesks:
    """The videos whose caption tool is open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._desks: OrderedDict[Path, CaptionDesk] = OrderedDict()

    def of(self, folder: Path) -> CaptionDesk:
        """Return what the captions of a video stand on now."""
        stamps = tuple(file_stamp(folder, schema) for schema in _SCHEMAS)
        with self._lock:
            desk = self._desks.get(folder)
        if desk is None or desk.stamps != stamps:
            desk = _read(folder, stamps)
        with self._lock:
            self._desks[folder] = desk
            self._desks.move_to_end(folder)
            while len(self._desks) > KEPT_DESKS:
                self._desks.popitem(last=False)
        return desk


def _read(folder: Path, stamps: _Stamps) -> CaptionDesk:
    with VideoDatabase(folder, readonly=True, attach=set(_SCHEMAS)) as connection:
        metadata, layout = VideoDbReader(connection).metadata(), LayoutReader(connection).config()
        crops = CropReader(connection)
        indices, run = crops.frame_indices(), crops.run()
        first = crops.frame(indices[0]) if indices else None
        rate_hz = metadata.index_framerate_hz if metadata else DEFAULT_INDEX_RATE_HZ
        duration = (metadata.duration_seconds or 0.0) if metadata else 0.0
        return CaptionDesk(
            folder=folder,
            stamps=stamps,
            rate_hz=rate_hz,
            index_count=indices[-1] + 1 if indices else int(duration * rate_hz),
            ranges=tuple(_ranges(indices)),
            width=first.width if first else 0,
            height=first.height if first else 0,
            regions=regions_from_json(run.regions) if run else (),
            frame_size=(layout.frame_width, layout.frame_height) if layout else None,
            times=tuple(crops.signal_times()),
            is_stale=_is_stale(run, layout),
            crop_hash=crops.crop_hash() if run else "",
            storage_path=metadata.storage_path if metadata else None,
        )


def _ranges(indices: Sequence[int]) -> list[tuple[int, int]]:
    """Return ascending numbers as ranges without holes."""
    if not indices:
        return []
    breaks = [(a, b) for a, b in pairwise(indices) if b != a + 1]
    starts, ends = [indices[0], *(b for _, b in breaks)], [*(a for a, _ in breaks), indices[-1]]
    return list(zip(starts, ends, strict=True))


def _is_stale(run: CropRun | None, layout: LayoutConfig | None) -> bool:
    if run is None or layout is None:
        return False
    now = (layout.crop_bounds_version, regions_to_json(layout_regions(layout)))
    return (run.crop_bounds_version, run.regions) != now
