"""`CaptionBoundaryDataset`: pairs of neighbouring crops with their class, read straight from the databases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from caption_boundaries.data.frozen import FrozenDataset, open_frozen
from caption_boundaries.data.samples import Ints, capped, counts_of
from caption_boundaries.data.videos import LeftOut, TrainingVideo, read_videos, subset
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.layout import BoxLabel, LayoutReader
from caption_boundaries.database.pool import ReaderPool, reader_pool
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import DatabaseCorruptError
from caption_boundaries.media.jpeg import decode_jpeg, decode_jpeg_gray
from caption_boundaries.types import FrameRange, GrayImage, Region, RgbImage, TextLine

CROP_SCHEMAS = frozenset({"cropping"})
CONTEXT_SCHEMAS = frozenset({"video", "fullOCR", "layout"})


@dataclass(frozen=True)
class Context:
    """The whole picture that was sampled last before a pair, and what is known of its text."""

    frame_index: int
    picture: RgbImage
    lines: tuple[TextLine, ...]
    """What the engine read on it."""
    labels: tuple[BoxLabel, ...]
    """What people and models said of its boxes."""


@dataclass(frozen=True)
class BoundarySample:
    """Two neighbouring crops of a video."""

    first: GrayImage
    """Luma at ``frame_index``, shape (height, width)."""
    second: GrayImage
    """Luma at the next index."""
    label: int
    """Number of the class in `types.BOUNDARY_CLASSES`."""
    video: int
    """Number of the video in the data set."""
    frame_index: int
    regions: tuple[Region, ...]
    """What the crops show, top to bottom."""
    context: Context | None = None
    """Only where the data set was asked for it."""


Transform = Callable[[BoundarySample], Any]
"""Makes of a sample what a training wants, such as tensors."""


class CaptionBoundaryDataset(Dataset[Any]):
    """Pairs of neighbouring crops of many videos, each with its class.

    It holds no connection: every process and thread reads through its own pooled ones, so it goes through forks and
    into the workers of a `DataLoader` as it is.

        data = CaptionBoundaryDataset.from_folders(folders, cap=20_000)
        sample = data[0]
        data.left_out     # which videos offer nothing, and why
    """

    def __init__(
        self,
        videos: Sequence[TrainingVideo],
        *,
        left_out: Sequence[LeftOut] = (),
        transform: Transform | None = None,
        context: bool = False,
        pool: ReaderPool | None = None,
    ) -> None:
        """Take the samples of ``videos``, one video after the other.

        Args:
            videos: Videos and their samples.
            left_out: Videos that offer nothing; kept for whoever asks.
            transform: Makes of each sample what `__getitem__` returns; the sample itself unless given.
            context: Also read the full frame before each pair with its lines and labels.
            pool: Connections; the shared ones of each process unless given.
        """
        self.videos = tuple(videos)
        """In order of their samples."""
        self.left_out = tuple(left_out)
        """Videos that offer nothing, and why."""
        self._transform, self._context, self._pool = transform, context, pool
        self._ends = np.cumsum([len(video) for video in self.videos], dtype=np.int64)

    @classmethod
    def from_folders(
        cls, folders: Sequence[Path], *, cap: int | None = None, seed: int = 0, **options: Any
    ) -> CaptionBoundaryDataset:
        """Return the samples of video folders, no more than ``cap`` of a class; ``options`` as for the class."""
        found = list(read_videos(folders, pool=options.get("pool")))
        videos = [video for video in found if isinstance(video, TrainingVideo)]
        kept = capped([video.labels for video in videos], cap, seed)
        chosen = [subset(video, part) for video, part in zip(videos, kept, strict=True)]
        return cls(chosen, left_out=[video for video in found if isinstance(video, LeftOut)], **options)

    @classmethod
    def from_frozen(
        cls, frozen: FrozenDataset | Path, *, folds: Sequence[int] | None = None, **options: Any
    ) -> CaptionBoundaryDataset:
        """Return the samples of a frozen data set, of some folds or all; ``options`` as for the class.

        Raises:
            InputError: It is no frozen data set, or its videos are others now.
        """
        opened = open_frozen(frozen) if isinstance(frozen, Path) else frozen
        return cls(opened.training_videos(folds, pool=options.get("pool")), **options)

    @cached_property
    def labels(self) -> Ints:
        """The class of every sample, shape (n,)."""
        return np.concatenate([*(video.labels for video in self.videos), np.zeros(0, np.int64)]).astype(np.int64)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many samples there are of each class, by its name."""
        return counts_of(self.labels)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, number: int) -> Any:
        """Return sample ``number``, transformed if a transform was given."""
        sample = self._load_sample(number)
        return sample if self._transform is None else self._transform(sample)

    def _load_sample(self, number: int) -> BoundarySample:
        """Read sample ``number`` from the databases of its video.

        Raises:
            IndexError: There are fewer samples.
            DatabaseError: The video's databases are damaged, or not there any more.
        """
        place, within = self._place(number)
        video, index = self._video_and_index(place, within)
        first, second = self._crops(video, index)
        label = int(video.labels[within])
        context = self._read_context(video, index) if self._context else None
        return BoundarySample(first, second, label, place, index, video.regions, context)

    def surroundings(self, number: int, margin: int) -> list[GrayImage]:
        """Return the crops of sample ``number`` between ``margin`` others on either side.

        Where the video begins or ends its first or last crop stands for those that it lacks.

        Raises:
            IndexError: There are fewer samples.
            DatabaseError: The video's databases are damaged, or not there any more.
        """
        return self._crops(*self._video_and_index(*self._place(number)), margin)

    def video_of(self, number: int) -> int:
        """Return the number of the video that sample ``number`` is of."""
        return self._place(number)[0]

    def _place(self, number: int) -> tuple[int, int]:
        """Return the video of a sample and the sample's number in it."""
        if not -len(self) <= number < len(self):
            raise IndexError(f"sample {number} of {len(self)}")
        number %= len(self)
        place = int(np.searchsorted(self._ends, number, side="right"))
        return place, number - int(self._ends[place]) + len(self.videos[place])

    def _video_and_index(self, place: int, within: int) -> tuple[TrainingVideo, int]:
        """Return a video and the frame index of the first crop of one of its samples."""
        video = self.videos[place]
        return video, int(video.firsts[within])

    def _connection(self, video: TrainingVideo, schemas: frozenset[str]) -> Connection:
        pool = reader_pool() if self._pool is None else self._pool
        return pool.connection(video.folder, schemas)

    def _crops(self, video: TrainingVideo, index: int, margin: int = 0) -> list[GrayImage]:
        reader = CropReader(self._connection(video, CROP_SCHEMAS))
        stored = reader.pictures(FrameRange(max(0, index - margin), index + 1 + margin))
        if index not in stored or index + 1 not in stored:
            raise DatabaseCorruptError(
                f"{video.folder} has no crops at {index} and {index + 1} any more.", hint="Build the data set again."
            )
        decoded = {at: decode_jpeg_gray(picture) for at, picture in stored.items()}
        before = _nearest(decoded, index, range(index - 1, index - 1 - margin, -1))
        after = _nearest(decoded, index + 1, range(index + 2, index + 2 + margin))
        return [*reversed(before), decoded[index], decoded[index + 1], *after]

    def _read_context(self, video: TrainingVideo, index: int) -> Context | None:
        connection = self._connection(video, CONTEXT_SCHEMAS)
        reader = VideoDbReader(connection)
        before = [known for known in reader.frame_indices() if known <= index]
        frame = reader.frame(before[-1]) if before else None
        if frame is None:
            return None
        labels = (label for label in LayoutReader(connection).box_labels() if label.frame_index == frame.frame_index)
        lines = OcrReader(connection).lines_at(frame.frame_index)
        return Context(frame.frame_index, decode_jpeg(frame.image_data), tuple(lines), tuple(labels))


def _nearest(crops: Mapping[int, GrayImage], start: int, indices: Iterable[int]) -> list[GrayImage]:
    """Return the crops at ``indices``, which lead away from ``start``; the one before stands for one that lacks."""
    found = [crops[start]]
    for index in indices:
        found.append(crops.get(index, found[-1]))
    return found[1:]
