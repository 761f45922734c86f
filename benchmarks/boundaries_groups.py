"""Groups of synthetic videos by what is in them."""

from __future__ import annotations

import json
from pathlib import Path


def groups_of_script(folder: Path) -> list[str]:
    """Return the tags that a synthetic video's truth carries, such as ``chinese``, ``fade`` or ``logo``."""
    tags: list[str] = []
    for path in folder.glob("synthetic-*.json"):
        if not path.name.endswith(".script.json"):
            tags += json.loads(path.read_bytes()).get("tags", [])
    return list(dict.fromkeys(tags)) or ["plain"]
