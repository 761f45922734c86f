"""What is written comes back as it was, for every database and any value."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from caption_boundaries.database.captions import BoundaryRun, Caption, CaptionReader, CaptionWriter
from caption_boundaries.database.cropping import CroppedFrame, CropReader, CropRun, CropWriter, SignalChunk
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
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.stand_in import attach_stand_in
from caption_boundaries.database.state import StateReader, StateWriter
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter, VideoMetadata
from caption_boundaries.types import Box, FrameRange, FrameTime, PixelBox, Region, TextLine
from support.databases import LABEL, METADATA

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SHARE = st.floats(0, 1)
REAL = st.floats(allow_nan=False, allow_infinity=False)
COUNT = st.integers(0, 2**40)
TIMES = st.none() | st.builds(
    FrameTime, st.integers(-(2**40), 2**40), st.fractions(Fraction(1, 10**6), 1, max_denominator=10**6)
)


@contextmanager
def database(schema: str) -> Iterator[sqlite3.Connection]:
    """An empty database in memory under its schema name."""
    connection = sqlite3.connect(":memory:")
    try:
        attach_stand_in(connection, BY_SCHEMA[schema])
        yield connection
    finally:
        connection.close()


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


# --- cropping.db -----------------------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(
    arrays.arrays(np.bool_, arrays.array_shapes(min_dims=3, max_dims=3, min_side=0, max_side=21)), st.integers(0, 2**40)
)
def test_stroke_masks(masks: np.ndarray, first_frame: int) -> None:
    seconds = np.linspace(0, 1, len(masks)) / 3
    with database("cropping") as conn:
        CropWriter(conn).add_signal_chunk(SignalChunk(first_frame, seconds, masks))
        (read,) = CropReader(conn).signal_chunks()
        alone = CropReader(conn).signal_chunk(first_frame)
        with pytest.raises(KeyError):
            CropReader(conn).signal_chunk(first_frame + 1)
    assert np.array_equal(alone.masks, read.masks)
    assert read.first_frame == first_frame
    assert read.masks.dtype == np.bool_
    assert read.masks.shape == masks.shape
    assert np.array_equal(read.masks, masks)
    assert read.seconds.tobytes() == seconds.tobytes()


def test_what_stands_still_takes_no_room() -> None:
    masks = np.repeat(np.random.default_rng(0).random((1, 60, 600)) < 0.5, 240, axis=0)
    with database("cropping") as conn:
        CropWriter(conn).add_signal_chunk(SignalChunk(0, np.zeros(240), masks))
        (size,) = conn.execute("SELECT length(masks) FROM cropping.change_signal").fetchone()
    assert size < 2 * 60 * 600 / 8 + 60 * 600 * 240 / 8 / 200


def test_a_chunk_has_a_time_for_each_mask() -> None:
    with database("cropping") as conn, pytest.raises(ValueError, match="not 2 for 3"):
        CropWriter(conn).add_signal_chunk(SignalChunk(0, np.zeros(2), np.zeros((3, 4, 5), np.bool_)))


def test_chunks_come_in_the_order_of_their_frames() -> None:
    with database("cropping") as conn:
        for first in (48, 0, 24):
            CropWriter(conn).add_signal_chunk(SignalChunk(first, np.zeros(1), np.ones((1, 2, 2), np.bool_)))
        assert [chunk.first_frame for chunk in CropReader(conn).signal_chunks()] == [0, 24, 48]


@given(
    st.lists(
        st.builds(CroppedFrame, st.integers(0, 50), st.binary(max_size=20), COUNT, COUNT, TIMES),
        unique_by=lambda frame: frame.frame_index,
        max_size=8,
    ),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_cropped_frames(frames: list[CroppedFrame], one: int, two: int) -> None:
    wanted = FrameRange(min(one, two), max(one, two))
    by_index = sorted(frames, key=lambda frame: frame.frame_index)
    with database("cropping") as conn:
        CropWriter(conn).add_frames(frames, PixelBox(1, 2, 3, 4), version=5)
        reader = CropReader(conn)
        assert list(reader.frames()) == by_index
        assert list(reader.frames(wanted)) == [frame for frame in by_index if frame.frame_index in wanted]
        assert reader.frame_indices() == [frame.frame_index for frame in by_index]
        assert reader.frame(one) == next((frame for frame in frames if frame.frame_index == one), None)
        bounds = "crop_left, crop_top, crop_right, crop_bottom, crop_bounds_version"
        assert set(conn.execute(f"SELECT {bounds} FROM cropping.cropped_frames")) <= {(1, 2, 3, 4, 5)}


RUN = CropRun("hash", 1, "[]", "{}", 10, 24, "2026-01-01", "2026-01-02")


def test_the_hash_of_the_crops_tells_what_they_were_made_from_and_not_when() -> None:
    hashes = []
    for run in (None, RUN, replace(RUN, finished_at="later", started_at="later"), replace(RUN, crop_bounds_version=2)):
        with database("cropping") as conn:
            if run is not None:
                CropWriter(conn).save_run(run)
            assert CropReader(conn).run() == run
            hashes.append(CropReader(conn).crop_hash())
    assert hashes[1] == hashes[2]
    assert len(set(hashes)) == 3


# --- captions.db -----------------------------------------------------------------------------------------------------

CAPTIONS = st.builds(
    lambda start, length, **fields: Caption(start, start + length, **fields),
    st.integers(0, 1000),
    st.integers(0, 50),
    boundary_state=st.sampled_from(["predicted", "confirmed", "gap", "issue"]),
    text=st.none() | TEXT,
    text_status=st.sampled_from([None, None, "valid_caption", "ocr_error", "confirmed"]),
    start_seconds=st.none() | REAL,
    end_seconds=st.none() | REAL,
    boundary_confidence=st.none() | SHARE,
    text_confidence=st.none() | SHARE,
)
BOUNDARIES = BoundaryRun(
    "rules", "1", "{}", "hash", 3, np.zeros((4, 5), np.float16), ("a", "b", "c", "d", "e"), "2026-01-01"
)


@given(st.lists(CAPTIONS, max_size=8))
def test_captions(captions: list[Caption]) -> None:
    with database("captions") as conn:
        ids = [CaptionWriter(conn).add(caption) for caption in captions]
        saved = [replace(caption, id=row_id) for caption, row_id in zip(captions, ids, strict=True)]
        expected = sorted(saved, key=lambda row: (row.start_frame_index, row.end_frame_index, row.id))
        assert CaptionReader(conn).captions() == expected
        CaptionWriter(conn).delete(ids[::2])
        assert CaptionReader(conn).captions() == [row for row in expected if row.id not in ids[::2]]


def test_ids_are_never_given_twice() -> None:
    with database("captions") as conn:
        writer = CaptionWriter(conn)
        first = writer.add(Caption(0, 1))
        writer.delete([first])
        assert writer.add(Caption(0, 1)) == first + 1


def test_the_frames_of_a_caption() -> None:
    assert Caption(3, 3).frames == FrameRange(3, 3)


@given(
    arrays.arrays(
        np.float16, st.tuples(st.integers(0, 40), st.just(5)), elements=st.floats(0, 1, width=16) | st.just(np.nan)
    )
)
def test_boundary_probabilities(probabilities: np.ndarray) -> None:
    run = replace(BOUNDARIES, probabilities=probabilities)
    with database("captions") as conn:
        assert CaptionReader(conn).run() is None
        assert CaptionWriter(conn).replace_predictions([], run)
        read = CaptionReader(conn).run()
        assert read is not None
        assert read.probabilities.dtype == np.float16
        assert np.array_equal(read.probabilities, probabilities, equal_nan=True)
        assert replace(read, probabilities=probabilities) == run
        assert not CaptionWriter(conn).replace_predictions([], run)


@given(st.lists(CAPTIONS, max_size=8), st.lists(CAPTIONS, max_size=4), st.lists(CAPTIONS, max_size=4))
def test_a_run_replaces_the_last_one_and_never_what_a_person_has_judged(
    there: list[Caption], first: list[Caption], second: list[Caption]
) -> None:
    def predictions(captions: list[Caption]) -> list[Caption]:
        return [row for row in captions if not row.by_person]

    with database("captions") as conn:
        writer = CaptionWriter(conn)
        for caption in there:
            writer.add(caption)
        judged = conn.execute(BY_PERSON).fetchall()
        for number, captions in enumerate((first, second)):
            writer.replace_predictions(predictions(captions), replace(BOUNDARIES, crop_hash=str(number)))
        assert conn.execute(BY_PERSON).fetchall() == judged
        made = [row for row in writer.captions() if not row.by_person]
        expected = sorted(predictions(second), key=lambda row: (row.start_frame_index, row.end_frame_index))
        assert [replace(row, id=None, run_id=None) for row in made] == expected
        assert len({row.run_id for row in made}) <= 1
        assert conn.execute("SELECT count(*) FROM captions.boundary_runs").fetchone() == (1,)


BY_PERSON = "SELECT * FROM captions.captions WHERE text_status NOT NULL OR boundary_state IN ('confirmed', 'issue')"


@pytest.mark.parametrize(
    "fields", [{"boundary_state": "confirmed"}, {"boundary_state": "issue"}, {"text_status": "confirmed"}]
)
def test_a_run_does_not_speak_for_a_person(fields: dict[str, str]) -> None:
    with database("captions") as conn, pytest.raises(ValueError, match="predictions only"):
        CaptionWriter(conn).replace_predictions([Caption(0, 1, **fields)], BOUNDARIES)


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
