"""The databases of a new folder while something is done to all of them at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from caption_boundaries.database.connecting import connect_for_writing
from caption_boundaries.database.header import check_header
from caption_boundaries.database.paths import sqlite_uri
from caption_boundaries.database.recovery import sole_writer
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.errors import DatabaseCorruptError, DatabaseVersionError


class HeldDatabases:
    """All databases of a folder while nobody else may write them."""

    def __init__(self, folder: Path) -> None:
        self._logged = [folder / spec.filename for spec in DATABASES if spec.journal_mode == "WAL"]
        self._closed: list[Path] = []

    def close_logs(self, held: ExitStack, *, timeout: float) -> None:
        """Take what is in write-ahead mode out of it, so that an idle connection cannot write unseen any more.

        Raises:
            DatabaseBusyError: There is one.
        """
        for path in self._logged:
            if path.is_file():
                _hold(held, path, timeout=timeout)
                self._closed.append(path)

    def reopen_logs(self) -> None:
        """Bring what was taken out of write-ahead mode back into it."""
        for path in self._closed:
            with suppress(sqlite3.Error):  # the error that is on its way says more; either mode is sound
                set_journal_mode(path, "WAL")


@contextmanager
def held_databases(folder: Path, *, timeout: float, damaged_too: bool = False) -> Iterator[Callable[[], None]]:
    """Keep every writer out of all databases of a new folder for the length of the block.

    Args:
        folder: Folder of a video.
        timeout: Seconds to wait for somebody who uses a database.
        damaged_too: Go on where a database is damaged or none of ours; nobody can be kept out of such a file.

    Yields:
        A function to be called before the files are replaced or removed: it also keeps out whoever holds one open
        in write-ahead mode. After an error everything is as it was.

    Raises:
        DatabaseBusyError: Somebody uses one of them.
        DatabaseCorruptError: One is damaged.
        DatabaseVersionError: One is newer than the program, or of another kind.
    """
    databases = HeldDatabases(folder)
    try:
        with ExitStack() as held:
            for spec in DATABASES:
                path = folder / spec.filename
                if path.is_file() and spec.journal_mode == "DELETE":
                    try:
                        check_header(path, spec)
                        _hold(held, path, timeout=timeout)
                    except (DatabaseCorruptError, DatabaseVersionError):
                        if not damaged_too:
                            raise
            yield lambda: databases.close_logs(held, timeout=timeout)
    except BaseException:
        databases.reopen_logs()
        raise


def _hold(held: ExitStack, path: Path, *, timeout: float) -> None:
    try:
        held.enter_context(sole_writer(path, timeout=timeout))
    except sqlite3.Error as error:
        raise translate(error, path) from error


def connect_databases(folder: Path, *, without: Collection[str] = ()) -> sqlite3.Connection:
    """Open the databases of the new form in ``folder`` read-only.

    Those that are missing are left out, and those whose file names are in ``without``.
    """
    connection = sqlite3.connect(":memory:", uri=True, isolation_level=None, check_same_thread=False)
    for spec in DATABASES:
        path = folder / spec.filename
        if path.is_file() and spec.filename not in without:
            quiet = spec.journal_mode == "WAL" and not path.with_name(path.name + "-wal").exists()
            uri = sqlite_uri(path, mode="ro", immutable=1) if quiet else sqlite_uri(path, mode="ro")
            connection.execute("ATTACH DATABASE ? AS ?", (uri, spec.schema))
    return connection


def attached_schemas(connection: sqlite3.Connection) -> set[str]:
    """Return the schema names that a connection knows."""
    return {row[0] for row in connection.execute("SELECT name FROM pragma_database_list")}


def set_journal_mode(path: Path, mode: str) -> None:
    """Bring a file that nobody else uses into a journal mode.

    Raises:
        sqlite3.Error: It cannot be written.
    """
    with closing(connect_for_writing(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
