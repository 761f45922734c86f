"""Frozen data sets: a manifest that says which samples of which videos there are, so that a training can be repeated.

The manifest holds no pictures. It names the videos with hashes of their captions and crops; a data set whose videos
have changed since is refused. The same videos and settings always give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from caption_boundaries.atomic import storage_errors, write_file
from caption_boundaries.data.plain import from_json
from caption_boundaries.data.samples import assign_folds, capped, counts_of
from caption_boundaries.data.videos import Grouping, LeftOut, TrainingVideo, read_videos, subset
from caption_boundaries.database.pool import ReaderPool
from caption_boundaries.errors import InputError, TargetError, UsageError
from caption_boundaries.types import BOUNDARY_CLASSES

FORM = 1
"""Of the manifest."""
SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class FreezeSettings:
    """What decides which samples a data set has."""

    folds: int = 5
    group_by: str = "video"
    """See `videos.Grouping`."""
    cap: int | None = None
    """The most samples of one class."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds < 1:
            raise UsageError("A data set has at least one fold.")
        if self.cap is not None and self.cap < 1:
            raise UsageError("A cap leaves at least one sample of a class.")
        Grouping(self.group_by)


@dataclass(frozen=True, slots=True)
class FrozenVideo:
    """One video of a frozen data set."""

    folder: str
    """From the manifest's folder on, or absolute."""
    video_id: str
    name: str
    group: str
    fold: int
    captions_hash: str
    crops_hash: str
    crop_bounds_version: int
    frame_count: int
    counts: dict[str, int]
    """Samples of each class after the cap."""


@dataclass(frozen=True, slots=True)
class FrozenLeftOut:
    """One video that was not taken."""

    folder: str
    reason: str


@dataclass(frozen=True, slots=True)
class FrozenDataset:
    """A frozen data set."""

    name: str
    settings: FreezeSettings
    videos: tuple[FrozenVideo, ...]
    """In the order in which they were given."""
    left_out: tuple[FrozenLeftOut, ...] = ()
    classes: tuple[str, ...] = BOUNDARY_CLASSES
    form: int = FORM
    root: str = field(default="", compare=False)
    """Folder of the manifest; not part of it."""

    @property
    def hash(self) -> str:
        """The same for the same samples, wherever they lie."""
        told = asdict(replace(self, root="", left_out=(), name=""))
        for video in told["videos"]:
            del video["folder"]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """Samples of each class."""
        return {name: sum(video.counts[name] for video in self.videos) for name in self.classes}

    def folder_of(self, video: FrozenVideo | FrozenLeftOut) -> Path:
        """Return where a video lies."""
        return Path(os.path.normpath(Path(self.root) / video.folder))

    def training_videos(
        self, folds: Sequence[int] | None = None, *, pool: ReaderPool | None = None
    ) -> list[TrainingVideo]:
        """Return the videos of some folds, or all, with the samples that were frozen.

        Raises:
            InputError: A video is not what it was, or there is no such fold.
        """
        wanted = set(range(self.settings.folds) if folds is None else folds)
        if unknown := wanted - set(range(self.settings.folds)):
            raise UsageError(f"There is no fold {min(unknown)}.", hint=f"It has {self.settings.folds}, counted from 0.")
        # The cap is drawn over all videos, so all have to be read.
        found = [self._read(video, pool) for video in self.videos]
        kept = capped([video.labels for video in found], self.settings.cap, self.settings.seed)
        chosen = zip(self.videos, found, kept, strict=True)
        return [subset(video, part) for known, video, part in chosen if known.fold in wanted]

    def _read(self, video: FrozenVideo, pool: ReaderPool | None) -> TrainingVideo:
        found = next(read_videos([self.folder_of(video)], grouping=Grouping(self.settings.group_by), pool=pool))
        if isinstance(found, LeftOut):
            raise _changed(self, video, found.reason)
        if found.captions_hash != video.captions_hash:
            raise _changed(self, video, "its captions are others now")
        if found.crops_hash != video.crops_hash:
            raise _changed(self, video, "its crops are others now")
        return found


