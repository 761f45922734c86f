"""The door to a video's databases: one connection, each file opened in its own mode."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType

from caption_boundaries.database.attachments import Attachment, plan_attachments
from caption_boundaries.database.creation import upgrade
from caption_boundaries.database.guard import WriteGuard
from caption_boundaries.database.recovery import recover_journal
from caption_boundaries.database.schema import DATABASES, SCHEMAS
from caption_boundaries.database.sqlite_errors import translate

HAND_EDITED: frozenset[str] = frozenset(spec.schema for spec in DATABASES if spec.hand_edited)
"""What is writable unless the caller says which: a step's product is only ever replaced as a whole file."""

BUSY_TIMEOUT_SECONDS = 5.0
"""How long to wait for another writer before giving up."""


class VideoDatabase:
    """Context manager that opens all databases of a video behind one connection.

    The databases are known under their schema names: ``video, fullOCR, layout, captions, cropping, state``. A
    missing file that is not required is stood in for by an empty schema, so that joins run and give no rows.
    Leaving the block commits, or rolls back after an error, and closes everything.

        with VideoDatabase(folder, writes={"layout"}) as conn:
            conn.execute("UPDATE layout.video_layout_config SET layout_approved = 1")
    """

    def __init__(
        self,
        video_dir: Path | str,
        readonly: bool = False,
        *,
        writes: Collection[str] | None = None,
        requires: Collection[str] = (),
        attach: Collection[str] | None = None,
        overrides: Mapping[str, Path] | None = None,
        timeout: float = BUSY_TIMEOUT_SECONDS,
    ) -> None:
        """Say what is wanted; nothing is opened yet.

        Args:
            video_dir: Folder that holds the ``.db`` files.
            readonly: Open every file read-only; nothing is written, created or left behind.
            writes: Schemas to open for writing. Default: the hand-edited ones, one per transaction.
            requires: Schemas whose files must exist; those in ``writes``, when given, must exist too.
            attach: Schemas to open at all. Default: all six.
            overrides: Other places for some files, such as one that is being built.
            timeout: Seconds to wait for another writer.
        """
        if readonly and writes:
            raise ValueError("a read-only door writes nothing: leave out either readonly or writes")
        self.video_dir = Path(video_dir)
        self.readonly = readonly
        self.conn: sqlite3.Connection | None = None
        self._attach = frozenset(attach) if attach is not None else SCHEMAS
        self._requires = frozenset(requires) | frozenset(writes or ())
        self._writes = frozenset() if readonly else frozenset(writes) if writes is not None else HAND_EDITED
        self._overrides = dict(overrides or {})
        self._timeout = timeout
        self._guard: WriteGuard | None = None

    def __enter__(self) -> sqlite3.Connection:
        """Open the databases.

        Raises:
            TargetError: There is no such folder.
            DatabaseMissingError: A required database is missing, or all are.
            DatabaseCorruptError: A file is damaged or no database.
            DatabaseVersionError: A file is newer, older or of another kind.
            DatabaseBusyError: Another process holds a file.
        """
        attachments = plan_attachments(
            self.video_dir,
            writes=self._writes,
            requires=self._requires,
            attach=self._attach,
            overrides=self._overrides,
        )
        # One writable database needs no guard between databases, so its statements may be cached.
        single = sum(attachment.mode == "rw" for attachment in attachments) <= 1
        self.conn = sqlite3.connect(":memory:", uri=True, timeout=self._timeout, cached_statements=128 if single else 0)
        try:
            for attachment in attachments:
                self._attach_one(self.conn, attachment)
            self._protect(self.conn, attachments)
        except BaseException:
            self._close()
            raise
        return self.conn

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Commit, or roll back after an error, and close."""
        assert self.conn is not None
        try:
            if kind is None:
                self.conn.commit()
            else:
                self.conn.rollback()
        except sqlite3.Error as failure:
            raise translate(failure, self.video_dir) from failure
        finally:
            guard = self._guard
            self._close()
        if guard is not None and guard.refusal is not None and isinstance(error, sqlite3.DatabaseError):
            raise guard.refusal from error

    def _attach_one(self, connection: sqlite3.Connection, attachment: Attachment) -> None:
        schema = attachment.spec.schema
        try:
            if not self.readonly:
                recover_journal(attachment.path, timeout=self._timeout)
            connection.execute("ATTACH DATABASE ? AS ?", (attachment.uri, schema))
            if attachment.mode == "stand-in" or (
                attachment.mode == "rw" and attachment.user_version < attachment.spec.version
            ):
                upgrade(connection, schema, attachment.spec)
        except sqlite3.Error as error:
            raise translate(error, attachment.path) from error

    def _protect(self, connection: sqlite3.Connection, attachments: tuple[Attachment, ...]) -> None:
        if self.readonly:
            connection.execute("PRAGMA query_only = 1")  # covers the stand-ins, which have no mode of their own
            return
        for attachment in attachments:
            if attachment.mode == "rw":
                connection.execute(f"PRAGMA {attachment.spec.schema}.synchronous = FULL")
        stand_ins = {attachment.spec.schema for attachment in attachments if attachment.mode == "stand-in"}
        self._guard = WriteGuard(connection, stand_ins)
        connection.set_authorizer(self._guard)

    def _close(self) -> None:
        connection, self.conn, self._guard = self.conn, None, None
        if connection is not None:
            connection.set_authorizer(None)  # breaks the cycle connection - guard - connection
            connection.close()
