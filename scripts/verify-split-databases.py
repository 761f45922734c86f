#!/usr/bin/env python3
"""Check migrated folders: `verify-split-databases.py TARGET... [--level header|structure|content] [--deep]`.

The same as `caption-boundaries verify`. Imported, it gives the three functions that check one folder or all.
"""

import sys

from caption_boundaries.cli.main import run
from caption_boundaries.migration.verify import verify_all_videos, verify_data_integrity, verify_row_counts

__all__ = ["verify_all_videos", "verify_data_integrity", "verify_row_counts"]

if __name__ == "__main__":
    sys.exit(run(["verify", *sys.argv[1:]]))
