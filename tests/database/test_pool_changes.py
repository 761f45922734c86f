"""What others do to the files beneath a pool: it is seen, and nobody is kept from doing it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import pytest

from caption_boundaries.database.captions import Caption, CaptionReader, CaptionWriter
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.layout import LayoutReader, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.pool import ReaderPool
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.state import StateWriter
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter
from caption_boundaries.errors import DatabaseBusyError, DatabaseError
from caption_boundaries.migration.migrate import migrate_folder
from caption_boundaries.migration.synthetic import OldFolder
from support.databases import filled_folder, fingerprint, kill_writer, rows
from support.old_folders import old_file, old_folder
from support.pools import ALL, CAPTIONS, VIDEO, attached, is_open, texts


def add_caption(folder: Path, text: str) -> None:
    with VideoDatabase(folder, writes={"captions"}) as conn:
        CaptionWriter(conn).add(Caption(100, 110, text=text))


def replace_frames(folder: Path, indices: tuple[int, ...]) -> None:
    with replacing_database(folder, "video", reads=()) as conn:
        VideoDbWriter(conn).add_frames(StoredFrame(index, b"new" * 1000, 640, 360, None) for index in indices)


@pytest.mark.parametrize("mapped", [True, False])
def test_a_replaced_file_is_opened_again(folder: Path, mapped: bool) -> None:
    with ReaderPool(mapped=mapped) as pool:
        before = pool.connection(folder, {"video", "layout"})
        assert VideoDbReader(before).frame_indices() == [0, 100, 200]
        replace_frames(folder, (0, 50))
        after = pool.connection(folder, VIDEO)
        assert VideoDbReader(after).frame_indices() == [0, 50]
        assert (is_open(before), attached(after)) == (False, VIDEO)


def test_a_database_that_is_asked_for_again_beside_a_new_one_is_looked_at_too(folder: Path, pool: ReaderPool) -> None:
    pool.connection(folder, VIDEO)
    replace_frames(folder, (7,))
    assert VideoDbReader(pool.connection(folder, {"video", "layout"})).frame_indices() == [7]


def test_what_others_write_is_seen(folder: Path, pool: ReaderPool) -> None:
    assert texts(pool.connection(folder, CAPTIONS)) == ["Hello"]
    add_caption(folder, "World")
    assert texts(pool.connection(folder, CAPTIONS)) == ["Hello", "World"]


def test_a_copy_over_the_same_file_is_seen(folder: Path, tmp_path: Path) -> None:
    other = filled_folder(tmp_path / "other")
    replace_frames(other, (1, 2, 3, 4))
    with ReaderPool(mapped=False) as pool:
        pool.connection(folder, VIDEO)
        shutil.copyfile(other / "video.db", folder / "video.db")
        assert VideoDbReader(pool.connection(folder, VIDEO)).frame_indices() == [1, 2, 3, 4]


def test_a_link_that_leads_elsewhere_is_seen(folder: Path, pool: ReaderPool, tmp_path: Path) -> None:
    other = filled_folder(tmp_path / "other")
    replace_frames(other, (9,))
    store = tmp_path / "store.db"
    os.replace(folder / "video.db", store)
    (folder / "video.db").symlink_to(store)
    assert VideoDbReader(pool.connection(folder, VIDEO)).frame_indices() == [0, 100, 200]
    (folder / "video.db").unlink()
    (folder / "video.db").symlink_to(other / "video.db")
    assert VideoDbReader(pool.connection(folder, VIDEO)).frame_indices() == [9]


def test_the_state_is_followed_while_it_is_written(folder: Path, pool: ReaderPool) -> None:
    def runs() -> int:
        connection = pool.connection(folder, {"state"})
        return int(connection.execute("SELECT count(*) FROM state.step_runs").fetchone()[0])

    assert runs() == 0
    with VideoDatabase(folder, writes={"state"}) as conn:
        StateWriter(conn).begin_step("crop")
        conn.commit()
        assert (folder / "state.db-wal").exists()
        assert runs() == 1
    assert runs() == 1


def test_a_journal_beside_the_pictures_ends_the_quiet_reading(folder: Path, pool: ReaderPool) -> None:
    """A sealed file is read without locks; a writer that is killed in it must not show what it never committed."""
    pool.connection(folder, VIDEO)
    kill_writer(folder / "video.db", "UPDATE full_frames SET image_data = randomblob(9000)")
    with pytest.raises(DatabaseError, match="a process was killed"):
        pool.connection(folder, VIDEO)


def test_a_writer_in_the_pictures_is_seen_when_it_has_committed(folder: Path, pool: ReaderPool) -> None:
    before = pool.connection(folder, VIDEO)
    with closing(sqlite3.connect(folder / "video.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM full_frames WHERE frame_index = 100")
        assert (folder / "video.db-journal").exists()
        assert pool.connection(folder, VIDEO) is before, "the file is still what was committed"
        assert VideoDbReader(before).frame_indices() == [0, 100, 200]
        writer.execute("COMMIT")
    after = pool.connection(folder, VIDEO)
    assert VideoDbReader(after).frame_indices() == [0, 200]
    assert pool.connection(folder, VIDEO) is after


def test_beside_a_journal_pictures_are_read_with_locks(folder: Path, pool: ReaderPool) -> None:
    (folder / "video.db-journal").touch()
    conn = pool.connection(folder, VIDEO)
    assert VideoDbReader(conn).frame_indices() == [0, 100, 200]
    assert pool.connection(folder, VIDEO) is conn


def test_what_others_do_beside_the_pictures_opens_nothing_again(folder: Path, pool: ReaderPool) -> None:
    conn = pool.connection(folder, VIDEO)
    for number in range(3):
        add_caption(folder, str(number))
        assert pool.connection(folder, VIDEO) is conn


def test_an_idle_pool_keeps_nobody_from_writing_or_sealing(folder: Path, pool: ReaderPool) -> None:
    conn = pool.connection(folder, ALL)
    CaptionReader(conn).captions()
    with VideoDatabase(folder, writes={"layout"}, timeout=0) as other:
        LayoutWriter(other).delete_box_labels([(100, 0)])
    assert LayoutReader(pool.connection(folder, {"layout"})).box_labels() == []


def test_a_busy_file_is_told_as_such(folder: Path, pool: ReaderPool) -> None:
    with closing(sqlite3.connect(folder / "captions.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseBusyError, match="being written"):
            pool.connection(folder, CAPTIONS)
    assert texts(pool.connection(folder, CAPTIONS)) == ["Hello"]


def test_reading_leaves_everything_as_it_is(folder: Path) -> None:
    before = fingerprint(folder)
    with ReaderPool() as pool:
        conn = pool.connection(folder, ALL)
        for schema in ALL:
            conn.execute(f"SELECT * FROM {schema}.sqlite_master").fetchall()
        VideoDbReader(conn).frame(100)
        assert fingerprint(folder) == before
    assert fingerprint(folder) == before


@pytest.mark.filterwarnings("ignore:.*still in the old form:DeprecationWarning")
@pytest.mark.parametrize("form", [OldFolder(), OldFolder(filename="annotations.db", wal=True)], ids=["delete", "wal"])
def test_an_old_folder_is_read_and_its_migration_noticed(tmp_path: Path, pool: ReaderPool, form: OldFolder) -> None:
    folder = old_folder(tmp_path, form)
    old = pool.connection(folder, {"cropping"})
    count = rows(old_file(folder), "SELECT count(*) FROM cropped_frames")[0][0]
    pictures = [frame.image_data for frame in CropReader(old).frames()]
    assert len(pictures) == count > 0
    assert pool.connection(folder, {"captions", "video"}) is old, "an old file has everything"
    found = texts(old)
    migrate_folder(folder)
    new = pool.connection(folder, {"cropping", "captions"})
    assert new is not old
    assert [frame.image_data for frame in CropReader(new).frames()] == pictures
    assert texts(new) == found


def test_an_old_folder_is_told_of(tmp_path: Path, pool: ReaderPool) -> None:
    folder = old_folder(tmp_path)
    with pytest.warns(DeprecationWarning, match="caption-boundaries migrate"):
        pool.connection(folder, CAPTIONS)


def test_where_old_folders_are_welcome_nothing_is_said(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    with warnings.catch_warnings(), ReaderPool(old_welcome=True) as pool:
        warnings.simplefilter("error")
        assert texts(pool.connection(folder, CAPTIONS))
