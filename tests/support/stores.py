"""Object stores of tests, in which nobody waits."""

from __future__ import annotations

from pathlib import Path

from caption_boundaries.fleet.exchange import fetch_video, publish_folder
from caption_boundaries.fleet.patience import Patience
from caption_boundaries.fleet.store import Publication, VideoStore
from caption_boundaries.fleet.stored import Stored
from support.folders import contents

HASTY = Patience(attempts=4, first_pause_seconds=0.0)
"""Tries again at once: what is waited for in a test is no store."""


def silent(step: str, done: float, total: float | None) -> None:
    """Tell nobody."""


def open_store(address: str) -> VideoStore:
    return VideoStore(address, patience=HASTY)


def publish(address: str, folder: Path, run: str = "first") -> Publication:
    return publish_folder(open_store(address), folder, run=run, report=silent)


def fetched_contents(address: str, video_id: str, root: Path) -> dict[str, str]:
    """Return what a reader who fetches the video now would see."""
    store = open_store(address)
    manifest = store.latest(video_id)
    assert manifest is not None
    fetch_video(store, manifest, root, report=silent)
    return contents(root / video_id[:2] / video_id)


def address_of(kind: str, tmp_path: Path) -> str:
    """Return the address of a store of a kind, below ``tmp_path`` unless it is in memory."""
    return {
        "file": f"file://{tmp_path}/store",
        "memory": "memory://films",
        "flaky": f"flaky://{tmp_path}/store",
        "flaky memory": "flaky://memory/films",
    }[kind]


def home_of(address: str, folder: Path, tmp_path: Path) -> Stored:
    """Return the home in a store of the video that a local folder was published from."""
    return Stored(address, folder.name, tmp_path / "scratch", patience=HASTY)
