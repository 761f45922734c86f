"""Clips with ground truth: where they are and which belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.evaluation.truth import Truth, read_truth

REPOSITORY = Path(__file__).resolve().parents[1]
DEFAULT_FOLDERS = (
    REPOSITORY.parent / "shared" / "data" / "development",
    REPOSITORY.parent / "shared" / "data" / "evaluation",
    REPOSITORY / "examples",
)
"""Searched when no folder is named; those that are not there are passed over."""

VIDEO_SUFFIXES = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".ts", ".m4v")
GROUPS = {"development": "real, development", "evaluation": "real, evaluation", "examples": "example"}
BURNED_IN = "burned in"


@dataclass(frozen=True)
class Clip:
    """A video and what it really shows."""

    video: Path
    truth: Truth
    group: str
    """Clips of one group are added up."""

    @property
    def name(self) -> str:
        """Short name for tables."""
        return self.video.stem


def find_clips(folders: Iterable[Path], names: Iterable[str] = ()) -> list[Clip]:
    """Return the clips below ``folders`` that have a truth, group by group.

    Args:
        folders: Where to look, with all subfolders.
        names: Parts of names; a clip is taken when one is part of its own. Empty takes all.
    """
    wanted = tuple(names)
    clips = [clip for folder in folders if folder.is_dir() for clip in _clips_in(folder)]
    chosen = [clip for clip in clips if not wanted or any(part in clip.name for part in wanted)]
    order = [BURNED_IN, *GROUPS.values()]
    return sorted(chosen, key=lambda clip: (order.index(clip.group) if clip.group in order else 99, clip.name))


def _clips_in(folder: Path) -> Iterator[Clip]:
    """Yield each video with the ``.json`` or, failing that, the ``.srt`` beside it."""
    for video in sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES):
        for suffix in (".json", ".srt"):
            if (truth := video.with_suffix(suffix)).is_file():
                yield Clip(video, read_truth(truth), group_of(video))
                break


def group_of(video: Path) -> str:
    """Return the group of a clip: by its folder, those burned in by us apart."""
    if video.parent.name == "development" and video.name.startswith("bbb"):
        return BURNED_IN
    return GROUPS.get(video.parent.name, video.parent.name)
