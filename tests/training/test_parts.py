"""The parts beside the loop: order, augmentation, calibration, tracking, checkpoints."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.errors import InputError
from caption_boundaries.models.checkpoint import Meta, find_checkpoint, read_meta, save_checkpoint
from caption_boundaries.models.description import Calibration
from caption_boundaries.training.augmentation import USUAL, augment
from caption_boundaries.training.batches import EpochPlan, collate, training_batches
from caption_boundaries.training.calibration import fit_calibration
from caption_boundaries.training.tracking import (
    CONFUSION,
    HISTORY,
    LocalTracker,
    NullTracker,
    Tracker,
    Trackers,
    WandbTracker,
    make_tracker,
    read_history,
)
from support.training import TINY, drawn

META = Meta("siamese-tiny", "1", 4, 0, {}, "hash", "1.0", "weights")


def test_an_epoch_shows_no_pair_twice_and_caps_each_class() -> None:
    data = drawn(200, 1)
    plan = EpochPlan(data.labels, data.widths, TINY)
    places = [place for step in range(plan.steps) for batch in plan.micro_batches(step) for place in batch]
    assert len(places) == len(set(places)) == plan.steps * TINY.batch_size
    assert max(Counter(int(data.labels[number]) for _, number in places).values()) <= TINY.samples_per_class
    assert {epoch for epoch, _ in places} == {0}
    others = [number for batch in plan.micro_batches(plan.steps) for _, number in batch]
    assert others != [number for batch in plan.micro_batches(0) for _, number in batch]


def test_batches_hold_pairs_of_like_width() -> None:
    data = drawn(200, 1)
    plan = EpochPlan(data.labels, data.widths, TINY)
    mixed = sum(
        len({data.widths[n] for _, n in batch}) > 1 for step in range(plan.steps) for batch in plan.micro_batches(step)
    )
    assert mixed <= 1


def test_processes_share_a_step_without_overlap() -> None:
    data = drawn(100, 1)
    config = replace(TINY, steps=3)
    plan = EpochPlan(data.labels, data.widths, config)
    alone = [batch for step in training_batches(data, plan, config, first_step=1) for batch in step]
    shared = [
        [batch for step in training_batches(data, plan, config, first_step=1, rank=rank, world=2) for batch in step]
        for rank in (0, 1)
    ]
    assert len(alone) == 4
    for number, (pairs, labels) in enumerate(alone):
        other_pairs, other_labels = shared[number % 2][number // 2]
        assert np.array_equal(pairs, other_pairs)
        assert np.array_equal(labels, other_labels)


def test_workers_give_the_same_pairs() -> None:
    data = drawn(100, 1)
    config = replace(TINY, steps=2)
    plan = EpochPlan(data.labels, data.widths, config)
    by_workers = list(training_batches(data, plan, replace(config, workers=1), first_step=0))
    by_this_process = list(training_batches(data, plan, config, first_step=0))
    for one, other in zip(by_workers, by_this_process, strict=True):
        assert all(np.array_equal(a[0], b[0]) for a, b in zip(one, other, strict=True))


def test_smaller_pairs_are_continued_at_their_edges() -> None:
    small, large = np.full((4, 3, 16, 32), 7, np.uint8), np.full((4, 3, 32, 48), 9, np.uint8)
    pairs, labels = collate([(small, 1), (large, 3)])
    assert pairs.shape == (2, 4, 3, 32, 48)
    assert bool((pairs[0] == 7).all())
    assert labels.tolist() == [1, 3]


@given(number=st.integers(0, 4), seed=st.integers(0, 1000))
def test_augmented_pairs_differ_only_where_the_pair_does(number: int, seed: int) -> None:
    pair = drawn(5, 3).pair(number)
    changed = augment(pair, np.random.default_rng(seed))
    assert changed.shape == pair.shape
    assert changed.dtype == np.uint8
    assert np.array_equal(augment(pair, np.random.default_rng(seed)), changed), "the seed decides"
    between = np.abs(changed[1, :USUAL].astype(int) - changed[2, :USUAL])
    if number in (0, 2):
        assert between.max() < 60, "only noise lies between the pictures of the same caption"
    else:
        assert between.max() > 30, "what differs is still there"


def test_no_augmentation_is_the_pair_itself() -> None:
    pair = drawn(5, 3).pair(1)
    assert augment(pair, np.random.default_rng(0), 0.0) is pair


def test_sometimes_nothing_is_known_of_the_usual() -> None:
    pair = drawn(5, 3).pair(1).copy()
    pair[:, USUAL] = 200
    unknown = [not augment(pair, np.random.default_rng(seed))[:, USUAL].any() for seed in range(200)]
    assert 15 < sum(unknown) < 80


def test_calibration_makes_probabilities_come_true() -> None:
    random = np.random.default_rng(0)
    true_logits = random.normal(0, 1.5, (2000, 5)).astype(np.float32)
    shares = np.exp(true_logits) / np.exp(true_logits).sum(axis=1, keepdims=True)
    labels = (shares.cumsum(axis=1) < random.random((2000, 1))).sum(axis=1).clip(0, 4)
    calibration = fit_calibration(4 * true_logits + np.array([0, 3, 0, 0, 0], np.float32), labels)
    assert calibration.scale == pytest.approx(0.25, abs=0.04)
    fitted = calibration.probabilities(4 * true_logits + np.array([0, 3, 0, 0, 0], np.float32))
    assert np.abs(fitted - shares).mean() < 0.03
    assert fit_calibration(np.zeros((0, 5), np.float32), np.zeros(0, np.int64)) == Calibration()


def test_calibration_may_leave_the_classes_as_frequent_as_they_are() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 4, (2000, 5)).astype(np.float32)
    labels = np.where(random.random(2000) < 0.7, logits.argmax(axis=1), random.integers(0, 5, 2000))
    calibration = fit_calibration(logits, labels, offsets=False)
    assert calibration.scale < 0.7, "it is right less often than it says"
    assert calibration.offsets == (0.0,) * 5


def test_probabilities_of_no_logits() -> None:
    assert Calibration().probabilities(np.zeros((0, 5), np.float32)).shape == (0, 5)


def test_the_local_history_goes_on_where_a_killed_run_was(tmp_path: Path) -> None:
    tracker = LocalTracker(tmp_path, first_step=0)
    for step in (1, 2, 3):
        tracker.log(step, {"loss": 1 / step})
    with (tmp_path / HISTORY).open("a", encoding="utf-8") as file:
        file.write('{"step": 4, "lo')
    again = LocalTracker(tmp_path, first_step=2)
    again.log(3, {"loss": 0.5})
    assert [(line["step"], line["loss"]) for line in read_history(tmp_path)] == [(1, 1.0), (2, 0.5), (3, 0.5)]


@pytest.mark.parametrize("kind", ["null", "local"])
def test_every_tracker_takes_the_same_words(kind: str, tmp_path: Path) -> None:
    tracker: Tracker = make_tracker(kind, tmp_path, {}, first_step=0)  # type: ignore[arg-type]
    _tell(tracker)
    assert (tmp_path / HISTORY).exists() == (kind == "local")
    _tell(Trackers([NullTracker(), tracker]))


def test_weights_and_biases_keeps_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the service's client: what it is told, and under which id."""
    told: list[object] = []

    class Client:
        @staticmethod
        def init(**options: object) -> object:
            told.append((options["id"], options["mode"], options["resume"]))
            return Client()

        @staticmethod
        def Table(columns: list[str], data: list[list[object]]) -> object:  # noqa: N802
            return (columns, data)

        def log(self, figures: object, step: int) -> None:
            told.append((step, figures))

        def finish(self) -> None:
            told.append("finished")

    monkeypatch.setitem(__import__("sys").modules, "wandb", Client)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    _tell(make_tracker("wandb", tmp_path, {}, first_step=0))
    WandbTracker(tmp_path, {})
    first, *_, last = told
    assert first == last
    assert first[1:] == ("offline", "allow")  # type: ignore[index]
    assert "finished" in told
    assert json.loads((tmp_path / CONFUSION).read_text())["step"] == 2


