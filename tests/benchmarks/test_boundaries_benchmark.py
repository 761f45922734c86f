"""The benchmark of boundaries on two small synthetic videos."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import boundaries
import boundaries_failures
from boundaries_groups import groups_of_script
from caption_boundaries.data.folders import make_folder
from caption_boundaries.types import DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, SAME
from support.synthetic import SEEDS, SMALL


def test_figures_by_group_and_detector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "films"
    root.mkdir()
    folders = [make_folder(SMALL, seed, root).folder for seed in SEEDS[:2]]
    (tmp_path / "clips").mkdir()
    arguments = ["--synthetic", str(root), "--data", str(tmp_path / "clips"), "--results", str(tmp_path / "results")]
    monkeypatch.setattr(sys, "argv", ["boundaries.py", *arguments, "--no-captions", "--json"])
    assert boundaries.main() == 0
    told = json.loads(capsys.readouterr().out)
    stored = json.loads((tmp_path / "results" / "boundaries.json").read_text())
    assert stored["groups"] == told["groups"]
    assert stored["speed"]["pairs_per_second"] > 0
    assert (tmp_path / "results" / "boundaries.png").read_bytes().startswith(b"\x89PNG")
    everything = told["groups"]["synthetic, all"]
    assert everything.keys() == {"combined", "model", "strokes"}
    assert everything["model"]["videos"] == 2
    assert everything["combined"]["cut_recall"] >= 0
    tags = {tag for folder in folders for tag in groups_of_script(folder)}
    assert {f"synthetic, {tag}" for tag in tags} <= told["groups"].keys()


def test_nothing_to_measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(sys, "argv", ["boundaries.py", "--data", str(tmp_path)])
    assert boundaries.main() == 2
    assert "No video" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("true", "found", "expected"),
    [
        ([SAME, DIFFERENT, SAME, SAME], [SAME, SAME, DIFFERENT, SAME], []),
        ([SAME, DIFFERENT, SAME, SAME], [SAME, SAME, SAME, SAME], [(1, "missed: different")]),
        ([EMPTY_EMPTY] * 4, [EMPTY_EMPTY, EMPTY_VALID, SAME, SAME], [(1, "invented: empty_valid")]),
    ],
    ids=["one index apart", "missed", "invented"],
)
def test_what_counts_as_a_failure(true: list[int], found: list[int], expected: list[tuple[int, str]]) -> None:
    assert boundaries_failures.differences(np.array(true), np.array(found)) == expected


def test_failures_are_drawn_in_rows() -> None:
    crops = tuple(np.full((20, 160), luma, np.uint8) for luma in (0, 50, 100, 150))
    failure = boundaries_failures.Failure("0123", 7, "missed: different", ("latin",), crops)
    one, two = boundaries_failures.sheet([failure]), boundaries_failures.sheet([failure, failure])
    assert two.shape == (2 * one.shape[0], one.shape[1])
    assert one.shape[1] > 4 * boundaries_failures.WIDTH
