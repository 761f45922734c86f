"""What waits on disk until it is looked at again, so that memory does not grow with the length of a video.

The lines of a whole video have to be known before any of them can be told from a logo, and only then are neighbouring
pictures compared. Until then nobody looks at the pictures.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from caption_boundaries.atomic import storage_errors

Load = Callable[[], bytes]
"""Returns what was kept."""
Keep = Callable[[bytes], Load]
"""Keeps something; returns how to get it back."""


def in_memory(data: bytes) -> Load:
    """Keep ``data`` where it is."""
    return lambda: data


class Shelf:
    """A file without a name, which is gone when the program is, however it ends; a context manager.

    Any thread may put things on it and take them back. Nothing can be taken back once it is closed. It lies in the
    system's temporary folder, which `TMPDIR` names.
    """

    def __init__(self) -> None:
        """Open the file.

        Raises:
            StorageError: The temporary folder cannot be written.
        """
        self._folder = Path(tempfile.gettempdir())
        with storage_errors(self._folder):
            self._file = tempfile.TemporaryFile(prefix="caption-boundaries-")  # noqa: SIM115 (closed by __exit__)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # what a full disk did not take; nobody needs it any more
            self._file.close()

    def put(self, data: bytes) -> Load:
        """Write ``data`` to the file; returns how to read it.

        Raises:
            StorageError: The temporary folder is full.
        """
        size = len(data)  # what is returned must not hold the data itself
        with self._lock, storage_errors(self._folder):
            place = self._file.seek(0, 2)
            self._file.write(data)
            self._file.flush()  # a full disk is told here
        return lambda: self._read(place, size)

    def _read(self, place: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(place)
            return self._file.read(size)
