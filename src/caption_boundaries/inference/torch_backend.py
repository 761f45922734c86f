"""Runs a checkpoint of a training; the only module of inference that needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from caption_boundaries.inference.backends import Features, Logits
from caption_boundaries.models.architectures import architecture
from caption_boundaries.models.checkpoint import WEIGHTS, read_meta
from caption_boundaries.models.description import Description, check_compatible
from caption_boundaries.models.network import BoundaryNetwork, load_weights, parameter_count
from caption_boundaries.types import BOUNDARY_CLASSES


@dataclass(frozen=True)
class TorchBackend:
    """A network of torch with its weights."""

    description: Description
    network: BoundaryNetwork

    @classmethod
    def load(cls, folder: Path) -> TorchBackend:
        """Load the checkpoint in ``folder``.

        Raises:
            InputError: It was made for another program version.
        """
        meta = read_meta(folder)
        check_compatible(BOUNDARY_CLASSES, meta.preprocessing, folder)
        network = BoundaryNetwork(architecture(meta.architecture))
        load_weights(network, (folder / WEIGHTS).read_bytes())
        description = Description(
            name=f"checkpoint {folder.name}",
            version=meta.weights_hash,
            architecture=meta.architecture,
            parameters=parameter_count(network),
            calibration=meta.fitted(),
            statistics=meta.statistics,
        )
        return cls(description, network.eval())

    @torch.inference_mode()
    def encode(self, pictures: NDArray[np.uint8]) -> Features:
        """Return the features of pictures, shape (n, channels, height, width)."""
        return np.asarray(self.network.encoder(torch.from_numpy(pictures)).numpy(), dtype=np.float32)

    @torch.inference_mode()
    def compare(self, before: Features, first: Features, second: Features, after: Features) -> tuple[Logits, Logits]:
        """Return the logits of both passes for pairs between two others, each of shape (n, 5)."""
        forward, backward = self.network.head(*(torch.from_numpy(part) for part in (before, first, second, after)))
        return forward.numpy(), backward.numpy()
