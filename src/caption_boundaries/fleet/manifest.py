"""The manifest of a video in a store: which files make it up, by content. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from caption_boundaries.errors import StorageError

_FORMAT = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was published."""

    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of a video: it is published last and never changed, so a reader sees a whole set of files."""

    video_id: str
    generation: int
    """1 for the first; the highest is the one that counts."""
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    """By name within the video's folder."""
    title: str = ""
    """What people call the video."""
    run: str = ""
    """Id of the fleet run that made it."""
    published_at: str = ""
    """UTC in ISO 8601."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


def is_plain_name(name: str) -> bool:
    """Tell whether ``name`` is the name of a visible file or folder, and no way out of one."""
    return bool(name) and not name.startswith(".") and not set(name) & {"/", "\\", "\0"}


def to_bytes(manifest: Manifest) -> bytes:
    """Return a manifest as JSON."""
    document = {"format": _FORMAT, **asdict(manifest)}
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def from_bytes(data: bytes, where: str) -> Manifest:
    """Return the manifest that :func:`to_bytes` wrote.

    Args:
        data: JSON.
        where: Its place, for the message.

    Raises:
        StorageError: It is no manifest, is of a later form, or names a file that would land outside its folder.
    """
    try:
        document = json.loads(data)
        if document["format"] != _FORMAT:
            raise ValueError(f"form {document['format']} is not known")
        return _manifest(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(
            f"The manifest {where} cannot be used: {error}.", hint="Publish the video again, or update this program."
        ) from error


def _manifest(document: Mapping[str, Any]) -> Manifest:
    files = {name: StoredFile(str(file["sha256"]), int(file["size"])) for name, file in document["files"].items()}
    for name, file in files.items():
        if not is_plain_name(name) or not _SHA256.fullmatch(file.sha256) or file.size < 0:
            raise ValueError(f"{name!r} is no file of a video")
    if not is_plain_name(document["video_id"]):
        raise ValueError(f"{document['video_id']!r} is no video id")
    return Manifest(
        document["video_id"],
        int(document["generation"]),
        files,
        str(document["title"]),
        str(document["run"]),
        str(document["published_at"]),
    )
