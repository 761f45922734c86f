"""What git calls by itself: the row-wise merge of pointers, and getting the data after a checkout."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.versioning.git import Git
from caption_boundaries.versioning.ignoring import read_text, with_block, write_text

_DRIVER = "caption-boundaries"
_BEGIN = "# caption-boundaries: begin"
_END = "# caption-boundaries: end"
_ATTRIBUTES = tuple(f"{name}.db.dvc merge={_DRIVER}" for name in ("layout", "captions"))
_HOOKS = ("post-checkout", "post-merge", "post-rewrite")


@dataclass(frozen=True, slots=True)
class HookPlan:
    """What installing does."""

    texts: tuple[tuple[Path, str], ...]
    """Files to write, with what they shall hold."""
    settings: tuple[tuple[str, str], ...]
    """Settings of this clone."""

    @property
    def empty(self) -> bool:
        """True: everything is installed."""
        return not self.texts and not self.settings


def plan_hooks(git: Git) -> HookPlan:
    """Plan the hooks and the merge driver; hooks that are there already keep what they do."""
    attributes = git.root / ".gitattributes"
    texts = [(attributes, with_block(read_text(attributes), _ATTRIBUTES, begin=_BEGIN, end=_END))]
    folder = Path(git.text("rev-parse", "--path-format=absolute", "--git-path", "hooks"))
    texts += [(folder / name, _hook(read_text(folder / name), name)) for name in _HOOKS]
    wanted = {
        f"merge.{_DRIVER}.name": "rows of layout.db and captions.db",
        f"merge.{_DRIVER}.driver": f"{_command()} merge --quiet --pointer-of %P %O %A %B",
    }
    settings = [(name, value) for name, value in wanted.items() if _setting(git, name) != value]
    return HookPlan(tuple((path, text) for path, text in texts if read_text(path) != text), tuple(settings))


def apply_hooks(git: Git, plan: HookPlan) -> None:
    """Install what the plan says.

    Raises:
        GitError: git refused a setting.
        StorageError: The disk refused.
    """
    for path, text in plan.texts:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
        if path.name in _HOOKS:
            path.chmod(0o755)
    for name, value in plan.settings:
        git.run("config", "--local", name, value)


def _hook(text: str, name: str) -> str:
    """Return a hook's text with our call before anything else, so that no checkout of another tool comes first."""
    # A checkout of single files (third argument 0) leaves the revision as it is.
    guard = 'if [ "$3" != 0 ]; then ' if name == "post-checkout" else ""
    line = f"{guard}{_command()} after-checkout{'; fi' if guard else ''}"
    if _BEGIN in text:
        return with_block(text, [line], begin=_BEGIN, end=_END)
    first, _, rest = text.partition("\n") if text.startswith("#!") else ("#!/bin/sh", "", text)
    return "\n".join([first, _BEGIN, line, _END, *([rest.rstrip("\n")] if rest.strip() else [])]) + "\n"


def _command() -> str:
    return f"{shlex.quote(sys.executable)} -m caption_boundaries"


def _setting(git: Git, name: str) -> str:
    done = git.attempt("config", "--local", "--get", name)
    return done.stdout.decode().rstrip("\n")
