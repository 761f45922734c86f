"""The door to a video's databases: one connection, each file opened in its own mode."""

from __future__ import annotations

import os
import sqlite3
import warnings
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from caption_boundaries.database.attachments import Attachment, plan_attachments
from caption_boundaries.database.connecting import BUSY_TIMEOUT_SECONDS, DoorConnection
from caption_boundaries.database.folder_lock import FolderLock
from caption_boundaries.database.guard import WriteGuard
from caption_boundaries.database.old_folder import open_old_folder
from caption_boundaries.database.old_form import MIGRATE_COMMAND, find_old_database, old_folder_error
from caption_boundaries.database.paths import all_databases, database_path
from caption_boundaries.database.recovery import make_ready_for_writing, needs_making_ready, recover_journals
from caption_boundaries.database.schema import DATABASES, SCHEMAS
from caption_boundaries.database.sqlite_errors import is_from_outside, translate
from caption_boundaries.database.stand_in import attach_stand_in
from caption_boundaries.database.upgrading import upgrade_database
from caption_boundaries.errors import CaptionBoundariesError

HAND_EDITED: frozenset[str] = frozenset(spec.schema for spec in DATABASES if spec.hand_edited)
"""What is writable unless the caller says which: a step's product is only ever replaced as a whole file."""


class VideoDatabase:
    """Context manager that opens all databases of a video behind one connection.

    The databases are known under their schema names: ``video, fullOCR, layout, captions, cropping, state``. A
    missing file that is not required is stood in for by an empty schema, so that joins run and give no rows.
    Leaving the block commits, or rolls back after an error, and closes everything. A folder of the old form is
    opened under the same names, with a `DeprecationWarning`; it is only read.

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
        self._writes = frozenset(writes or ())
        self._may_write = HAND_EDITED if writes is None and not readonly else frozenset()
        self._requires = frozenset(requires) | self._writes
        self._attach = SCHEMAS if attach is None else frozenset(attach) | self._requires
        self._overrides = dict(overrides or {})
        self._timeout = timeout
        self._guard: WriteGuard | None = None
        self._lock: FolderLock | None = None
        self._blamed = self.video_dir

    def __enter__(self) -> sqlite3.Connection:
        """Open the databases.

        Raises:
            TargetError: There is no such folder.
            OldFolderError: The folder is of the old form, and ``writes`` was given.
            DatabaseMissingError: A required database is missing, or all are.
            DatabaseCorruptError: A file is damaged or no database.
            DatabaseVersionError: A file is newer, older or of another kind.
            DatabaseBusyError: Another process holds a file.
            StorageError: A file cannot be read, or not be written though it must.
        """
        if self.conn is not None:
            raise RuntimeError("this door is open already: make another one")
        while old := find_old_database(self.video_dir, recover_timeout=None if self.readonly else self._timeout):
            connection = self._open_old(old)
            if find_old_database(self.video_dir) == old:
                self.conn = connection
                return self.conn
            connection.close()  # a migration has put the new form in its place before it was opened
        try:
            self.conn = self._open()
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
        """Commit, or roll back after an error, and close.

        Raises:
            DatabaseError: In place of an error of SQLite in the block that came from outside: another process, a
                damaged file; or because a statement was refused.
            StorageError: The same, from the disk.
        """
        assert self.conn is not None
        told = self._explain(error)
        try:
            if error is None:
                self.conn.commit()
            else:
                self.conn.rollback()
        except sqlite3.Error as failure:
            if error is None:  # else the error of the block says more
                raise self._explain(failure) or failure from failure
        finally:
            self._close()
        if told is not None:
            raise told from error

    def _explain(self, error: BaseException | None) -> CaptionBoundariesError | None:
        """Return what to raise instead of ``error``; None lets it through."""
        if self._guard is not None and (refusal := self._guard.explain(error)) is not None:
            return refusal
        outside = isinstance(error, sqlite3.Error) and is_from_outside(error)
        return translate(error, self._blamed) if outside else None  # type: ignore[arg-type]

    def _open_old(self, old: Path) -> sqlite3.Connection:
        if self._writes:
            raise old_folder_error(old)
        warnings.warn(
            f"{old.parent} is still in the old form: run `{MIGRATE_COMMAND} {old.parent}`.",
            DeprecationWarning,
            stacklevel=3,
        )
        return open_old_folder(old, attach=self._attach, timeout=self._timeout)

    def _open(self) -> sqlite3.Connection:
        if not self.readonly and os.path.isdir(self.video_dir):  # noqa: PTH112 - any doubt is the plan's to tell
            self._lock = FolderLock(self.video_dir, timeout=self._timeout)
            self._lock.share()
            files = {**all_databases(self.video_dir), **self._overrides}
            recover_journals((files[schema] for schema in files if schema in self._attach), timeout=self._timeout)
        attachments = plan_attachments(
            self.video_dir,
            writes=self._writes,
            requires=self._requires,
            attach=self._attach,
            overrides=self._overrides,
            may_write=self._may_write,
        )
        writable = [attachment for attachment in attachments if attachment.mode == "rw"]
        if len(writable) == 1:  # by the name it will have, also while it is being built under another
            self._blamed = database_path(self.video_dir, writable[0].spec.schema)
        # One writable database needs no guard between databases, so its statements may be cached.
        self.conn = self._connect(cached_statements=128 if len(writable) <= 1 else 0)
        for attachment in attachments:
            self._attach_one(self.conn, attachment)
        self._protect(self.conn, attachments)
        if not any(self._changes_in_place(attachment) for attachment in attachments):
            self._unlock()
        return self.conn

    def _connect(self, *, cached_statements: int) -> sqlite3.Connection:
        return sqlite3.connect(
            ":memory:",
            uri=True,
            timeout=self._timeout,
            cached_statements=cached_statements,
            # One thread at a time uses it, but a web server opens, uses and closes it in different ones.
            check_same_thread=False,
            factory=DoorConnection,
        )

    def _attach_one(self, connection: sqlite3.Connection, attachment: Attachment) -> None:
        try:
            if attachment.mode == "stand-in":
                attach_stand_in(connection, attachment.spec)
                return
            if attachment.mode == "rw":
                self._make_ready(attachment)
            connection.execute("ATTACH DATABASE ? AS ?", (attachment.uri, attachment.spec.schema))
        except sqlite3.Error as error:
            raise translate(error, attachment.path) from error

    def _make_ready(self, attachment: Attachment) -> None:
        spec = attachment.spec
        if self._changes_in_place(attachment) and needs_making_ready(attachment.path, wal=attachment.wal):
            assert self._lock is not None
            self._lock.exclude()
            make_ready_for_writing(attachment.path, wal=attachment.wal, timeout=self._timeout)
            self._lock.share()
        if attachment.user_version < spec.version:
            upgrade_database(attachment.path, spec, timeout=self._timeout)

    def _changes_in_place(self, attachment: Attachment) -> bool:
        spec = attachment.spec
        return attachment.mode == "rw" and spec.journal_mode == "DELETE" and spec.schema not in self._overrides

    def _protect(self, connection: sqlite3.Connection, attachments: tuple[Attachment, ...]) -> None:
        if self.readonly:
            connection.execute("PRAGMA query_only = 1")  # covers the stand-ins, which have no mode of their own
            return
        by_mode = {mode: [a.spec.schema for a in attachments if a.mode == mode] for mode in ("rw", "stand-in")}
        for schema in by_mode["rw"]:
            connection.execute(f"PRAGMA {schema}.synchronous = FULL")
        self._guard = WriteGuard(connection, writable=by_mode["rw"], stand_ins=by_mode["stand-in"])
        connection.set_authorizer(self._guard)

    def _close(self) -> None:
        connection, self.conn, self._guard = self.conn, None, None
        if connection is not None:
            with suppress(sqlite3.ProgrammingError):  # the block may have closed it
                connection.set_authorizer(None)  # breaks the cycle connection - guard - connection
            connection.close()
        self._unlock()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()
