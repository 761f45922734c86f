"""Whatever people do to captions: undoing all of it gives the first rows, redoing all of it the last, and rows fit."""

from __future__ import annotations

import itertools
import random
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caption_boundaries.database.actions import ActionLog, ActionRequest, LoggedAction
from caption_boundaries.database.caption_table import CaptionTable, CaptionTableWriter
from caption_boundaries.database.captions import Caption
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.errors import InputError, NothingToUndoError
from caption_boundaries.web.caption_answers import apply_edits
from caption_boundaries.web.caption_changes import CaptionAction
from caption_boundaries.web.caption_desk import CaptionDesk, CaptionDesks
from caption_boundaries.web.caption_edits import plan_change
from caption_boundaries.web.caption_plan import Rows
from support.caption_client import CaptionTool
from support.caption_data import SCRIPT, make_caption_video
from support.caption_random import random_change
from support.tool_client import SESSION

Row = tuple[object, ...]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video whose captions are as they were after every test."""
    return make_caption_video(tmp_path_factory.mktemp("history"), masks=False)


def all_values(connection: sqlite3.Connection) -> list[Row]:
    """Every column of every row, those that only say when something was written too."""
    return connection.execute("SELECT * FROM captions.captions ORDER BY id").fetchall()


def check(rows: Sequence[Caption], last_index: int) -> None:
    """Rows never overlap, leave nothing out, and say the same in every column."""
    covered = [index for row in rows for index in range(row.start_frame_index, row.end_frame_index + 1)]
    assert covered == list(range(last_index + 1))
    assert not any(a.boundary_state == b.boundary_state == "gap" for a, b in itertools.pairwise(rows))
    for row in rows:
        if row.boundary_state == "gap":
            assert row.text is None
        assert (row.median_ocr_status == "pending") >= (row.image_needs_regen == 1)
        assert row.text_pending == 0 or row.text is not None
        read_from = f"{row.start_frame_index}-{row.end_frame_index}"
        assert row.text is None or row.text_pending or row.text_read_from == read_from, "stale texts are pending"
        start, end = row.frames.seconds(10.0)
        assert (row.start_seconds or start) < (row.end_seconds or end)
    for a, b in itertools.pairwise(rows):
        if a.end_seconds is not None and b.start_seconds is not None:
            assert a.end_seconds <= b.start_seconds


class Person:
    """Somebody who does things, without a server between."""

    def __init__(self, connection: sqlite3.Connection, desk: CaptionDesk) -> None:
        self.connection, self.desk = connection, desk
        self.log = ActionLog(connection, "captions")
        self.name = str(uuid.uuid4())

    def request(self, kind: str = "") -> ActionRequest:
        return ActionRequest(str(uuid.uuid4()), self.name, SESSION, kind)

    def do(self, change: dict[str, Any]) -> LoggedAction | None:
        body = CaptionAction(uuid="12345678", actor="a", session="12345678", change=change)  # type: ignore[arg-type]

        def apply() -> None:
            planned = plan_change(Rows(CaptionTable(self.connection), self.desk), body.change)
            apply_edits(CaptionTableWriter(self.connection), planned.edits)

        return self.log.perform(self.request(change["kind"]), apply)

    def all_back(self) -> Iterator[LoggedAction]:
        while self.log.can_undo(self.name):
            yield self.log.undo(self.request())

    def all_again(self) -> Iterator[LoggedAction]:
        while self.log.can_redo(self.name):
            yield self.log.redo(self.request())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), count=st.integers(1, 8))
def test_undoing_all_gives_the_first_rows_and_redoing_all_the_last(folder: Path, seed: int, count: int):
    rng = random.Random(seed)
    with VideoDatabase(folder, writes={"captions"}, attach={"captions"}) as connection:
        person, table = Person(connection, CaptionDesks().of(folder)), CaptionTable(connection)
        first = all_values(connection)
        done = 0
        for _ in range(count):
            try:
                done += person.do(random_change(rng, table.captions(), 200)) is not None
            except InputError:
                continue
            check(table.captions(), 199)
        last = all_values(connection)
        assert len(list(person.all_back())) == done
        assert all_values(connection) == first
        assert len(list(person.all_again())) == done
        assert all_values(connection) == last
        list(person.all_back())
        assert all_values(connection) == first
        with pytest.raises(NothingToUndoError):
            person.log.undo(person.request())


def test_the_same_with_exact_times_through_the_server(tool: CaptionTool):
    rng = random.Random(7)
    first = tool.stored()
    done = 0
    for _ in range(30):
        change = random_change(rng, tool.stored(), 200)
        answer = tool.server.client.post(
            f"{tool.root}/actions",
            json={"uuid": str(uuid.uuid4()), "base_revision": None, **tool.who, "change": change},
        )
        assert answer.status_code in (200, 400), (change, answer.text)
        done += answer.status_code == 200 and answer.json()["kind"] != ""
        check(tool.stored(), 199)
    last = tool.stored()
    for _ in range(done):
        tool.undo()
    assert tool.stored() == first
    for _ in range(done):
        tool.redo()
    assert tool.stored() == last
    assert done > 15
    assert len(first) == 2 * len(SCRIPT)
