"""The action log: every change that a person makes is one transaction with the row that says how to take it back.

The log is only ever appended to. An undo is a new row that leads back, a redo is an undo of an undo. The number of the
last row is the database's revision.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from caption_boundaries.database.row_changes import (
    Changes,
    RowImage,
    apply_changes,
    differing_rows,
    recorded_changes,
    reverse,
)
from caption_boundaries.database.row_changes_json import from_json, to_json
from caption_boundaries.database.sqlite_errors import translate
from caption_boundaries.errors import ConflictError, NothingToUndoError

UNDO, REDO = "undo", "redo"

_COLUMNS = "seq, uuid, actor, session, at, kind, undoes, ms_since_shown, forward, inverse"


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """Who wants to change something."""

    uuid: str
    """Made by the client: a request that comes again is answered, not applied again."""
    actor: str
    """Who acts, as people call them."""
    session: str
    """Which window they act in."""
    kind: str = ""
    """What they do, such as ``label``."""
    base_revision: int | None = None
    """The revision that they looked at; None skips the check for changes by others."""
    ms_since_shown: int | None = None
    """Milliseconds between showing the item and the action."""


@dataclass(frozen=True, slots=True)
class LoggedAction:
    """One row of the log."""

    seq: int
    uuid: str
    actor: str
    session: str
    at: str
    """UTC, ISO 8601."""
    kind: str
    undoes: int | None
    """The row that it takes back."""
    ms_since_shown: int | None
    changes: Changes


class ActionLog:
    """The log of one database on an open connection that may write it."""

    def __init__(self, connection: sqlite3.Connection, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    def revision(self) -> int:
        """Return the number of the last action; 0 before the first."""
        return int(self._connection.execute(f"SELECT coalesce(max(seq), 0) FROM {self._table}").fetchone()[0])

    def entries(self, *, before: int | None = None, limit: int = 100) -> list[LoggedAction]:
        """Return the newest actions first, those with a number below ``before`` if given."""
        return self._select("WHERE seq < ? ORDER BY seq DESC LIMIT ?", (before if before is not None else 2**62, limit))

    def since(self, revision: int) -> list[LoggedAction]:
        """Return the actions after ``revision``, oldest first."""
        return self._select("WHERE seq > ? ORDER BY seq", (revision,))

    def perform(self, request: ActionRequest, apply: Callable[[], object]) -> LoggedAction | None:
        """Run ``apply`` and log what it changed, in one transaction.

        Returns:
            What was logged; the first answer where the request came before; None where nothing changed.

        Raises:
            ConflictError: Somebody else changed one of the rows after ``request.base_revision``; nothing is changed.
            DatabaseBusyError: Another process holds the database.
        """
        with self._transaction():
            if (known := self._find(request.uuid)) is not None:
                return known
            with recorded_changes(self._connection, self._schema) as changed:
                apply()
                changes = changed()
            if not changes:
                self._connection.rollback()  # a commit would write the file though no row changed
                return None
            self._refuse_conflict(request, changes)
            return self._append(request, request.kind, changes)

    def undo(self, request: ActionRequest) -> LoggedAction:
        """Take back the last action of ``request.actor`` that still stands.

        Raises:
            NothingToUndoError: There is none.
            ConflictError: One of its rows was changed since by somebody else.
        """
        return self._take_back(request, UNDO, self._undo_target)

    def redo(self, request: ActionRequest) -> LoggedAction:
        """Do again what ``request.actor`` has undone last; a new action ends what can be done again.

        Raises:
            NothingToUndoError: There is nothing to do again.
            ConflictError: One of its rows was changed since by somebody else.
        """
        return self._take_back(request, REDO, self._redo_target)

    @contextmanager
    def as_of(self, revision: int) -> Iterator[None]:
        """Show the database for the length of the block as it was at a revision; nothing of it is kept."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for entry in reversed(self.since(revision)):
                apply_changes(self._connection, self._schema, reverse(entry.changes))
            yield
        finally:
            self._connection.rollback()

    def can_undo(self, actor: str) -> bool:
        """Tell whether ``actor`` has something to take back."""
        return self._undo_target(actor) is not None

    def can_redo(self, actor: str) -> bool:
        """Tell whether ``actor`` has something to do again."""
        return self._redo_target(actor) is not None

    @property
    def _table(self) -> str:
        return f"{self._schema}.action_log"

    def _take_back(self, request: ActionRequest, kind: str, find: Callable[[str], int | None]) -> LoggedAction:
        with self._transaction():
            if (known := self._find(request.uuid)) is not None:
                return known
            target = find(request.actor)
            if target is None:
                raise NothingToUndoError(f"There is nothing to {kind}.")
            action = self._select("WHERE seq = ?", (target,))[0]
            changed = differing_rows(self._connection, self._schema, action.changes)
            if changed:
                raise self._conflict(f"{len(changed)} of the rows were changed since by somebody else.", changed)
            back = reverse(action.changes)
            apply_changes(self._connection, self._schema, back)
            return self._append(request, kind, back, undoes=target)

    def _undo_target(self, actor: str) -> int | None:
        """Return the last action of ``actor`` that stands, undos and redos aside."""
        gone: set[int] = set()
        for seq, kind, undoes in self._backwards(actor):
            if kind in (UNDO, REDO):
                # An undo that was itself taken back by a redo leaves its action standing.
                gone.update({undoes} if seq not in gone else ())
            elif seq not in gone:
                return seq
        return None

    def _redo_target(self, actor: str) -> int | None:
        """Return the last undo of ``actor`` that stands, unless something new was done after it."""
        redone: set[int] = set()
        for seq, kind, undoes in self._backwards(actor):
            if kind == REDO:
                redone.add(undoes)
            elif kind == UNDO and seq not in redone:
                return seq
            elif kind != UNDO:
                return None
        return None

    def _backwards(self, actor: str) -> Iterator[tuple[int, str, int]]:
        yield from self._connection.execute(
            f"SELECT seq, kind, coalesce(undoes, 0) FROM {self._table} WHERE actor = ? ORDER BY seq DESC", (actor,)
        )

    def _refuse_conflict(self, request: ActionRequest, changes: Changes) -> None:
        if request.base_revision is None:
            return
        theirs = [entry for entry in self.since(request.base_revision) if entry.session != request.session]
        touched = _keys(changes)
        both = [key for key in dict.fromkeys(key for entry in theirs for key in _keys(entry.changes)) if key in touched]
        if both:
            names = ", ".join(dict.fromkeys(entry.actor for entry in theirs))
            raise self._conflict(f"{names} changed the same in the meantime.", both)

    def _conflict(self, message: str, rows: list[tuple[str, RowImage]]) -> ConflictError:
        wanted = set(rows)
        last = next((entry for entry in self.entries(limit=1000) if not wanted.isdisjoint(_keys(entry.changes))), None)
        return ConflictError(
            message,
            rows=rows,
            actor=last.actor if last else "",
            at=last.at if last else "",
            revision=self.revision(),
        )

    def _append(
        self, request: ActionRequest, kind: str, changes: Changes, *, undoes: int | None = None
    ) -> LoggedAction:
        forward, inverse = to_json(changes)
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        cursor = self._connection.execute(
            f"INSERT INTO {self._table} (uuid, actor, session, at, kind, forward, inverse, undoes, ms_since_shown) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                request.uuid,
                request.actor,
                request.session,
                at,
                kind,
                forward,
                inverse,
                undoes,
                request.ms_since_shown,
            ),
        )
        assert cursor.lastrowid is not None
        return LoggedAction(
            cursor.lastrowid,
            request.uuid,
            request.actor,
            request.session,
            at,
            kind,
            undoes,
            request.ms_since_shown,
            changes,
        )

    def _find(self, uuid: str) -> LoggedAction | None:
        return next(iter(self._select("WHERE uuid = ?", (uuid,))), None)

    def _select(self, clause: str, parameters: tuple[object, ...]) -> list[LoggedAction]:
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM {self._table} {clause}", parameters).fetchall()
        return [self._logged(*row) for row in rows]

    def _logged(self, *row: Any) -> LoggedAction:
        *told, forward, inverse = row
        names = _COLUMNS.split(", ")[: len(told)]
        return LoggedAction(**dict(zip(names, told, strict=True)), changes=from_json(self._schema, forward, inverse))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
        except sqlite3.Error as error:
            raise translate(error, self._path()) from error

    def _path(self) -> Path:
        files = {row[1]: row[2] for row in self._connection.execute("PRAGMA database_list")}
        return Path(files[self._schema])


def _keys(changes: Changes) -> set[tuple[str, RowImage]]:
    return {(change.table, row.key) for change in changes for row in change.rows}
