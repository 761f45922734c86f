"""A training from nothing: what it leaves, that it learns, and that stopping it changes nothing."""

from __future__ import annotations

import itertools
import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from caption_boundaries.errors import InputError, TrainingError, UsageError
from caption_boundaries.models.architectures import architecture
from caption_boundaries.models.checkpoint import find_checkpoint, read_meta
from caption_boundaries.models.network import FURTHER_WEIGHT, BoundaryNetwork, Separable
from caption_boundaries.models.preprocessing import WINDOW
from caption_boundaries.training.growth import load_start
from caption_boundaries.training.optimizer import build_optimizer, learning_rate
from caption_boundaries.training.saving import read_start, weights_hash
from caption_boundaries.training.tracking import read_history
from caption_boundaries.training.trainer import Trainer, TrainingData
from support.training import TINY, Run, drawn, tiny_data, train_tiny


def weights_of(run_dir: Path, which: str = "last") -> dict[str, torch.Tensor]:
    folder = find_checkpoint(run_dir, which)  # type: ignore[arg-type]
    return torch.load(folder / "weights.pt", weights_only=True)


def test_it_learns(run: Run) -> None:
    losses = [run.losses[step] for step in sorted(run.losses)]
    assert len(losses) == TINY.steps
    assert np.mean(losses[-6:]) < 0.6 * np.mean(losses[:6])
    assert run.result is not None
    assert run.result.reason == "all steps done"
    assert run.result.figures["macro_f1"] > 0.5


