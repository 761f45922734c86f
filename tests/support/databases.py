"""Video folders for tests of the databases: made, filled, damaged, and compared byte for byte."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from caption_boundaries.database.captions import Caption, CaptionWriter
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.full_ocr import OcrWriter
from caption_boundaries.database.layout import BoxLabel, LayoutConfig, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.video import StoredFrame, VideoDbWriter, VideoMetadata
from caption_boundaries.types import Box, TextLine

T = TypeVar("T")

METADATA = VideoMetadata(
    video_id="5f2a", video_hash="ab" * 32, storage_path="film.mp4", original_filename="film.mp4", file_size_bytes=1000
)
LABEL = BoxLabel(100, 0, "Hello", 10, 20, 110, 50, label="in", label_source="user")
CAPTION = Caption(3, 17, text="Hello", start_seconds=0.31, end_seconds=1.77)
LINE = TextLine(Box(0.1, 0.8, 0.6, 0.9), "Hello", 0.97)


def new_folder(folder: Path) -> Path:
    """Make a video folder with all six databases, empty."""
    folder.mkdir(parents=True)
    create_databases(folder)
    return folder


def filled_folder(folder: Path) -> Path:
    """Make a video folder with a few rows in every versioned database."""
    return Path(shutil.copytree(_template()[1], folder))


@cache
def _template() -> tuple[object, Path]:
    kept = tempfile.TemporaryDirectory(prefix="caption-boundaries-tests-")
    return kept, _fill(new_folder(Path(kept.name) / "video"))


def _fill(folder: Path) -> Path:
    with replacing_database(folder, "video", reads=()) as conn:
        video = VideoDbWriter(conn)
        video.save_metadata(METADATA)
        video.add_frames(StoredFrame(index, bytes([index]) * 3000, 640, 360, None) for index in (0, 100, 200))
    with replacing_database(folder, "fullOCR", reads={"video"}) as conn:
        ocr = OcrWriter(conn)
        ocr.add_frame(0, [], 0.0)
        ocr.add_frame(100, [LINE], 10.0)
        ocr.add_failure(200, "the engine fell over")
    with VideoDatabase(folder, writes={"layout"}) as conn:
        LayoutWriter(conn).save_config(LayoutConfig(640, 360))
        LayoutWriter(conn).save_box_labels([LABEL])
    with VideoDatabase(folder, writes={"captions"}) as conn:
        CaptionWriter(conn).add(CAPTION)
    return folder


def fingerprint(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Return what must not change when nothing is written: names, bytes, change times and modes."""
    return {
        str(path.relative_to(folder)): (
            hashlib.md5(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
            path.stat().st_mode,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def md5(path: Path) -> str:
    """Return the MD5 of a file."""
    return hashlib.md5(path.read_bytes()).hexdigest()


def names(folder: Path) -> set[str]:
    """Return the names of all that lies in the folder."""
    return {path.name for path in folder.iterdir()}


def descriptors(folder: Path) -> list[str]:
    """Return the files below ``folder`` that this process holds open."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue  # the descriptor of the listing itself
        if target.startswith(str(folder.resolve())):
            found.append(target)
    return found


def raw(path: Path, *statements: str) -> None:
    """Run statements on a file with plain SQLite, as another tool would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Return what plain SQLite reads."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def start_python(code: str, *arguments: object, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Start ``code`` in another process; ``arguments`` are its ``sys.argv[1:]``."""
    command = [*prefix, sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run_python(
    code: str, *arguments: object, timeout: float = 60, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in another process to its end."""
    with start_python(code, *arguments, prefix=prefix) as child:
        stdout, stderr = child.communicate(timeout=timeout)
    return subprocess.CompletedProcess(child.args, child.returncode, stdout, stderr)


def kill_writer(path: Path, statement: str, *, wal: bool = False) -> None:
    """Leave the file as a writer does that is killed in the middle of ``statement``'s transaction."""
    killed = run_python(
        """
        import os, signal, sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("PRAGMA cache_size = 2")  # so that pages reach the file before the commit
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(sys.argv[2])
        if sys.argv[3] == "commit":
            connection.execute("COMMIT")
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        path,
        statement,
        "commit" if wal else "kill",
    )
    assert killed.returncode == -9, killed.stderr
    assert path.with_name(path.name + ("-wal" if wal else "-journal")).stat().st_size > 0


MANY_LABELS = """
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT OR REPLACE INTO full_frame_box_labels
        (frame_index, box_index, box_text, box_left, box_top, box_right, box_bottom, label, label_source)
    SELECT i, 0, 'never committed ' || i, 0, 0, 1, 1, 'in', 'user' FROM n
"""
"""Writes more of layout.db than a small cache holds."""


def as_nobody(work: Callable[[], T]) -> T:
    """Return what ``work`` returns when an ordinary user runs it: root would ignore the modes of files."""
    if os.geteuid() != 0:
        return work()
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
    try:
        return work()
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


@contextmanager
def open_to_all() -> Iterator[Path]:
    """Make a folder that every user may enter; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-tests-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)


@contextmanager
def limited_files(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond ``size`` bytes: as good as a full disk, and needs no rights."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def memory_folder() -> Iterator[Path]:
    """Make a folder in memory where there is one: many files are made faster, and a kill does not ask for the disk."""
    fast = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=fast, prefix="caption-boundaries-tests-") as name:
        yield Path(name)


def write_protect(folder: Path) -> None:
    """Make a folder and its files read-only for ordinary users."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
