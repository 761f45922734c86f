"""git, called with paths that are taken literally, whatever they are called."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from caption_boundaries.errors import CaptionBoundariesError, UsageError

_ENVIRONMENT = {"GIT_LITERAL_PATHSPECS": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


class GitError(CaptionBoundariesError):
    """git refused."""


class Git:
    """The git repository at ``root``; paths are relative to it, with slashes."""

    def __init__(self, root: Path, *, held: int | None = None) -> None:
        """Name the repository.

        Args:
            root: Top folder of the working tree.
            held: A descriptor that every call inherits: a lock on it lasts as long as any of them lives.
        """
        self.root = root
        self._held = () if held is None else (held,)

    def run(self, *arguments: str, data: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
        """Return what git prints.

        Raises:
            GitError: git ended with an error; its last words are in the message.
        """
        done = self.attempt(*arguments, data=data, environment=environment)
        if done.returncode != 0:
            raise _failure(arguments, done)
        return done.stdout

    def attempt(
        self, *arguments: str, data: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git and return what became of it, error or not."""
        return subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            input=data,
            capture_output=True,
            check=False,
            pass_fds=self._held,
            env={**os.environ, **_ENVIRONMENT, **(environment or {})},
        )

    def text(self, *arguments: str) -> str:
        """Return what git prints as text without the line end."""
        return self.run(*arguments).decode("utf-8", "surrogateescape").rstrip("\n")

    def folder(self) -> Path:
        """Return the folder in which git keeps what belongs to this working tree."""
        return Path(self.text("rev-parse", "--absolute-git-dir"))

    def commit_of(self, revision: str) -> str | None:
        """Return the hash of the commit that ``revision`` means, or None."""
        done = self.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def tree(self, revision: str) -> dict[str, str]:
        """Return the blobs of a commit by path; empty where there is no such commit."""
        if self.commit_of(revision) is None:
            return {}
        listed = self.run("ls-tree", "-r", "-z", "--full-tree", revision)
        entries = (entry.partition(b"\t") for entry in listed.split(b"\0") if entry)
        return {os.fsdecode(path): head.split()[2].decode() for head, _, path in entries}

    def blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of blobs by hash, all read at once; those that do not exist are left out."""
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return {}
        answer = self.run("cat-file", "--batch", data="".join(f"{name}\n" for name in wanted).encode())
        contents, position = {}, 0
        for name in wanted:
            end = answer.index(b"\n", position)
            head = answer[position:end].split()
            position = end + 1
            if head[-1] == b"missing":
                continue
            size = int(head[2])
            contents[name] = answer[position : position + size]
            position += size + 1
        return contents

    def commit(self, paths: Sequence[str], message: str) -> str:
        """Commit exactly these files, whatever else is staged, and return the commit.

        Raises:
            GitError: git refused, for example because nobody is named as the author.
        """
        listed = b"\0".join(os.fsencode(path) for path in paths)
        from_input = ("--pathspec-from-file=-", "--pathspec-file-nul")
        self.run("add", *from_input, data=listed)
        self.run("commit", "--quiet", "--message", message, "--only", *from_input, data=listed)
        return self.text("rev-parse", "HEAD")

    def upstream(self) -> str | None:
        """Return the branch of a remote that the current branch follows, such as ``origin/main``; None without one."""
        done = self.attempt("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def merging(self) -> bool:
        """Tell whether a merge is under way."""
        return (self.folder() / "MERGE_HEAD").exists()


def find_git_root(folder: Path) -> Path:
    """Return the top folder of the working tree that holds ``folder``.

    Raises:
        UsageError: There is none.
    """
    found = Git(folder).attempt("rev-parse", "--show-toplevel")
    if found.returncode != 0:
        raise UsageError(
            f"{folder} is in no git repository.",
            hint="Run `git init` and `dvc init` in the folder above your data root, then try again.",
        )
    return Path(os.fsdecode(found.stdout.rstrip(b"\n")))


def _failure(arguments: Sequence[str], done: subprocess.CompletedProcess[bytes]) -> GitError:
    told = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
    words = " ".join(line.strip() for line in told[-3:]) or f"exit code {done.returncode}"
    return GitError(f"git {arguments[0]} failed: {words}", hint="Put that right with git, then run the command again.")
