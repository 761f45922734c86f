"""Getting the commits of others, also after a merge that was killed half-way."""

from __future__ import annotations

import os

from caption_boundaries.atomic import discard, write_file
from caption_boundaries.errors import UsageError
from caption_boundaries.versioning.git import Git, GitError

_MERGING_NAME = "caption-boundaries.merging"


def merge_upstream(git: Git) -> bool:
    """Get the commits of others and merge them.

    Returns:
        False where the branch follows none.

    Raises:
        UsageError: A merge that a person began is under way.
        GitError: git could not merge everything by itself; the merge is left to the person.
    """
    if git.upstream() is None:
        return False
    mark = git.folder() / _MERGING_NAME
    if mark.exists() and git.merging():
        git.run("merge", "--abort")
    discard(mark)
    if git.merging():
        raise UsageError("A merge is under way in this repository.", hint="Finish it with `git commit`, then pull.")
    git.run("fetch", "--quiet")
    if git.attempt("merge-base", "--is-ancestor", "@{upstream}", "HEAD").returncode == 0:
        return True
    _undo_half_checkout(git)
    write_file(mark, b"")
    merged = git.attempt("merge", "--quiet", "--no-edit", "@{upstream}")
    discard(mark)
    if merged.returncode != 0:
        raise _merge_error(git, merged.stderr.decode(errors="replace") or merged.stdout.decode(errors="replace"))
    return True


def _undo_half_checkout(git: Git) -> None:
    """Take back files that a killed merge has written already: they stand in the way of the next one.

    Only files that are exactly as upstream has them, so nothing is lost.
    """
    ours, theirs = git.tree("HEAD"), git.tree("@{upstream}")
    staged = {name: blob for name, blob in _index(git).items() if ours.get(name) == blob}
    differing = [name for name, blob in theirs.items() if ours.get(name) != blob]
    texts = git.blobs(blob for name in differing for blob in (theirs[name], ours.get(name)) if blob)
    for name in differing:
        path = git.root / name
        if path.is_symlink() or not path.is_file() or path.read_bytes() != texts[theirs[name]]:
            continue
        if name in staged:
            write_file(path, texts[ours[name]])
        elif name not in ours:
            discard(path)


def _index(git: Git) -> dict[str, str]:
    entries = (entry.partition(b"\t") for entry in git.run("ls-files", "-s", "-z").split(b"\0") if entry)
    return {os.fsdecode(path): head.split()[1].decode() for head, _, path in entries}


def _merge_error(git: Git, told: str) -> GitError:
    conflicts = [name for name in git.text("diff", "--name-only", "--diff-filter=U").splitlines() if name]
    if not conflicts:
        words = " ".join(told.split())
        return GitError(f"git could not merge: {words}", hint="Put that right with git, then pull again.")
    return GitError(
        f"git could not merge {', '.join(conflicts)}.",
        hint="Choose a side with `git checkout --ours FILE` or `--theirs FILE` and `git add FILE`, commit, then pull "
        "again; with `caption-boundaries install-hooks` layouts and captions are merged row by row.",
    )
