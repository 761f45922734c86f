"""A video on a shared disk: copied to scratch, worked on there, and published by renaming.

SQLite's locks do not hold on network file systems, so no database is ever opened there. What has changed is copied
back and put in place all at once.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.fleet.claims import LEASE_SECONDS, claimed
from caption_boundaries.fleet.contents import make_local, resting
from caption_boundaries.fleet.homes import Report, folder_bytes
from caption_boundaries.fleet.remote import FolderRemote
from caption_boundaries.fleet.renaming import Stamps, changed_meanwhile, finish_publishing, publish_by_renaming, stamps
from caption_boundaries.fleet.scratch import scratch_folder
from caption_boundaries.locking import video_lock


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A video's folder on a shared or mounted disk."""

    video_dir: Path
    scratch: Path
    """Where workers keep their copies, on a local disk."""
    lease: float = LEASE_SECONDS

    @property
    def label(self) -> str:
        """The folder's path."""
        return str(self.video_dir)

    @property
    def video_id(self) -> str:
        """The folder's name."""
        return self.video_dir.name

    def weigh(self) -> int:
        """Return the bytes of the folder's files."""
        return folder_bytes(self.video_dir)

    @contextmanager
    def workplace(self, run: str, report: Report) -> Iterator[Path]:
        """Lock and claim the folder, copy it, and publish what has changed."""
        place = FolderRemote(self.video_dir)
        with video_lock(self.video_dir), claimed(place, ".claims", self.label, run, lease=self.lease):
            finish_publishing(self.video_dir)
            before = stamps(self.video_dir)
            base = json.dumps(before, sort_keys=True).encode()

            def fill(folder: Path) -> None:
                _copy_all(self.video_dir, folder, before, report)
                make_local(folder)

            with scratch_folder(self.scratch, self.label, self.video_id, base, fill) as folder:
                yield folder
                with resting(folder):
                    publish_by_renaming(folder, self.video_dir, before, report)


def _copy_all(home: Path, folder: Path, before: Stamps, report: Report) -> None:
    total, done = sum(size for size, _ in before.values()), 0
    with resting(home), storage_errors(home):
        for name, (size, _) in before.items():
            report("fetch", done, total)
            shutil.copy2(home / name, folder / name)
            done += size
        report("fetch", done, total)
        if stamps(home) != before or any((folder / name).stat().st_size != size for name, (size, _) in before.items()):
            raise changed_meanwhile(home, "while it was copied")
