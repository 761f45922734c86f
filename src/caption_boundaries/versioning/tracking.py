"""Putting videos under version control: first a plan, then one operation for all files at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from caption_boundaries.atomic import discard
from caption_boundaries.database.folders import KEPT_FILENAME, OLD_FILENAMES
from caption_boundaries.database.old_form import find_old_database, is_old_database
from caption_boundaries.database.paths import side_files
from caption_boundaries.library import load_video
from caption_boundaries.versioning.files import DERIVED_FILENAME, VERSIONED_FILENAMES
from caption_boundaries.versioning.ignoring import dvc_lines, folder_lines, read_text, with_block, write_text
from caption_boundaries.versioning.pointers import NoPlainPointerError, is_cut_off, pointer_path, read_pointer
from caption_boundaries.versioning.storing import repair_pointers, store_files
from caption_boundaries.versioning.workplace import Workplace

Action = Literal["track", "update", "replace", "repair", "remove", "unchanged", "keep", "absent", "skip"]

STORED: frozenset[Action] = frozenset({"track", "update", "replace", "repair"})
"""Actions that store the file as it is now."""


@dataclass(frozen=True, slots=True)
class TrackItem:
    """What becomes of one file."""

    path: Path
    action: Action
    reason: str = ""
    """For people; empty where the action says it all."""


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """What a tracking run does."""

    items: tuple[TrackItem, ...]
    texts: tuple[tuple[Path, str], ...]
    """Ignore files to write, with what they shall hold."""

    def paths(self, *actions: Action) -> list[Path]:
        """Return the files with one of these actions."""
        return [item.path for item in self.items if item.action in actions]

    @property
    def counts(self) -> dict[str, int]:
        """How many files each action has."""
        return dict(Counter(item.action for item in self.items))

    @property
    def empty(self) -> bool:
        """True: there is nothing to do."""
        return not self.texts and not self.paths(*STORED, "remove")


def plan_tracking(place: Workplace, *, derived: bool = False, video: bool = False) -> TrackPlan:
    """Plan which files are put under version control; nothing is written.

    Args:
        place: Where.
        derived: Track the crops, too.
        video: Track the video files, too.
    """
    items: list[TrackItem] = []
    texts: list[tuple[Path, str]] = []
    for folder in place.folders:
        if find_old_database(folder) is not None:
            items.append(TrackItem(folder, "skip", "still in the old form: run `caption-boundaries migrate` first"))
            continue
        film = _video_file(folder)
        names = [*VERSIONED_FILENAMES, *([DERIVED_FILENAME] if derived else []), *([film] if film and video else [])]
        items += [_item(folder / name, place) for name in names]
        items += _left_pointers(folder)
        texts.append((folder / ".gitignore", with_block(read_text(folder / ".gitignore"), folder_lines(film))))
    return TrackPlan(tuple(items), tuple(_changed([*texts, _dvcignore(place, items)] if texts else [])))


def apply_tracking(place: Workplace, plan: TrackPlan) -> list[Path]:
    """Do what the plan says, and return the files that were stored.

    Raises:
        CaptionBoundariesError: A file is in use or damaged, or DVC refused; running it again goes on.
    """
    for path, text in plan.texts:
        write_text(path, text)
    repair_pointers(place, plan.paths("repair"))
    for path in plan.paths("remove"):
        discard(pointer_path(path))
    return store_files(place, plan.paths(*STORED))


def _item(path: Path, place: Workplace) -> TrackItem:
    if path.name == OLD_FILENAMES[0] and (replaced := _replaced(path, place)) is not None:
        return replaced
    try:
        pointer = read_pointer(path)
    except NoPlainPointerError as error:
        if is_cut_off(path):
            return TrackItem(path, "repair", "its pointer was left half written")
        return TrackItem(path, "keep", f"its pointer was made by hand and is left alone ({error})")
    if not path.exists():
        return TrackItem(path, "absent", "not pulled yet" if pointer else "not made yet")
    if pointer is None:
        return TrackItem(path, "track")
    if pointer.md5 == place.store.hash(path) and not side_files(path):
        return TrackItem(path, "unchanged")
    return TrackItem(path, "update", "it has changed since it was stored")


def _replaced(path: Path, place: Workplace) -> TrackItem | None:
    """Tell a pointer to the old single file, which had the same name, from one to the new database."""
    try:
        pointer = read_pointer(path)
    except NoPlainPointerError:
        return None
    if pointer is None or not path.exists():
        return None
    kept, stored = path.with_name(KEPT_FILENAME), place.store.object_path(pointer.md5)
    old = kept.is_file() and kept.stat().st_size == pointer.size and place.store.hash(kept) == pointer.md5
    if not old and not (stored.is_file() and is_old_database(stored)):
        return None
    return TrackItem(path, "replace", "its pointer led to the old single file; git keeps that version in its history")


def _left_pointers(folder: Path) -> Iterator[TrackItem]:
    """Yield the files of the old form that are gone, but still have a pointer."""
    for name in (OLD_FILENAMES[1], KEPT_FILENAME):
        path = folder / name
        if pointer_path(path).exists():
            reason = "the old single file is not versioned any more; git keeps its pointer in the history"
            yield TrackItem(path, "remove", reason)


def _video_file(folder: Path) -> str | None:
    """Return the name of the video file where it lies in its folder."""
    metadata = load_video(folder).metadata
    stored = metadata.storage_path if metadata is not None else None
    return stored if stored and Path(stored).name == stored else None


def _dvcignore(place: Workplace, items: Sequence[TrackItem]) -> tuple[Path, str]:
    tracked = any(item.path.name == DERIVED_FILENAME for item in items)
    tracked = tracked or any(name.endswith(f"{DERIVED_FILENAME}.dvc") for name in place.git.tree("HEAD"))
    tracked = tracked or any(pointer_path(folder / DERIVED_FILENAME).exists() for folder in place.folders)
    path = place.dvc_root / ".dvcignore"
    return path, with_block(read_text(path), dvc_lines(derived_is_tracked=tracked))


def _changed(texts: Sequence[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    return ((path, text) for path, text in texts if read_text(path) != text)
