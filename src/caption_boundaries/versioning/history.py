"""What git knows of the pointers: which commit changed which file to which content."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from caption_boundaries.versioning.git import Git
from caption_boundaries.versioning.pointers import POINTER_SUFFIX, NoPlainPointerError, Pointer, parse_pointer

_FIELD = "\x1f"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file in one commit."""

    name: str
    """The file's path, relative to the top of the repository."""
    before: Pointer | None
    """None: it was not versioned before."""
    after: Pointer | None
    """None: it is not versioned any more."""

    @property
    def folder(self) -> str:
        """Path of the video's folder."""
        return str(PurePosixPath(self.name).parent)

    @property
    def filename(self) -> str:
        """Name of the file in its folder."""
        return PurePosixPath(self.name).name


@dataclass(frozen=True, slots=True)
class Session:
    """One commit that changed versioned files."""

    commit: str
    at: str
    """ISO 8601, as the author's clock said."""
    author: str
    subject: str
    parents: tuple[str, ...]
    changes: tuple[FileChange, ...]

    @property
    def bytes(self) -> int:
        """How much new content it versions."""
        return sum({c.after.md5: c.after.size for c in self.changes if c.after is not None}.values())


def sessions(git: Git, revisions: Iterable[str], folders: Collection[str] | None = None) -> list[Session]:
    """Return the commits that changed versioned files, newest first.

    Args:
        git: The repository.
        revisions: What ``git log`` takes, such as ``HEAD`` or ``main..HEAD``.
        folders: Only files in these folders, relative to the top; None = all.
    """
    commits = list(_commits(git, revisions))
    raw = _changed_blobs(git, [commit for commit, *_ in commits], None if folders is None else set(folders))
    texts = git.blobs(blob for changes in raw.values() for _, *sides in changes for blob in sides if blob)
    found = []
    for commit, parents, at, author, subject in commits:
        changes = [_file_change(name, before, after, texts) for name, before, after in raw.get(commit, [])]
        if changes:
            found.append(Session(commit, at, author, subject, tuple(parents.split()), tuple(changes)))
    return found


def pointers_at(git: Git, revision: str, folders: Collection[str] | None = None) -> dict[str, Pointer]:
    """Return what each versioned file is at a commit, by its path; files that are not plainly tracked are left out."""
    wanted = None if folders is None else set(folders)
    blobs = {
        name.removesuffix(POINTER_SUFFIX): blob
        for name, blob in git.tree(revision).items()
        if name.endswith(POINTER_SUFFIX) and (wanted is None or str(PurePosixPath(name).parent) in wanted)
    }
    texts = git.blobs(blobs.values())
    parsed = {name: _parse(texts.get(blob, b""), name) for name, blob in blobs.items()}
    return {name: pointer for name, pointer in parsed.items() if pointer is not None}


def known_contents(git: Git, folders: Collection[str]) -> dict[str, set[str]]:
    """Return every content that any commit has ever given to each file, by path; also commits of other branches."""
    known: dict[str, set[str]] = {}
    for session in sessions(git, ["--all", "--reflog"], folders):
        for change in session.changes:
            known.setdefault(change.name, set()).update(p.md5 for p in (change.before, change.after) if p)
    return known


def _commits(git: Git, revisions: Iterable[str]) -> Iterator[list[str]]:
    fields = _FIELD.join(("%H", "%P", "%aI", "%an", "%s"))
    listed = git.attempt("log", "-z", f"--format={fields}", *revisions, "--")
    for line in listed.stdout.decode("utf-8", "replace").split("\0"):
        if line.strip():
            yield line.split(_FIELD)


def _changed_blobs(
    git: Git, commits: list[str], folders: set[str] | None
) -> dict[str, list[tuple[str, str | None, str | None]]]:
    """Return (file, blob before, blob after) of every pointer that each commit changed.

    A merge counts only where its result differs from all its parents.
    """
    listing = git.run(
        "diff-tree", "--stdin", "-r", "-c", "-z", "--root", "--no-renames", data="\n".join(commits).encode() + b"\n"
    )
    found: dict[str, list[tuple[str, str | None, str | None]]] = {}
    commit, tokens = "", iter(listing.split(b"\0"))
    for token in tokens:
        if not token.startswith(b":"):
            commit = token.decode().strip()
            continue
        parents = len(token) - len(token.lstrip(b":"))
        blobs = [
            None if not blob.strip(b"0") else blob.decode() for blob in token.split()[parents + 1 : 2 * parents + 2]
        ]
        name = os.fsdecode(next(tokens))
        if name.endswith(POINTER_SUFFIX) and (folders is None or str(PurePosixPath(name).parent) in folders):
            found.setdefault(commit, []).append((name.removesuffix(POINTER_SUFFIX), blobs[0], blobs[-1]))
    return found


def _file_change(name: str, before: str | None, after: str | None, texts: dict[str, bytes]) -> FileChange:
    sides = [_parse(texts.get(blob, b""), name) if blob else None for blob in (before, after)]
    return FileChange(name, *sides)


def _parse(text: bytes, name: str) -> Pointer | None:
    try:
        return parse_pointer(text.decode("utf-8", "replace"), PurePosixPath(name).name)
    except NoPlainPointerError:
        return None
