"""What is written comes back as it was, for any value: the databases of cropped frames and of captions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from caption_boundaries.database.captions import BoundaryRun, Caption, CaptionReader, CaptionWriter
from caption_boundaries.database.cropping import CroppedFrame, CropReader, CropRun, CropWriter, SignalChunk
from caption_boundaries.types import FrameRange, PixelBox
from support.round_trips import COUNT, REAL, SHARE, TEXT, TIMES, database

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