def _tell(tracker: Tracker) -> None:
    tracker.log(1, {"train_loss": 0.5})
    tracker.confusion(2, np.eye(5, dtype=np.int64))
    tracker.close()


def test_a_checkpoint_is_whole_or_not_there(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, META, {"weights.pt": b"1"}, best=True)
    partial = tmp_path / ".partial-killed"
    partial.mkdir()
    (tmp_path / "step-000006").mkdir()  # of a run that was killed before it pointed at it
    save_checkpoint(tmp_path, replace(META, step=6), {"weights.pt": b"2"}, best=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoints.json", "step-000004", "step-000006"]
    assert find_checkpoint(tmp_path, "last").name == "step-000006"
    assert find_checkpoint(tmp_path, "best").name == "step-000004"
    assert find_checkpoint(tmp_path / "step-000006").name == "step-000006"
    save_checkpoint(tmp_path, replace(META, step=8), {"weights.pt": b"3"}, best=True)
    assert sorted(path.name for path in tmp_path.glob("step-*")) == ["step-000008"]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"step": 1}', b"\xff"])
def test_a_damaged_description_is_told(content: bytes, tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path, META, {"weights.pt": b"1"}, best=True)
    (folder / "meta.json").write_bytes(content)
    with pytest.raises(InputError, match="no description of a checkpoint"):
        read_meta(folder)
    (tmp_path / "checkpoints.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        find_checkpoint(tmp_path)
