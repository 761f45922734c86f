"""Places that hold named bytes: a plain folder, or an object store through fsspec.

All that the rest needs of a place is small: list, read, create a name that nobody has, replace, delete. What is
created appears whole or not at all, and of two that create one name, one is told that it is taken.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from caption_boundaries.atomic import PARTIAL_PREFIX, discard, partial_path, place_file, replace_file
from caption_boundaries.errors import UsageError

T = TypeVar("T")

PERMANENT = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)
"""Errors that are the same when tried again."""


class Remote(Protocol):
    """A place of named bytes; names are relative and parted by ``/``. Methods raise what their library raises."""

    def names(self, folder: str) -> list[str]:
        """Return every name below ``folder``; nothing where there is none."""

    def size(self, name: str) -> int | None:
        """Return how many bytes a name holds; None where it does not exist."""

    def modified(self, name: str) -> float | None:
        """Return when a name was written, in Unix time; None where it does not exist or nobody knows."""

    def read(self, name: str) -> bytes:
        """Return the bytes of a name; ``FileNotFoundError`` where it does not exist."""

    def create(self, name: str, data: bytes) -> bool:
        """Write a new name; False where it exists already, which leaves it alone."""

    def replace(self, name: str, data: bytes) -> None:
        """Write a name, new or not."""

    def delete(self, name: str) -> None:
        """Remove a name if it exists."""

    def download(self, name: str, path: Path) -> None:
        """Write the bytes of a name to a local file."""

    def upload(self, path: Path, name: str) -> None:
        """Write a local file under a name; whoever reads it meanwhile gets the old bytes or the new."""


class FolderRemote:
    """A folder, on a local disk or a mounted one."""

    def __init__(self, root: Path) -> None:
        """Use ``root``; it is made when something is written."""
        self._root = root

    def names(self, folder: str) -> list[str]:
        """Return every name below ``folder``; what is half written does not count."""
        found = (path for path in (self._root / folder).rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self._root)) for path in found if not path.name.startswith(PARTIAL_PREFIX))

    def size(self, name: str) -> int | None:
        """Return how many bytes a name holds; None where it does not exist."""
        try:
            return (self._root / name).stat().st_size
        except FileNotFoundError:
            return None

    def modified(self, name: str) -> float | None:
        """Return when a name was written, in Unix time; None where it does not exist."""
        try:
            return (self._root / name).stat().st_mtime
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes:
        """Return the bytes of a name."""
        return (self._root / name).read_bytes()

    def create(self, name: str, data: bytes) -> bool:
        """Write a new name, durably; False where it exists already."""
        return self._write(name, lambda partial: partial.write_bytes(data), place_file)

    def replace(self, name: str, data: bytes) -> None:
        """Write a name, new or not, durably."""
        self._write(name, lambda partial: partial.write_bytes(data), replace_file)

    def delete(self, name: str) -> None:
        """Remove a name, and its folder with the last one."""
        path = self._root / name
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()

    def download(self, name: str, path: Path) -> None:
        """Copy the bytes of a name to a file."""
        shutil.copyfile(self._root / name, path)

    def upload(self, path: Path, name: str) -> None:
        """Copy a file under a name, durably."""
        self._write(name, lambda partial: shutil.copyfile(path, partial), replace_file)

    def _write(self, name: str, write: Callable[[Path], object], place: Callable[[Path, Path], T]) -> T:
        """Write a partial file beside the place of ``name``, and put it there."""
        final = self._root / name
        partial = partial_path(final)
        try:
            try:
                write(partial)
            except FileNotFoundError:  # its folder is not there yet, or went with the last name in it
                final.parent.mkdir(parents=True, exist_ok=True)
                write(partial)
            return place(partial, final)
        finally:
            discard(partial)


class ObjectRemote:
    """An object store, or whatever else fsspec knows, where one put is one whole object."""

    def __init__(self, filesystem: Any, root: str) -> None:
        """Use the names below ``root`` of an fsspec file system."""
        self._fs = filesystem
        self._root = root.rstrip("/")

    def names(self, folder: str) -> list[str]:
        """Return every name below ``folder``, as the store knows them now."""
        self._fs.invalidate_cache()
        try:
            found = self._fs.find(self._full(folder))
        except FileNotFoundError:
            return []
        return sorted(str(path).removeprefix(self._root).lstrip("/") for path in found)

    def size(self, name: str) -> int | None:
        """Return how many bytes a name holds; None where it does not exist."""
        try:
            return int(self._fs.info(self._full(name))["size"])
        except FileNotFoundError:
            return None

    def modified(self, name: str) -> float | None:
        """Return when a name was written, in Unix time; None where it does not exist or the store does not say."""
        try:
            written: datetime = self._fs.modified(self._full(name))
        except (FileNotFoundError, NotImplementedError):  # fsspec raises the latter for a store that keeps no times
            return None
        return (written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp()

    def read(self, name: str) -> bytes:
        """Return the bytes of a name."""
        return bytes(self._fs.cat_file(self._full(name)))

    def create(self, name: str, data: bytes) -> bool:
        """Write a new name under the store's own condition that it does not exist; False where it does."""
        try:
            self._with_parent(name, lambda full: self._fs.pipe_file(full, data, mode="create"))
        except FileExistsError:
            return False
        return True

    def replace(self, name: str, data: bytes) -> None:
        """Write a name, new or not."""
        self._with_parent(name, lambda full: self._fs.pipe_file(full, data))

    def delete(self, name: str) -> None:
        """Remove a name if it exists."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(self._full(name))

    def download(self, name: str, path: Path) -> None:
        """Fetch the bytes of a name into a file."""
        self._fs.get_file(self._full(name), str(path))

    def upload(self, path: Path, name: str) -> None:
        """Send a file under a name."""
        self._with_parent(name, lambda full: self._fs.put_file(str(path), full))

    def _full(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    def _with_parent(self, name: str, write: Callable[[str], None]) -> None:
        """Write a name; where folders are real things, make its folder when it turns out to be missing."""
        full = self._full(name)
        try:
            write(full)
        except FileNotFoundError:
            self._fs.makedirs(full.rpartition("/")[0], exist_ok=True)
            write(full)


def is_address(target: str) -> bool:
    """Tell whether a target is the address of a store and no path."""
    scheme, mark, _ = target.partition("://")
    return bool(mark) and scheme.isidentifier()


def open_remote(address: str) -> Remote:
    """Return the place at an address such as ``s3://bucket/films`` or ``file:///mnt/films``.

    Raises:
        UsageError: The address is of an unknown kind, or the package that reaches it is not installed.
    """
    parts = urlsplit(address)
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise UsageError(f"{address} names no folder.", hint="Write file:///folder, with three slashes.")
        return FolderRemote(Path(unquote(parts.path)))
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise UsageError(
            "Object stores need fsspec, which is not installed.",
            hint="Run `pip install 'caption-boundaries[cluster]'`.",
        ) from error
    try:
        # Listings are never cached: others publish at the same time.
        filesystem, root = url_to_fs(address, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{address} cannot be reached: {error}", hint="Check the address.") from error
    return ObjectRemote(filesystem, root)
