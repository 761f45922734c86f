"""The pure parts of the pages, tested in Node by the files in `js/`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).with_name("js")


@pytest.fixture
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no Node on this machine (apt-get install nodejs)")
    return found


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.test.js")))
def test_the_pure_parts_of_the_pages(node: str, name: str):
    done = subprocess.run([node, "--test", str(FOLDER / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:]
