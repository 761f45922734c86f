"""Snapshots: what has changed is stored, committed and, if wanted, pushed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.database.paths import side_files
from caption_boundaries.errors import UsageError
from caption_boundaries.versioning.files import BY_FILENAME, VERSIONED_FILENAMES
from caption_boundaries.versioning.history import pointers_at, sessions
from caption_boundaries.versioning.pointers import (
    POINTER_SUFFIX,
    NoPlainPointerError,
    Pointer,
    is_cut_off,
    pointer_path,
    read_pointer,
)
from caption_boundaries.versioning.storing import repair_pointers, store_files
from caption_boundaries.versioning.workplace import Workplace

_PUSHED = "refs/caption-boundaries/pushed"


@dataclass(frozen=True, slots=True)
class SnapshotPlan:
    """What a snapshot would look at more closely."""

    changed: tuple[Path, ...]
    """Files whose bytes are not the stored ones; sealing may show that the rows are the same."""
    broken: tuple[Path, ...]
    """Files whose pointers a kill has left half written."""
    untracked: tuple[Path, ...]
    """Folders of which nothing is tracked."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot did."""

    stored: tuple[Path, ...]
    """Files with a new version."""
    bytes: int
    """Size of those versions."""
    commit: str | None
    """None: there was nothing to commit."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did."""

    bytes: int
    upstream: str | None
    """The branch that got the commits; None: the current one follows none."""


def plan_snapshot(place: Workplace) -> SnapshotPlan:
    """Find what has changed since it was stored; nothing is written."""
    changed, broken, untracked = [], [], []
    for folder in place.folders:
        states = {path: _state(path, place) for path in _candidates(folder)}
        if not any(pointer_path(path).exists() for path in states):
            untracked.append(folder)
            continue
        changed += [path for path, state in states.items() if state in ("changed", "broken")]
        broken += [path for path, state in states.items() if state == "broken"]
    return SnapshotPlan(tuple(changed), tuple(broken), tuple(untracked))


def apply_snapshot(place: Workplace, plan: SnapshotPlan, message: str) -> Snapshot:
    """Store and commit what has changed.

    Raises:
        UsageError: A merge is under way, or none of the folders is tracked.
        CaptionBoundariesError: A file is in use or damaged, or git or DVC refused; running it again goes on.
    """
    if len(plan.untracked) == len(place.folders):
        raise UsageError(
            f"Nothing in {plan.untracked[0]} is under version control.", hint="Run `caption-boundaries track` first."
        )
    if place.git.merging():
        raise UsageError("A merge is under way in this repository.", hint="Finish it with `git commit` first.")
    repair_pointers(place, plan.broken)
    stored = store_files(place, plan.changed)
    waiting = uncommitted(place)
    commit = place.git.commit(waiting, message) if waiting else None
    sizes = [pointer.size for path in stored if (pointer := read_pointer(path)) is not None]
    return Snapshot(tuple(stored), sum(sizes), commit)


def uncommitted(place: Workplace) -> list[str]:
    """Return our files that differ from the last commit, also those that are gone, as git knows them."""
    committed = place.git.tree("HEAD")
    ours = [*_our_files(place, committed)]
    texts = place.git.blobs(committed[name] for name in ours if name in committed)
    return [name for name in ours if _content(place.root / name) != texts.get(committed.get(name, ""))]


def push(place: Workplace) -> Pushed:
    """Upload every version that was committed since the last push, then the commits.

    The contents go first: nobody shall get a pointer to what is not there.

    Raises:
        CaptionBoundariesError: A content is missing or damaged, or DVC or git refused.
    """
    mark = f"{_PUSHED}/{place.store.remote_id()}"
    since = [f"^{mark}"] if place.git.commit_of(mark) else []
    went = place.store.push(_pointers_since(place, since))
    if place.git.commit_of("HEAD"):
        place.git.run("update-ref", mark, "HEAD")
    upstream = place.git.upstream()
    if upstream is not None:
        place.git.run("push", "--quiet")
    return Pushed(went, upstream)


def _pointers_since(place: Workplace, since: Sequence[str]) -> Iterator[Pointer]:
    """Yield every version that a commit since then has brought, and those of now."""
    for session in sessions(place.git, ["HEAD", *since]):
        yield from (change.after for change in session.changes if change.after is not None)
    if not since:
        yield from pointers_at(place.git, "HEAD").values()


def _candidates(folder: Path) -> list[Path]:
    """Return the files that are or should be tracked: a new database of a tracked folder belongs to it."""
    names = dict.fromkeys(VERSIONED_FILENAMES)
    names |= dict.fromkeys(path.name.removesuffix(POINTER_SUFFIX) for path in sorted(folder.glob(f"*{POINTER_SUFFIX}")))
    return [folder / name for name in names]


def _state(path: Path, place: Workplace) -> str:
    if not path.is_file():
        return "absent"
    try:
        pointer = read_pointer(path)
    except NoPlainPointerError:
        return "broken" if is_cut_off(path) else "by hand"
    open_journal = path.name in BY_FILENAME and bool(side_files(path))
    if pointer is None or open_journal or pointer.md5 != place.store.hash(path):
        return "changed"
    return "unchanged"


def _our_files(place: Workplace, committed: dict[str, str]) -> Iterator[str]:
    """Yield pointers and ignore files of the folders, on the disk or in the last commit."""
    top = place.dvc_root / ".dvcignore"
    yield place.name_of(top)
    folders = {place.name_of(folder) for folder in place.folders}
    there = [path for folder in place.folders for path in (*folder.glob(f"*{POINTER_SUFFIX}"), folder / ".gitignore")]
    names = dict.fromkeys(place.name_of(path) for path in there)
    names |= {name: None for name in committed if name.endswith(POINTER_SUFFIX) and _parent(name) in folders}
    attributes = place.root / ".gitattributes"
    yield from [*names, *([place.name_of(attributes)] if attributes.exists() else [])]


def _parent(name: str) -> str:
    return name.rpartition("/")[0] or "."


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
