"""Which files of a video folder are versioned, and in what state they are."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from caption_boundaries.database.connecting import BUSY_TIMEOUT_SECONDS
from caption_boundaries.database.folder_lock import alone_in_folder
from caption_boundaries.database.header import check_header
from caption_boundaries.database.paths import database_path, side_files
from caption_boundaries.database.recovery import sole_writer
from caption_boundaries.database.schema import DATABASES, VERSIONED, DatabaseSpec
from caption_boundaries.database.sealing import is_sealed, seal
from caption_boundaries.database.sqlite_errors import is_damage, translate
from caption_boundaries.errors import DatabaseBusyError
from caption_boundaries.locking import video_lock

BY_FILENAME: dict[str, DatabaseSpec] = {spec.filename: spec for spec in DATABASES}
VERSIONED_FILENAMES: tuple[str, ...] = tuple(spec.filename for spec in VERSIONED)
_OTHER_DESCRIPTORS = 200
"""What DVC and SQLite may need beside the locks."""
DERIVED_FILENAME = database_path("", "cropping").name


def settle(path: Path, *, timeout: float = BUSY_TIMEOUT_SECONDS) -> None:
    """Finish or take back what a killed writer left beside a database, so that no side file is left.

    Raises:
        DatabaseBusyError: Somebody writes it now.
        DatabaseCorruptError: What lies beside it belongs to another version of it.
    """
    if side_files(path):
        check_header(path, BY_FILENAME[path.name])
        with alone_in_folder(path.parent, timeout=timeout), held_alone(path, timeout=timeout):
            refuse_side_files(path)


@contextmanager
def held_alone(path: Path, *, timeout: float = BUSY_TIMEOUT_SECONDS) -> Iterator[None]:
    """Keep other tools from writing a database for the block; what a killed one left is settled first.

    The caller keeps ours away (`alone_in_folder`). A damaged file is let be: nobody can write it.

    Raises:
        DatabaseBusyError: Somebody writes it now.
    """
    with ExitStack() as held:
        try:
            held.enter_context(sole_writer(path, timeout=timeout))
        except sqlite3.Error as error:
            if not is_damage(error):
                raise translate(error, path) from error
        yield


def refuse_side_files(path: Path) -> None:
    """Make sure that no journal lies beside a database.

    Raises:
        DatabaseBusyError: One does, so somebody uses it.
    """
    left = side_files(path)
    if left:
        raise DatabaseBusyError(
            f"{path} is in use: {', '.join(file.name for file in left)} lies beside it.",
            hint="Close the other tool and try again.",
        )


def seal_file(path: Path, *, timeout: float = BUSY_TIMEOUT_SECONDS) -> bool:
    """Bring a versioned file into the form in which it is stored; returns True where its bytes changed.

    Raises:
        DatabaseBusyError: Somebody writes it.
        DatabaseCorruptError: It is damaged, or no database of ours.
    """
    spec = BY_FILENAME.get(path.name)
    if spec is None:
        return False  # the video file
    if not spec.versioned:
        settle(path, timeout=timeout)  # made again as a whole, so its bytes tell nothing
        return False
    if is_sealed(path) and not side_files(path):
        return False
    check_header(path, spec)
    return seal(path, timeout=timeout)


@contextmanager
def quiet_folders(folders: Iterable[Path], *, timeout: float = BUSY_TIMEOUT_SECONDS) -> Iterator[None]:
    """Keep every step and every tool from changing the databases of ``folders`` for the block.

    Raises:
        VideoBusyError: A step runs on one of them.
        DatabaseBusyError: A tool has one open for writing.
    """
    with ExitStack() as held:
        for folder in folders:
            held.enter_context(video_lock(folder))
            held.enter_context(alone_in_folder(folder, timeout=timeout))
        yield


def in_groups(paths: Iterable[Path], size: int | None = None) -> Iterator[list[Path]]:
    """Yield files in groups of at most ``size`` folders.

    Each folder that is locked takes two descriptors, so unless given it is what the system allows: as many as
    possible, because every operation of DVC begins by reading all pointers.
    """
    size = size or max(100, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _OTHER_DESCRIPTORS) // 2)
    group: list[Path] = []
    folders: set[Path] = set()
    for path in paths:
        if path.parent not in folders and len(folders) == size:
            yield group
            group, folders = [], set()
        group.append(path)
        folders.add(path.parent)
    if group:
        yield group
