"""Finishing what a killed writer left, and being the only writer of a file for a while."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from caption_boundaries.atomic import copy_rights, discard, may_write, partial_path, replace_file, storage_errors
from caption_boundaries.database.connecting import BUSY_TIMEOUT_SECONDS, connect_for_reading, connect_for_writing
from caption_boundaries.database.folder_lock import FolderLock
from caption_boundaries.database.paths import all_databases, side_file
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.errors import DatabaseCorruptError, DatabaseError


def recover_folder(video_dir: Path, *, timeout: float = BUSY_TIMEOUT_SECONDS) -> None:
    """Roll back what killed writers began in the databases of a folder, so that read-only doors open them too.

    Costs a look for six files where nobody was killed.

    Args:
        video_dir: Folder of the video.
        timeout: Seconds to wait for live writers.

    Raises:
        DatabaseBusyError: A live writer did not end in time.
        DatabaseCorruptError: A journal was one of another file, and rolling it back did damage.
        StorageError: The folder or a file cannot be written.
    """
    begun = [path for path in all_databases(video_dir).values() if side_file(path, "-journal").exists()]
    if begun:
        with closing(FolderLock(video_dir, timeout=timeout)) as lock:
            lock.share()
            recover_journals(begun, timeout=timeout)


def recover_journals(paths: Iterable[Path], *, timeout: float) -> None:
    """Roll back what killed writers began in several files; the caller shares the folder's lock.

    Raises:
        DatabaseBusyError: A live writer did not end in time.
        DatabaseCorruptError: A journal was one of another file, and rolling it back did damage.
        StorageError: A file cannot be written.
    """
    for path in paths:
        try:
            recover_journal(path, timeout=timeout)
        except sqlite3.Error as error:
            raise translate(error, path) from error


def recover_journal(path: Path, *, timeout: float) -> bool:
    """Roll back the transaction of a writer that was killed, if there is one.

    A read-only connection cannot do this, and would fail on such a file.

    Args:
        path: A database file; it may be missing.
        timeout: Seconds to wait for a live writer.

    Returns:
        True where a journal was there and is gone now; False where there was none, or it is none of a killed writer.

    Raises:
        sqlite3.Error: The file cannot be opened for writing.
        DatabaseCorruptError: The journal was one of another file, and rolling it back did damage.
    """
    journal = side_file(path, "-journal")
    if not path.exists() or not journal.exists():
        return False
    with closing(connect_for_writing(path, timeout=timeout)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first read rolls back
    if journal.exists():
        return False
    with closing(connect_for_reading(path, timeout=timeout)) as connection:
        refuse_damage(connection, path)
    return True


def refuse_damage(connection: sqlite3.Connection, path: Path) -> None:
    """Make sure that the structure of the main database of ``connection``, which lies at ``path``, is sound.

    Rules of columns are not looked at where the connection is read-only: SQLite does not even load them.

    Raises:
        DatabaseCorruptError: It is not.
        sqlite3.Error: It cannot even be read.
    """
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise DatabaseCorruptError(
            f"{path} is damaged ({' '.join(str(verdict).split())}).",
            hint="Restore it from a backup, or make it again with its step.",
        )


@contextmanager
def sole_writer(path: Path, *, timeout: float) -> Iterator[sqlite3.Connection]:
    """Keep every other writer out of a file for the length of the block, in rollback-journal mode.

    What a killed writer left is rolled back first, and no journal lies beside the file inside the block: whatever
    takes the file's name there meets none of the old file's.

    Raises:
        sqlite3.Error: Another process writes the file, or holds it open in write-ahead mode.
    """
    with closing(connect_for_writing(path, timeout=timeout)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            connection.execute("ROLLBACK")
            connection.execute("PRAGMA journal_mode = DELETE")  # refused while anybody else is connected
            connection.execute("BEGIN IMMEDIATE")
        discard(side_file(path, "-journal"))  # what is still there was never begun in earnest
        yield connection


def needs_making_ready(path: Path, *, wal: bool) -> bool:
    """Tell whether a versioned file is in write-ahead mode (``wal``) or has more than one name."""
    return wal or _is_shared(path)


def make_ready_for_writing(path: Path, *, wal: bool, timeout: float) -> None:
    """Bring a versioned file into the form in which it may be changed in place; the caller has the folder's lock.

    That is: in rollback-journal mode, and under one name only. A file that a cache or a backup shares by a link is
    first made a file of its own, so that a change does not reach through the link.

    Args:
        path: The file.
        wal: True where it is in write-ahead mode.
        timeout: Seconds to wait for a live writer.

    Raises:
        sqlite3.Error: Another process uses the file.
        DatabaseError: The file is both, which cannot be undone safely.
        StorageError: The disk refused.
    """
    if not _is_shared(path):
        with sole_writer(path, timeout=timeout):
            return  # that is enough to leave write-ahead mode
    if wal:  # leaving that mode would already reach through the link
        raise DatabaseError(
            f"{path} is shared by a link and in write-ahead mode.",
            hint="Put a copy of its own in its place, for example with `dvc unprotect`.",
        )
    _make_own(path, timeout=timeout)


def _is_shared(path: Path) -> bool:
    return path.is_symlink() or path.stat().st_nlink > 1


def _make_own(path: Path, *, timeout: float) -> None:
    partial = partial_path(path)
    # A cache keeps its files write-protected; then there is no writer to be kept out.
    held = sole_writer(path, timeout=timeout) if may_write(path) else _snapshot(path, timeout=timeout)
    try:
        with held as connection, storage_errors(path):
            partial.write_bytes(connection.serialize())
            copy_rights(path, partial, writable=True)
            replace_file(partial, path)
    finally:
        discard(partial)


@contextmanager
def _snapshot(path: Path, *, timeout: float) -> Iterator[sqlite3.Connection]:
    with closing(connect_for_reading(path, timeout=timeout)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield connection
