"""What a person has deleted is not predicted again."""

from __future__ import annotations

import itertools
import shutil
import uuid
from pathlib import Path

import pytest

from caption_boundaries.captions.extents import TimedText
from caption_boundaries.captions.rows import TickedText, predicted_rows
from caption_boundaries.captions.ruled_out import ruled_out
from caption_boundaries.database.actions import ActionLog, ActionRequest, LoggedAction
from caption_boundaries.database.captions import CaptionReader, CaptionWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.row_changes import RowChange, TableChange
from caption_boundaries.pipeline import run_steps, select_steps
from caption_boundaries.types import FrameRange

COLUMNS = ("id", "start_frame_index", "end_frame_index", "boundary_state")
SEQ = itertools.count(1)


def action(kind: str, *rows: tuple[tuple[int, int, int, str] | None, tuple[int, int, int, str] | None], **more: int):
    """An action that changes rows, each given as it was and as it is then."""
    changes = tuple(RowChange(((before or after)[0],), before, after) for before, after in rows)  # type: ignore[index]
    change = TableChange("captions", COLUMNS, changes)
    return LoggedAction(next(SEQ), "u", "ana", "s", "", kind, more.get("undoes"), None, (change,))


CAPTION = (1, 10, 29, "predicted")
DELETE = ((CAPTION, None), ((2, 0, 9, "gap"), (2, 0, 29, "gap")))
CLEAR = ((CAPTION, (1, 10, 14, "predicted")), (None, (3, 15, 19, "gap")), (None, (4, 20, 29, "predicted")))


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["delete"], [FrameRange(10, 29)]),
        (["clear"], [FrameRange(15, 19)]),
        (["merge"], []),
        (["delete", "undo"], []),
        (["delete", "undo", "redo"], [FrameRange(10, 29)]),
        (["delete", "undo", "redo", "undo"], []),
        (["delete", "nudge"], [FrameRange(10, 29)]),
    ],
)
def test_what_is_ruled_out(kinds: list[str], expected: list[FrameRange]) -> None:
    log: list[LoggedAction] = []
    for kind in kinds:
        # An undo names the action, a redo the undo before it.
        undoes = {"undo": log[0].seq if log else 0, "redo": log[-1].seq if log else 0}.get(kind)
        rows = CLEAR if kind == "clear" else DELETE
        log.append(action(kind, *rows, **({} if undoes is None else {"undoes": undoes})))
    assert ruled_out(log) == expected


def ticked(start: int, end: int) -> TickedText:
    return TickedText(FrameRange(start, end), start / 10, (end + 1) / 10, TimedText(0, 1, "text", 0.9, 0.9))


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ((10, 29), [("gap", 0, 99)]),
        ((25, 60), [("gap", 0, 9), ("predicted", 10, 24), ("gap", 25, 99)]),
        ((5, 24), [("gap", 0, 99)]),
        ((40, 60), [("gap", 0, 9), ("predicted", 10, 29), ("gap", 30, 99)]),
    ],
)
def test_nothing_is_predicted_where_a_person_has_deleted(
    gone: tuple[int, int], expected: list[tuple[str, int, int]]
) -> None:
    rows = predicted_rows([ticked(10, 29)], [], FrameRange(0, 99), ruled_out=[FrameRange(*gone)])
    assert [(row.boundary_state, row.start_frame_index, row.end_frame_index) for row in rows] == expected


def test_a_deleted_caption_does_not_come_back_with_the_next_run(stages: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(stages["captions"], tmp_path / "video")
    with VideoDatabase(folder, writes={"captions"}, attach={"captions"}) as connection:
        log, writer = ActionLog(connection, "captions"), CaptionWriter(connection)
        first, second, *_ = [row for row in writer.captions() if row.boundary_state != "gap"]
        request = ActionRequest(str(uuid.uuid4()), "ana", str(uuid.uuid4()), "delete")
        log.perform(request, lambda: writer.delete([first.id or 0]))
    list(run_steps(folder, select_steps(only=["captions"]), force=True))
    with VideoDatabase(folder, readonly=True, attach={"captions"}) as connection:
        rows = CaptionReader(connection).captions()
    texts = [row.text for row in rows if row.boundary_state != "gap"]
    assert first.text not in texts
    assert second.text in texts
    assert rows[0].frames == FrameRange(0, second.start_frame_index - 1)
