"""Old folders out of nothing: with every table, trigger and oddity that real ones have, in any size."""

from __future__ import annotations

import random
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import resources
from itertools import islice
from pathlib import Path

import numpy as np
import simplejpeg

OLD_SQL = (resources.files("caption_boundaries.migration") / "old_form.sql").read_text(encoding="utf-8")
"""The tables, indexes and triggers of the old form."""


def model_columns(features: int) -> tuple[str, ...]:
    """Return the parameters of the old box classifier, one column each."""
    return tuple(
        f"{label}_feature{number:02d}_{moment}"
        for number in range(1, features + 1)
        for label in ("in", "out")
        for moment in ("mean", "std")
    )


_STAMP = "2025-03-04 05:06:07"
_TEXTS = ("", None, "你好，世界", "Guten Tag", 'it\'s "quoted"', "two\nlines", "𝄞 😀", " ")

_LABELS = (("in", "out"), ("user", "model"))
_STATES = ("predicted", "confirmed", "gap", "issue")


@dataclass(frozen=True)
class OldFolder:
    """What an old folder is to hold."""

    full_frames: int = 8
    cropped_frames: int = 40
    captions: int = 12
    labels: int = 10
    picture_bytes: int = 900
    """About how large a picture is."""
    filename: str = "captions.db"
    wal: bool = False
    """True: the file is in write-ahead mode."""
    features: int = 26
    """Of the box classifier, four columns each."""
    oddities: bool = True
    """True: columns and tables that only some files have, and counters that ran ahead."""
    page_size: int = 2048
    """Bytes; SQLite has made pages of 4096 since 2016, and of 1024 before."""
    seed: int = 0


