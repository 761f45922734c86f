"""What the history costs: bytes versioned per session, in this form and in the old one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from caption_boundaries.versioning.history import Session


@dataclass(frozen=True, slots=True)
class SessionCost:
    """What one commit versions."""

    commit: str
    at: str
    subject: str
    videos: int
    """How many videos it changed."""
    bytes: int
    """Its new contents."""
    old_form_bytes: int
    """What the same commit would version if each video were one file with everything in it."""

    @property
    def saved(self) -> float:
        """Share of the old form's bytes that is saved, 0 to 1."""
        return 1 - self.bytes / self.old_form_bytes if self.old_form_bytes else 0.0


def session_costs(history: Iterable[Session], crop_bytes: Mapping[str, int]) -> list[SessionCost]:
    """Return the cost of every session, oldest first.

    Args:
        history: Newest first, from the first commit on.
        crop_bytes: Size of each video's crops by folder: the old form kept them in the same file.
    """
    sizes: defaultdict[str, dict[str, int]] = defaultdict(dict)
    costs = []
    for session in reversed(list(history)):
        for change in session.changes:
            sizes[change.folder][change.filename] = change.after.size if change.after is not None else 0
        folders = {change.folder for change in session.changes}
        whole = sum(_whole(sizes[folder], crop_bytes.get(folder, 0)) for folder in folders)
        costs.append(SessionCost(session.commit, session.at, session.subject, len(folders), session.bytes, whole))
    return costs


def _whole(sizes: Mapping[str, int], crops: int) -> int:
    """Return the size of a video in the old form: all of its databases, the video file left out."""
    databases = sum(size for name, size in sizes.items() if PurePosixPath(name).suffix == ".db")
    return databases + (0 if "cropping.db" in sizes else crops)
