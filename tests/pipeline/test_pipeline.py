"""The pipeline as a whole: order, freshness, who writes what, one process per video."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.layout import LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.state import StateReader
from caption_boundaries.errors import DatabaseMissingError, UsageError, VideoBusyError
from caption_boundaries.freshness import step_states
from caption_boundaries.locking import LOCK_NAME, video_lock
from caption_boundaries.pipeline import BY_NAME, STEPS, run_steps, select_steps
from support.clips import Clip
from support.databases import MANY_LABELS, kill_writer
from support.folders import contents, file_hashes

BEFORE = dict(zip([step.name for step in STEPS], ["", *[step.name for step in STEPS]], strict=False))
"""The stage before each step."""


def test_the_captions_are_found_and_read(clip: Clip, finished: Path) -> None:
    with VideoDatabase(finished, readonly=True) as connection:
        rows = [row for row in CaptionReader(connection).captions() if row.boundary_state != "gap"]
    assert [row.text for row in rows] == [caption.text for caption in clip.captions]
    frame = 1 / 24
    for row, truth in zip(rows, clip.captions, strict=True):
        assert row.start_seconds == pytest.approx(truth.start_seconds, abs=frame)
        assert row.end_seconds == pytest.approx(truth.end_seconds, abs=frame)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_changes_only_its_own_database(stages: dict[str, Path], step, tmp_path: Path) -> None:
    folder = shutil.copytree(stages[BEFORE[step.name]], tmp_path / "video")
    before = file_hashes(folder)
    list(run_steps(folder, [step], force=True))
    after = file_hashes(folder)
    changed = {name for name in after if after[name] != before.get(name)}
    assert before.keys() <= after.keys()
    assert changed - {"state.db", LOCK_NAME} == ({f"{step.writes}.db"} if step.writes else {"rabbit.srt"})


@pytest.mark.parametrize("step", ["layout", "captions", "export"])
def test_a_step_goes_on_where_a_writer_was_killed_in_mid_transaction(stages: dict[str, Path], step, tmp_path) -> None:
    folder = shutil.copytree(stages[step], tmp_path / "video")
    kill_writer(folder / "layout.db", MANY_LABELS)
    outcomes = list(run_steps(folder, [BY_NAME[step]], force=True))
    assert [outcome.ran for outcome in outcomes] == [True]
    assert contents(folder) == contents(stages[step])


def test_what_is_up_to_date_is_left_alone(finished: Path) -> None:
    before = file_hashes(finished)
    outcomes = {outcome.step: outcome.ran for outcome in run_steps(finished)}
    assert outcomes == {
        "ingest": False,
        "ocr": False,
        "layout": False,
        "crop": False,
        "captions": False,
        "export": True,
    }
    after = file_hashes(finished)
    assert {name for name in after if after[name] != before[name]} <= {"state.db"}


def test_forcing_a_step_repeats_its_rows(finished: Path) -> None:
    before = contents(finished)
    assert all(outcome.ran for outcome in run_steps(finished, force=True))
    assert contents(finished) == before


def test_a_new_crop_version_makes_what_follows_stale(finished: Path) -> None:
    with VideoDatabase(finished, writes={"layout"}) as connection:
        connection.execute("UPDATE layout.video_layout_config SET crop_bounds_version = crop_bounds_version + 1")
    states = {name: state.state for name, state in step_states(finished).items()}
    assert states == {"ingest": "done", "ocr": "done", "layout": "done", "crop": "stale", "captions": "done"}
    ran = [outcome.step for outcome in run_steps(finished) if outcome.ran]
    assert ran == ["crop", "captions", "export"]


def test_an_approved_layout_is_done_whatever_the_boxes_are(finished: Path) -> None:
    with VideoDatabase(finished, writes={"layout"}) as connection:
        connection.execute("UPDATE layout.video_layout_config SET layout_approved = 1, ocr_run_hash = 'another'")
        assert LayoutWriter(connection).config().layout_approved == 1
    assert step_states(finished)["layout"].done


@pytest.mark.parametrize(
    ("lost", "missing"),
    [("video.db", "ingest"), ("fullOCR.db", "ocr"), ("layout.db", "layout"), ("cropping.db", "crop")],
)
def test_a_lost_database_is_a_step_to_run_again(finished: Path, lost: str, missing: str) -> None:
    (finished / lost).unlink()
    assert step_states(finished)[missing].state == "missing"


def test_a_step_whose_input_is_missing_names_file_and_command(finished: Path) -> None:
    (finished / "video.db").unlink()
    with pytest.raises(DatabaseMissingError, match=r"video\.db is missing .*`caption-boundaries ingest`"):
        list(run_steps(finished, [BY_NAME["ocr"]], force=True))


def test_the_state_remembers_how_a_step_ended(finished: Path) -> None:
    (finished / "rabbit.mp4").unlink()
    with pytest.raises(Exception, match="rabbit"):
        list(run_steps(finished, [BY_NAME["crop"]], force=True))
    with VideoDatabase(finished, readonly=True) as connection:
        runs = StateReader(connection).step_runs()
    assert runs["crop"].status == "failed"
    assert "rabbit" in (runs["crop"].message or "")
    assert runs["ocr"].status == "complete"


def test_two_processes_do_not_work_on_one_video(finished: Path) -> None:
    with video_lock(finished), pytest.raises(VideoBusyError, match="Another process"):
        list(run_steps(finished))


def test_what_a_killed_run_left_is_removed(finished: Path) -> None:
    left = finished / ".partial-1-fullOCR.db"
    left.write_bytes(b"half")
    list(run_steps(finished))
    assert not left.exists()


@pytest.mark.parametrize(
    ("start", "only", "expected"),
    [
        (None, (), ["ingest", "ocr", "layout", "crop", "captions", "export"]),
        ("crop", (), ["crop", "captions", "export"]),
        (None, ("layout", "ocr"), ["ocr", "layout"]),
        ("layout", ("ocr",), []),
    ],
)
def test_selecting_steps(start: str | None, only: tuple[str, ...], expected: list[str]) -> None:
    assert [step.name for step in select_steps(start=start, only=only)] == expected


def test_an_unknown_step_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match=r"There is no step cut.*ingest, ocr"):
        select_steps(start="cut")