def test_what_it_leaves(run: Run) -> None:
    files = {path.relative_to(run.folder).parts[-1] for path in run.folder.rglob("*") if path.is_file()}
    assert files == {
        *("weights.pt", "training.pt", "meta.json", "checkpoints.json"),
        *("history.jsonl", "curves.png", "confusion.json"),
    }
    assert len(list(run.folder.glob("step-*"))) <= 2, "the last checkpoint and the best"
    assert not list(run.folder.glob(".partial-*"))
    history = read_history(run.folder)
    assert [line["step"] for line in history if "macro_f1" in line] == [6, 12, 18, 24]
    assert np.sum(json.loads((run.folder / "confusion.json").read_text())["rows_are_truth"]) == 40
    assert (run.folder / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_checkpoint_says_where_it_comes_from(run: Run) -> None:
    meta = read_meta(find_checkpoint(run.folder, "last"))
    assert meta.data_hash == "hash of the data"
    assert meta.config == TINY.as_dict()
    assert meta.step == 24
    assert meta.code_revision
    assert len(meta.calibration["offsets"]) == 5
    assert meta.statistics == run.data.statistics


@pytest.mark.parametrize("until", [7, 11], ids=["after a checkpoint", "before the next"])
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(until: int, run: Run, tmp_path: Path) -> None:
    first = train_tiny(tmp_path / "run", until=until)
    second = train_tiny(tmp_path / "run")
    assert min(second.losses) == 7, "it goes on from the last checkpoint"
    assert {**first.losses, **second.losses} == run.losses
    ours, theirs = weights_of(tmp_path / "run"), weights_of(run.folder)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    steps = [line["step"] for line in read_history(tmp_path / "run") if "train_loss" in line]
    assert steps == list(range(1, 25)), "no step is noted twice"


def test_a_longer_run_goes_on_and_a_finished_one_stays(run: Run, tmp_path: Path) -> None:
    train_tiny(tmp_path / "run", replace(TINY, steps=6))
    again = train_tiny(tmp_path / "run", replace(TINY, steps=6))
    assert again.losses == {}
    assert again.result is not None
    assert again.result.reason == "done before"
    assert min(train_tiny(tmp_path / "run", replace(TINY, steps=8)).losses) == 7


def test_it_starts_from_other_weights(run: Run, tmp_path: Path) -> None:
    start = read_start(run.folder, TINY.architecture)
    config = replace(TINY, steps=6, learning_rate=1e-9, start=weights_hash(start))
    Trainer(config, tiny_data(), tmp_path / "run", start=start).fit()
    best, ours = weights_of(run.folder, "best"), weights_of(tmp_path / "run")
    learnt = [name for name, value in best.items() if value.is_floating_point() and "running" not in name]
    assert all(torch.allclose(ours[name], best[name], atol=1e-5) for name in learnt)
    with pytest.raises(UsageError, match="other settings"):
        Trainer(replace(config, start=""), tiny_data(), tmp_path / "run")


@pytest.mark.parametrize("name", ["siamese-small", "siamese-wide"])
def test_a_larger_network_begins_with_what_a_smaller_one_says(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    small, large = (BoundaryNetwork(architecture(name)).eval() for name in ("siamese-small", name))
    pairs = torch.randint(0, 256, (3, WINDOW, 3, 48, 160), dtype=torch.uint8)
    torch.save(small.state_dict(), tmp_path / "weights.pt")
    with torch.no_grad():
        assert not torch.allclose(large(pairs)[0], small(pairs)[0], atol=0.01)
        load_start(large, (tmp_path / "weights.pt").read_bytes())
        for module in large.modules():
            if isinstance(module, Separable) and module.adds and module.layers[2].weight.amax() <= FURTHER_WEIGHT:
                module.layers[2].weight.zero_()  # what is added begins as nearly nothing; take it away
        for larger, smaller in zip(large(pairs), small(pairs), strict=True):
            assert torch.allclose(larger, smaller, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "start", "fits"),
    [
        ("siamese-small", "siamese-small", True),
        ("siamese-wide", "siamese-small", True),
        ("siamese-wide", "siamese-tiny", True),
        ("siamese-small", "siamese-wide", False),
        ("siamese-tiny", "siamese-small", False),
    ],
)
def test_what_fits_into_which_architecture(name: str, start: str, fits: bool) -> None:
    assert architecture(name).has_room_for(architecture(start)) == fits


def test_another_run_is_not_gone_on_with(tmp_path: Path) -> None:
    train_tiny(tmp_path / "run", replace(TINY, steps=6))
    with pytest.raises(UsageError, match="other settings"):
        train_tiny(tmp_path / "run", replace(TINY, learning_rate=1.0))
    other = replace(tiny_data(), data_hash="another")
    with pytest.raises(UsageError, match="another data set"):
        Trainer(replace(TINY, steps=6), other, tmp_path / "run")


def test_ctrl_c_ends_it_with_a_checkpoint(tmp_path: Path) -> None:
    def interrupt(step: int, steps: int, figures: dict[str, float]) -> None:
        if step == 3 and "macro_f1" not in figures:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        Trainer(TINY, tiny_data(), tmp_path / "run", report=interrupt).fit()
    assert signal.getsignal(signal.SIGINT) is before
    assert read_meta(find_checkpoint(tmp_path / "run", "last")).step in (3, 4)


def test_no_improvement_ends_it(tmp_path: Path) -> None:
    config = replace(TINY, learning_rate=1e-9, steps=60, validate_every=2, patience=2)
    result = train_tiny(tmp_path / "run", config).result
    assert result is not None
    assert result.reason == "no better macro F1 in 2 looks"
    assert result.step < 60


def test_a_class_without_pairs_is_named() -> None:
    data = drawn(100, 1)
    keep = np.flatnonzero(data.labels != 1)

    class Some:
        labels, widths = data.labels[keep], data.widths[keep]

        def pair(self, number: int) -> np.ndarray:
            return data.pair(int(keep[number]))

    with pytest.raises(TrainingError, match="no pair of class different"):
        Trainer(TINY, TrainingData(Some(), drawn(10, 2), ""), Path("nowhere"))


def test_too_few_pairs_for_a_step() -> None:
    with pytest.raises(TrainingError, match="fewer than one batch"):
        Trainer(TINY, TrainingData(drawn(10, 1), drawn(10, 2), ""), Path("nowhere"))


@pytest.mark.parametrize("at", [8, 12], ids=["before a step", "before a checkpoint"])
def test_a_loss_that_is_no_number_ends_it_and_keeps_the_checkpoint(at: int, tmp_path: Path) -> None:
    def spoil(step: int, steps: int, figures: dict[str, float]) -> None:
        if step == at:
            with torch.no_grad():
                next(trainer.network.parameters()).fill_(float("nan"))

    trainer = Trainer(replace(TINY, steps=12), tiny_data(), tmp_path / "run", report=spoil)
    with pytest.raises(TrainingError, match="no number"):
        trainer.fit()
    weights = weights_of(tmp_path / "run")
    assert all(torch.isfinite(value).all() for value in weights.values())


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes")]
)
def test_full_memory_is_told_in_a_sentence(error: Exception, tmp_path: Path) -> None:
    def fill(step: int, steps: int, figures: dict[str, float]) -> None:
        raise error

    with pytest.raises(TrainingError, match="memory is full") as caught:
        Trainer(TINY, tiny_data(), tmp_path / "run", report=fill).fit()
    assert "micro-batch" in caught.value.hint


def test_every_parameter_is_in_one_of_two_groups() -> None:
    network = BoundaryNetwork(architecture("siamese-tiny"))
    decaying, others = build_optimizer(network, TINY).param_groups
    assert decaying["params"]
    assert others["params"]
    assert decaying["weight_decay"] > 0 == others["weight_decay"]
    assert len(decaying["params"]) + len(others["params"]) == len(list(network.parameters()))
    assert all(parameter.dim() > 1 for parameter in decaying["params"])


def test_the_rate_rises_and_falls() -> None:
    config = replace(TINY, steps=100, warmup=0.1, learning_rate=1.0)
    rates = [learning_rate(step, config) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates.index(max(rates)) in (9, 10)
    assert all(a > b for a, b in itertools.pairwise(rates[10:]))
    assert rates[-1] < 0.02


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 10, "micro_batch": 4}, "multiple of micro_batch"),
        ({"micro_batch": 1}, "at least 2"),
        ({"steps": 0}, "steps must be"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"warmup": 1.0}, "warmup"),
        ({"augment": -1.0}, "augment"),
        ({"architecture": "resnet-50"}, "no architecture"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        replace(TINY, **change)


def test_a_folder_without_checkpoints(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        find_checkpoint(tmp_path)