def freeze(
    name: str, folders: Sequence[Path], settings: FreezeSettings, *, root: Path, pool: ReaderPool | None = None
) -> FrozenDataset:
    """Return a data set of the samples that ``folders`` offer.

    Args:
        name: Of the data set.
        folders: Video folders.
        settings: Folds, groups and cap.
        root: Folder in which the manifest will lie.
        pool: Connections; the shared ones unless given.

    Raises:
        InputError: No video offers a sample.
    """
    found = list(read_videos(folders, grouping=Grouping(settings.group_by), pool=pool))
    videos = [video for video in found if isinstance(video, TrainingVideo)]
    if not videos:
        reasons = "; ".join(dict.fromkeys(item.reason for item in found if isinstance(item, LeftOut)))
        raise InputError("No video offers a sample.", hint=reasons)
    sizes = Counter[str]()
    for video in videos:
        sizes[video.group] += len(video)
    fold_of = assign_folds(sizes, settings.folds, settings.seed)
    kept = capped([video.labels for video in videos], settings.cap, settings.seed)
    return FrozenDataset(
        name,
        settings,
        tuple(
            _frozen(subset(video, part), fold_of[video.group], root) for video, part in zip(videos, kept, strict=True)
        ),
        tuple(FrozenLeftOut(_told(item.folder, root), item.reason) for item in found if isinstance(item, LeftOut)),
        root=str(root),
    )


def _frozen(video: TrainingVideo, fold: int, root: Path) -> FrozenVideo:
    return FrozenVideo(
        folder=_told(video.folder, root),
        video_id=video.video_id,
        name=video.name,
        group=video.group,
        fold=fold,
        captions_hash=video.captions_hash,
        crops_hash=video.crops_hash,
        crop_bounds_version=video.crop_bounds_version,
        frame_count=video.frame_count,
        counts=counts_of(video.labels),
    )


def _told(folder: Path, root: Path) -> str:
    """Return a folder as the manifest tells it: from its own folder on, so that both can be moved together."""
    near = root.absolute().parent
    whole = folder.absolute()
    return os.path.relpath(whole, root.absolute()) if whole.is_relative_to(near) else str(whole)


def save_frozen(frozen: FrozenDataset, path: Path) -> None:
    """Write the manifest as a whole.

    Raises:
        StorageError: The disk refused.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    told = {**asdict(frozen), "counts": frozen.counts, "hash": frozen.hash}
    del told["root"]
    write_file(path, (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode())


def open_frozen(path: Path) -> FrozenDataset:
    """Return the frozen data set in a manifest.

    Raises:
        TargetError: There is no such file.
        InputError: It is none, or of another form.
        StorageError: It cannot be read.
    """
    if not path.exists():
        known = known_datasets(path.parent)
        hint = f"There are {', '.join(known)}." if known else "Make one with `caption-boundaries dataset build`."
        raise TargetError(f"There is no data set {path}.", hint=hint)
    with storage_errors(path):
        data = path.read_bytes()
    try:
        told = json.loads(data)
        told.pop("counts", None)
        said = told.pop("hash", None)
        frozen = replace(from_json(FrozenDataset, json.dumps(told)), root=str(path.absolute().parent))
    except (ValueError, TypeError, AttributeError, InputError) as error:
        raise InputError(f"{path} is no frozen data set: {error}.", hint="Make one: dataset build.") from error
    if frozen.form != FORM or frozen.classes != BOUNDARY_CLASSES or (said is not None and said != frozen.hash):
        raise InputError(f"{path} was changed by hand or made by another version.", hint="Build it again.")
    return frozen


def manifest_path(name: str, data_root: Path) -> Path:
    """Return where the manifest called ``name`` lies: a path ending in .json, or a name in the data root's datasets."""
    if name.endswith(SUFFIX):
        return Path(name)
    if not name or Path(name).name != name or name.startswith("."):
        raise UsageError(f"{name!r} is no name for a data set.", hint="Use letters and digits, or a path to a .json.")
    return data_root / "datasets" / f"{name}{SUFFIX}"


def known_datasets(folder: Path) -> list[str]:
    """Return the names of the data sets in a folder of manifests."""
    return sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))


def _changed(frozen: FrozenDataset, video: FrozenVideo, why: str) -> InputError:
    return InputError(
        f"The data set {frozen.name} no longer holds for {video.name} ({frozen.folder_of(video)}): {why}.",
        hint="Bring the versions back that it was built from (`caption-boundaries pull`), or build it again.",
    )


def folds_table(frozen: FrozenDataset) -> Iterable[tuple[int, int, dict[str, int]]]:
    """Yield for every fold its number, its videos and its samples of each class."""
    for fold in range(frozen.settings.folds):
        inside = [video for video in frozen.videos if video.fold == fold]
        yield fold, len(inside), {name: sum(video.counts[name] for video in inside) for name in frozen.classes}
