"""The training loop. Everything but the loop lies beside it: order, augmentation, saving, tracking, processes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from caption_boundaries.errors import TrainingError
from caption_boundaries.evaluation.pairs import confusion
from caption_boundaries.models.architectures import architecture
from caption_boundaries.models.checkpoint import find_checkpoint, has_checkpoint
from caption_boundaries.models.network import BoundaryNetwork
from caption_boundaries.training.batches import EpochPlan, PairData, training_batches
from caption_boundaries.training.config import TrainConfig
from caption_boundaries.training.growth import load_start
from caption_boundaries.training.interrupting import (
    Interruption,
    memory_errors,
    stopping_on_interrupt,
    synchronised,
)
from caption_boundaries.training.optimizer import build_optimizer, learning_rate, set_learning_rate
from caption_boundaries.training.processes import Processes
from caption_boundaries.training.saving import Progress, restore, save
from caption_boundaries.training.tracking import NullTracker, Tracker
from caption_boundaries.training.validation import Verdict, judge


class Report(Protocol):
    """Is told how a training goes."""

    def __call__(self, step: int, steps: int, figures: dict[str, float]) -> None:
        """Report a step and the latest figures."""


@dataclass(frozen=True)
class TrainingData:
    """What a network is trained and judged on."""

    training: PairData
    validation: PairData
    """Of videos that the training never sees."""
    data_hash: str
    """Hash of the frozen data set."""
    statistics: dict[str, float] = field(default_factory=dict)
    """Of the training's inputs, by which drift is seen."""


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training."""

    step: int
    """Steps done in all."""
    reason: str
    """Why it ended."""
    best: Path
    """Folder of the best checkpoint."""
    figures: dict[str, float]
    """Of the last look at the validation videos."""


class Trainer:
    """Trains a network on pairs; a run that was stopped goes on as if it had not been."""

    def __init__(
        self,
        config: TrainConfig,
        data: TrainingData,
        run_dir: Path,
        *,
        tracker: Tracker | None = None,
        report: Report | None = None,
        processes: Processes | None = None,
        start: bytes | None = None,
    ) -> None:
        """Build the network, and load the last checkpoint of ``run_dir`` if it has one, else the weights ``start``.

        Raises:
            TrainingError: A class has no pair.
            UsageError: The run was begun with other settings or data.
        """
        self.config, self.data, self.run_dir = config, data, run_dir
        self.processes = processes or Processes()
        self.plan = EpochPlan(data.training.labels, data.training.widths, config)
        torch.manual_seed(config.seed)
        self.network = BoundaryNetwork(architecture(config.architecture)).to(self.processes.device)
        self.optimizer = build_optimizer(self.network, config)
        on_gpu = self.processes.device.type == "cuda"
        half = {"auto": torch.float16 if on_gpu else None, "bfloat16": torch.bfloat16, "float32": None}
        self._half: torch.dtype | None = half[config.precision]
        self.scaler = torch.amp.GradScaler(self.processes.device.type, enabled=self._half is torch.float16)
        self.progress = Progress()
        if has_checkpoint(run_dir):
            self.progress = restore(run_dir, config, data.data_hash, self.network, self.optimizer, self.scaler)
        elif start is not None:
            load_start(self.network, start)
        self.tracker = tracker or NullTracker()
        self._report = report or (lambda step, steps, figures: None)

    def fit(self) -> TrainingResult:
        """Train until the steps are done, nothing gets better, or somebody interrupts.

        Raises:
            TrainingError: The memory is full, or the loss is no number; the last checkpoint is good.
            KeyboardInterrupt: Somebody interrupted; a checkpoint was saved.
        """
        config, progress, processes = self.config, self.progress, self.processes
        figures: dict[str, float] = {}
        network = processes.wrap(self.network)
        batches = training_batches(
            self.data.training,
            self.plan,
            config,
            first_step=progress.step,
            rank=processes.rank,
            world=processes.world,
        )
        with stopping_on_interrupt() as interruption, memory_errors():
            began, first = time.perf_counter(), progress.step
            for micro_batches in batches:
                rate = learning_rate(progress.step, config)
                loss = processes.mean_of(self._step(network, micro_batches, rate))
                progress.step += 1
                pairs_per_second = (progress.step - first) * config.batch_size / (time.perf_counter() - began)
                figures |= {"train_loss": loss, "learning_rate": rate, "pairs_per_second": pairs_per_second}
                self.tracker.log(progress.step, {"train_loss": loss, "learning_rate": rate})
                self._report(progress.step, config.steps, figures)
                stop = self._reason_to_stop(interruption)
                if stop or progress.step % config.validate_every == 0:
                    figures |= self._look()
                    self._report(progress.step, config.steps, figures)
                    stop = stop or self._reason_to_stop(interruption)
                if stop:
                    break
        if interruption.requested:
            raise KeyboardInterrupt
        return TrainingResult(
            progress.step, stop if first < progress.step else "done before", find_checkpoint(self.run_dir), figures
        )

    def _step(self, network: nn.Module, micro_batches: Sequence[tuple[Tensor, Tensor]], rate: float) -> float:
        """Do one step of the optimizer and return the mean loss of this process's pairs."""
        set_learning_rate(self.optimizer, rate)
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for number, (pairs, labels) in enumerate(micro_batches, start=1):
            self._seed(number - 1)
            with synchronised(network, wanted=number == len(micro_batches)):
                loss = self._loss(network, pairs, labels) / len(micro_batches)
                self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        if total != total:  # NaN
            raise TrainingError("The loss is no number any more.", hint="Try a lower learning rate.")
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(network.parameters(), self.config.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return total

    def _seed(self, number: int) -> None:
        """Make what is left out depend on the step and the micro-batch alone, whoever works on it."""
        place = self.processes.rank + number * self.processes.world
        seed = (self.config.seed * 1_000_000 + self.progress.step) * self.config.micro_batches + place
        torch.manual_seed(seed)

    def _loss(self, network: nn.Module, pairs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of both passes."""
        device = self.processes.device
        with torch.autocast(device.type, self._half, enabled=self._half is not None):
            forward, backward = network(pairs.to(device))
            both, twice = torch.cat([forward, backward]), torch.cat([labels, labels]).to(device)
            return nn.functional.cross_entropy(both.float(), twice)

    def _look(self) -> dict[str, float]:
        """Look at the validation videos, save a checkpoint, and return the figures."""
        self.processes.average_buffers(self.network)
        # Which class doubtful pairs mostly are differs from video to video: no offset fits others.
        offsets = not self.config.doubted_by
        verdict = judge(self.network, self.data.validation, self.config.micro_batch, self.processes, offsets=offsets)
        score = verdict.figures.get("macro_f1", 0.0), -verdict.figures.get("loss", 0.0)
        better = score > self.progress.best
        self.progress.looks_since = 0 if better else self.progress.looks_since + 1
        self.progress.best = max(score, self.progress.best)
        if self.processes.leads:
            self._save(verdict, best=better)
            self.tracker.log(self.progress.step, verdict.figures)
            said = verdict.calibration.probabilities(verdict.logits).argmax(axis=1)
            self.tracker.confusion(self.progress.step, confusion(verdict.labels, said))
        self.processes.wait()
        return verdict.figures

    def _save(self, verdict: Verdict, *, best: bool) -> None:
        meta = {
            "architecture": self.config.architecture,
            "epoch": self.progress.step // self.plan.steps,
            "config": self.config.as_dict(),
            "data_hash": self.data.data_hash,
            "calibration": asdict(verdict.calibration),
            "metrics": verdict.figures,
            "statistics": self.data.statistics,
        }
        save(self.run_dir, self.network, self.optimizer, self.scaler, self.progress, meta=meta, best=best)

    def _reason_to_stop(self, interruption: Interruption) -> str:
        if self.processes.agree(interruption.requested):
            interruption.requested = True
            return "interrupted"
        if self.progress.step >= self.config.steps:
            return "all steps done"
        if self.progress.looks_since >= self.config.patience:
            return f"no better macro F1 in {self.config.patience} looks"
        return ""
