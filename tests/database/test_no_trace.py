"""Readers, and writers that change nothing, leave every byte as it was and nothing beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.database.captions import BoundaryRun, Caption, CaptionReader, CaptionWriter
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.health import check_database
from caption_boundaries.database.layout import LayoutConfig, LayoutReader, LayoutWriter, StoredModel
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from caption_boundaries.database.row_hash import content_hash
from caption_boundaries.database.schema import BY_SCHEMA, DATABASES, SCHEMAS
from caption_boundaries.database.state import StateReader, StateWriter
from caption_boundaries.database.video import VideoDbReader, VideoDbWriter
from support.databases import (
    LABEL,
    METADATA,
    as_nobody,
    filled_folder,
    fingerprint,
    kill_writer,
    md5,
    open_to_all,
    run_python,
    write_protect,
)


def read_everything(folder: Path, **options: object) -> int:
    """Use every reader on every database, and return how many captions there are."""
    with VideoDatabase(folder, **options) as conn:
        video, ocr, crops = VideoDbReader(conn), OcrReader(conn), CropReader(conn)
        layout, captions = LayoutReader(conn), CaptionReader(conn)
        assert video.metadata() == METADATA
        assert [frame.frame_index for frame in video.frames()] == video.frame_indices() == [0, 100, 200]
        assert (video.frame(100), video.frame(101)) != (None, None)
        assert len(video.frames_hash()) == len(ocr.ocr_hash()) == len(crops.crop_hash()) == 64
        assert ocr.failures().keys() == {200}
        assert set(ocr.lines()) == {0, 100}
        assert (ocr.lines_at(200), ocr.run(), crops.run(), crops.frame(0)) == ([], None, None, None)
        assert (list(crops.frames()), list(crops.signal_chunks()), crops.frame_indices()) == ([], [], [])
        assert (layout.box_labels(), layout.model(), captions.run()) == ([LABEL], None, None)
        assert StateReader(conn).step_runs() == {}
        for spec in DATABASES:
            for table in spec.tables:
                content_hash(conn, spec.schema, table)
        return len(captions.captions())


def test_readers_leave_everything_as_it_is(folder: Path) -> None:
    before = fingerprint(folder)
    assert read_everything(folder, readonly=True) == 1
    for schema, path in all_databases(folder).items():
        check_database(path, BY_SCHEMA[schema])
    assert fingerprint(folder) == before


@pytest.mark.parametrize("options", [{}, {"writes": {"layout"}}, {"writes": {"state"}}, {"writes": ()}])
def test_a_door_that_could_write_and_does_not_leaves_everything_as_it_is(folder: Path, options: dict) -> None:
    before = fingerprint(folder)
    assert read_everything(folder, **options) == 1
    assert fingerprint(folder) == before


def test_a_transaction_that_is_rolled_back_or_empty_changes_no_byte(folder: Path) -> None:
    before = {name: digest for name, (digest, *_) in fingerprint(folder).items()}
    with VideoDatabase(folder, writes={"captions"}) as conn:
        conn.execute("BEGIN IMMEDIATE")
        conn.commit()
        CaptionWriter(conn).add(Caption(1, 2))
        conn.rollback()
    assert {name: digest for name, (digest, *_) in fingerprint(folder).items()} == before


def test_a_write_protected_folder_can_be_read() -> None:
    with open_to_all() as root:
        folder = filled_folder(root / "video")
        write_protect(folder)
        before = fingerprint(folder)
        assert as_nobody(lambda: read_everything(folder, readonly=True)) == 1
        assert as_nobody(lambda: read_everything(folder)) == 1, "the default door reads what it may not write"
        assert fingerprint(folder) == before


def test_a_write_protected_folder_is_not_written() -> None:
    with open_to_all() as root:
        folder = filled_folder(root / "video")
        write_protect(folder)
        before = fingerprint(folder)

        def write(**options: object) -> str:
            try:
                with VideoDatabase(folder, **options) as conn:
                    LayoutWriter(conn).delete_box_labels([(100, 0)])
            except Exception as error:  # whatever is told
                return f"{type(error).__name__}: {error}"
            return "written"

        assert as_nobody(lambda: write(writes={"layout"})).startswith(
            f"StorageError: Permission is missing: {folder / 'layout.db'}"
        )
        assert as_nobody(write) == "OperationalError: attempt to write a readonly database"
        assert fingerprint(folder) == before


def test_a_reader_sees_what_a_live_writer_of_the_state_has_committed(folder: Path) -> None:
    with VideoDatabase(folder, writes={"state"}, attach={"state"}) as writing:
        StateWriter(writing).begin_step("ocr")
        writing.commit()
        before = fingerprint(folder)
        with VideoDatabase(folder, readonly=True) as conn:
            assert StateReader(conn).step_runs()["ocr"].status == "running"
        assert fingerprint(folder).keys() == before.keys()


def test_a_reader_sees_what_a_killed_writer_of_the_state_has_committed(folder: Path) -> None:
    kill_writer(folder / "state.db", "INSERT INTO step_runs VALUES ('ocr', 'running', '', 'now', NULL, 1)", wal=True)
    before = fingerprint(folder)
    with VideoDatabase(folder, readonly=True) as conn:
        assert StateReader(conn).step_runs()["ocr"].status == "running"
    assert fingerprint(folder).keys() == before.keys()


def test_readers_do_not_wait_for_writers_and_do_not_see_what_is_not_committed(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "captions.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO captions (start_frame_index, end_frame_index) VALUES (50, 60)")
        assert read_everything(folder, readonly=True, timeout=0) == 1
        writer.execute("COMMIT")
    assert read_everything(folder, readonly=True, timeout=0) == 2


# --- saving what is there already ------------------------------------------------------------------------------------

CONFIG = LayoutConfig(640, 360, crop_top=300, crop_right=640, crop_bottom=360, confidence=0.1 + 0.2, regions="[]")
MODEL = StoredModel("abc", "2026-01-01", 12, 0.25, 0.75, '{"mean": 1e-300}')
RUN = BoundaryRun(
    "rules", "1", "{}", "hash", 0, np.array([[0.1, 0.2, 0.3, 0.4, np.nan]] * 3), ("a", "b", "c", "d", "e"), "2026-01-01"
)
PREDICTIONS = [Caption(5, 9, text="two", text_confidence=0.3), Caption(0, 4, boundary_state="gap")]

SAVES: dict[str, tuple[str, Callable[[sqlite3.Connection], object]]] = {
    "metadata": ("video", lambda conn: VideoDbWriter(conn).save_metadata(replace(METADATA, fps=23.976023976))),
    "layout": ("layout", lambda conn: LayoutWriter(conn).save_config(CONFIG)),
    "model": ("layout", lambda conn: LayoutWriter(conn).save_model(MODEL)),
    "labels": (
        "layout",
        lambda conn: LayoutWriter(conn).save_box_labels([LABEL, replace(LABEL, box_index=1, predicted_confidence=0.5)]),
    ),
    "predictions": ("captions", lambda conn: CaptionWriter(conn).replace_predictions(PREDICTIONS, RUN)),
}


@pytest.mark.parametrize("name", SAVES)
def test_saving_the_same_again_changes_no_byte(folder: Path, name: str) -> None:
    schema, save = SAVES[name]
    path = folder / f"{schema}.db"
    with VideoDatabase(folder, writes={schema}) as conn:
        assert save(conn)
    once = md5(path)
    with VideoDatabase(folder, writes={schema}) as conn:
        assert not save(conn)
    assert md5(path) == once


def test_the_same_run_again_at_another_time_changes_no_byte(folder: Path) -> None:
    with VideoDatabase(folder, writes={"captions"}) as conn:
        CaptionWriter(conn).replace_predictions(PREDICTIONS, RUN)
    once = md5(folder / "captions.db")
    later = replace(RUN, created_at="2027-12-31", probabilities=RUN.probabilities.astype(np.float32))
    with VideoDatabase(folder, writes={"captions"}) as conn:
        assert not CaptionWriter(conn).replace_predictions(reversed(PREDICTIONS), later)
    assert md5(folder / "captions.db") == once


def test_taking_back_labels_that_are_not_there_changes_no_byte(folder: Path) -> None:
    before = md5(folder / "layout.db")
    with VideoDatabase(folder, writes={"layout"}) as conn:
        LayoutWriter(conn).delete_box_labels([(7, 7), (8, 8)])
    assert md5(folder / "layout.db") == before


def test_no_descriptor_or_lock_outlives_an_error(folder: Path) -> None:
    """The traceback holds the cursor of the statement, but not the lock."""

    def block() -> None:
        with VideoDatabase(folder, writes={"layout"}) as conn:
            cursor = conn.execute("SELECT * FROM layout.full_frame_box_labels")
            conn.execute("UPDATE layout.video_layout_config SET layout_approved = 1")
            next(cursor)
            raise ValueError

    with pytest.raises(ValueError, match=r"^$") as held:
        block()
    assert held.traceback
    exclusive = """
        import sqlite3, sys
        sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("BEGIN EXCLUSIVE")
    """
    for schema in SCHEMAS:
        assert run_python(exclusive, folder / f"{schema}.db").returncode == 0
