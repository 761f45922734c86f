"""Folders and repositories that the benchmark of versioning works on."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from caption_boundaries.database.captions import Caption, CaptionWriter
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.cropping import CroppedFrame, CropWriter
from caption_boundaries.database.full_ocr import OcrWriter
from caption_boundaries.database.layout import BoxLabel, LayoutConfig, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.video import StoredFrame, VideoDbWriter, VideoMetadata
from caption_boundaries.types import Box, PixelBox, TextLine

CLI = (sys.executable, "-m", "caption_boundaries")
DVC = (sys.executable, "-m", "dvc")


def make_folder(folder: Path, *, frames: int, crops: int, boxes: int, captions: int, seed: int = 0) -> Path:
    """Make a video folder of the given numbers of rows; pictures are random bytes of realistic sizes."""
    chance = random.Random(seed)
    folder.mkdir(parents=True)
    create_databases(folder)
    with replacing_database(folder, "video", reads=()) as conn:
        writer = VideoDbWriter(conn)
        writer.save_metadata(
            VideoMetadata(
                video_id=folder.name,
                video_hash="0" * 64,
                storage_path=None,
                original_filename="film.mp4",
                file_size_bytes=1,
            )
        )
        writer.add_frames(
            StoredFrame(i * 100, chance.randbytes(chance.randint(50_000, 100_000)), 640, 360, None)
            for i in range(frames)
        )
    write_ocr(folder, boxes, seed)
    with VideoDatabase(folder, writes={"layout"}) as conn:
        LayoutWriter(conn).save_config(LayoutConfig(640, 360))
        LayoutWriter(conn).save_box_labels(
            BoxLabel(i // 6 * 100, i % 6, f"text {i}", 10, 20, 110, 50, label="in", label_source="user")
            for i in range(boxes)
        )
    with VideoDatabase(folder, writes={"captions"}) as conn:
        for i in range(captions):
            CaptionWriter(conn).add(Caption(i * 14, i * 14 + 13, text=f"What is said here is number {i}."))
    write_crops(folder, crops, seed)
    return folder


def write_ocr(folder: Path, boxes: int, seed: int) -> None:
    """Make fullOCR.db anew, as a run does."""
    chance = random.Random(seed)
    with replacing_database(folder, "fullOCR", reads={"video"}) as conn:
        writer = OcrWriter(conn)
        for frame in range(max(1, boxes // 6)):
            lines = [
                TextLine(Box(0.1, 0.1 * i, 0.9, 0.1 * i + 0.08), f"text {chance.random()}", chance.random())
                for i in range(6)
            ]
            writer.add_frame(frame * 100, lines, frame * 10.0)


def write_crops(folder: Path, crops: int, seed: int) -> None:
    """Make cropping.db anew, as a run does."""
    chance = random.Random(seed)
    with replacing_database(folder, "cropping", reads={"video"}) as conn:
        CropWriter(conn).add_frames(
            (CroppedFrame(i, chance.randbytes(chance.randint(3_000, 7_000)), 400, 27, None) for i in range(crops)),
            PixelBox(0, 0, 400, 27),
            1,
        )


def write_monolith(folder: Path, target: Path) -> Path:
    """Write all tables of a folder into one file, as the old form had them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for schema, path in all_databases(folder).items():
            connection.execute("ATTACH ? AS part", (str(path),))
            tables = connection.execute(
                "SELECT name, sql FROM part.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
            for name, sql in tables:
                new = f"{schema}_{name}" if name == "action_log" else name
                connection.execute(sql.replace(f"CREATE TABLE {name}", f'CREATE TABLE "{new}"', 1))
                connection.execute(f'INSERT INTO "{new}" SELECT * FROM part.{name}')
            connection.execute("DETACH part")
    return target


def make_repository(folder: Path, remote: Path) -> Path:
    """Make a git and DVC repository with a local remote."""
    folder.mkdir(parents=True)
    for command in (
        ("git", "init", "-q", "-b", "main"),
        ("git", "config", "user.name", "bench"),
        ("git", "config", "user.email", "bench@example.org"),
        (*DVC, "init", "-q"),
        (*DVC, "remote", "add", "-q", "-d", "shared", str(remote)),
        ("git", "add", "-A"),
        ("git", "commit", "-q", "-m", "Set up"),
    ):
        run(folder, *command)
    return folder


def run(folder: Path, *command: str) -> str:
    """Run a command in ``folder`` and return what it prints."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "DVC_NO_ANALYTICS": "1"}
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.stdout


def remote_bytes(remote: Path) -> int:
    """Return how much lies on a local remote."""
    return sum(path.stat().st_size for path in remote.rglob("*") if path.is_file())


def make_fleet(root: Path, videos: int) -> Path:
    """Make small folders, each with contents of its own."""
    template = make_folder(root.parent / "template", frames=0, crops=0, boxes=60, captions=60)
    for number in range(videos):
        folder = root / f"{number % 256:02x}" / f"video-{number:04d}"
        shutil.copytree(template, folder)
        for name, statement in (
            ("video", f"UPDATE video_metadata SET video_id = 'video-{number}'"),
            ("fullOCR", f"UPDATE full_frame_ocr SET text = 'text {number}' WHERE id = 1"),
            ("layout", f"UPDATE video_layout_config SET crop_left = {number}"),
            ("captions", f"UPDATE captions SET text = 'text {number}' WHERE id = 1"),
        ):
            edit(folder / f"{name}.db", statement)
    return root


def edit(path: Path, *statements: str) -> None:
    """Run statements on a database."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
