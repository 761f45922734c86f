"""A pooled connection reads what a fresh door would read, is bounded, and belongs to one thread and process."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.pool import ReaderPool, reader_pool
from caption_boundaries.database.pooled_reader import CACHE_KIB
from caption_boundaries.database.schema import SCHEMAS
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import CaptionBoundariesError, DatabaseCorruptError, DatabaseMissingError, TargetError
from support.databases import CAPTION, LABEL, filled_folder
from support.pools import ALL, CAPTIONS, VIDEO, attached, is_open, texts


def open_files(below: Path) -> list[str]:
    """Return what this process holds open under a folder."""
    links = []
    for name in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink(f"/proc/self/fd/{name}"))
        except FileNotFoundError:  # the descriptor of the listing itself
            continue
    return sorted(link for link in links if link.startswith(f"{below}/"))


def test_the_readers_read_through_a_pooled_connection(folder: Path, pool: ReaderPool) -> None:
    conn = pool.connection(folder, ALL)
    frame = VideoDbReader(conn).frame(100)
    assert frame is not None
    assert frame.image_data == bytes([100]) * 3000
    assert OcrReader(conn).failures().keys() == {200}
    assert LayoutReader(conn).box_labels() == [LABEL]
    assert texts(conn) == [CAPTION.text]
    assert CropReader(conn).frame_indices() == []
    assert attached(conn) == ALL


def test_the_same_thread_gets_the_same_connection_for_a_video(folder: Path, pool: ReaderPool) -> None:
    first = pool.connection(folder, VIDEO)
    assert pool.connection(str(folder), VIDEO) is first
    assert len(pool) == 1


def test_a_relative_path_means_the_same_video(folder: Path, pool: ReaderPool, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pool.connection(folder, VIDEO)
    monkeypatch.chdir(folder.parent)
    assert pool.connection(folder.name, VIDEO) is first


def test_databases_are_attached_when_they_are_first_asked_for(folder: Path, pool: ReaderPool) -> None:
    first = pool.connection(folder, VIDEO)
    assert attached(first) == VIDEO
    assert pool.connection(folder, {"layout", "video"}) is first
    assert attached(first) == {"video", "layout"}
    assert pool.connection(folder, ()) is first


def test_databases_that_are_not_asked_for_need_not_exist(folder: Path, pool: ReaderPool) -> None:
    (folder / "cropping.db").unlink()
    conn = pool.connection(folder, VIDEO)
    with pytest.raises(DatabaseMissingError, match=r"cropping\.db.*caption-boundaries crop"):
        pool.connection(folder, {"video", "cropping"})
    assert pool.connection(folder, VIDEO) is conn, "what was open before is still good"
    assert not (folder / "cropping.db").exists()


def _missing(folder: Path) -> None:
    shutil.rmtree(folder)


def _empty(folder: Path) -> None:
    (folder / "video.db").write_bytes(b"")


def _damaged(folder: Path) -> None:
    data = bytearray((folder / "video.db").read_bytes())
    data[100:4000] = bytes(3900)
    (folder / "video.db").write_bytes(data)


def _text(folder: Path) -> None:
    (folder / "video.db").write_text("version https://git-lfs.github.com/spec/v1\n" * 20)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_missing, TargetError),
        (_empty, DatabaseCorruptError),
        (_damaged, DatabaseCorruptError),
        (_text, DatabaseCorruptError),
    ],
)
def test_what_cannot_be_opened_is_told_like_at_the_door(
    folder: Path, pool: ReaderPool, spoil: Callable[[Path], None], error: type[CaptionBoundariesError]
) -> None:
    pool.connection(folder, VIDEO)
    spoil(folder)
    for _ in range(2):
        with pytest.raises(error):
            pool.connection(folder, VIDEO)
    assert (len(pool), open_files(folder)) == (0, [])


@pytest.mark.parametrize("schema", sorted(SCHEMAS))
def test_nothing_can_be_written(folder: Path, pool: ReaderPool, schema: str) -> None:
    conn = pool.connection(folder, {schema})
    table = conn.execute(f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table'").fetchone()[0]
    conn.execute("PRAGMA query_only = 0")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        conn.execute(f"DELETE FROM {schema}.{table}")


def test_the_videos_not_used_for_longest_are_closed(tmp_path: Path) -> None:
    folders = [filled_folder(tmp_path / name) for name in "abc"]
    with ReaderPool(size=2) as pool:
        a, b = (pool.connection(folder, VIDEO) for folder in folders[:2])
        pool.connection(folders[0], VIDEO)
        c = pool.connection(folders[2], VIDEO)
        assert [is_open(conn) for conn in (a, b, c)] == [True, False, True]
        assert open_files(tmp_path) == [str(folders[0] / "video.db"), str(folders[2] / "video.db")]
    assert [is_open(conn) for conn in (a, b, c)] == [False, False, False]
    assert open_files(tmp_path) == []


def test_a_query_that_is_cut_off_by_the_bound_says_so_and_lets_go(tmp_path: Path) -> None:
    folders = [filled_folder(tmp_path / name) for name in "ab"]
    with ReaderPool(size=1) as pool:
        frames = VideoDbReader(pool.connection(folders[0], VIDEO)).frames()
        next(frames)
        pool.connection(folders[1], VIDEO)
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            next(frames)
        del frames
        gc.collect()
        assert open_files(tmp_path) == [str(folders[1] / "video.db")]


def test_a_pool_keeps_at_least_one_video() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ReaderPool(size=0)


def test_what_a_pool_holds_is_bounded_however_many_videos_are_read(tmp_path: Path) -> None:
    """The bound that the class documents: one handle per database, a small cache of pages each."""
    folders = [filled_folder(tmp_path / str(number)) for number in range(30)]
    with ReaderPool(size=10) as pool:
        for folder in folders * 2:
            conn = pool.connection(folder, ALL)
            for schema in ALL:
                assert conn.execute(f"PRAGMA {schema}.cache_size").fetchone() == (-CACHE_KIB,)
        assert len(pool) == 10
        assert len(open_files(tmp_path)) <= 10 * len(ALL)


def test_every_thread_has_its_own_connections(folder: Path, pool: ReaderPool) -> None:
    together = threading.Barrier(2)

    def read(_: int) -> sqlite3.Connection:
        conn = pool.connection(folder, ALL)
        together.wait(timeout=30)
        for _ in range(50):
            assert texts(pool.connection(folder, CAPTIONS)) == [CAPTION.text]
        return conn

    mine = pool.connection(folder, ALL)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(read, range(2))
        assert len({id(conn) for conn in (mine, first, second)}) == 3
    assert (pool.connection(folder, ALL) is mine, len(pool)) == (True, 1)


def test_a_thread_that_ends_closes_its_connections(folder: Path, pool: ReaderPool) -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append(pool.connection(folder, VIDEO)))
    thread.start()
    thread.join()
    gc.collect()
    assert (is_open(found[0]), open_files(folder)) == (False, [])


def test_closing_the_pool_closes_those_of_every_thread(folder: Path) -> None:
    opened, closed, found = threading.Event(), threading.Event(), []
    pool = ReaderPool()

    def hold() -> None:
        conn = pool.connection(folder, VIDEO)
        opened.set()
        closed.wait(timeout=30)
        found.append(is_open(conn))

    thread = threading.Thread(target=hold)
    thread.start()
    opened.wait(timeout=30)
    pool.close()
    closed.set()
    thread.join()
    assert found == [False]
    with pool:
        assert texts(pool.connection(folder, CAPTIONS)) == [CAPTION.text], "a closed pool may be used again"


def in_fork(work: Callable[[], bool]) -> int:
    """Return 0 if ``work`` was true in a forked child, which then ends without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 2
        try:
            code = 0 if work() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_forked_process_opens_its_own_and_leaves_its_parent_s_alone(tmp_path: Path) -> None:
    folders = [filled_folder(tmp_path / name) for name in "abc"]
    with ReaderPool(size=2) as pool:
        kept = [pool.connection(folder, VIDEO) for folder in folders[:2]]

        def read() -> bool:
            own = pool.connection(folders[0], VIDEO)
            for folder in folders[1:]:
                pool.connection(folder, VIDEO)
            good = own not in kept and not is_open(own) and len(pool) == 2
            gc.collect()
            pool.close()
            return good and len(pool) == 0 and all(is_open(conn) for conn in kept)

        assert in_fork(read) == 0
        assert [pool.connection(folder, VIDEO) for folder in folders[:2]] == kept
        assert VideoDbReader(kept[0]).frame_indices() == [0, 100, 200]


def test_a_forked_process_leaves_the_connections_of_its_parent_s_threads_alone(folder: Path) -> None:
    opened, closed, found = threading.Event(), threading.Event(), []
    pool = ReaderPool()

    def hold() -> None:
        found.append(pool.connection(folder, VIDEO))
        opened.set()
        closed.wait(timeout=30)

    thread = threading.Thread(target=hold)
    thread.start()
    opened.wait(timeout=30)

    def look() -> bool:
        gc.collect()
        pool.close()
        return is_open(found[0])

    assert in_fork(look) == 0
    assert is_open(found[0])
    closed.set()
    thread.join()


def test_another_process_number_alone_tells_a_fork(
    folder: Path, pool: ReaderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, process = pool.connection(folder, VIDEO), os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: process + 1)
    assert pool.connection(folder, VIDEO) is not first
    gc.collect()
    assert is_open(first)


def test_the_program_shares_one_pool(folder: Path) -> None:
    with reader_pool() as pool:
        assert texts(pool.connection(folder, CAPTIONS)) == [CAPTION.text]
        assert reader_pool() is pool
    assert len(reader_pool()) == 0
