"""How fast the data set and the loader of a training give samples, beside the training step that uses them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader

from caption_boundaries.data.dataset import BoundarySample, CaptionBoundaryDataset
from caption_boundaries.data.production import make_folders, seeds_of
from caption_boundaries.data.recipe import Recipe
from caption_boundaries.models.architectures import DEFAULT, architecture
from caption_boundaries.models.network import BoundaryNetwork
from caption_boundaries.training.batches import EpochPlan, training_batches
from caption_boundaries.training.config import TrainConfig
from caption_boundaries.training.pairs import NetworkPairs
from report import Figure

VIDEOS = 6
SECONDS = 20.0
STEPS = 5


def measure_loader(root: Path) -> list[Figure]:
    """Return samples per second of the data set, of the loader with and without workers, and of the training step."""
    root.mkdir()
    recipe = Recipe(seconds=SECONDS, empty_share=0, sizes=((640, 360, 1),), preset="ultrafast")
    folders = [made.folder for made in make_folders(recipe, seeds_of(0, VIDEOS), root)]
    data = CaptionBoundaryDataset.from_folders(folders)
    step = _training_step(data)
    figures = [Figure("training step", step, "samples/s")]
    for workers in (0, 2):
        reading = _reading(data, workers)
        figures.append(
            Figure(f"data set, {workers} workers: read and decoded", reading, "samples/s", step, "training step")
        )
    for workers in (0, 2):
        feeding = _feeding(data, workers)
        figures.append(
            Figure(
                f"loader, {workers} workers: preprocessed and augmented",
                feeding,
                "samples/s",
                step,
                "training step",
                ">= the training step",
            )
        )
    return figures


def _bytes(sample: BoundarySample) -> int:
    return sample.first.nbytes + sample.second.nbytes


def _reading(data: CaptionBoundaryDataset, workers: int) -> float:
    sized = CaptionBoundaryDataset(data.videos, transform=_bytes)
    loader = DataLoader(sized, batch_size=64, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
    list(loader)  # starts the workers, warms the caches
    started = time.perf_counter()
    list(loader)
    return len(data) / (time.perf_counter() - started)


def _feeding(data: CaptionBoundaryDataset, workers: int) -> float:
    pairs, config = NetworkPairs(data), replace(TrainConfig(), workers=workers, steps=STEPS + 2)
    batches = training_batches(pairs, EpochPlan(pairs.labels, pairs.widths, config), config, first_step=0)
    for _ in range(2):  # starts the workers
        next(batches)
    started = time.perf_counter()
    count = sum(len(labels) for batch in batches for _, labels in batch)
    return count / (time.perf_counter() - started)


def _training_step(data: CaptionBoundaryDataset) -> float:
    """Return pairs per second of forward, backward and optimizer on pairs that are in memory."""
    pairs, config = NetworkPairs(data), replace(TrainConfig(), steps=STEPS)
    batches = list(training_batches(pairs, EpochPlan(pairs.labels, pairs.widths, config), config, first_step=0))
    network = BoundaryNetwork(architecture(DEFAULT))
    optimizer = torch.optim.AdamW(network.parameters())
    count, started = 0, time.perf_counter()
    for batch in batches:
        optimizer.zero_grad()
        for inputs, labels in batch:
            forward, backward = network(inputs)
            loss = nn.functional.cross_entropy(torch.cat([forward, backward]), torch.cat([labels, labels]))
            loss.backward()
            count += len(labels)
        optimizer.step()
    return count / (time.perf_counter() - started)
