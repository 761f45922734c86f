"""What is counted, and the parts of the readers that only tools for people ask for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction

import pytest

from caption_boundaries.database.caption_table import CaptionTableWriter
from caption_boundaries.database.captions import Caption
from caption_boundaries.database.cropping import CroppedFrame, CropReader, CropWriter
from caption_boundaries.database.layout import BoxLabel, LayoutConfig, LayoutWriter
from caption_boundaries.database.progress import HumanProgress, human_progress
from caption_boundaries.database.row_changes_json import _encode_blob
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.database.stand_in import attach_stand_in
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter
from caption_boundaries.types import FrameRange, FrameTime, PixelBox


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    """Empty databases in memory under their schema names."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for spec in DATABASES:
            attach_stand_in(connection, spec)
        yield connection


def test_an_empty_video_has_no_progress(conn: sqlite3.Connection) -> None:
    assert human_progress(conn) == HumanProgress(0, False, 0, 0, 0)


def test_what_people_have_done_is_counted(conn: sqlite3.Connection) -> None:
    label = BoxLabel(0, 0, "text", 0, 0, 9, 9, label="in", label_source="user")
    LayoutWriter(conn).save_box_labels([label, replace(label, box_index=1, label_source="model")])
    LayoutWriter(conn).save_config(LayoutConfig(640, 360, layout_approved=True))
    writer = CaptionTableWriter(conn)
    for row in (
        Caption(0, 9, boundary_state="gap"),
        Caption(10, 19, text="predicted"),
        Caption(20, 29, boundary_state="confirmed", text="both", text_status="confirmed"),
        Caption(30, 39, boundary_state="confirmed", boundary_pending=True, text="again", text_status="confirmed"),
        Caption(40, 49, boundary_state="issue"),
    ):
        writer.add(row)
    assert human_progress(conn) == HumanProgress(
        box_labels=1, layout_approved=True, captions=4, extents_done=2, text_done=2
    )


def test_a_row_that_stays_as_it_is_is_not_touched(conn: sqlite3.Connection) -> None:
    writer = CaptionTableWriter(conn)
    row_id = writer.add(Caption(0, 9, text="here"))
    (row,) = writer.rows([row_id])
    before = conn.total_changes
    writer.update(row)
    assert conn.total_changes == before


def test_a_review_that_stays_as_it_is_is_not_touched(conn: sqlite3.Connection) -> None:
    writer = CaptionTableWriter(conn)
    writer.set_text_review("complete")
    before = conn.total_changes
    writer.set_text_review("complete")
    assert (writer.text_review(), conn.total_changes) == ("complete", before)


def test_the_pictures_of_a_range_come_in_order(conn: sqlite3.Connection) -> None:
    frames = (CroppedFrame(index, bytes([index]), 4, 2, None) for index in (0, 2, 3, 5))
    CropWriter(conn).add_frames(frames, PixelBox(0, 0, 4, 2), 1)
    reader = CropReader(conn)
    assert list(reader.pictures(FrameRange(1, 4)).items()) == [(2, b"\2"), (3, b"\3")]
    assert [reader.picture(index) for index in (0, 1, 5)] == [b"\0", None, b"\5"]


def test_a_full_frame_s_picture_alone_is_that_of_its_row(conn: sqlite3.Connection) -> None:
    time = FrameTime(3, Fraction(1, 30))
    VideoDbWriter(conn).add_frames([StoredFrame(7, b"jpeg", 4, 2, time), StoredFrame(8, b"other", 4, 2, None)])
    reader = VideoDbReader(conn)
    assert [reader.picture(index) for index in (7, 8, 9)] == [b"jpeg", b"other", None]
    assert reader.frame(7) == StoredFrame(7, b"jpeg", 4, 2, time)


def test_only_blobs_are_told_apart_from_what_json_holds() -> None:
    assert _encode_blob(b"\0") == {"blob": "AA=="}
    with pytest.raises(TypeError, match="no values of type set"):
        _encode_blob(set())
