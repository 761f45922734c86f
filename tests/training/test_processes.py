"""Two processes of torchrun train as one does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from caption_boundaries.errors import UsageError
from caption_boundaries.models.checkpoint import find_checkpoint, read_meta
from caption_boundaries.training.processes import joined_processes
from support.training import TINY, train_tiny

SHORT = replace(TINY, steps=6, validate_every=3)
TESTS = Path(__file__).resolve().parents[1]

WORKER = """
import json, sys
from dataclasses import replace
from pathlib import Path
from caption_boundaries.training.processes import joined_processes
from caption_boundaries.training.trainer import Trainer
from support.training import TINY, tiny_data

def train(folder):
    losses = {}
    config = replace(TINY, steps=6, validate_every=3)
    with joined_processes(config.micro_batches) as processes:
        def report(step, steps, figures):
            losses[step] = figures["train_loss"]
        Trainer(config, tiny_data(), folder, report=report, processes=processes).fit()
        leads = processes.leads
    if leads:
        Path(folder / "losses.json").write_text(json.dumps(losses))

train(Path(sys.argv[1]))
"""


def test_two_processes_train_as_one(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    both = tmp_path / "both"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(TESTS)}
    command = [*(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"), str(script)]
    finished = subprocess.run([*command, str(both)], env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    alone = train_tiny(tmp_path / "alone", SHORT)
    losses = {int(step): loss for step, loss in json.loads((both / "losses.json").read_text()).items()}
    assert losses == pytest.approx(alone.losses, rel=1e-3, abs=1e-4)
    metas = [read_meta(find_checkpoint(folder, "last")) for folder in (both, alone.folder)]
    assert metas[0].step == metas[1].step == 6
    assert metas[0].metrics.keys() == metas[1].metrics.keys()


def test_micro_batches_that_cannot_be_shared_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(UsageError, match="cannot be shared by 3 processes"), joined_processes(2):
        pass


def test_one_process_needs_nobody() -> None:
    with joined_processes(1) as processes:
        assert processes.leads
        assert processes.gather([1, 2]) == [1, 2]
        assert processes.mean_of(3.0) == 3.0
        assert processes.agree(True)
        assert not processes.agree(False)
        processes.wait()
