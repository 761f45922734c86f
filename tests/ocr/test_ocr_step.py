from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.config import OcrSettings, Settings
from caption_boundaries.database.full_ocr import OcrReader, OcrRun
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter
from caption_boundaries.errors import RecognitionError, UsageError
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.ocr.step import NO_FRAMES, STEP
from caption_boundaries.step import StepContext, StepResult, silent
from caption_boundaries.types import FrameTime, TextLine
from recognition.drawing import caption_picture
from support.databases import METADATA, new_folder

BLANK = encode_jpeg(np.full((90, 160, 3), 90, np.uint8), 90)
MORNING = encode_jpeg(caption_picture(["Good morning"], size=(640, 360)), 90)
TWO_LINES = encode_jpeg(caption_picture(["Where is", "everybody?"], size=(640, 360)), 90)
DAMAGED = b"no jpeg at all"

NULL = OcrSettings(engine="null")


def folder_with(folder: Path, pictures: Sequence[bytes]) -> Path:
    """Make a folder whose video has a full frame every ten seconds; its clock starts at half a second."""
    new_folder(folder)
    base = Fraction(1, 1000)
    with replacing_database(folder, "video", reads=()) as conn:
        writer = VideoDbWriter(conn)
        writer.save_metadata(replace(METADATA, start_pts=500, time_base="1/1000"))
        writer.add_frames(
            StoredFrame(100 * number, picture, 640, 360, FrameTime(500 + 10_040 * number, base))
            for number, picture in enumerate(pictures)
        )
    return folder


def run_step(folder: Path, settings: OcrSettings = OcrSettings(), progress=silent) -> StepResult:  # noqa: B008
    assert STEP.writes is not None
    with replacing_database(folder, STEP.writes, reads=STEP.reads) as conn:
        return STEP.run(StepContext(folder, conn, Settings(ocr=settings), progress))


def stored(folder: Path) -> tuple[dict[int, list[TextLine]], dict[int, str], OcrRun | None]:
    with VideoDatabase(folder, readonly=True) as conn:
        reader = OcrReader(conn)
        return reader.lines(), reader.failures(), reader.run()


def test_every_frame_is_read_and_the_run_is_recorded(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "video", [BLANK, MORNING, TWO_LINES])
    result = run_step(folder)
    lines, failures, run = stored(folder)
    texts = {index: [line.text for line in found] for index, found in lines.items()}
    assert texts == {0: [], 100: ["Good morning"], 200: ["Where is", "everybody?"]}
    assert failures == {}
    assert result == StepResult("3 frames, 3 text lines", {"frames": 3, "lines": 3, "failed": 0})
    assert run is not None
    assert (run.engine, run.frame_count, run.failed_count) == ("rapidocr", 3, 0)
    assert json.loads(run.settings)["min_confidence"] == 0.5
    assert run.started_at <= run.finished_at
    with VideoDatabase(folder, readonly=True) as conn:
        assert run.frames_hash == VideoDbReader(conn).frames_hash()
        times = conn.execute("SELECT DISTINCT timestamp_seconds FROM fullOCR.full_frame_ocr ORDER BY 1").fetchall()
    assert times == [(10.04,), (20.08,)]


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "video", [MORNING, BLANK, TWO_LINES])
    results = []
    for workers in (1, 3):
        run_step(folder, OcrSettings(workers=workers))
        results.append(stored(folder)[:2])
    assert results[0] == results[1]


def test_a_frame_that_fails_is_recorded_counted_and_told(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "video", [BLANK, DAMAGED, BLANK])
    result = run_step(folder, NULL)
    lines, failures, run = stored(folder)
    assert lines == {0: [], 200: []}
    assert list(failures) == [100]
    assert "no readable JPEG" in failures[100]
    assert result.summary == "3 frames, 0 text lines, 1 failed"
    assert result.counts["failed"] == 1
    assert len(result.warnings) == 1
    assert "1 of 3 frames could not be read; frame 100" in result.warnings[0]
    assert run is not None
    assert run.failed_count == 1


def test_when_every_frame_fails_the_old_reading_stays(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "video", [BLANK])
    run_step(folder, NULL)
    before = stored(folder)
    with replacing_database(folder, "video", reads=()) as conn:
        VideoDbWriter(conn).save_metadata(METADATA)
        VideoDbWriter(conn).add_frames([StoredFrame(0, DAMAGED, 640, 360, None)])
    with pytest.raises(RecognitionError, match=r"null failed on every frame, first on frame 0: .*JPEG"):
        run_step(folder, NULL)
    assert stored(folder) == before


def test_a_video_without_frames_is_told(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "video", [])
    result = run_step(folder, NULL)
    assert (result.summary, result.warnings) == ("0 frames, 0 text lines", (NO_FRAMES,))


def test_progress_counts_every_frame(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "video", [BLANK] * 5)
    told: list[tuple[float, float | None, str]] = []
    run_step(folder, NULL, lambda done, total, unit: told.append((done, total, unit)))
    assert told == [(done, 5, "frames") for done in range(1, 6)]


def test_an_unknown_engine_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "video", [BLANK])
    with pytest.raises(UsageError, match="no OCR engine called 'scribe'"):
        run_step(folder, OcrSettings(engine="scribe"))


def test_interrupting_leaves_the_old_reading(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "video", [BLANK] * 30)
    run_step(folder, NULL)
    before = stored(folder)

    def interrupt(done: float, total: float | None, unit: str) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_step(folder, NULL, interrupt)
    assert stored(folder) == before
