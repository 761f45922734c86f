"""The old file while it is migrated: looked at before it is touched, and held so that nobody else writes it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.database.connecting import connect_for_reading
from caption_boundaries.database.folders import KEPT_FILENAME, OLD_FILENAMES
from caption_boundaries.database.header import read_header, read_raw_header
from caption_boundaries.database.old_form import OUR_APPLICATION_IDS
from caption_boundaries.database.paths import all_databases, sqlite_uri
from caption_boundaries.database.recovery import sole_writer
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.database.table_shapes import read_tables
from caption_boundaries.errors import DatabaseCorruptError, DatabaseError, DatabaseVersionError

SOURCE = "old_form"
"""Schema name of the old file."""

_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class Source:
    """An old file that waits to be migrated."""

    path: Path
    size: int
    """Bytes."""
    wal: bool
    """True: it is in write-ahead mode."""

    @property
    def journal_mode(self) -> str:
        """The mode in which it was found."""
        return "wal" if self.wal else "delete"


def find_source(folder: Path) -> Source | None:
    """Return the old file of ``folder``, or None where the folder is of the new form already.

    Raises:
        DatabaseError: There is none, it is none, or files of both forms lie side by side.
        StorageError: It cannot be read.
    """
    present = [folder / name for name in OLD_FILENAMES if os.path.lexists(folder / name)]
    ours = [path for path in all_databases(folder).values() if _is_ours(path)]
    old = [path for path in present if path not in ours]
    if ours and not old:
        return None
    if not present:
        raise _nothing_to_migrate(folder)
    if ours or len(old) > 1:
        raise DatabaseError(
            f"{folder} holds databases of both forms, or two old files: "
            f"{', '.join(path.name for path in sorted({*ours, *old}))}.",
            hint="Move away what does not belong there; nothing was changed.",
        )
    (path,) = old
    _refuse_neighbours(folder, path)
    return _look_at(path)


@contextmanager
def held_source(source: Source, *, timeout: float) -> Iterator[int]:
    """Keep every other writer out of the source for the length of the block; yields a descriptor of it for reading.

    Afterwards it is in rollback-journal mode, with all that was in its write-ahead log.

    Raises:
        DatabaseBusyError: Somebody writes it, or holds it open in write-ahead mode.
        DatabaseCorruptError: It is damaged.
    """
    with storage_errors(source.path):
        descriptor = os.open(source.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # The descriptor is closed last: closing one gives up every lock that this process has on the file.
        with sole_writer(source.path, timeout=timeout):
            yield descriptor
    except sqlite3.Error as error:
        raise translate(error, source.path) from error
    finally:
        os.close(descriptor)


def connect_source(path: Path, *, wal: bool = False) -> sqlite3.Connection:
    """Open a connection without tables of its own, with the old file attached read-only as `SOURCE`."""
    connection = sqlite3.connect(":memory:", uri=True, isolation_level=None, check_same_thread=False)
    quiet = {"immutable": 1} if wal and not path.with_name(path.name + "-wal").exists() else {}
    connection.execute("ATTACH DATABASE ? AS ?", (sqlite_uri(path, mode="ro", **quiet), SOURCE))
    return connection


def video_id_of(connection: sqlite3.Connection) -> str | None:
    """Return the id of the video of the old file attached as `SOURCE`, or None where it does not say."""
    metadata = read_tables(connection, SOURCE).get("video_metadata")
    if metadata is None or "video_id" not in metadata.column_names:
        return None
    row = connection.execute(f"SELECT video_id FROM {SOURCE}.video_metadata").fetchone()
    return None if row is None else row[0]


def check_structure(path: Path, *, wal: bool) -> None:
    """Make sure that the pages of the file hang together; says nothing of the values.

    Raises:
        DatabaseCorruptError: They do not.
        sqlite3.Error: It cannot be read.
    """
    with closing(connect_for_reading(path, wal=wal)) as connection:
        problems = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    if problems != ["ok"]:
        raise DatabaseCorruptError(
            f"{path} is damaged: {'; '.join(' '.join(problem.split()) for problem in problems)}.",
            hint="Restore it from a backup; it was not changed.",
        )


def _is_ours(path: Path) -> bool:
    if not path.is_file():
        return False
    header = read_header(path)
    return header is not None and header.application_id in OUR_APPLICATION_IDS


def _nothing_to_migrate(folder: Path) -> DatabaseError:
    if (folder / KEPT_FILENAME).is_file():
        return DatabaseError(
            f"{folder} has only {KEPT_FILENAME}: its databases are gone.",
            hint=f"Rename {KEPT_FILENAME} to {OLD_FILENAMES[0]} to begin again from it.",
        )
    return DatabaseError(f"{folder} holds no old file ({' or '.join(OLD_FILENAMES)}).", hint="Check the path.")


def _refuse_neighbours(folder: Path, source: Path) -> None:
    """Refuse when a name that the new form needs is taken."""
    needed = [*all_databases(folder).values(), folder / KEPT_FILENAME, folder / OLD_FILENAMES[0]]
    taken = [path.name for path in needed if path != source and os.path.lexists(path)]
    if taken:
        raise DatabaseError(
            f"{folder} already has {', '.join(sorted(set(taken)))}, which this program did not make.",
            hint="Move it away first; nothing was changed.",
        )


def _look_at(path: Path) -> Source:
    if path.is_symlink():
        raise DatabaseError(
            f"{path} is a link to a file elsewhere.",
            hint="Put the file itself there, for example with `dvc unprotect`.",
        )
    with storage_errors(path):
        size = path.stat().st_size
    header = read_header(path)
    if header is None:
        raise DatabaseCorruptError(f"{path} is no database: {_what_it_is(path, size)}.", hint="It was not changed.")
    raw = read_raw_header(path)
    if header.wal and (raw is None or not raw.wal):
        raise DatabaseCorruptError(
            f"{path.name}-wal in {path.parent} was left by another version of {path.name}.",
            hint="Move it away: reading it would damage the database.",
        )
    if header.wal and path.stat().st_nlink > 1:
        raise DatabaseError(
            f"{path} is shared by a link and in write-ahead mode.",
            hint="Put a copy of its own in its place, for example with `dvc unprotect`.",
        )
    return Source(path, size, header.wal)


def _what_it_is(path: Path, size: int) -> str:
    if size == 0:
        return "it has 0 bytes"
    with storage_errors(path), path.open("rb") as file:
        start = file.read(200)
    if start.startswith(_POINTER):
        return "it is the pointer file of a large-file store, and the file itself was never fetched"
    if start.isascii():
        return "it is a text file"
    return "its first bytes are not those of SQLite"


def version_refusal(path: Path, reasons: tuple[str, ...]) -> DatabaseVersionError:
    """Return the error that says why an old file is not migrated."""
    unknown = any(reason.endswith(" is unknown") for reason in reasons)
    return DatabaseVersionError(
        f"{path} is not migrated: {'; '.join(reasons)}.",
        hint=f"It was not changed.{' --carry-unknown keeps unknown tables in state.db.' if unknown else ''}",
    )
