"""Lost power: what was not synced is gone, and still no row is."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.migration.migrate import migrate_folder
from caption_boundaries.migration.rollback import rollback_folder
from support.old_folders import assert_complete, old_folder, rows_of, rows_of_old_file
from support.power import states_after_cuts, write_state
from support.tracing import copy_with_links, traced, unavailable

pytestmark = pytest.mark.skipif(bool(unavailable()), reason=unavailable())

Work = Callable[[Path], object]


def fresh(folder: Path) -> Path:
    return folder


def migrated(folder: Path) -> Path:
    migrate_folder(folder)
    return folder


def migrated_and_edited(folder: Path) -> Path:
    migrate_folder(folder)
    with closing(sqlite3.connect(folder / "captions.db")) as connection:
        connection.execute("UPDATE captions SET text = 'changed', start_seconds = 0.25 WHERE id = 1")
        connection.commit()
    return folder


STARTS: dict[str, tuple[Callable[[Path], Path], Work, str]] = {
    "migrate": (fresh, migrate_folder, "new"),
    "rollback": (migrated, rollback_folder, "old"),
    "rollback-with-changes": (migrated_and_edited, rollback_folder, "old"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STARTS)
def test_a_power_cut_at_any_moment_loses_nothing(
    name: str, fast: Path, record_property: Callable[[str, object], None]
) -> None:
    prepare, work, goal = STARTS[name]
    start = prepare(old_folder(fast / "start"))
    kept = start / "captions.db.old"
    expected = rows_of(start, rows_of_old_file(kept) if kept.exists() else {})
    folder = fast / "run" / start.name
    copy_with_links(start, folder)
    trace = traced(lambda: work(folder), folder, keep_data=True)
    assert trace.ended == "well", trace.error
    shutil.rmtree(folder)
    tried = 0
    for state in states_after_cuts(start, trace.calls, lucky=1):
        write_state(state, folder)
        assert_complete(folder, expected)
        if tried % 2 == 0:
            work(folder)
            assert assert_complete(folder, expected) == goal
        shutil.rmtree(folder)
        tried += 1
    record_property("told", f"{name}: {tried} different states after a power cut; 0 lost")


def test_the_same_without_a_sync_fails(fast: Path, record_property: Callable[[str, object], None]) -> None:
    start = old_folder(fast / "start")
    expected = rows_of(start, {})
    folder = fast / "run" / start.name
    copy_with_links(start, folder)
    trace = traced(lambda: migrate_folder(folder), folder, keep_data=True)
    shutil.rmtree(folder)
    tried = bad = 0
    for state in states_after_cuts(start, trace.calls, syncs_work=False):
        write_state(state, folder)
        tried += 1
        try:
            assert_complete(folder, expected)
        except (AssertionError, sqlite3.Error, OSError):
            bad += 1
        shutil.rmtree(folder)
    record_property("told", f"without a sync: {bad} of {tried} states after a power cut are not complete")
    assert bad > 0
