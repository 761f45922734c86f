"""Reading an old folder through the schema names of the new form.

What is small is copied into schemas in memory, which have exactly the tables and columns that a migration would make.
The pictures, nine tenths of the bytes, stay in the old file: a query names them as ``video.full_frames`` or
``cropping.cropped_frames`` as ever, and is pointed at views that read the file.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from caption_boundaries.database.connecting import DoorConnection
from caption_boundaries.database.header import read_header
from caption_boundaries.database.old_form import old_folder_error
from caption_boundaries.database.old_mapping import TableMap, copy_rows, map_tables, place_moved, prepare_table
from caption_boundaries.database.paths import readonly_uri
from caption_boundaries.database.row_hash import quoted
from caption_boundaries.database.schema import BY_SCHEMA, DATABASES
from caption_boundaries.database.sqlite_errors import primary_code, translate
from caption_boundaries.database.stand_in import attach_stand_in
from caption_boundaries.database.table_shapes import read_tables

SOURCE = "old_form"
"""Schema name of the old file itself."""

PICTURES = {"full_frames": "video", "cropped_frames": "cropping"}
"""Tables of pictures and the schema of each."""

_SKIPPED = (r"'(?:[^']|'')*'", r"--[^\n]*", r"/\*.*?\*/", r'"(?:[^"]|"")*"')
_NAME = r'(?P<{0}q>["`\[]?)(?P<{0}>{1})["`\]]?'
_PICTURE_TABLE = re.compile(
    "|".join(
        [
            *(
                rf"(?<![\w.]){_NAME.format('s' + table[0], schema)}\s*\.\s*{_NAME.format('t' + table[0], table)}(?!\w)"
                for table, schema in PICTURES.items()
            ),
            *_SKIPPED,
        ]
    ),
    re.IGNORECASE | re.DOTALL,
)

_WRITING = re.compile(r"\s*(INSERT|REPLACE|UPDATE|DELETE|CREATE|ALTER|DROP)\b", re.IGNORECASE)


class OldFormCursor(sqlite3.Cursor):
    """A cursor that reads the pictures from the old file and refuses to write."""

    def execute(self, sql: str, parameters: Any = ()) -> OldFormCursor:
        """Run one statement; see `sqlite3.Cursor.execute`."""
        with self._refusing(sql):
            super().execute(self._pointed(sql), parameters)
        return self

    def executemany(self, sql: str, parameters: Iterable[Any]) -> OldFormCursor:
        """Refuse: only statements that write can be run many times."""
        assert self._old is not None
        raise old_folder_error(self._old)

    def executescript(self, script: str) -> OldFormCursor:
        """Run several statements; see `sqlite3.Cursor.executescript`."""
        with self._refusing(script):
            super().executescript(self._pointed(script))
        return self

    @property
    def _old(self) -> Path | None:
        assert isinstance(self.connection, OldFormConnection)
        return self.connection.old

    def _pointed(self, sql: str) -> str:
        return sql if self._old is None else point_at_pictures(sql)

    @contextmanager
    def _refusing(self, sql: str) -> Iterator[None]:
        if self._old is not None and _WRITING.match(sql):
            raise old_folder_error(self._old)
        try:
            yield
        except sqlite3.Error as error:
            if self._old is None or primary_code(error) != sqlite3.SQLITE_READONLY:
                raise
            raise old_folder_error(self._old) from error


class OldFormConnection(DoorConnection):
    """A connection to an old folder: every query of the new form runs on it, and no statement writes."""

    old: Path | None = None
    """The old file; None while the schemas in memory are filled."""

    def cursor(self, factory: Any = OldFormCursor) -> Any:
        """Return a cursor."""
        return super().cursor(factory)

    def blobopen(self, table: str, column: str, row: int, /, *, readonly: bool = False, name: str = "main") -> Any:
        """Open one value for reading; a picture is read from the old file."""
        if not readonly and self.old is not None:
            raise old_folder_error(self.old)
        place = SOURCE if PICTURES.get(table) == name else name
        return super().blobopen(table, column, row, readonly=True, name=place)


def open_old_folder(old: Path, *, attach: Collection[str], timeout: float) -> OldFormConnection:
    """Open the old file at ``old`` under the schema names in ``attach``, read-only.

    Args:
        old: The file.
        attach: Schemas to open.
        timeout: Seconds to wait for a writer.

    Raises:
        DatabaseCorruptError: It is damaged.
        DatabaseBusyError: Another process holds it.
        StorageError: It cannot be read.
    """
    connection: OldFormConnection = sqlite3.connect(
        ":memory:", uri=True, timeout=timeout, check_same_thread=False, factory=OldFormConnection
    )
    with ExitStack() as failed:
        failed.callback(connection.close)
        try:
            _attach(connection, old, attach)
        except sqlite3.Error as error:
            raise translate(error, old) from error
        failed.pop_all()
    connection.old = old
    return connection


def _attach(connection: sqlite3.Connection, old: Path, attach: Collection[str]) -> None:
    header = read_header(old)
    assert header is not None
    connection.execute("ATTACH DATABASE ? AS ?", (readonly_uri(old, wal=header.wal), SOURCE))
    for spec in DATABASES:
        if spec.schema in attach:
            attach_stand_in(connection, BY_SCHEMA[spec.schema])
    _fill(connection, attach)
    connection.execute("PRAGMA query_only = 1")


def _fill(connection: sqlite3.Connection, attach: Collection[str]) -> None:
    connection.execute("PRAGMA temp_store = MEMORY")
    maps = map_tables(connection, SOURCE)
    connection.execute("BEGIN")
    for mapped in maps:
        if mapped.schema in attach:
            prepare_table(connection, mapped)
            if mapped.table in PICTURES:
                _make_view(connection, mapped)
            else:
                copy_rows(connection, SOURCE, mapped)
    place_moved(connection, SOURCE, maps, schemas=attach)
    connection.commit()


def _make_view(connection: sqlite3.Connection, mapped: TableMap) -> None:
    """Show the pictures of the old file with the columns of the new form."""
    stored = {name.lower() for name in mapped.stored}
    names = [column.name for column in read_tables(connection, mapped.schema)[mapped.table].columns]
    values = ", ".join(quoted(name) if name.lower() in stored else f"NULL AS {quoted(name)}" for name in names)
    connection.execute(f"CREATE TEMP VIEW {mapped.table} AS SELECT {values} FROM {SOURCE}.{quoted(mapped.old.name)}")


@lru_cache(maxsize=256)
def point_at_pictures(sql: str) -> str:
    """Return ``sql`` with the tables of pictures replaced by the views that read the old file."""
    return _PICTURE_TABLE.sub(_view, sql)


def _view(match: re.Match[str]) -> str:
    return f"temp.{match.group('tf') or match.group('tc')}" if match.lastgroup else match.group(0)
