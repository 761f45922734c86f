"""Costs of processes and of decoding, and how they are stored."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from machine import cpu_model, describe
from measuring import decode_only, run_process
from report import Figure, write_report
from support.data import REPOSITORY


def test_a_process_costs_what_it_uses() -> None:
    program = "import sys, time; held = bytearray(200_000_000); time.sleep(0.2); print('hi'); sys.exit(3)"
    cost = run_process([sys.executable, "-c", program])
    assert (cost.exit_code, cost.output, cost.errors) == (3, "hi\n", "")
    assert cost.peak_memory_mb > 200
    assert cost.wall_seconds >= 0.2
    assert cost.cpu_seconds > 0


def test_a_killed_process_is_told() -> None:
    cost = run_process([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
    assert cost.exit_code == -9


def test_decoding_alone_sees_every_picture() -> None:
    cost = decode_only(REPOSITORY / "examples" / "big_buck_bunny_en.mp4")
    assert cost.pictures == 672
    assert cost.duration_seconds == pytest.approx(28.0)
    assert cost.wall_seconds > 0
    assert cost.cpu_seconds > 0


def test_the_machine_is_described() -> None:
    machine = describe()
    assert machine["cores"] >= 1
    assert machine["memory_gb"] > 0
    assert machine["packages"]["av"]
    assert machine["cpu"] == cpu_model()
    json.dumps(machine)


def test_a_report_holds_ratios(tmp_path: Path) -> None:
    figures = [Figure("open", 2.0, "s", 4.0, "plain file", aim="<= 1"), Figure("share", 0.5, "")]
    path = write_report("access", figures, machine={"cores": 2}, details={"rows": [1]}, folder=tmp_path / "new")
    assert path.name == "access.json"
    assert json.loads(path.read_text()) == {
        "benchmark": "access",
        "machine": {"cores": 2},
        "figures": [
            {
                "name": "open",
                "value": 2.0,
                "unit": "s",
                "reference": 4.0,
                "reference_name": "plain file",
                "aim": "<= 1",
                "ratio": 0.5,
            },
            {"name": "share", "value": 0.5},
        ],
        "rows": [1],
    }
