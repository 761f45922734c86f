"""Video ids, as they stand in addresses, and the folders that they mean."""

from __future__ import annotations

import hashlib
import threading
import uuid
from contextlib import suppress
from pathlib import Path

from caption_boundaries.database.recovery import recover_folder
from caption_boundaries.errors import CaptionBoundariesError, TargetError
from caption_boundaries.library import find_video_folders, is_video_folder


class Registry:
    """The video folders of one data root by id. No path ever comes from a client."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._folders: dict[str, Path] = {}
        self._lock = threading.Lock()

    @property
    def root(self) -> Path:
        """The data root, links resolved."""
        return self._root

    def all(self) -> dict[str, Path]:
        """Return every video folder that is there now, by id."""
        folders = {self._id_of(folder): folder for folder in find_video_folders(self._root) if self._inside(folder)}
        with self._lock:
            self._folders = folders
        return dict(folders)

    def folder(self, video_id: str) -> Path:
        """Return the folder of a video, without what a killed writer began in it.

        Raises:
            TargetError: There is no such video.
        """
        known = self._folders.get(video_id) or self.all().get(video_id)
        if known is None or not is_video_folder(known):
            raise TargetError("There is no such video.", hint="The list shows the videos there are.")
        with suppress(CaptionBoundariesError):  # whoever reads what cannot be brought in order is told why
            recover_folder(known)
        return known

    def id_of(self, folder: Path) -> str:
        """Return the id under which a folder is known."""
        return self._id_of(folder.resolve())

    def _id_of(self, folder: Path) -> str:
        """Return the folder's name where that is a UUID in its usual place, else a hash of where it lies."""
        relative = folder.relative_to(self._root)
        name = folder.name
        if _is_uuid(name) and relative == Path(name[:2], name):
            return name
        return "v" + hashlib.sha256(str(relative).encode("utf-8", "surrogateescape")).hexdigest()[:20]

    def _inside(self, folder: Path) -> bool:
        return folder.resolve().is_relative_to(self._root)


def _is_uuid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False
