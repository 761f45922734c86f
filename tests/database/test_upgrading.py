"""Older databases are brought to the current schema: wholly or not at all, and once."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from caption_boundaries.database import attachments
from caption_boundaries.database.creation import create_database
from caption_boundaries.database.health import check_database, upgrade_database
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.schema import BY_SCHEMA, DATABASES, DatabaseSpec
from caption_boundaries.database.upgrading import apply_migrations
from caption_boundaries.errors import (
    DatabaseBusyError,
    DatabaseCorruptError,
    DatabaseError,
    DatabaseVersionError,
    StorageError,
)
from support.databases import (
    LABEL,
    MANY_LABELS,
    fingerprint,
    kill_writer,
    limited_files,
    md5,
    names,
    raw,
    rows,
)

SECOND = """\
-- Notes on every label; a semicolon in a comment; is no end of a statement.
ALTER TABLE full_frame_box_labels ADD COLUMN note TEXT NOT NULL DEFAULT 'none; yet';  -- what a person adds
CREATE TRIGGER keep_notes AFTER UPDATE ON full_frame_box_labels
BEGIN
    INSERT INTO label_notes (label_id, note) VALUES (OLD.id, OLD.note);
END;
CREATE TABLE label_notes (
    id       INTEGER PRIMARY KEY,
    label_id INTEGER NOT NULL,   -- full_frame_box_labels.id
    note     TEXT
)
"""
BROKEN = "CREATE TABLE more (a);\nINSERT INTO nowhere VALUES (1);\n"


@dataclass(frozen=True)
class Later(DatabaseSpec):
    """A catalogue entry with more migrations than today's."""

    scripts: tuple[str, ...] = ()

    @property
    def migrations(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.scripts


def later(*scripts: str) -> Later:
    today = BY_SCHEMA["layout"]
    fields = {name: getattr(today, name) for name in today.__dataclass_fields__}
    return Later(**fields, scripts=(*today.migrations, *scripts))


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "layout.db"


@pytest.fixture
def newer_program(monkeypatch: pytest.MonkeyPatch) -> Later:
    """The door of a program whose layout.db has a second version."""
    spec = later(SECOND)
    monkeypatch.setattr(attachments, "DATABASES", tuple(spec if s.schema == "layout" else s for s in DATABASES))
    return spec


def test_an_older_file_gets_what_it_lacks_and_keeps_its_rows(path: Path) -> None:
    before = rows(path, "SELECT id, box_text, labeled_at FROM full_frame_box_labels")
    assert upgrade_database(path, later(SECOND)) == 1
    assert rows(path, "PRAGMA user_version") == [(2,)]
    assert rows(path, "SELECT id, box_text, labeled_at FROM full_frame_box_labels") == before
    assert rows(path, "SELECT note FROM full_frame_box_labels") == [("none; yet",)]
    raw(path, "UPDATE full_frame_box_labels SET note = 'x'")
    assert rows(path, "SELECT label_id, note FROM label_notes") == [(1, "none; yet")]
    check_database(path, later(SECOND))


def test_several_steps_are_one_transaction(path: Path) -> None:
    assert upgrade_database(path, later(SECOND, "CREATE TABLE third (a);", "-- nothing\n")) == 3
    assert rows(path, "PRAGMA user_version") == [(4,)]


def test_a_current_file_is_not_touched(folder: Path, path: Path) -> None:
    before = fingerprint(folder)
    assert upgrade_database(path, BY_SCHEMA["layout"]) == 0
    assert fingerprint(folder) == before


def test_a_file_that_was_upgraded_is_what_a_new_one_would_be(path: Path, tmp_path: Path) -> None:
    spec = later(SECOND)
    upgrade_database(path, spec)
    assert create_database(tmp_path / "layout.db", spec)
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    assert rows(path, schema) == rows(tmp_path / "layout.db", schema)
    assert rows(tmp_path / "layout.db", "PRAGMA user_version") == [(2,)]


def test_a_step_that_fails_leaves_the_file_as_it_was(folder: Path, path: Path) -> None:
    before = {name: digest for name, (digest, *_) in fingerprint(folder).items()}
    with pytest.raises(DatabaseError, match="no such table: nowhere"):
        upgrade_database(path, later(SECOND, BROKEN))
    assert {name: digest for name, (digest, *_) in fingerprint(folder).items()} == before


def test_an_error_after_which_sqlite_has_rolled_back_by_itself_is_told_as_it_is() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        script = (
            "CREATE TABLE t (a UNIQUE ON CONFLICT ROLLBACK);\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (1);\n"
        )
        with pytest.raises(sqlite3.IntegrityError):
            apply_migrations(connection, later(script))
        assert not connection.in_transaction


def test_of_programs_that_upgrade_at_once_one_does_it(path: Path) -> None:
    steps: list[int] = []
    threads = [
        threading.Thread(target=lambda: steps.append(upgrade_database(path, later(SECOND), timeout=30)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(steps) == [0, 0, 0, 0, 0, 1]
    check_database(path, later(SECOND))


def test_a_kill_in_the_middle_is_made_good_by_the_next_attempt(path: Path) -> None:
    kill_writer(path, MANY_LABELS)
    assert upgrade_database(path, later(SECOND)) == 1
    assert rows(path, "SELECT box_text FROM full_frame_box_labels") == [(LABEL.box_text,)]
    assert "layout.db-journal" not in names(path.parent)


def test_a_busy_file_is_told_as_such(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusyError):
            upgrade_database(path, later(SECOND), timeout=0)


def test_a_full_disk_leaves_the_old_version(path: Path) -> None:
    raw(path, MANY_LABELS)
    before = md5(path)
    copy = "CREATE TABLE big AS SELECT * FROM full_frame_box_labels;"
    with pytest.raises(StorageError, match=r"layout\.db"), limited_files(path.stat().st_size + 8192):
        upgrade_database(path, later(copy))
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert md5(path) == before


# --- through the door ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("newer_program")
def test_reading_an_older_version_is_refused_with_the_command_that_helps(folder: Path) -> None:
    before = fingerprint(folder)
    for options in ({"readonly": True}, {"writes": {"captions"}}):
        with (
            pytest.raises(DatabaseVersionError, match="older schema version 1") as told,
            VideoDatabase(folder, **options),
        ):
            pass
        assert f"doctor --upgrade {folder}" in told.value.hint
    assert fingerprint(folder) == before


@pytest.mark.usefixtures("newer_program")
@pytest.mark.parametrize("options", [{}, {"writes": {"layout"}}])
def test_writing_an_older_version_brings_it_up_first(folder: Path, options: dict) -> None:
    with VideoDatabase(folder, **options) as conn:
        assert LayoutReader(conn).box_labels() == [LABEL]
        conn.execute("UPDATE layout.full_frame_box_labels SET note = 'x'")
    assert rows(folder / "layout.db", "PRAGMA user_version") == [(2,)]
    with VideoDatabase(folder, readonly=True) as conn:
        assert conn.execute("SELECT count(*) FROM layout.label_notes").fetchone() == (1,)


@pytest.mark.usefixtures("newer_program")
def test_a_missing_database_is_stood_in_for_by_the_current_schema(folder: Path) -> None:
    (folder / "layout.db").unlink()
    with VideoDatabase(folder, readonly=True) as conn:
        assert conn.execute("SELECT count(*) FROM layout.label_notes").fetchone() == (0,)


def test_an_older_program_refuses_the_upgraded_file(folder: Path) -> None:
    upgrade_database(folder / "layout.db", later(SECOND))
    with (
        pytest.raises(DatabaseVersionError, match="knows versions up to 1") as told,
        VideoDatabase(folder, readonly=True),
    ):
        pass
    assert told.value.hint == "Update caption-boundaries."


def test_what_is_no_database_is_not_upgraded(path: Path) -> None:
    path.write_text("nothing")
    with pytest.raises(DatabaseCorruptError):
        upgrade_database(path, later(SECOND))
    path.unlink()
    with pytest.raises((DatabaseCorruptError, StorageError)):
        upgrade_database(path, later(SECOND))
    assert not path.exists()
