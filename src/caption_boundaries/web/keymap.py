"""The one table of keys: it drives the handlers, the help sheet, the tests and the documentation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Key:
    """What one command is called by."""

    command: str
    """Name of the command, such as ``layout.markIn``."""
    keys: tuple[str, ...]
    """Key combinations, such as ``Ctrl+ArrowLeft``; a physical place is written ``code:KeyA``."""
    label: str
    """What it does, as the help sheet says."""
    group: str
    """Heading under which the help sheet shows it."""


def raw_keymap() -> dict[str, Any]:
    """Return the table as the pages get it: a list of commands for each screen."""
    text = (resources.files("caption_boundaries.web") / "static" / "core" / "keymap.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def keymap(screen: str) -> list[Key]:
    """Return the commands of one screen; those of every screen come last."""
    table = raw_keymap()
    entries = [*table[screen], *(table["everywhere"] if screen != "everywhere" else [])]
    return [Key(item["command"], tuple(item["keys"]), item["label"], item["group"]) for item in entries]


def keymap_markdown(screen: str) -> str:
    """Return the commands of one screen as a table for the documentation."""
    lines = ["| Keys | What it does |", "|---|---|"]
    for key in keymap(screen):
        keys = " or ".join(f"`{spoken(combination)}`" for combination in key.keys)
        lines.append(f"| {keys} | {key.label} |")
    return "\n".join(lines) + "\n"


_SPOKEN = {"ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓", " ": "Space"}


def spoken(combination: str) -> str:
    """Return a key combination as people read it."""
    *modifiers, key = combination.split("+") if combination != "+" else ["+"]
    key = key.removeprefix("code:Key") or "+"
    return "+".join([*modifiers, _SPOKEN.get(key, key.upper() if len(key) == 1 else key)])
