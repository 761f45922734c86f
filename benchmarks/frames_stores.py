"""The same pictures in every kind of store, each with a function that reads one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
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
from caption_boundaries.types import FrameRange, FrameTime, PixelBox

Read = Callable[[int], object]
MAPPED_BYTES = 2**31 - 2**16
"""As much of a file as SQLite maps at most."""


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
    pool = held.enter_context(ReaderPool(old_welcome=True))
    door = held.enter_context(VideoDatabase(split, readonly=True))
    reader_of = CropReader if kind.schema == "cropping" else VideoDbReader
    plain = _fill_files(folder / "files", data)
    pairs: dict[str, Read] = {}
    if kind is CROPS:
        pairs = {
            "pair from plain files": lambda index: (plain(index), plain(min(index + 1, count - 1))),
            "pair, tuned, as the data set reads it": lambda index: _pair(pool, split, index),
        }
    return {
        "plain files": plain,
        **pairs,
        "LMDB": _fill_lmdb(folder / "lmdb", data, held),
        "split, default": lambda index: reader_of(door).picture(index),
        "split, tuned (pooled)": lambda index: reader_of(pool.connection(split, {kind.schema})).picture(index),
        "split, tuned (pooled), with its row": lambda index: reader_of(pool.connection(split, {kind.schema})).frame(
            index
        ),
        "split, a bare cursor: the floor": _bare(split / f"{kind.schema}.db", kind, held, "?mode=ro&immutable=1"),
        "split, opened each time": lambda index: _opened(split, reader_of, index),
        "one file, plain SQLite": _bare(old / "captions.db", kind, held),
        "one file, pooled": lambda index: reader_of(pool.connection(old, {kind.schema})).picture(index),
    }


def _bare(path: Path, kind: Kind, held: ExitStack, query: str = "") -> Read:
    """Return what one statement on a cursor of its own reads, mapped into memory where ``query`` says immutable."""
    connection = held.enter_context(closing(sqlite3.connect(f"{path.as_uri()}{query}", uri=True)))
    if "immutable" in query:
        connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
    cursor, sql = connection.cursor(), f"SELECT image_data FROM {kind.table} WHERE frame_index = ?"
    return lambda index: cursor.execute(sql, (index,)).fetchone()[0]


def _pair(pool: ReaderPool, folder: Path, index: int) -> dict[int, bytes]:
    return CropReader(pool.connection(folder, {"cropping"})).pictures(FrameRange(index, index + 1))


def _opened(folder: Path, reader_of: type, index: int) -> bytes:
    with VideoDatabase(folder, readonly=True) as connection:
        return reader_of(connection).picture(index)


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
            crops = (CroppedFrame(n, picture, kind.width, kind.height, _time(n)) for n, picture in enumerate(data))
            CropWriter(connection).add_frames(crops, PixelBox(0, 0, kind.width, kind.height), 1)
        else:
            frames = (StoredFrame(n, picture, kind.width, kind.height, _time(n)) for n, picture in enumerate(data))
            VideoDbWriter(connection).add_frames(frames)
    return folder


def _time(number: int) -> FrameTime:
    return FrameTime(1024 * number, Fraction(1, 12288))


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
