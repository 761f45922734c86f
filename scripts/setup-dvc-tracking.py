#!/usr/bin/env python3
"""Put the databases of all videos under version control with DVC.

python scripts/setup-dvc-tracking.py [TARGET...] [--dry-run] [--include-derived] [--include-video]

The same as `caption-boundaries track`; without a target, all videos of the data root are meant.
"""

from __future__ import annotations

import os
import sys

from caption_boundaries.cli.main import run
from caption_boundaries.cli.options import DEFAULT_DATA


def main() -> int:
    """Return the exit code of `caption-boundaries track`."""
    words = sys.argv[1:]
    named = [word for word in words if not word.startswith("-")]
    root = os.environ.get("CAPTION_BOUNDARIES_DATA", str(DEFAULT_DATA))
    return run(["track", *words, *([] if named else [root])])


if __name__ == "__main__":
    sys.exit(main())
