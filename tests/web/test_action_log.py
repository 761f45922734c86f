"""The action log: everything can be taken back, nothing is applied twice, nobody overwrites another unasked."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caption_boundaries.database.actions import ActionLog, ActionRequest
from caption_boundaries.database.captions import Caption, CaptionWriter
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.layout import BoxLabel, LayoutConfig, LayoutWriter, StoredModel
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.row_changes import EDITED_TABLES
from caption_boundaries.database.row_changes_json import from_json, to_json
from caption_boundaries.database.row_hash import row_hash
from caption_boundaries.errors import ConflictError, DatabaseBusyError, NothingToUndoError

SLOW_DISK = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
MEMORY = Path("/dev/shm")
"""Where the many small databases of the property tests lie: they test logic, not the disk."""


@contextmanager
def opened(folder: Path, schema: str) -> Iterator[sqlite3.Connection]:
    with VideoDatabase(folder, writes={schema}, attach={schema}) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_databases(tmp_path)
    return tmp_path


def request(number: int, *, actor: str = "ana", session: str = "tab", base: int | None = None) -> ActionRequest:
    return ActionRequest(f"uuid-{number}", actor, session, "label", base)


def label(frame: int, box: int, word: str = "in", text: str = "a") -> BoxLabel:
    return BoxLabel(frame, box, text, 1, 2, 3, 4, word, "user", predicted_confidence=0.1 + 0.2)


def content(connection: sqlite3.Connection, schema: str) -> dict[str, str]:
    """Return the hash of every row people edit, with every column."""
    return {table: row_hash(connection, schema, table) for table in EDITED_TABLES[schema]}


Edit = Callable[[sqlite3.Connection], object]

BOX = st.tuples(st.integers(0, 3), st.integers(0, 2))
LAYOUT_EDITS: st.SearchStrategy[Edit] = st.one_of(
    st.lists(st.tuples(BOX, st.sampled_from(["in", "out"])), min_size=1, max_size=5).map(
        lambda boxes: lambda c: LayoutWriter(c).save_box_labels([label(*box, word) for box, word in boxes])
    ),
    st.lists(BOX, max_size=6).map(lambda boxes: lambda c: LayoutWriter(c).delete_box_labels(boxes)),
    st.floats(0, 1).map(lambda x: lambda c: LayoutWriter(c).save_config(LayoutConfig(1280, 720, vertical_std=x))),
    st.text(max_size=3).map(lambda t: lambda c: LayoutWriter(c).save_model(StoredModel(t, None, 1, 0.1, 0.9, "{}"))),
)
RANGE = st.tuples(st.integers(0, 50), st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1]))
CAPTION_EDITS: st.SearchStrategy[Edit] = st.one_of(
    st.tuples(RANGE, st.one_of(st.none(), st.text(max_size=4)), st.floats(0, 100)).map(
        lambda v: lambda c: CaptionWriter(c).add(Caption(*v[0], text=v[1], start_seconds=v[2]))
    ),
    st.lists(st.integers(1, 8), max_size=4).map(lambda ids: lambda c: CaptionWriter(c).delete(ids)),
    st.tuples(st.integers(1, 8), st.text(max_size=4)).map(
        lambda v: lambda c: c.execute("UPDATE captions.captions SET text = ? WHERE id >= ?", (v[1], v[0]))
    ),
    st.just(lambda c: c.execute("INSERT OR REPLACE INTO captions.text_review_status VALUES (1, 'pending', NULL)")),
)


@SLOW_DISK
@given(st.data(), st.sampled_from(["layout", "captions"]))
def test_undoing_everything_gives_the_beginning_and_redoing_everything_the_end(data: st.DataObject, schema: str):
    edits = data.draw(st.lists(LAYOUT_EDITS if schema == "layout" else CAPTION_EDITS, max_size=8))
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        create_databases(Path(name))
        with opened(Path(name), schema) as connection:
            log = ActionLog(connection, schema)
            snapshots = [content(connection, schema)]
            for number, edit in enumerate(edits):
                if log.perform(request(number), lambda edit=edit: edit(connection)) is not None:
                    snapshots.append(content(connection, schema))
            count = len(snapshots) - 1
            for number in range(count):
                log.undo(request(100 + number))
                assert content(connection, schema) == snapshots[count - 1 - number]
            assert not log.can_undo("ana")
            for number in range(count):
                log.redo(request(200 + number))
                assert content(connection, schema) == snapshots[number + 1]
            assert not log.can_redo("ana")
            assert log.revision() == 3 * count


@SLOW_DISK
@given(st.lists(st.one_of(LAYOUT_EDITS, st.sampled_from(["undo", "redo"])), max_size=14))
def test_undo_and_redo_behave_like_two_stacks(steps: list[Edit | str]):
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        create_databases(Path(name))
        done: list[dict[str, str]] = []
        undone: list[dict[str, str]] = []
        for number, step in enumerate(steps):
            with opened(Path(name), "layout") as connection:  # a new door each time: nothing is kept in memory
                log = ActionLog(connection, "layout")
                now = content(connection, "layout")
                assert (log.can_undo("ana"), log.can_redo("ana")) == (bool(done), bool(undone))
                if step == "undo" and done:
                    log.undo(request(number))
                    undone.append(now)
                    assert content(connection, "layout") == done.pop()
                elif step == "redo" and undone:
                    log.redo(request(number))
                    done.append(now)
                    assert content(connection, "layout") == undone.pop()
                elif callable(step) and log.perform(request(number), lambda step=step: step(connection)) is not None:
                    done.append(now)
                    undone.clear()


@SLOW_DISK
@given(st.lists(LAYOUT_EDITS, min_size=1, max_size=4))
def test_what_is_logged_reads_back_as_it_was(edits: list[Edit]):
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        create_databases(Path(name))
        with opened(Path(name), "layout") as connection:
            log = ActionLog(connection, "layout")
            for number, edit in enumerate(edits):
                made = log.perform(request(number), lambda edit=edit: edit(connection))
                if made is not None:
                    assert log.entries(limit=1) == [made]
                    assert from_json("layout", *to_json(made.changes)) == made.changes


def test_a_repeated_request_gets_the_first_answer_and_is_applied_once(folder: Path):
    with opened(folder, "captions") as connection:
        log = ActionLog(connection, "captions")
        answers = [log.perform(request(1), lambda: CaptionWriter(connection).add(Caption(1, 2))) for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
        assert len(CaptionWriter(connection).captions()) == 1
        undone = log.undo(request(2))
        assert log.undo(request(2)) == undone
        assert log.revision() == 2


def test_an_action_that_changes_nothing_leaves_the_file_as_it_is(folder: Path):
    with opened(folder, "layout") as connection:
        log = ActionLog(connection, "layout")
        log.perform(request(1), lambda: LayoutWriter(connection).save_box_labels([label(0, 0)]))
    before = (folder / "layout.db").read_bytes()
    with opened(folder, "layout") as connection:
        again = ActionLog(connection, "layout").perform(
            request(2), lambda: LayoutWriter(connection).save_box_labels([label(0, 0)])
        )
    assert again is None
    assert (folder / "layout.db").read_bytes() == before


def test_a_failing_action_leaves_nothing(folder: Path):
    def edit_and_fail() -> None:
        LayoutWriter(connection).save_box_labels([label(0, 0)])
        raise RuntimeError("no")

    with opened(folder, "layout") as connection:
        log = ActionLog(connection, "layout")
        with pytest.raises(RuntimeError):
            log.perform(request(1), edit_and_fail)
        assert LayoutWriter(connection).box_labels() == []
        assert log.perform(request(1), lambda: LayoutWriter(connection).save_box_labels([label(0, 0)])) is not None


@pytest.mark.parametrize(
    ("theirs", "session", "base", "refused"),
    [
        ((0, 0), "other tab", 1, True),  # the same box
        ((0, 1), "other tab", 1, False),  # another box of the same frame
        ((0, 0), "tab", 1, False),  # my own earlier action
        ((0, 0), "other tab", 2, False),  # I have seen it
        ((0, 0), "other tab", None, False),  # I want mine whatever they did
    ],
)
def test_changes_by_others_are_never_overwritten_unasked(
    folder: Path, theirs: tuple[int, int], session: str, base: int | None, refused: bool
):
    with opened(folder, "layout") as connection:
        log, writer = ActionLog(connection, "layout"), LayoutWriter(connection)
        log.perform(request(1), lambda: writer.save_box_labels([label(9, 9)]))
        log.perform(request(2, actor="ben", session=session), lambda: writer.save_box_labels([label(*theirs, "out")]))
        mine = request(3, base=base)
        if not refused:
            assert log.perform(mine, lambda: writer.save_box_labels([label(0, 0, "in")])) is not None
            return
        with pytest.raises(ConflictError) as error:
            log.perform(mine, lambda: writer.save_box_labels([label(0, 0, "in")]))
        assert error.value.actor == "ben"
        assert error.value.revision == 2
        assert error.value.rows == [("full_frame_box_labels", ("full_frame", 0, 0))]
        assert [row.label for row in writer.box_labels()] == ["out", "in"]


def test_undo_takes_back_only_what_one_did_oneself(folder: Path):
    with opened(folder, "layout") as connection:
        log, writer = ActionLog(connection, "layout"), LayoutWriter(connection)
        log.perform(request(1), lambda: writer.save_box_labels([label(0, 0)]))
        log.perform(request(2, actor="ben"), lambda: writer.save_box_labels([label(1, 0)]))
        log.undo(request(3))
        assert [row.frame_index for row in writer.box_labels()] == [1]
        with pytest.raises(NothingToUndoError):
            log.undo(request(4))


def test_undo_is_refused_where_somebody_else_changed_the_row_since(folder: Path):
    with opened(folder, "layout") as connection:
        log, writer = ActionLog(connection, "layout"), LayoutWriter(connection)
        log.perform(request(1), lambda: writer.save_box_labels([label(0, 0)]))
        log.perform(request(2, actor="ben"), lambda: writer.save_box_labels([label(0, 0, "out")]))
        with pytest.raises(ConflictError, match="1 of the rows") as error:
            log.undo(request(3))
        assert error.value.actor == "ben"
        assert log.revision() == 2


def test_a_locked_database_is_told_in_one_sentence(folder: Path):
    with opened(folder, "layout") as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            VideoDatabase(folder, writes={"layout"}, attach={"layout"}, timeout=0.05) as connection,
            pytest.raises(DatabaseBusyError, match=r"layout\.db is being written"),
        ):
            ActionLog(connection, "layout").perform(request(1), lambda: None)


def test_a_picture_in_a_row_is_logged_too(folder: Path):
    with opened(folder, "layout") as connection:
        log, writer = ActionLog(connection, "layout"), LayoutWriter(connection)
        writer.save_config(LayoutConfig(4, 4))
        connection.commit()
        statement = "UPDATE layout.video_layout_config SET ocr_visualization_image = ?"
        log.perform(request(1), lambda: connection.execute(statement, (b"\x00\xff",)))
        entry = log.entries()[0]
        row = entry.changes[0]
        before, after = (row.values(image) for image in row.rows[0][1:])
        assert before is not None
        assert after is not None
        assert (before["ocr_visualization_image"], after["ocr_visualization_image"]) == (None, b"\x00\xff")
        log.undo(request(2))
        log.redo(request(3))
        read = connection.execute("SELECT ocr_visualization_image FROM layout.video_layout_config").fetchone()
        assert read == (b"\x00\xff",)


def test_a_bulk_action_is_one_row_of_moderate_size(folder: Path):
    boxes = [(frame, box) for frame in range(300) for box in range(4)]
    with opened(folder, "layout") as connection:
        log, writer = ActionLog(connection, "layout"), LayoutWriter(connection)
        log.perform(request(1), lambda: writer.save_box_labels(label(*box, text="News at nine") for box in boxes))
        forward, inverse = connection.execute("SELECT forward, inverse FROM layout.action_log").fetchone()
        assert len(forward) + len(inverse) < 80 * len(boxes)
        log.undo(request(2))
        assert writer.box_labels() == []
        log.redo(request(3))
        assert len(writer.box_labels()) == len(boxes)
