"""Which folders are video folders: those that hold a database, of the new form or of the old."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from caption_boundaries.database.schema import DATABASES

OLD_FILENAMES = ("captions.db", "annotations.db")
"""What the one file of an old folder may be called; the first is also the name of a new database."""

KEPT_FILENAME = "captions.db.old"
"""What a migration calls the old file when it is done."""

DATABASE_FILENAMES = frozenset({*(spec.filename for spec in DATABASES), *OLD_FILENAMES, KEPT_FILENAME})
"""Files that make a folder a video folder."""


def is_video_folder(folder: Path) -> bool:
    """Tell whether a folder holds a database, of either form."""
    return any((folder / name).is_file() for name in DATABASE_FILENAMES)


def find_video_folders(root: Path) -> Iterator[Path]:
    """Yield every video folder at or below ``root``, at whatever depth, in order of their names."""
    for folder, subfolders, files in os.walk(root):
        if not DATABASE_FILENAMES.isdisjoint(files):
            subfolders.clear()
            yield Path(folder)
            continue
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
