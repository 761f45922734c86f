"""The siamese network: each picture is encoded once, and a light head compares neighbouring ones.

The head judges the pair in the middle of four pictures. The outer two tell how a fade goes on, and which strokes stand
still. A single letter that changes has to be seen, so what differs is pooled by its maximum as well as by its mean, and
so is by how much more the pair differs than its neighbours do.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from caption_boundaries.models.architectures import Architecture
from caption_boundaries.models.preprocessing import CHANNELS, WINDOW
from caption_boundaries.types import BOUNDARY_CLASSES, DIFFERENT, EMPTY_EMPTY, EMPTY_VALID, SAME, VALID_EMPTY

SWAPPED = (SAME, DIFFERENT, EMPTY_EMPTY, VALID_EMPTY, EMPTY_VALID)
"""The class of a pair with its pictures exchanged, by its class."""

DROPOUT = 0.2
"""Share of the pooled features that are left out at every step of a training."""
COMPARED = WINDOW + 2
"""Sets of features that are compared: those of all pictures, what differs, and what differs here alone."""
FURTHER_WEIGHT = 0.1
"""Of what the layers of a deeper network add at first."""


class BoundaryNetwork(nn.Module):
    """Says of two neighbouring pictures which of the five classes they are."""

    def __init__(self, architecture: Architecture) -> None:
        """Build the network with random weights."""
        super().__init__()
        self.encoder = Encoder(architecture)
        self.head = Head(architecture)

    def forward(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of the forward and of the backward pass, both in the classes of the pairs as given.

        Args:
            pairs: Inputs as bytes, shape (n, `preprocessing.WINDOW`, channels, height, width), the pair in the middle.
        """
        # All pictures of all pairs in one go, so that they are normalised alike.
        features = self.encoder(pairs.flatten(0, 1)).unflatten(0, (-1, WINDOW))
        forward, backward = self.head(*features.unbind(1))
        return forward, backward


class Encoder(nn.Module):
    """Turns a picture into features at a quarter of its size."""

    def __init__(self, architecture: Architecture) -> None:
        """Build it with random weights."""
        super().__init__()
        stem, features = architecture.stem, architecture.features
        self.layers = nn.Sequential(
            nn.Conv2d(len(CHANNELS), stem, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(stem),
            nn.ReLU(),
            Separable(stem, features, stride=2),
            Separable(features, features),
            *_further(features, architecture.depth),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Return features, shape (n, features, height / 4, width / 4), of pictures of bytes."""
        features: Tensor = self.layers(pictures.float() * (1 / 128) - 1)
        return features


class Head(nn.Module):
    """Compares the features of two pictures between two others, in both orders."""

    def __init__(self, architecture: Architecture) -> None:
        """Build it with random weights."""
        super().__init__()
        features, mixed, deep = architecture.features, architecture.mixed, architecture.deep
        self.mix = nn.Sequential(
            nn.Conv2d(COMPARED * features, mixed, 1, bias=False),
            nn.BatchNorm2d(mixed),
            nn.ReLU(),
            *_further(mixed, architecture.depth),
        )
        layers: list[nn.Module] = []
        width = mixed
        for channels in deep:
            layers += [Separable(width, channels, stride=2), Separable(channels, channels)]
            width = channels
        self.layers = nn.Sequential(*layers)
        # Beside `layers`, not among them: the weights of a network without them keep their names.
        self.further = nn.ModuleList(nn.Sequential(*_further(channels, architecture.depth)) for channels in deep)
        self.decide = nn.Sequential(
            nn.Dropout(DROPOUT),
            nn.Linear(2 * (width + features), architecture.hidden),
            nn.ReLU(),
            nn.Linear(architecture.hidden, len(BOUNDARY_CLASSES)),
        )

    def forward(self, before: Tensor, first: Tensor, second: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits, each of shape (n, 5), of the pass in order and of the one in the opposite order.

        The second one's classes are exchanged back, so that both speak of the pair as given.

        Args:
            before: Features of the picture before the pair; the first's again where there is none.
            first: Of the pair's first picture.
            second: Of its second picture.
            after: Of the picture after the pair; the second's again where there is none.
        """
        difference = (first - second).abs()
        # What differs here alone: a change, and not something that moves all the time.
        step = torch.relu(difference - torch.maximum((before - first).abs(), (second - after).abs()))
        either = [difference, step]
        # One convolution of all of them side by side, written as a sum: nothing is copied to lie side by side, and
        # what both passes share is computed once.
        pictures, kernels = [before, first, second, after], self._kernels(first.shape[1])
        shared = _sum(either, kernels[WINDOW:])
        most = [part.amax(dim=(2, 3)) for part in either]
        forward = self._one_pass(_sum(pictures, kernels) + shared, most)
        backward = self._one_pass(_sum(pictures[::-1], kernels) + shared, most)
        return forward, backward[:, list(SWAPPED)]

    def _kernels(self, features: int) -> list[Tensor]:
        """Return what `mix` does with each set of features."""
        weight = self.mix.get_parameter("0.weight")
        return [weight[:, start : start + features] for start in range(0, weight.shape[1], features)]

    def _one_pass(self, mixed: Tensor, most: list[Tensor]) -> Tensor:
        deep = self.mix[1:](mixed)
        for number, further in enumerate(self.further):
            deep = further(self.layers[2 * number : 2 * number + 2](deep))
        pooled = [deep.amax(dim=(2, 3)), deep.mean(dim=(2, 3)), *most]
        logits: Tensor = self.decide(torch.cat(pooled, dim=1))
        return logits


def _sum(features: Sequence[Tensor], kernels: Sequence[Tensor]) -> Tensor:
    """Return the sum of what each kernel makes of the features in the same place; there may be more kernels."""
    first, *others = (conv2d(part, kernel) for part, kernel in zip(features, kernels, strict=False))
    return functools.reduce(torch.add, others, first)


class Separable(nn.Module):
    """A convolution of each channel by itself, then one across channels; added to its input where both fit."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, weight: float = 1.0) -> None:
        """Build it with random weights, and ``weight`` for what it adds or returns."""
        super().__init__()
        normalised = nn.BatchNorm2d(outputs)
        nn.init.constant_(normalised.weight, weight)
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, inputs, 3, stride=stride, padding=1, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            normalised,
            nn.ReLU(),
        )
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output."""
        y: Tensor = self.layers(x)
        return x + y if self.adds else y


def _further(channels: int, depth: int) -> list[nn.Module]:
    """Return what follows the first convolution of a size; it begins as nearly nothing, see `training.growth`."""
    return [Separable(channels, channels, weight=FURTHER_WEIGHT) for _ in range(depth - 1)]


def load_weights(network: BoundaryNetwork, weights: bytes) -> None:
    """Give a network the weights of a file."""
    network.load_state_dict(read_weights(weights))


def read_weights(weights: bytes) -> dict[str, Tensor]:
    """Return the weights of a file by name."""
    found: dict[str, Tensor] = torch.load(io.BytesIO(weights), map_location="cpu", weights_only=True)
    return found


def parameter_count(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())
