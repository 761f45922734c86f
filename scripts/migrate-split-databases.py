#!/usr/bin/env python3
"""Move old folders to the new form: `migrate-split-databases.py TARGET... [--dry-run] [--limit N] [--jobs N]`.

The same as `caption-boundaries migrate`.
"""

import sys

from caption_boundaries.cli.main import run

if __name__ == "__main__":
    sys.exit(run(["migrate", *sys.argv[1:]]))
