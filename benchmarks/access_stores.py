"""The same pictures in several stores, each read one picture at a time by video and frame index."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import lmdb

from caption_boundaries.database.captions import Caption, CaptionWriter
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.cropping import CroppedFrame, CropReader, CropWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import sqlite_uri
from caption_boundaries.database.pool import ReaderPool
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.types import PixelBox

Read = Callable[[int, int], bytes]
"""Returns the picture of a video at a frame index."""

SQL = "SELECT image_data FROM cropping.cropped_frames WHERE frame_index = ?"
MONOLITH_SQL = "SELECT image_data FROM cropped_frames WHERE frame_index = ?"


@dataclass(frozen=True)
class Corpus:
    """Where the pictures are, in every form."""

    root: Path
    videos: int
    pictures: int
    """Of each video."""

    def split(self, video: int) -> Path:
        """Return the folder of split databases."""
        return self.root / "split" / str(video)

    def monolith(self, video: int) -> Path:
        """Return the one file of a video."""
        return self.root / "monolith" / f"{video}.db"

    def plain(self, video: int) -> Path:
        """Return the folder of plain files."""
        return self.root / "plain" / str(video)

    def lmdb(self) -> Path:
        """Return the folder of the LMDB environment that holds all videos."""
        return self.root / "lmdb"

    def files(self) -> list[Path]:
        """Return every file."""
        return [path for path in self.root.rglob("*") if path.is_file()]


def make_corpus(root: Path, videos: int, pictures: int, seed: int = 0) -> Corpus:
    """Write random pictures of 20 to 100 KB, as crops of wide captions have, in every form."""
    chance, corpus = random.Random(seed), Corpus(root, videos, pictures)
    corpus.lmdb().mkdir(parents=True)
    with lmdb.open(str(corpus.lmdb()), map_size=2**36) as environment:
        for video in range(videos):
            data = [chance.randbytes(chance.randint(20_000, 100_000)) for _ in range(pictures)]
            _make_split(corpus.split(video), data)
            _make_monolith(corpus.monolith(video), data)
            corpus.plain(video).mkdir(parents=True)
            for index, picture in enumerate(data):
                (corpus.plain(video) / f"{index}.jpg").write_bytes(picture)
            with environment.begin(write=True) as transaction:
                for index, picture in enumerate(data):
                    transaction.put(f"{video}/{index}".encode(), picture)
    return corpus


def _make_split(folder: Path, data: list[bytes]) -> None:
    folder.mkdir(parents=True)
    create_databases(folder)
    with replacing_database(folder, "cropping", reads=()) as conn:
        frames = (CroppedFrame(index, picture, 640, 90, None) for index, picture in enumerate(data))
        CropWriter(conn).add_frames(frames, PixelBox(0, 0, 640, 90), 1)
    with VideoDatabase(folder, writes={"captions"}) as conn:
        writer = CaptionWriter(conn)
        for first in range(0, len(data) - 20, 20):
            writer.add(Caption(first, first + 14, text=f"caption {first}"))


def _make_monolith(path: Path, data: list[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("PRAGMA page_size = 8192")
        conn.execute(
            "CREATE TABLE cropped_frames (frame_index INTEGER PRIMARY KEY, image_data BLOB NOT NULL, "
            "width INTEGER NOT NULL, height INTEGER NOT NULL)"
        )
        conn.execute(
            "CREATE TABLE captions (id INTEGER PRIMARY KEY, start_frame_index INTEGER, end_frame_index INTEGER, "
            "text TEXT)"
        )
        conn.executemany("INSERT INTO cropped_frames VALUES (?, ?, 640, 90)", enumerate(data))
        captions = [(first, first + 14, f"caption {first}") for first in range(0, len(data) - 20, 20)]
        conn.executemany("INSERT INTO captions (start_frame_index, end_frame_index, text) VALUES (?, ?, ?)", captions)


@contextmanager
def pooled(corpus: Corpus, *, mapped: bool = True) -> Iterator[Read]:
    """Ask the pool before every single read."""
    folders, wanted = [str(corpus.split(video)) for video in range(corpus.videos)], frozenset({"cropping"})
    with ReaderPool(mapped=mapped) as pool:
        yield lambda video, index: pool.connection(folders[video], wanted).execute(SQL, (index,)).fetchone()[0]


@contextmanager
def kept(corpus: Corpus) -> Iterator[Read]:
    """Ask the pool once for each video and keep the connections, as somebody who reads a block of a video does."""
    with ReaderPool() as pool:
        connections = [pool.connection(corpus.split(video), {"cropping"}) for video in range(corpus.videos)]
        yield lambda video, index: connections[video].execute(SQL, (index,)).fetchone()[0]


@contextmanager
def through_reader(corpus: Corpus) -> Iterator[Read]:
    """Read through `CropReader`, as the product does."""
    folders = [str(corpus.split(video)) for video in range(corpus.videos)]
    with ReaderPool() as pool:

        def read(video: int, index: int) -> bytes:
            frame = CropReader(pool.connection(folders[video], {"cropping"})).frame(index)
            assert frame is not None
            return frame.image_data

        yield read


@contextmanager
def monolith(corpus: Corpus, *, tuned: bool = True) -> Iterator[Read]:
    """Keep a connection to each video's one file: as SQLite opens it by default, or as the pool would."""
    paths = [corpus.monolith(video) for video in range(corpus.videos)]
    connections = [tuned_connection(path) if tuned else default_connection(path) for path in paths]
    yield lambda video, index: connections[video].execute(MONOLITH_SQL, (index,)).fetchone()[0]
    for connection in connections:
        connection.close()


def default_connection(path: Path) -> sqlite3.Connection:
    """Open a file for reading as SQLite does by default."""
    return sqlite3.connect(sqlite_uri(path, mode="ro"), uri=True)


def tuned_connection(path: Path) -> sqlite3.Connection:
    """Open a file for reading as the pool opens files of pictures."""
    connection = sqlite3.connect(sqlite_uri(path, mode="ro", immutable=1), uri=True)
    connection.execute("PRAGMA mmap_size = 2147418112")
    return connection


@contextmanager
def fresh(corpus: Corpus) -> Iterator[Read]:
    """Open all six databases for every read."""

    def read(video: int, index: int) -> bytes:
        with VideoDatabase(corpus.split(video), readonly=True) as conn:
            return bytes(conn.execute(SQL, (index,)).fetchone()[0])

    yield read


@contextmanager
def plain_files(corpus: Corpus, *, bare: bool = False) -> Iterator[Read]:
    """Open, read and close a file: with `open`, or with as few system calls as there can be."""
    names = [
        [f"{corpus.plain(video)}/{index}.jpg" for index in range(corpus.pictures)] for video in range(corpus.videos)
    ]

    def read(video: int, index: int) -> bytes:
        with open(names[video][index], "rb") as file:  # noqa: PTH123 - as fast as Python does it
            return file.read()

    def read_bare(video: int, index: int) -> bytes:
        handle = os.open(names[video][index], os.O_RDONLY)
        data = os.read(handle, 200_000)
        os.close(handle)
        return data

    yield read_bare if bare else read


@contextmanager
def in_lmdb(corpus: Corpus) -> Iterator[Read]:
    """Keep an LMDB environment and one transaction."""
    with lmdb.open(str(corpus.lmdb()), readonly=True, lock=False) as environment, environment.begin() as transaction:
        yield lambda video, index: transaction.get(b"%d/%d" % (video, index))