def make_old_folder(folder: Path, wanted: OldFolder = OldFolder()) -> Path:
    """Make an old folder and return the path of its one file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / wanted.filename
    path.touch(exist_ok=False)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {wanted.page_size}")
        connection.execute(f"PRAGMA journal_mode = {'WAL' if wanted.wal else 'DELETE'}")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(OLD_SQL)
        connection.execute("BEGIN")
        for name in model_columns(wanted.features):
            connection.execute(f"ALTER TABLE box_classification_model ADD COLUMN {name} REAL")
        if wanted.oddities:
            _add_oddities(connection)
        _fill(connection, folder.name, wanted)
        connection.execute("COMMIT")
        connection.execute("PRAGMA user_version = 3")
    return path


def old_video_id(seed: int) -> str:
    """Return a UUIDv4 that follows from ``seed``."""
    return str(uuid.UUID(int=random.Random(seed).getrandbits(128), version=4))


def _add_oddities(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE captions ADD COLUMN image_needs_regen INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE captions ADD COLUMN reviewer TEXT")
    connection.execute("ALTER TABLE full_frames ADD COLUMN sharpness REAL")
    connection.execute("ALTER TABLE box_classification_model ADD COLUMN feature_importance TEXT")
    connection.execute("CREATE TABLE crop_frames_status (id INTEGER PRIMARY KEY, status TEXT NOT NULL, progress REAL)")
    connection.execute("CREATE TABLE vp9_encoding_status (id INTEGER PRIMARY KEY, status TEXT, chunks INTEGER)")
    connection.execute("CREATE VIEW confirmed_captions AS SELECT * FROM captions WHERE boundary_state = 'confirmed'")
    connection.execute("INSERT INTO crop_frames_status VALUES (1, 'complete', 1.0)")
    connection.execute("INSERT INTO vp9_encoding_status VALUES (1, NULL, 17)")


def _fill(connection: sqlite3.Connection, video_id: str, wanted: OldFolder) -> None:
    rng = random.Random(wanted.seed)
    pictures = _pictures(wanted)
    connection.executemany(
        "INSERT INTO full_frames (frame_index, image_data, width, height, file_size, created_at) "
        "VALUES (?, ?, 64, 36, ?, ?)",
        ((number * 100, data, len(data), _STAMP) for number, data in enumerate(islice(pictures, wanted.full_frames))),
    )
    connection.executemany(
        "INSERT INTO cropped_frames (frame_index, image_data, width, height, file_size, crop_left, crop_top, "
        "crop_right, crop_bottom, crop_bounds_version, created_at) VALUES (?, ?, 64, 36, ?, 3, 28, 61, 34, 2, ?)",
        ((number, data, len(data), _STAMP) for number, data in enumerate(islice(pictures, wanted.cropped_frames))),
    )
    _fill_ocr(connection, rng, wanted)
    _fill_labels(connection, rng, wanted)
    _fill_captions(connection, rng, wanted)
    _fill_singletons(connection, rng, video_id, wanted)


def _fill_ocr(connection: sqlite3.Connection, rng: random.Random, wanted: OldFolder) -> None:
    connection.executemany(
        "INSERT INTO full_frame_ocr (frame_index, box_index, text, confidence, x, y, width, height, "
        "timestamp_seconds, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (number * 100, box, rng.choice(_TEXTS) or "", *(rng.random() / 2 for _ in range(5)), number * 10.0, _STAMP)
            for number in range(wanted.full_frames)
            for box in range(3)
        ),
    )


def _fill_labels(connection: sqlite3.Connection, rng: random.Random, wanted: OldFolder) -> None:
    connection.executemany(
        "INSERT INTO full_frame_box_labels (frame_index, box_index, box_text, box_left, box_top, box_right, "
        "box_bottom, label, label_source, labeled_at) VALUES (?, ?, ?, 1, 2, 30, 12, ?, ?, ?)",
        (
            (number // 3 * 100, number % 3, f"box {number}", *map(rng.choice, _LABELS), _STAMP)
            for number in range(min(wanted.labels, wanted.full_frames * 3))
        ),
    )


def _fill_captions(connection: sqlite3.Connection, rng: random.Random, wanted: OldFolder) -> None:
    frame, last = 0, wanted.cropped_frames - 1
    for number in range(wanted.captions):
        if frame > last:
            break
        length = min(rng.randint(0, 2), last - frame)
        connection.execute(
            "INSERT INTO captions (start_frame_index, end_frame_index, boundary_state, text, boundary_updated_at, "
            "created_at) VALUES (?, ?, ?, ?, ?, ?)",
            (frame, frame + length, rng.choice(_STATES), rng.choice(_TEXTS), _STAMP, _STAMP),
        )
        frame += length + 1
        if number % 5 == 4:  # ids of deleted rows must never be given away again
            connection.execute("DELETE FROM captions WHERE id = last_insert_rowid()")
    if wanted.oddities:
        connection.execute("UPDATE sqlite_sequence SET seq = seq + 1000 WHERE name = 'captions'")
    connection.execute("INSERT INTO text_review_status VALUES (1, 'pending', ?)", (_STAMP,))


def _fill_singletons(connection: sqlite3.Connection, rng: random.Random, video_id: str, wanted: OldFolder) -> None:
    connection.execute(
        "INSERT INTO video_metadata (id, video_id, video_hash, storage_path, original_filename, file_size_bytes, "
        "duration_seconds, width, height, fps, codec, created_at) VALUES (1, ?, ?, ?, ?, ?, ?, 64, 36, 25.0, ?, ?)",
        (video_id, f"{rng.getrandbits(256):064x}", "a.mp4", "a.mp4", 12345, wanted.cropped_frames / 10, "h264", _STAMP),
    )
    connection.execute(
        "INSERT INTO video_layout_config (id, frame_width, frame_height, crop_left, crop_top, crop_right, crop_bottom, "
        "vertical_position, anchor_type, crop_bounds_version, ocr_visualization_image, updated_at) "
        "VALUES (1, 64, 36, 3, 28, 61, 34, 31.0, 'left', 2, x'FFD8', ?)",
        (_STAMP,),
    )
    columns = model_columns(wanted.features)
    connection.execute(
        "INSERT INTO box_classification_model (id, model_version, trained_at, n_training_samples, prior_in, prior_out"
        f"{''.join(f', {name}' for name in columns)}) "
        f"VALUES (1, 'naive_bayes_v2', ?, 10, 0.25, 0.75{', ?' * len(columns)})",
        (_STAMP, *(rng.gauss(0, 1) for _ in columns)),
    )
    connection.execute(
        "INSERT INTO video_preferences (id, layout_approved, text_size, index_framerate_hz) VALUES (1, 1, 2.5, 10.0)"
    )
    connection.execute(
        "INSERT INTO processing_status (id, status, ocr_progress, processing_attempts) "
        "VALUES (1, 'processing_complete', 0.5, 2)"
    )
    connection.execute("INSERT INTO duplicate_resolution VALUES (1, NULL, 'keep_both', ?)", (_STAMP,))
    connection.execute("INSERT INTO database_metadata VALUES (1, 4, 'abc', ?, NULL, NULL)", (_STAMP,))


def _pictures(wanted: OldFolder) -> Iterator[bytes]:
    """Yield JPEGs without end, no two alike, of about the wanted size."""
    rng = np.random.default_rng(wanted.seed)
    # A comment segment can hold anything: it brings a small picture to any size.
    small = simplejpeg.encode_jpeg(rng.integers(0, 256, (36, 64, 3), dtype=np.uint8), quality=20)
    head, body = small[:2], small[2:]
    number = 0
    while True:
        size = int(rng.integers(wanted.picture_bytes // 2, wanted.picture_bytes * 3 // 2 + 1))
        padding = max(size - len(small), 8)
        segments = []
        while padding > 0:
            length = min(padding, 60_000)
            data = number.to_bytes(8, "big") + rng.bytes(length)
            segments.append(b"\xff\xfe" + (len(data) + 2).to_bytes(2, "big") + data)
            padding -= length
        yield head + b"".join(segments) + body
        number += 1
