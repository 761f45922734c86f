"""A kill at every system call that changes the folder: the data is complete, and running again finishes the job."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.migration.cleaning import clean_folder
from caption_boundaries.migration.migrate import migrate_folder
from caption_boundaries.migration.rollback import rollback_folder
from caption_boundaries.migration.synthetic import OldFolder
from support.old_folders import HOMES, TINY, Rows, assert_complete, old_folder, rows_of, rows_of_old_file, same_rows
from support.tracing import Trace, copy_with_links, traced, unavailable

Work = Callable[[Path], object]

needs_tracing = pytest.mark.skipif(bool(unavailable()), reason=unavailable())

CHUNKS = 4
"""So that the points of one piece of work are shared by the processes that run the tests."""


def edited(folder: Path) -> Path:
    """Do what people do: change, add and delete rows."""
    with closing(sqlite3.connect(folder / "captions.db")) as connection:
        connection.execute("UPDATE captions SET text = 'changed', start_seconds = 0.25 WHERE id = 1")
        connection.execute("INSERT INTO captions (start_frame_index, end_frame_index, text) VALUES (90, 91, 'new')")
        connection.execute("DELETE FROM captions WHERE id = 2")
        connection.commit()
    with closing(sqlite3.connect(folder / "layout.db")) as connection:
        connection.execute("UPDATE video_layout_config SET layout_approved = 0, crop_left = 5, confidence = 0.5")
        connection.commit()
    return folder


def migrated(folder: Path) -> Path:
    migrate_folder(folder)
    return folder


STARTS: dict[str, tuple[Callable[[Path], Path], Work, str]] = {
    "migrate": (lambda folder: folder, migrate_folder, "new"),
    "rollback": (migrated, rollback_folder, "old"),
    "rollback-with-changes": (lambda folder: edited(migrated(folder)), rollback_folder, "old"),
    "clean-backups": (migrated, clean_folder, "new"),
}
OTHER_NAME = OldFolder(**{**vars(TINY), "filename": "annotations.db"})
"""The other name that an old file may have: it changes the order in which names change."""


def states_of(start: Path, work: Work, scratch: Path) -> tuple[list[Path], Trace]:
    """Return what a kill leaves at every call of ``work`` that changes the folder."""
    folder, states = scratch / "run" / start.name, scratch / "states"
    copy_with_links(start, folder)
    trace = traced(lambda: work(folder), folder, states=states)
    assert trace.ended == "well", trace.error
    return [states / str(number) for number in range(len(trace.calls))], trace


def expected_rows(start: Path) -> Rows:
    kept = start / "captions.db.old"
    return rows_of(start, rows_of_old_file(kept) if kept.exists() else {})


@needs_tracing
@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("name", [*STARTS, "rollback-to-annotations"])
def test_a_kill_at_any_system_call_loses_nothing(
    name: str, chunk: int, fast: Path, record_property: Callable[[str, object], None]
) -> None:
    prepare, work, goal = STARTS[name.removesuffix("-to-annotations")]
    start = prepare(old_folder(fast / "start", OTHER_NAME if name.endswith("annotations") else TINY))
    expected = expected_rows(start)
    states, trace = states_of(start, work, fast)
    right_after: Counter[str] = Counter()
    for state in states[chunk::CHUNKS]:
        folder = state.rename(state.with_name(start.name))
        right_after[assert_complete(folder, expected)] += 1
        work(folder)
        assert assert_complete(folder, expected) == goal, trace.calls[int(state.name)]
        assert not list(folder.glob(".partial*")), trace.calls[int(state.name)]
        shutil.rmtree(folder)
    told = ", ".join(f"{count} {form}" for form, count in sorted(right_after.items()))
    record_property(
        "told", f"{name}: killed at {right_after.total()} of {len(states)} system calls; right after: {told}; 0 lost"
    )


@needs_tracing
@pytest.mark.parametrize("name", STARTS)
def test_the_states_are_what_a_kill_leaves(name: str, fast: Path) -> None:
    prepare, work, _ = STARTS[name]
    start = prepare(old_folder(fast / "start"))
    states, _ = states_of(start, work, fast)
    for number in range(0, len(states), max(1, len(states) // 8)):
        folder = fast / "killed" / start.name
        copy_with_links(start, folder)
        assert traced(lambda folder=folder: work(folder), folder, stop_at=number).ended == "killed"
        assert sizes(folder) == sizes(states[number])
        shutil.rmtree(folder)


def sizes(folder: Path) -> list[tuple[str, int]]:
    """Return the files of a folder and their sizes, without the times in the names of backups and in the journal."""
    return sorted(
        (re.sub(r"\d{8}_\d{6}(_2)?", "", path.name), path.name == "journal.json" or path.stat().st_size)
        for path in folder.rglob("*")
    )


STEPS = frozenset(
    {"open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "sqlite3.connect"}
)
"""What Python itself tells before it happens: the same points, more coarsely, where nothing can be traced."""


def killed_at_step(work: Work, folder: Path, step: int) -> bool:
    """Run ``work`` in a child process that kills itself before its ``step``-th step; False where it ends before."""
    child = os.fork()
    if child == 0:
        count = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal count
            if event in STEPS and any(str(folder) in str(argument) for argument in arguments):
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                count += 1

        sys.addaudithook(hook)
        try:
            work(folder)
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


@pytest.mark.parametrize("filename", ["captions.db", "annotations.db"])
@pytest.mark.parametrize("name", STARTS)
def test_a_kill_at_any_step_of_python_loses_nothing(
    name: str, filename: str, fast: Path, record_property: Callable[[str, object], None]
) -> None:
    prepare, work, goal = STARTS[name]
    start = prepare(old_folder(fast / "start", TINY if filename == "captions.db" else OTHER_NAME))
    expected = expected_rows(start)
    step, killed = 0, True
    stride = 1 if unavailable() else 8  # where calls are traced, this is the lesser test
    while killed:
        folder = fast / "run" / start.name
        copy_with_links(start, folder)
        killed = killed_at_step(work, folder, step)
        assert_complete(folder, expected)
        if killed and step % stride == 0:
            work(folder)
            assert assert_complete(folder, expected) == goal
        shutil.rmtree(folder)
        step += 1
    record_property("told", f"{name} ({filename}): killed at {step - 1} steps of Python; 0 lost")


def naive_migrate(folder: Path) -> None:
    """Split the file the way a first script would: in place, table by table, dropping what was copied."""
    with closing(sqlite3.connect(folder / "captions.db")) as connection:
        tables = [name for name in HOMES if name not in ("captions", "text_review_status")]
        for table in tables:
            connection.execute("ATTACH DATABASE ? AS target", (str(folder / HOMES[table]),))
            connection.execute(f"CREATE TABLE IF NOT EXISTS target.{table} AS SELECT * FROM main.{table}")
            connection.commit()
            connection.execute("DETACH DATABASE target")
        for table in tables:
            connection.execute(f"DROP TABLE {table}")
            connection.commit()


def naive_is_complete(folder: Path, expected: Rows) -> bool:
    """Tell whether each table is whole in at least one place."""
    for table, rows in expected.items():
        places = [folder / "captions.db", folder / HOMES.get(table, "captions.db")]
        if not any(same_rows({table: rows_of_table(place, table)}, {table: rows}) for place in places):
            return False
    return True


def rows_of_table(path: Path, table: str) -> list[dict[str, object]]:
    try:
        return rows_of_old_file(path).get(table, [])
    except sqlite3.DatabaseError:
        return []


@needs_tracing
def test_a_naive_migration_fails_the_same_test(fast: Path, record_property: Callable[[str, object], None]) -> None:
    start = old_folder(fast / "start")
    expected = expected_rows(start)
    states, _ = states_of(start, naive_migrate, fast)
    failed = 0
    for state in states[::4]:
        try:
            naive_migrate(state)
            failed += not naive_is_complete(state, expected)
        except sqlite3.Error:
            failed += 1
    record_property("told", f"naive: of {len(states[::4])} kills {failed} cannot be finished by running it again")
    assert failed > 0
