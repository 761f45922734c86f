#!/usr/bin/env python3
"""Write the description of the databases into the architecture page, or check that it is current.

python scripts/update-schema-docs.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from caption_boundaries.database.documentation import with_schema

PAGE = Path(__file__).resolve().parents[1] / "docs" / "architecture.md"


def main() -> int:
    """Return 0 where the page is current, or has been made so; 1 where ``--check`` found it stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where the page is stale")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    current = with_schema(page)
    if page == current:
        print(f"{PAGE.name} is current")
        return 0
    if arguments.check:
        print(f"{PAGE.name} is stale: run python {Path(__file__).name}", file=sys.stderr)
        return 1
    PAGE.write_text(current, encoding="utf-8")
    print(f"{PAGE.name} is updated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
