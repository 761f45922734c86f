"""The benchmarks are scripts beside the package: their folder is made importable."""

from __future__ import annotations

import sys

from support.data import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "benchmarks"))
