"""Migrating and verifying a large file takes no more memory than a small one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from caption_boundaries.migration.synthetic import OldFolder, make_old_folder

WORK = """
import resource, sys
from pathlib import Path
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.verify import verify_folder
migrate_folder(Path(sys.argv[1]), MigrateOptions(backup=False))
assert verify_folder(Path(sys.argv[1]), "content")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def peak_bytes(folder: Path, pictures: int) -> int:
    make_old_folder(folder, OldFolder(full_frames=4, cropped_frames=pictures, picture_bytes=12_000))
    done = subprocess.run([sys.executable, "-c", WORK, folder], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small, large = peak_bytes(tmp_path / "small", 100), peak_bytes(tmp_path / "large", 5_000)
    assert large - small < 25_000_000, "the large file has 60 MB"
