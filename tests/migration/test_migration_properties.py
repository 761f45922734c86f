"""Any valid old database is split, merged and equal; boxes keep their place within a pixel."""

from __future__ import annotations

import math
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caption_boundaries.database.full_ocr import OcrReader, _lower_left
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.old_mapping import HOMES
from caption_boundaries.migration.digests import difference, digest_of, row_digest
from caption_boundaries.migration.manifest import _keys, _runs
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.rollback import rollback_folder
from caption_boundaries.migration.synthetic import OldFolder, make_old_folder
from caption_boundaries.migration.verify import verify_folder
from support.databases import raw
from support.old_folders import assert_complete, old_file, rows_of

SLOW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))

text = st.text(max_size=20)
values = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), text, st.binary(max_size=50)
)
frames = st.integers(0, 10**6)


@st.composite
def captions(draw: Callable[..., Any]) -> list[tuple[object, ...]]:
    """Draw captions that do not overlap."""
    bounds = sorted(draw(st.sets(frames, max_size=16)))
    states = st.sampled_from(["predicted", "confirmed", "gap", "issue"])
    return [
        (start, end - 1, draw(states), draw(st.none() | text), draw(st.none() | text))
        for start, end in zip(bounds[::2], bounds[1::2], strict=False)
        if end > start
    ]


labels = st.dictionaries(
    st.tuples(st.sampled_from(["full_frame", "cropped_frame"]), frames, st.integers(0, 30)),
    st.tuples(
        text, *[st.integers(-(10**4), 10**4)] * 4, st.sampled_from(["in", "out"]), st.sampled_from(["user", "model"])
    ),
    max_size=8,
)
extra_columns = st.dictionaries(st.sampled_from(["note", "Odd Name", "ünïcode", "select"]), values, max_size=3)


def fill(
    path: Path, rows: list[tuple[object, ...]], boxes: dict[Any, Any], extra: dict[str, object], hole: int
) -> None:
    """Put drawn rows into an old file, with a gap in the ids."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM captions")
        connection.execute("DELETE FROM full_frame_box_labels")
        connection.execute("UPDATE sqlite_sequence SET seq = seq + ?", (hole,))
        connection.executemany(
            "INSERT INTO captions (start_frame_index, end_frame_index, boundary_state, text, text_notes) "
            "VALUES (?, ?, ?, ?, ?)",
            rows,
        )
        connection.executemany(
            "INSERT INTO full_frame_box_labels (annotation_source, frame_index, box_index, box_text, box_left, "
            "box_top, box_right, box_bottom, label, label_source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*key, *value) for key, value in boxes.items()],
        )
        for name, value in extra.items():
            connection.execute(f'ALTER TABLE captions ADD COLUMN "{name}"')
            connection.execute(f'UPDATE captions SET "{name}" = ?', (value,))
        connection.commit()


@SLOW
@given(rows=captions(), boxes=labels, extra=extra_columns, hole=st.integers(0, 10**6), wal=st.booleans())
def test_any_old_database_is_split_and_merged_without_a_difference(
    rows: list[tuple[object, ...]], boxes: dict[Any, Any], extra: dict[str, object], hole: int, wal: bool
) -> None:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "video"
        make_old_folder(folder, OldFolder(full_frames=1, cropped_frames=2, captions=1, labels=1, features=1, wal=wal))
        fill(old_file(folder), rows, boxes, extra, hole)
        expected = rows_of(folder, {})
        migrate_folder(folder, MigrateOptions(backup=False))
        assert assert_complete(folder, expected) == "new"
        assert verify_folder(folder)
        raw(folder / "layout.db", "UPDATE video_layout_config SET confidence = 0.5")  # so that it has to be merged
        rollback_folder(folder)
        assert assert_complete(folder, expected) == "old"
        migrate_folder(folder, MigrateOptions(backup=False))
        assert assert_complete(folder, expected) == "new"


fraction = st.floats(0, 1, allow_nan=False)


def old_pixels(box: tuple[float, float, float, float], width: int, height: int) -> tuple[int, int, int, int]:
    """Return an old box in pixels as the old application computed it: left, top, right, bottom."""
    x, y, w, h = box
    left, bottom = math.floor(x * width), math.floor((1 - y) * height)
    return left, bottom - math.floor(h * height), left + math.floor(w * width), bottom


@SLOW
@given(
    boxes=st.lists(st.tuples(fraction, fraction, fraction, fraction), min_size=1, max_size=20),
    size=st.tuples(st.integers(16, 4096), st.integers(16, 2160)),
)
def test_boxes_keep_their_place_within_a_pixel(
    boxes: list[tuple[float, float, float, float]], size: tuple[int, int]
) -> None:
    inside = [(x, y, w * (1 - x), h * (1 - y)) for x, y, w, h in boxes]
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "video"
        make_old_folder(folder, OldFolder(full_frames=1, cropped_frames=1, captions=1, labels=1, features=1))
        sql = (
            "INSERT INTO full_frame_ocr (frame_index, box_index, text, confidence, x, y, width, height) "
            "VALUES (700, ?, 'a', 1, ?, ?, ?, ?)"
        )
        with closing(sqlite3.connect(old_file(folder))) as connection:
            connection.executemany(sql, [(number, *box) for number, box in enumerate(inside)])
            connection.commit()
        migrate_folder(folder, MigrateOptions(backup=False))
        with VideoDatabase(folder, readonly=True) as connection:
            lines = OcrReader(connection).lines_at(700)
        raw(folder / "layout.db", "UPDATE video_layout_config SET confidence = 0.5")
        rollback_folder(folder)
        with closing(sqlite3.connect(old_file(folder))) as connection:
            select = "SELECT x, y, width, height FROM full_frame_ocr WHERE frame_index = 700 ORDER BY box_index"
            assert connection.execute(select).fetchall() == inside
    for box, line in zip(inside, lines, strict=True):
        for old, new in zip(old_pixels(box, *size), old_pixels(_lower_left(line.box), *size), strict=True):
            assert abs(old - new) <= 1  # a rounding error may fall on the edge of a pixel


@given(st.lists(values, max_size=6).map(tuple), st.lists(values, max_size=6).map(tuple))
def test_rows_have_the_same_digest_only_when_they_are_the_same(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    same = [(type(value), repr(value)) for value in one] == [(type(value), repr(value)) for value in other]
    assert (row_digest(one) == row_digest(other)) == same


@given(st.lists(frames, unique=True).map(sorted))
def test_keys_survive_as_runs(keys: list[int]) -> None:
    assert _keys(_runs(keys)) == tuple(keys)


@given(st.dictionaries(st.integers(0, 50), text), st.dictionaries(st.integers(0, 50), text))
def test_differences_are_told_by_key(before: dict[int, str], after: dict[int, str]) -> None:
    old, new = (
        digest_of([row_digest((key, rows[key])) for key in sorted(rows)], tuple(sorted(rows)))
        for rows in (before, after)
    )
    found = difference(old, new)
    assert set(found.added) == after.keys() - before.keys()
    assert set(found.removed) == before.keys() - after.keys()
    assert set(found.changed) == {key for key in before.keys() & after.keys() if before[key] != after[key]}
    assert (old.sha256 == new.sha256) == (before == after)


def test_every_table_of_the_new_form_has_a_name_in_the_old() -> None:
    assert len(set(HOMES.values())) == len(HOMES)
    assert HOMES["captions_action_log"] == ("captions", "action_log")
    assert HOMES["layout_action_log"] == ("layout", "action_log")
