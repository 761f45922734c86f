"""A video in an object store: fetched, worked on in scratch, published by content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from caption_boundaries.errors import TargetError
from caption_boundaries.fleet.claims import LEASE_SECONDS
from caption_boundaries.fleet.contents import make_local, resting, travelling_files
from caption_boundaries.fleet.homes import Report
from caption_boundaries.fleet.manifest import Manifest, to_bytes
from caption_boundaries.fleet.patience import Patience
from caption_boundaries.fleet.scratch import scratch_folder
from caption_boundaries.fleet.store import VideoStore


@dataclass(frozen=True, slots=True)
class Stored:
    """A video in an object store."""

    address: str
    """Of the store, such as ``s3://bucket/films``."""
    video_id: str
    scratch: Path
    """Where workers keep what they have fetched, on a local disk."""
    size: int = 0
    """Bytes of its files, as far as known."""
    patience: Patience = field(default_factory=Patience)
    lease: float = LEASE_SECONDS

    @property
    def label(self) -> str:
        """The store's address and the id."""
        return f"{self.address.rstrip('/')}/videos/{self.video_id}"

    def weigh(self) -> int:
        """Return the bytes of the video's files."""
        return self.size

    @contextmanager
    def workplace(self, run: str, report: Report) -> Iterator[Path]:
        """Claim the video, fetch it, and publish what has changed."""
        store = self.open()
        with store.claim(self.video_id, run, lease=self.lease):
            base = store.latest(self.video_id)
            if base is None:
                raise TargetError(
                    f"{self.label} does not exist.", hint=f"`caption-boundaries store list {self.address}`."
                )

            def fill(folder: Path) -> None:
                store.fetch(base, folder, report)
                make_local(folder)

            with scratch_folder(self.scratch, self.label, self.video_id, to_bytes(base), fill) as folder:
                yield folder
                with resting(folder):
                    known = Manifest(self.video_id, 0, title=base.title, run=run)
                    store.publish(known, base, travelling_files(folder), report)

    def open(self) -> VideoStore:
        """Return the store."""
        return VideoStore(self.address, patience=self.patience)
