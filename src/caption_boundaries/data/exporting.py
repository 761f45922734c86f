"""Frozen data sets as files that other tools read: Parquet, WebDataset shards, COCO boxes.

An export is a new folder that appears whole or not at all; the same data set always gives the same bytes.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caption_boundaries.atomic import partial_path, storage_errors, sync_folder
from caption_boundaries.data.coco import write_coco
from caption_boundaries.data.frozen import FrozenDataset
from caption_boundaries.data.videos import TrainingVideo
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.pool import reader_pool
from caption_boundaries.errors import UsageError
from caption_boundaries.step import Progress, silent
from caption_boundaries.types import BOUNDARY_CLASSES, FrameRange

SHARD_SAMPLES = 2000
"""Samples in one file: about 100 MB of small crops."""
ROWS_AT_ONCE = 200
"""Samples in one group of rows of a Parquet file."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One pair with its pictures as they are stored."""

    video_id: str
    frame_index: int
    label: int
    first: bytes
    """JPEG."""
    second: bytes
    """JPEG."""

    @property
    def key(self) -> str:
        """A name of its own, in order of time within a video."""
        return f"{self.video_id}-{self.frame_index:08d}"


Exporter = Callable[[FrozenDataset, Path, Progress], None]


def export_dataset(frozen: FrozenDataset, form: str, target: Path, *, progress: Progress = silent) -> None:
    """Write a data set in one of the `EXPORTERS` forms.

    Raises:
        UsageError: There is no such form, or ``target`` is there already.
        InputError: The videos are others now.
        StorageError: The disk refused.
    """
    if form not in EXPORTERS:
        raise UsageError(f"There is no form {form!r}.", hint=f"Choose one of {', '.join(EXPORTERS)}.")
    with _new_folder(target) as folder:
        EXPORTERS[form](frozen, folder, progress)


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """Give a hidden folder to fill; when the block ends well it becomes ``target``, after an error it is gone."""
    if target.exists():
        raise UsageError(f"{target} is there already.", hint="Choose another folder, or remove it first.")
    partial = partial_path(target)
    try:
        with storage_errors(target):
            partial.mkdir(parents=True)
            yield partial
            sync_folder(partial)
            partial.rename(target)
            sync_folder(target.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def samples_of(videos: Sequence[TrainingVideo]) -> Iterator[Sample]:
    """Yield every sample of some videos, in order."""
    for video in videos:
        reader = CropReader(reader_pool().connection(video.folder, {"cropping"}))
        for index, label in zip(video.firsts.tolist(), video.labels.tolist(), strict=True):
            first, second = reader.pictures(FrameRange(index, index + 1)).values()
            yield Sample(video.video_id, index, label, first, second)


def _shards(frozen: FrozenDataset, progress: Progress) -> Iterator[tuple[int, int, list[Sample]]]:
    """Yield (fold, number of the shard in it, samples); one shard is in memory at a time."""
    done, total = 0, sum(frozen.counts.values())
    videos = list(zip(frozen.videos, frozen.training_videos(), strict=True))
    for fold in range(frozen.settings.folds):
        samples = samples_of([video for known, video in videos if known.fold == fold])
        for number in range(total):
            part = [sample for _, sample in zip(range(SHARD_SAMPLES), samples, strict=False)]
            if not part:
                break
            yield fold, number, part
            done += len(part)
            progress(done, total, "samples")


def write_parquet(frozen: FrozenDataset, folder: Path, progress: Progress) -> None:
    """Write Parquet files, one or more for each fold, and a card, so that `datasets.load_dataset(folder)` reads them.

    Columns: video_id, frame_index, label (class), first and second (pictures).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema(
        [
            ("video_id", pa.string()),
            ("frame_index", pa.int64()),
            ("label", pa.int64()),
            ("first", picture),
            ("second", picture),
        ],
        metadata={b"huggingface": json.dumps({"info": {"features": _features()}}).encode()},
    )
    for fold, number, samples in _shards(frozen, progress):
        rows = [_row(sample) for sample in samples]
        table = pa.Table.from_pylist(rows, schema=schema)
        pq.write_table(table, folder / f"fold_{fold}-{number:05d}.parquet", row_group_size=ROWS_AT_ONCE)
    (folder / "README.md").write_text(_card(frozen, sorted(folder.glob("*.parquet"))), encoding="utf-8")


def _row(sample: Sample) -> dict[str, Any]:
    return {
        "video_id": sample.video_id,
        "frame_index": sample.frame_index,
        "label": sample.label,
        "first": {"bytes": sample.first, "path": f"{sample.key}.first.jpg"},
        "second": {"bytes": sample.second, "path": f"{sample.key}.second.jpg"},
    }


def _features() -> dict[str, Any]:
    """Return what the columns mean, as Hugging Face `datasets` reads it from the schema."""
    return {
        "video_id": {"dtype": "string", "_type": "Value"},
        "frame_index": {"dtype": "int64", "_type": "Value"},
        "label": {"names": list(BOUNDARY_CLASSES), "_type": "ClassLabel"},
        "first": {"_type": "Image"},
        "second": {"_type": "Image"},
    }


def _card(frozen: FrozenDataset, files: Sequence[Path]) -> str:
    folds = sorted({file.name.split("-")[0] for file in files})
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for fold in folds:
        lines += [f"  - split: {fold}", f"    path: {fold}-*.parquet"]
    counts = ", ".join(f"{name} {count}" for name, count in frozen.counts.items())
    lines += ["---", f"# {frozen.name}", "", f"Pairs of neighbouring crops: {counts}.", f"Hash: `{frozen.hash}`.", ""]
    return "\n".join(lines)


def write_webdataset(frozen: FrozenDataset, folder: Path, progress: Progress) -> None:
    """Write tar files, one or more for each fold: per sample ``first.jpg``, ``second.jpg``, ``cls`` and ``json``."""
    for fold, number, samples in _shards(frozen, progress):
        with tarfile.open(folder / f"fold_{fold}-{number:05d}.tar", "w") as shard:
            for sample in samples:
                _add(shard, f"{sample.key}.first.jpg", sample.first)
                _add(shard, f"{sample.key}.second.jpg", sample.second)
                _add(shard, f"{sample.key}.cls", str(sample.label).encode())
                told = {"video_id": sample.video_id, "frame_index": sample.frame_index, "fold": fold}
                _add(shard, f"{sample.key}.json", json.dumps(told).encode())


def _add(shard: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)  # without owner and time: the same samples, the same bytes
    entry.size = len(data)
    shard.addfile(entry, io.BytesIO(data))


EXPORTERS: dict[str, Exporter] = {"parquet": write_parquet, "webdataset": write_webdataset, "coco": write_coco}
"""Forms by name."""
