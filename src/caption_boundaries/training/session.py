"""A training from a frozen data set to its best checkpoint, alone or as one of several processes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from caption_boundaries.atomic import storage_errors
from caption_boundaries.data.dataset import CaptionBoundaryDataset
from caption_boundaries.data.frozen import FrozenDataset
from caption_boundaries.errors import UsageError
from caption_boundaries.inference.predictor import BoundaryPredictor
from caption_boundaries.models.checkpoint import has_checkpoint, read_meta
from caption_boundaries.training.config import TrainConfig
from caption_boundaries.training.doubtful import DoubtfulPairs, Watch
from caption_boundaries.training.pairs import NetworkPairs
from caption_boundaries.training.processes import joined_processes
from caption_boundaries.training.saving import check_same_run, read_start, weights_hash
from caption_boundaries.training.tracking import NullTracker, TrackerKind, make_tracker
from caption_boundaries.training.trainer import Report, Trainer, TrainingData, TrainingResult


def train_on(
    frozen: FrozenDataset,
    config: TrainConfig,
    run_dir: Path,
    *,
    validation_fold: int = 0,
    tracker: TrackerKind = "local",
    report: Report | None = None,
    start_from: Path | None = None,
    doubted_by: BoundaryPredictor | None = None,
    watch: Watch = iter,
) -> TrainingResult:
    """Train on all folds of a data set but one, and judge by that one; a run that was begun is gone on with.

    Started by torchrun, every process calls this, and they train together.

    Args:
        frozen: The data set.
        config: How to train.
        run_dir: Folder of the run.
        validation_fold: The fold to judge by.
        tracker: Where figures go.
        report: Is told how it goes.
        start_from: A run, a checkpoint or an exported model whose weights the training begins with; None: random ones.
        doubted_by: Train and judge by the pairs alone that this model is not sure of; None: by all.
        watch: Shows how far it is with asking that model.

    Raises:
        UsageError: There is no such fold, the settings contradict each other, or the run was begun with others.
        InputError: There is nothing to start from.
        TrainingError: A class has no pair, or the training cannot go on.
    """
    start = None if start_from is None else read_start(start_from, config.architecture)
    if start is not None:
        config = replace(config, start=weights_hash(start))
    if doubted_by is not None:
        config = replace(config, doubted_by=doubted_by.description.version)
    # Another run is refused before a model is asked about every video.
    begun = check_same_run(run_dir, config, frozen.hash) if has_checkpoint(run_dir) else None
    with joined_processes(config.micro_batches) as processes:
        data = load_data(frozen, validation_fold, doubted_by, watch)
        first_step = read_meta(begun).step if begun else 0
        followed = (
            make_tracker(tracker, run_dir, config.as_dict(), first_step=first_step)
            if processes.leads
            else NullTracker()
        )
        told = report if processes.leads else None
        try:
            trainer = Trainer(config, data, run_dir, tracker=followed, report=told, processes=processes, start=start)
            return trainer.fit()
        finally:
            followed.close()


def load_data(
    frozen: FrozenDataset,
    validation_fold: int,
    doubted_by: BoundaryPredictor | None = None,
    watch: Watch = iter,
) -> TrainingData:
    """Return the samples of a frozen data set: those of one fold to judge by, all others to train on.

    Args:
        frozen: The data set.
        validation_fold: The fold to judge by.
        doubted_by: Of a model, take those alone that it is not sure of.
        watch: Shows how far it is with asking that model.

    Raises:
        UsageError: There is no such fold, or no other.
        TrainingError: One side has no sample.
        InputError: The videos are others now.
    """
    folds = range(frozen.settings.folds)
    others: Sequence[int] = [fold for fold in folds if fold != validation_fold]
    if validation_fold not in folds or not others:
        raise UsageError(
            f"The data set {frozen.name} has no fold {validation_fold} to judge by beside others to train on.",
            hint="Build it with at least two folds; they are counted from 0.",
        )
    to_train_on = CaptionBoundaryDataset.from_frozen(frozen, folds=others)
    to_judge_by = CaptionBoundaryDataset.from_frozen(frozen, folds=[validation_fold])
    if doubted_by is not None:
        doubts = DoubtfulPairs(to_train_on, doubted_by, watch)
        return TrainingData(doubts, DoubtfulPairs(to_judge_by, doubted_by, watch), frozen.hash)
    training = NetworkPairs(to_train_on)
    return TrainingData(training, NetworkPairs(to_judge_by), frozen.hash, training.statistics())


def begin_again(run_dir: Path) -> None:
    """Remove a run, so that one with other settings can take its place.

    Raises:
        StorageError: The disk refused.
        UsageError: The folder holds something else.
    """
    if not run_dir.exists():
        return
    if not has_checkpoint(run_dir):
        raise UsageError(f"{run_dir} is no training run.", hint="Remove it yourself, or name another folder.")
    with storage_errors(run_dir):
        shutil.rmtree(run_dir)
