"""Fits what turns a network's logits into probabilities that come true as often as they say."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from caption_boundaries.evaluation.pairs import Labels
from caption_boundaries.models.description import Calibration

SHRINK = 1e-2
"""Weight of the squared offsets: a class of which there are a few pairs is not moved far."""
ROUNDS = 100


def fit_calibration(logits: NDArray[np.float32], labels: Labels, *, offsets: bool = True) -> Calibration:
    """Return the scale and the offsets under which the labels are likeliest.

    Args:
        logits: Of pairs as they occur in videos that the network was not trained on, shape (n, 5).
        labels: Their classes.
        offsets: Set right how frequent the classes are, too, and not the scale alone.
    """
    if not len(labels):
        return Calibration()
    values, targets = torch.from_numpy(logits).double(), torch.from_numpy(labels)
    log_scale = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    added = torch.zeros(logits.shape[1], dtype=torch.float64, requires_grad=offsets)
    fitted = [log_scale, added] if offsets else [log_scale]
    optimizer = torch.optim.LBFGS(fitted, max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scaled = values * log_scale.clamp(-3, 3).exp() + added
        value = torch.nn.functional.cross_entropy(scaled, targets) + SHRINK * added.square().mean()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    centred = added.detach() - added.detach().mean()
    return Calibration(float(log_scale.detach().clamp(-3, 3).exp()), tuple(round(float(x), 5) for x in centred))
