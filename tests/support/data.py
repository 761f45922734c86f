"""Where the real clips with ground truth lie."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_data() -> Path:
    """Return the folder of real clips, or skip the test and say what is missing."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real clips are missing: {folder} does not exist")
    return folder
