"""One small training that several tests look at."""

from __future__ import annotations

import pytest

from support.training import Run, train_tiny


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train_tiny(tmp_path_factory.mktemp("training") / "run")
