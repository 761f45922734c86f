"""A larger network begins with what a smaller one has learnt, and says nearly the same as that one at first.

What is wider gets new channels that nothing listens to yet, and what is deeper gets layers that add nearly nothing: the
idea of Net2Net (Chen, Goodfellow, Shlens, 2016, arXiv:1511.05641), with new channels instead of copies of old ones.
"""

from __future__ import annotations

import torch
from torch import Tensor

from caption_boundaries.models.network import COMPARED, BoundaryNetwork, read_weights

MIXED, DECIDED = "head.mix.0.weight", "head.decide.1.weight"
"""The layers whose inputs are several sets of channels one after another."""


def load_start(network: BoundaryNetwork, weights: bytes) -> None:
    """Give a network the weights of one that has room in it; what only this one has stays as it is.

    Channels that only this one has are not listened to by those of the smaller one.
    """
    state, start = network.state_dict(), read_weights(weights)
    kept, new = _sets(start), _sets(state)
    for name, smaller in start.items():
        if smaller.dim() < 2:
            state[name][tuple(slice(size) for size in smaller.shape)] = smaller  # a count, or a number per channel
            continue
        mine = state[name][: len(smaller)]
        mine.zero_()
        mine[:, _columns(kept[name], new[name]) if name in kept else slice(smaller.shape[1])] = smaller


def _sets(state: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Return how many channels each set has that goes into a layer of several."""
    features = state[MIXED].shape[1] // COMPARED
    pooled = state[DECIDED].shape[1] // 2 - features
    return {MIXED: (features,) * COMPARED, DECIDED: (pooled, pooled, features, features)}


def _columns(kept: tuple[int, ...], new: tuple[int, ...]) -> Tensor:
    """Return where the channels of smaller sets lie among those of larger ones."""
    starts = torch.tensor([0, *new[:-1]]).cumsum(0)
    return torch.cat([start + torch.arange(size) for start, size in zip(starts, kept, strict=True)])
