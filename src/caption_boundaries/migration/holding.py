"""The databases of a new folder while something is done to all of them at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from caption_boundaries.database.connecting import connect_for_writing
from caption_boundaries.database.header import check_header
from caption_boundaries.database.paths import sqlite_uri
from caption_boundaries.database.recovery import sole_writer
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.database.sqlite_errors import translate


@contextmanager
def held_databases(folder: Path, *, timeout: float) -> Iterator[None]:
    """Keep every writer out of all databases of a new folder for the length of the block.

    After an error they are as they were, also in the mode of their journals.

    Raises:
        DatabaseBusyError: Somebody uses one of them.
        DatabaseCorruptError: One is damaged.
        DatabaseVersionError: One is newer than the program, or of another kind.
    """
    present = [(spec, folder / spec.filename) for spec in DATABASES if (folder / spec.filename).is_file()]
    for spec, path in present:
        check_header(path, spec)
    try:
        with ExitStack() as held:
            for _, path in present:
                try:
                    held.enter_context(sole_writer(path, timeout=timeout))
                except sqlite3.Error as error:
                    raise translate(error, path) from error
            yield
    except BaseException:
        for spec, path in present:
            if spec.journal_mode == "WAL" and path.is_file():
                _back_to_wal(path)
        raise


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
    return {row[1] for row in connection.execute("PRAGMA database_list")}


def set_journal_mode(path: Path, mode: str) -> None:
    """Bring a file that nobody else uses into a journal mode.

    Raises:
        sqlite3.Error: It cannot be written.
    """
    with closing(connect_for_writing(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")


def _back_to_wal(path: Path) -> None:
    with suppress(sqlite3.Error):  # the error that is on its way says more; either mode is sound
        set_journal_mode(path, "WAL")
