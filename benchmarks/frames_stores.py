"""The same pictures in every kind of store, each with a function that reads one."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import lmdb
import numpy as np

from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.cropping import CroppedFrame, CropReader, CropWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.pool import ReaderPool
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.migration.synthetic import OldFolder, make_old_folder
from caption_boundaries.types import FrameRange, PixelBox

Read = Callable[[int], object]


@dataclass(frozen=True)
class Kind:
    """What is stored."""

    name: str
    width: int
    height: int
    schema: str
    table: str


CROPS = Kind("crops", 512, 72, "cropping", "cropped_frames")
FULL_FRAMES = Kind("full frames", 640, 360, "video", "full_frames")


def pictures(kind: Kind, count: int) -> list[bytes]:
    """Return JPEGs as large as real ones: soft noise, each another."""
    chance = np.random.default_rng(0)
    made = []
    for _ in range(count):
        rough = chance.integers(0, 256, (kind.height // 6 + 1, kind.width // 6 + 1, 3), dtype=np.uint8)
        soft = np.ascontiguousarray(np.kron(rough, np.ones((6, 6, 1), np.uint8))[: kind.height, : kind.width])
        made.append(encode_jpeg(soft, 80))
    return made


def open_stores(folder: Path, kind: Kind, count: int, held: ExitStack) -> dict[str, Read]:
    """Fill every store and return how each is read; ``held`` keeps them open."""
    data = pictures(kind, count)
    split = _fill_split(folder / "split", kind, data)
    old = _fill_old(folder / "old", kind, data)
    pool = held.enter_context(ReaderPool())
    door = held.enter_context(VideoDatabase(split, readonly=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pool.connection(old, {kind.schema})
    reader_of = CropReader if kind.schema == "cropping" else VideoDbReader
    plain_sql = f"SELECT image_data FROM {kind.table} WHERE frame_index = ?"
    monolith = held.enter_context(closing(sqlite3.connect(old / "captions.db")))
    plain = _fill_files(folder / "files", data)
    pairs: dict[str, Read] = {}
    if kind is CROPS:
        pairs = {
            "pair from plain files": lambda index: (plain(index), plain(min(index + 1, count - 1))),
            "pair, tuned, as the data set reads it": lambda index: _pictures(pool, split, index, index + 1),
            "split, tuned (pooled), the picture alone": lambda index: _pictures(pool, split, index, index),
        }
    return {
        "plain files": plain,
        **pairs,
        "LMDB": _fill_lmdb(folder / "lmdb", data, held),
        "split, default": lambda index: reader_of(door).frame(index).image_data,
        "split, tuned (pooled), with its row": lambda index: (
            reader_of(pool.connection(split, {kind.schema})).frame(index).image_data
        ),
        "split, opened each time": lambda index: _opened(split, reader_of, index),
        "one file, plain SQLite": lambda index: monolith.execute(plain_sql, (index,)).fetchone()[0],
        "one file, pooled": lambda index: reader_of(pool.connection(old, {kind.schema})).frame(index).image_data,
    }


def _pictures(pool: ReaderPool, folder: Path, first: int, last: int) -> dict[int, bytes]:
    return CropReader(pool.connection(folder, {"cropping"})).pictures(FrameRange(first, last))


def _opened(folder: Path, reader_of: type, index: int) -> bytes:
    with VideoDatabase(folder, readonly=True) as connection:
        return reader_of(connection).frame(index).image_data


def _fill_files(folder: Path, data: list[bytes]) -> Read:
    folder.mkdir()
    names = [str(folder / f"{number:06d}.jpg") for number in range(len(data))]
    for name, picture in zip(names, data, strict=True):
        Path(name).write_bytes(picture)

    def read(index: int) -> bytes:
        with open(names[index], "rb", buffering=0) as file:  # noqa: PTH123 - the fastest way there is
            return file.read()

    return read


def _fill_lmdb(folder: Path, data: list[bytes], held: ExitStack) -> Read:
    environment = lmdb.open(str(folder), map_size=2 * sum(map(len, data)) + (16 << 20))
    with environment.begin(write=True) as transaction:
        for number, picture in enumerate(data):
            transaction.put(b"%06d" % number, picture)
    held.callback(environment.close)
    reading = held.enter_context(environment.begin())
    return lambda index: reading.get(b"%06d" % index)


def _fill_split(folder: Path, kind: Kind, data: list[bytes]) -> Path:
    folder.mkdir()
    create_databases(folder)
    with VideoDatabase(folder, writes={kind.schema}, attach={kind.schema}) as connection:
        if kind.schema == "cropping":
            crops = (CroppedFrame(n, picture, kind.width, kind.height, None) for n, picture in enumerate(data))
            CropWriter(connection).add_frames(crops, PixelBox(0, 0, kind.width, kind.height), 1)
        else:
            frames = (StoredFrame(n, picture, kind.width, kind.height, None) for n, picture in enumerate(data))
            VideoDbWriter(connection).add_frames(frames)
    return folder


def _fill_old(folder: Path, kind: Kind, data: list[bytes]) -> Path:
    path = make_old_folder(folder, OldFolder(full_frames=0, cropped_frames=0, oddities=False))
    bounds = ", crop_left, crop_top, crop_right, crop_bottom" if kind.schema == "cropping" else ""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            f"INSERT INTO {kind.table} (frame_index, image_data, width, height, file_size, created_at{bounds}) "
            f"VALUES (?, ?, {kind.width}, {kind.height}, ?, ''{', 0, 0, 1, 1' if bounds else ''})",
            ((number, picture, len(picture)) for number, picture in enumerate(data)),
        )
    return folder
