"""The files that the pages are made of, straight from the installed package."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import Response

CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
"""What is served; files of other kinds are not."""

_IMPORT = re.compile(r"""^(?:import|export)\s(?:[^"';]*?\sfrom\s+)?["'](\.{1,2}/[^"']+)["'];$""", re.MULTILINE)


@dataclass(frozen=True)
class Asset:
    """One file."""

    content: bytes
    content_type: str

    @cached_property
    def etag(self) -> str:
        """Changes whenever the content does."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:24]}"'

    def answer(self, request: Request) -> Response:
        """Return the file, or the word that the browser's copy is still good.

        Browsers ask each time: after an update no page runs old and new modules side by side.
        """
        headers = {"etag": self.etag, "cache-control": "no-cache", "content-type": self.content_type}
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers=headers)


class Assets:
    """All files by their path below ``static``; what is not among them does not exist, whatever the path says."""

    def __init__(self, files: dict[str, Asset]) -> None:
        self._files = files

    def get(self, path: str) -> Asset | None:
        """Return a file, or None."""
        return self._files.get(path)

    def paths(self) -> list[str]:
        """Return the paths of all files."""
        return sorted(self._files)

    def modules_of(self, entry: str) -> list[str]:
        """Return the paths of a module and all that it imports, so that a page can ask for them at once."""
        found: dict[str, None] = {}
        left = [entry]
        while left:
            path = left.pop()
            if path in found:
                continue
            found[path] = None
            source = self._files[path].content.decode()
            left += [_resolve(path, target) for target in reversed(_IMPORT.findall(source))]
        return list(found)


def load_assets() -> Assets:
    """Read the files from the package."""
    root = resources.files("caption_boundaries.web") / "static"
    return Assets(dict(_walk(root, PurePosixPath())))


def _walk(folder: Traversable, path: PurePosixPath) -> Iterator[tuple[str, Asset]]:
    for entry in folder.iterdir():
        below = path / entry.name
        if entry.is_dir():
            yield from _walk(entry, below)
        elif below.suffix in CONTENT_TYPES:
            yield str(below), Asset(entry.read_bytes(), CONTENT_TYPES[below.suffix])


def _resolve(importer: str, target: str) -> str:
    parts: list[str] = list(PurePosixPath(importer).parent.parts)
    for part in target.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
