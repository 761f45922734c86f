"""What is written comes back as it was, for any value: the databases of pictures, lines, layout and state."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.database.full_ocr import OcrReader, OcrRun, OcrWriter
from caption_boundaries.database.layout import (
    BoxLabel,
    LayoutConfig,
    LayoutReader,
    LayoutWriter,
    StoredModel,
    regions_from_json,
    regions_to_json,
)
from caption_boundaries.database.state import StateReader, StateWriter
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter, VideoMetadata
from caption_boundaries.types import Box, FrameTime, Region, TextLine
from support.databases import LABEL, METADATA
from support.round_trips import COUNT, REAL, SHARE, TEXT, TIMES, database

# --- video.db --------------------------------------------------------------------------------------------------------


@given(
    st.builds(
        VideoMetadata,
        video_id=st.none() | TEXT,
        video_hash=st.none() | TEXT,
        storage_path=st.none() | TEXT,
        original_filename=st.none() | TEXT,
        file_size_bytes=COUNT,
        duration_seconds=st.none() | REAL,
        fps=st.none() | REAL,
        index_framerate_hz=st.floats(0.1, 1000),
        start_pts=st.none() | st.integers(-(2**62), 2**62),
    )
)
def test_video_metadata(metadata: VideoMetadata) -> None:
    with database("video") as conn:
        assert VideoDbReader(conn).metadata() is None
        assert VideoDbWriter(conn).save_metadata(metadata)
        assert VideoDbReader(conn).metadata() == metadata
        assert not VideoDbWriter(conn).save_metadata(metadata)


def test_video_metadata_is_one_row_that_changes() -> None:
    with database("video") as conn:
        VideoDbWriter(conn).save_metadata(METADATA)
        assert VideoDbWriter(conn).save_metadata(replace(METADATA, codec="h264"))
        assert VideoDbReader(conn).metadata() == replace(METADATA, codec="h264")
        assert conn.execute("SELECT count(*), max(updated_at IS NOT NULL) FROM video.video_metadata").fetchall() == [
            (1, 1)
        ]


@given(
    st.lists(
        st.builds(StoredFrame, COUNT, st.binary(max_size=50), st.integers(1, 9999), st.integers(1, 9999), TIMES),
        max_size=6,
        unique_by=lambda frame: frame.frame_index,
    )
)
def test_full_frames(frames: list[StoredFrame]) -> None:
    with database("video") as conn:
        VideoDbWriter(conn).add_frames(frames)
        reader = VideoDbReader(conn)
        by_index = sorted(frames, key=lambda frame: frame.frame_index)
        assert list(reader.frames()) == by_index
        assert reader.frame_indices() == [frame.frame_index for frame in by_index]
        assert [reader.frame(frame.frame_index) for frame in by_index] == by_index
        assert reader.frame(2**41) is None
        sizes = conn.execute("SELECT file_size, length(image_data) FROM video.full_frames").fetchall()
        assert all(told == real for told, real in sizes)


def test_a_full_frame_is_added_once() -> None:
    frame = StoredFrame(0, b"x", 1, 1, None)
    with database("video") as conn, pytest.raises(sqlite3.IntegrityError):
        VideoDbWriter(conn).add_frames([frame, frame])


def test_the_hash_of_the_frames_tells_which_pictures_they_are() -> None:
    hashes = set()
    for metadata in (None, METADATA, replace(METADATA, video_hash="cd" * 32)):
        for frames in ([], [StoredFrame(0, b"x", 1, 1, None)], [StoredFrame(0, b"x", 1, 1, FrameTime(1, Fraction(1)))]):
            with database("video") as conn:
                if metadata is not None:
                    VideoDbWriter(conn).save_metadata(metadata)
                VideoDbWriter(conn).add_frames(frames)
                hashes.add(VideoDbReader(conn).frames_hash())
    assert len(hashes) == 9


# --- fullOCR.db ------------------------------------------------------------------------------------------------------

BOXES = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    *[st.floats(-0.125, 1.125)] * 2,
    *[st.floats(0, 1.25)] * 2,
)


@given(st.dictionaries(COUNT, st.lists(st.builds(TextLine, BOXES, TEXT, SHARE), max_size=4), max_size=4))
def test_text_lines(frames: dict[int, list[TextLine]]) -> None:
    with database("fullOCR") as conn:
        for index, lines in frames.items():
            OcrWriter(conn).add_frame(index, lines, index / 10)
        reader = OcrReader(conn)
        found = reader.lines()
        assert list(found) == sorted(frames)
        for index, lines in frames.items():
            assert found[index] == reader.lines_at(index)
            assert [(line.text, line.confidence) for line in found[index]] == [
                (line.text, line.confidence) for line in lines
            ]
            for read, written in zip(found[index], lines, strict=True):
                for side in ("left", "top", "right", "bottom"):
                    assert getattr(read.box, side) == pytest.approx(getattr(written.box, side), abs=1e-9)


def test_on_disk_a_box_is_counted_from_the_bottom() -> None:
    with database("fullOCR") as conn:
        OcrWriter(conn).add_frame(0, [TextLine(Box(0.1, 0.7, 0.4, 0.9), "x", 1.0)], None)
        (row,) = conn.execute("SELECT x, y, width, height FROM fullOCR.full_frame_ocr").fetchall()
    assert row == pytest.approx((0.1, 0.1, 0.3, 0.2))


def test_a_frame_without_text_and_a_frame_that_failed_are_told_apart() -> None:
    with database("fullOCR") as conn:
        writer = OcrWriter(conn)
        writer.add_frame(200, [], 20.0)
        writer.add_failure(100, "out of memory")
        assert writer.lines() == {200: []}
        assert writer.failures() == {100: "out of memory"}


@given(st.builds(OcrRun, TEXT, TEXT, TEXT, TEXT, COUNT, COUNT, TEXT, TEXT))
def test_how_the_lines_were_read(run: OcrRun) -> None:
    with database("fullOCR") as conn:
        assert OcrReader(conn).run() is None
        OcrWriter(conn).save_run(replace(run, engine="earlier"))
        OcrWriter(conn).save_run(run)
        assert OcrReader(conn).run() == run


# --- layout.db -------------------------------------------------------------------------------------------------------


@given(
    st.builds(
        LayoutConfig,
        frame_width=COUNT,
        frame_height=COUNT,
        crop_left=COUNT,
        vertical_position=st.none() | REAL,
        anchor_type=st.sampled_from([None, "left", "center", "right"]),
        confidence=st.none() | SHARE,
        has_captions=st.sampled_from([None, 0, 1]),
        layout_approved=st.sampled_from([0, 1]),
        diagnostics=st.none() | TEXT,
    )
)
def test_layout(config: LayoutConfig) -> None:
    with database("layout") as conn:
        assert LayoutReader(conn).config() is None
        assert LayoutWriter(conn).save_config(config)
        assert not LayoutWriter(conn).save_config(config)
        assert LayoutReader(conn).config() == config


@given(
    st.lists(
        st.builds(
            Region,
            BOXES,
            REAL,
            st.integers(1, 3),
            st.sampled_from(["left", "center", "right"]),
            st.sampled_from(["light", "dark"]),
        )
    )
)
def test_regions(regions: list[Region]) -> None:
    assert regions_from_json(regions_to_json(regions)) == tuple(regions)


def test_no_regions_are_stored() -> None:
    assert regions_from_json(None) == ()


LABELS = st.builds(
    BoxLabel,
    frame_index=st.integers(0, 3),
    box_index=st.integers(0, 2),
    box_text=TEXT,
    box_left=COUNT,
    box_top=COUNT,
    box_right=COUNT,
    box_bottom=COUNT,
    label=st.sampled_from(["in", "out"]),
    label_source=st.sampled_from(["user", "model"]),
    annotation_source=st.sampled_from(["full_frame", "cropped_frame"]),
    predicted_confidence=st.none() | SHARE,
)


@given(st.lists(st.lists(LABELS, max_size=6), max_size=4))
def test_labels(saves: list[list[BoxLabel]]) -> None:
    """The last word on a box counts; saving says how much was new."""
    expected: dict[tuple[str, int, int], BoxLabel] = {}
    with database("layout") as conn:
        writer = LayoutWriter(conn)
        for labels in saves:
            changed = 0
            for label in labels:
                key = (label.annotation_source, label.frame_index, label.box_index)
                changed += expected.get(key) != label
                expected[key] = label
            assert writer.save_box_labels(labels) == changed
            assert writer.save_box_labels(expected.values()) == 0
        assert writer.box_labels() == [expected[key] for key in sorted(expected)]


def test_labels_are_taken_back_by_box_and_by_picture() -> None:
    with database("layout") as conn:
        writer = LayoutWriter(conn)
        writer.save_box_labels([LABEL, replace(LABEL, annotation_source="cropped_frame")])
        writer.delete_box_labels([(LABEL.frame_index, LABEL.box_index)])
        assert writer.box_labels() == [replace(LABEL, annotation_source="cropped_frame")]
        writer.delete_box_labels([(LABEL.frame_index, LABEL.box_index)], annotation_source="cropped_frame")
        assert writer.box_labels() == []


def test_whether_a_person_agreed_with_the_prediction_newest_first() -> None:
    with database("layout") as conn:
        writer = LayoutWriter(conn)
        writer.save_box_labels(
            [
                replace(LABEL, box_index=0, predicted_label="in"),
                replace(LABEL, box_index=1, predicted_label="out"),
                replace(LABEL, box_index=2, label_source="model", predicted_label="in"),
                replace(LABEL, box_index=3),
                replace(LABEL, box_index=4, predicted_label="in"),
            ]
        )
        assert writer.latest_agreements(3) == [True, False, False]
        assert writer.latest_agreements(99) == [True, False, False, True]


@given(st.builds(StoredModel, TEXT, TEXT, COUNT, SHARE, SHARE, TEXT))
def test_classifier(model: StoredModel) -> None:
    with database("layout") as conn:
        assert LayoutReader(conn).model() is None
        assert LayoutWriter(conn).save_model(model)
        assert not LayoutWriter(conn).save_model(model)
        assert LayoutReader(conn).model() == model


# --- state.db --------------------------------------------------------------------------------------------------------


def test_the_last_run_of_every_step() -> None:
    with database("state") as conn:
        state = StateWriter(conn)
        state.begin_step("ocr")
        assert (state.step_runs()["ocr"].status, state.step_runs()["ocr"].finished_at) == ("running", None)
        state.end_step("ocr", status="complete", message="24 frames", seconds=1.5)
        state.begin_step("crop")
        found = StateReader(conn).step_runs()
        assert set(found) == {"ocr", "crop"}
        assert (found["ocr"].status, found["ocr"].message, found["ocr"].seconds) == ("complete", "24 frames", 1.5)
        assert found["ocr"].finished_at is not None
        state.begin_step("ocr")
        assert (state.step_runs()["ocr"].status, state.step_runs()["ocr"].message) == ("running", None)
