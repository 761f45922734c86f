"""Is there room for what is about to be written?"""

from __future__ import annotations

import shutil
from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.errors import StorageError


def check_space(folder: Path, needed: int, *, hint: str = "Free some space first.") -> None:
    """Make sure that the disk of ``folder`` has ``needed`` bytes free.

    Raises:
        StorageError: It has not, or cannot be asked.
    """
    with storage_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"{folder} needs {needed / 1e6:.0f} MB of free space, and {free / 1e6:.0f} MB are free.", hint=hint
        )
