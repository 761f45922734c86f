"""Writes the tables of keys in docs/annotating.md anew from the one table that drives the pages.

python scripts/update-key-docs.py
"""

from __future__ import annotations

import re
from pathlib import Path

from caption_boundaries.web.keymap import keymap_markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "annotating.md"


def with_tables(text: str) -> str:
    """Return the page with the tables as they are now."""
    for screen in ("layout", "captions"):
        begin, end = f"<!-- keys:{screen}:begin -->", f"<!-- keys:{screen}:end -->"
        table = f"{begin}\n\n{keymap_markdown(screen)}\n{end}"
        text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _, new=table: new, text, flags=re.DOTALL)
    return text


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
