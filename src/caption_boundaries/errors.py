"""Everything that can go wrong, as one tree; the command line and the web map it once.

    CaptionBoundariesError        1   500
    ├── InputError                2   400   what the caller gave cannot be used
    │   ├── TargetError           2   404   no such video, or more than one fits
    │   ├── VideoFileError        3   422   the file is no video we can read
    │   ├── DuplicateVideoError   2   409   the video has a folder already
    │   ├── UsageError            2   400   options that contradict each other
    │   └── NothingToUndoError    2   409   nothing is there to take back
    ├── DatabaseError             4   500
    │   ├── DatabaseMissingError  4   404   a database that is needed is not there
    │   ├── DatabaseCorruptError  5   500   damaged, or not ours
    │   ├── DatabaseVersionError  5   409   newer than this program, or of another schema
    │   ├── OldFolderError        4   409   writing to the old single-file form
    │   ├── DatabaseBusyError     6   503   another process holds it
    │   └── ConflictError         6   409   somebody else changed the same rows
    ├── StorageError              7   507   no space, no permission, missing mount
    ├── RecognitionError          8   502   an engine is missing or failed
    ├── VideoBusyError            6   423   another process works on the same video
    ├── FleetError                9   500   some of many videos failed
    └── TrainingError            10   500   a training cannot go on

The columns are the exit code and the HTTP status. Codes above 128 are left to signals (130 = Ctrl-C).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar


class CaptionBoundariesError(Exception):
    """Base of every error that the program raises on purpose.

    The message is one sentence for a person; ``hint`` says what to do, with the command that helps.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(CaptionBoundariesError):
    """What the caller gave cannot be used."""

    exit_code = 2
    http_status = 400


class TargetError(InputError):
    """No video fits the target, or more than one does."""

    http_status = 404


class DuplicateVideoError(InputError):
    """The video has a folder already, and the caller did not want a second one."""

    http_status = 409


class UsageError(InputError):
    """Options that contradict each other or lie outside their range."""


class NothingToUndoError(InputError):
    """There is nothing to take back, or to do again."""

    http_status = 409


class VideoFileError(InputError):
    """The file is missing, or is no video that can be read."""

    exit_code = 3
    http_status = 422


class DatabaseError(CaptionBoundariesError):
    """A video's databases are not as they have to be."""

    exit_code = 4


class DatabaseMissingError(DatabaseError):
    """A database that the caller needs is not in the video folder."""

    http_status = 404

    def __init__(self, schema: str, path: Path, command: str) -> None:
        super().__init__(
            f"{path.name} is missing in {path.parent}.",
            hint=f"Run `{command}` to make it, or pull it if it is versioned.",
        )
        self.schema = schema
        self.path = path


class DatabaseCorruptError(DatabaseError):
    """A database file is damaged, or is no database of this program."""

    exit_code = 5


class DatabaseVersionError(DatabaseError):
    """A database has a schema that this program does not know."""

    exit_code = 5
    http_status = 409


class OldFolderError(DatabaseError):
    """The folder holds the old single-file form, which is only read."""

    http_status = 409


class DatabaseBusyError(DatabaseError):
    """Another process holds the database for longer than we wait."""

    exit_code = 6
    http_status = 503


class ConflictError(DatabaseError):
    """Somebody else changed the same rows; nothing of the refused action was applied."""

    exit_code = 6
    http_status = 409

    def __init__(
        self, message: str, *, rows: Sequence[tuple[str, tuple[object, ...]]], actor: str, at: str, revision: int
    ) -> None:
        super().__init__(message, hint="Look at what they did, then keep yours or take theirs.")
        self.rows = rows
        """(table, key) of every row that both changed."""
        self.actor = actor
        """Who changed them last."""
        self.at = at
        """When, as UTC in ISO 8601."""
        self.revision = revision
        """The revision that includes their change."""
        self.versions: dict[str, object] = {}
        """The rows as both wanted them, for a person to choose from; empty where nobody has looked them up."""


class StorageError(CaptionBoundariesError):
    """The disk is full, not writable or not there."""

    exit_code = 7
    http_status = 507


class RecognitionError(CaptionBoundariesError):
    """A recognition engine is not installed or does not work."""

    exit_code = 8
    http_status = 502


class VideoBusyError(CaptionBoundariesError):
    """Another process works on the same video."""

    exit_code = 6
    http_status = 423


class FleetError(CaptionBoundariesError):
    """Some of many videos failed; the others are done."""

    exit_code = 9


class TrainingError(CaptionBoundariesError):
    """A training cannot go on; the last checkpoint is good."""

    exit_code = 10
