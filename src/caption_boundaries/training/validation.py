"""What a network says of pairs that it is not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from caption_boundaries.errors import TrainingError
from caption_boundaries.evaluation.pairs import Labels, summary
from caption_boundaries.models.description import Calibration
from caption_boundaries.models.network import BoundaryNetwork
from caption_boundaries.training.batches import PairData, collate
from caption_boundaries.training.calibration import fit_calibration
from caption_boundaries.training.processes import Processes
from caption_boundaries.types import BOUNDARY_CLASSES


@dataclass(frozen=True)
class Verdict:
    """What a network says of the validation pairs."""

    logits: NDArray[np.float32]
    """Mean of both passes, shape (n, 5)."""
    labels: Labels
    calibration: Calibration
    figures: dict[str, float]
    """Of the calibrated probabilities; see `metrics.summary`."""


def judge(
    network: BoundaryNetwork, data: PairData, batch: int, processes: Processes, *, offsets: bool = True
) -> Verdict:
    """Return what ``network`` says of every pair in ``data``; the processes share the work.

    Args:
        network: The network; it is left as it is.
        data: Pairs that it is not trained on.
        batch: How many go through it at once.
        processes: Who shares the work.
        offsets: Whether the calibration may make a class more probable than the network does.

    Raises:
        TrainingError: It says nothing that is a number.
    """
    mine = range(processes.rank, len(data.labels), processes.world)
    gathered = processes.gather(_logits(network, data, mine, batch, processes.device))
    logits = np.stack(gathered) if gathered else np.zeros((0, len(BOUNDARY_CLASSES)), dtype=np.float32)
    if not np.isfinite(logits).all():
        raise TrainingError("What the network says is no number any more.", hint="Try a lower learning rate.")
    calibration = fit_calibration(logits, data.labels, offsets=offsets)
    figures = summary(data.labels, calibration.probabilities(logits)) if len(logits) else {}
    return Verdict(logits, data.labels, calibration, figures)


@torch.inference_mode()
def _logits(
    network: BoundaryNetwork, data: PairData, numbers: Sequence[int], batch: int, device: torch.device
) -> list[NDArray[np.float32]]:
    """Return the mean logits of both passes for the pairs of these numbers, in their order."""
    was_training = network.training
    network.eval()
    # In order of width, so that little padding is needed.
    order = sorted(numbers, key=lambda number: int(data.widths[number]))
    found: dict[int, NDArray[np.float32]] = {}
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        pairs, _ = collate([(data.pair(number), 0) for number in chosen])
        forward, backward = network(pairs.to(device))
        found.update(zip(chosen, ((forward + backward) / 2).float().cpu().numpy(), strict=True))
    network.train(was_training)
    return [found[number] for number in numbers]
