"""Where a video lives, and where it is worked on: a *home* gives a local folder for the length of a job."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Report = Callable[[str, float, float | None], None]
"""Is told (step, done, total) while a job runs."""


class Home(Protocol):
    """Where a video lives; plain data, so that it can be sent to another machine."""

    @property
    def label(self) -> str:
        """What people call this place: a path or an address. No two videos have the same."""

    @property
    def video_id(self) -> str:
        """The video's id."""

    def weigh(self) -> int:
        """Return about how many bytes there are to work on; 0 where nobody knows."""

    def workplace(self, run: str, report: Report) -> AbstractContextManager[Path]:
        """Give a folder on a local disk that holds the video, and publish it when the block ends well.

        After an error or a kill at any moment, what readers see at home is as it was, or complete.

        Args:
            run: Id of the fleet run: what one of its workers has claimed, another may take over when it has died.
            report: Is told of the transfers.

        Raises:
            VideoBusyError: Somebody else works on the video.
            StorageError: A transfer failed for good.
            ConflictError: Somebody else changed the video meanwhile; nothing was published.
        """


@dataclass(frozen=True, slots=True)
class InPlace:
    """A folder on a local disk: the steps work right in it."""

    video_dir: Path

    @property
    def label(self) -> str:
        """The folder's path."""
        return str(self.video_dir)

    @property
    def video_id(self) -> str:
        """The folder's name."""
        return self.video_dir.name

    def weigh(self) -> int:
        """Return the bytes of the folder's files."""
        return folder_bytes(self.video_dir)

    def workplace(self, run: str, report: Report) -> AbstractContextManager[Path]:
        """Give the folder itself; every step publishes by replacing whole files."""
        return nullcontext(self.video_dir)


def folder_bytes(folder: Path) -> int:
    """Return the bytes of the files right in ``folder``; 0 where it cannot be read."""
    try:
        return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    except OSError:
        return 0
