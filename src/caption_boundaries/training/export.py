"""From a checkpoint to the model that is shipped: two ONNX files and a description, appearing as a whole."""

from __future__ import annotations

import hashlib
import logging
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from caption_boundaries.atomic import partial_path, storage_errors, sync_folder
from caption_boundaries.errors import TrainingError
from caption_boundaries.inference.backends import OnnxBackend
from caption_boundaries.inference.torch_backend import TorchBackend
from caption_boundaries.models.checkpoint import WEIGHTS, find_checkpoint, read_meta
from caption_boundaries.models.description import DESCRIPTION, ENCODER, HEAD, Description
from caption_boundaries.models.preprocessing import CHANNELS, WINDOW

TOLERANCE = 1e-3
"""Largest difference of logits between torch and ONNX Runtime that still counts as equal."""
SHAPES = ((4, 48, 256), (6, 64, 464))
"""Pictures, height and width with which both are compared."""


def export_model(run: Path, folder: Path, *, name: str = "boundaries", facts: Mapping[str, Any] | None = None) -> Path:
    """Write the best checkpoint of ``run`` to ``folder`` as a model that needs no torch.

    Args:
        run: A training's folder, or that of one checkpoint.
        folder: Where the model goes; one that is there is replaced.
        name: Of the model, for people.
        facts: What else is worth knowing, such as figures on test videos.

    Raises:
        TrainingError: ONNX Runtime gives other results than torch.
        StorageError: The disk refused; what was there is as it was.
    """
    checkpoint = find_checkpoint(run)
    backend = TorchBackend.load(checkpoint)
    partial = partial_path(folder)
    try:
        with storage_errors(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            partial.mkdir()
            _write(backend, checkpoint, partial, name, facts or {})
        _compare(backend, OnnxBackend.load(partial))
        with storage_errors(folder):
            if folder.exists():
                shutil.rmtree(folder)
            partial.rename(folder)
            sync_folder(folder.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _write(backend: TorchBackend, checkpoint: Path, folder: Path, name: str, facts: Mapping[str, Any]) -> None:
    meta, network = read_meta(checkpoint), backend.network
    pictures = torch.zeros((2, len(CHANNELS), 48, 256), dtype=torch.uint8)
    features = network.encoder(pictures).detach()
    # As many tensors: the exporter takes one that is given twice for one input.
    window = tuple(features.clone() for _ in range(WINDOW))
    files = {ENCODER: _onnx(network.encoder, (pictures,)), HEAD: _onnx(network.head, window)}
    for file, data in files.items():
        (folder / file).write_bytes(data)
    shutil.copyfile(checkpoint / WEIGHTS, folder / WEIGHTS)
    training = {
        "config": meta.config,
        "data_hash": meta.data_hash,
        "code_revision": meta.code_revision,
        "step": meta.step,
        "validation": meta.metrics,
        **facts,
    }
    description = replace(backend.description, name=name, training=training)
    (folder / DESCRIPTION).write_text(
        replace(description, version=_version(files, description)).as_json(), encoding="utf-8"
    )


def _version(files: Mapping[str, bytes], description: Description) -> str:
    """Return a hash of all that decides what a model says."""
    digest = hashlib.sha256(repr(description.calibration).encode())
    for file in sorted(files):
        digest.update(files[file])
    return digest.hexdigest()[:12]


def _onnx(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> bytes:
    """Return ``module`` as ONNX that takes any number of pictures of any size."""
    free = torch.export.Dim.DYNAMIC
    with warnings.catch_warnings(), _quiet("torch.onnx"):  # what the exporter says is about itself
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            inputs,
            dynamo=True,
            external_data=False,
            dynamic_shapes=tuple({0: free, 2: free, 3: free} for _ in inputs),
            verbose=False,
        )
    assert program is not None
    proto = program.model_proto
    for noted in (*proto.graph.node, *proto.graph.value_info, *proto.graph.initializer, proto.graph, proto):
        # Where in whose folders each operation was written; no part of the network.
        del noted.metadata_props[:]
        noted.doc_string = ""
    data: bytes = proto.SerializeToString()
    return data


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Let a logger tell errors only."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _compare(torch_backend: TorchBackend, onnx_backend: OnnxBackend) -> None:
    random = np.random.default_rng(0)
    for count, height, width in SHAPES:
        pictures = random.integers(0, 256, (count, len(CHANNELS), height, width), dtype=np.uint8)
        results = []
        for backend in (torch_backend, onnx_backend):
            features = backend.encode(pictures)
            parts = (features[place : count - WINDOW + 1 + place] for place in range(WINDOW))
            results.append(np.concatenate(backend.compare(*parts)))
        apart = float(np.abs(results[0] - results[1]).max())
        if not apart <= TOLERANCE:
            raise TrainingError(f"The exported model gives other results than the trained one, by {apart:.2g}.")
