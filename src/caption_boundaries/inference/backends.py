"""What runs a network: ONNX Runtime for the model that is shipped, torch for checkpoints of a training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from caption_boundaries.errors import InputError
from caption_boundaries.models.checkpoint import META, POINTERS, find_checkpoint
from caption_boundaries.models.description import CLOSER, DESCRIPTION, ENCODER, HEAD, Description, read_description

Features = NDArray[np.float32]
Logits = NDArray[np.float32]

SHIPPED = Path(__file__).resolve().parents[1] / "models" / "weights"
"""Where the model that comes with the package lies."""


class Backend(Protocol):
    """A network with its weights; its methods may be called by several threads at once."""

    @property
    def description(self) -> Description:
        """What the model says of itself."""

    def encode(self, pictures: NDArray[np.uint8]) -> Features:
        """Return the features of pictures, shape (n, channels, height, width)."""

    def compare(self, before: Features, first: Features, second: Features, after: Features) -> tuple[Logits, Logits]:
        """Return what is said of n pairs.

        Args:
            before: Features of a picture before each pair.
            first: Of the pairs' first pictures.
            second: Of their second pictures.
            after: Of a picture after each pair.

        Returns:
            The logits of the forward and of the backward pass, each of shape (n, 5).
        """


@dataclass(frozen=True)
class OnnxBackend:
    """Runs an exported model; torch is not needed."""

    description: Description
    encoder: ort.InferenceSession
    head: ort.InferenceSession

    @classmethod
    def load(cls, folder: Path) -> OnnxBackend:
        """Load the model in ``folder``.

        Raises:
            InputError: It is not there or cannot be read.
        """
        description = read_description(folder)
        return cls(description, _session(folder / ENCODER), _session(folder / HEAD))

    def encode(self, pictures: NDArray[np.uint8]) -> Features:
        """Return the features of pictures, shape (n, channels, height, width)."""
        (features,) = _run(self.encoder, pictures)
        return features

    def compare(self, before: Features, first: Features, second: Features, after: Features) -> tuple[Logits, Logits]:
        """Return the logits of both passes for pairs between two others, each of shape (n, 5)."""
        forward, backward = _run(self.head, before, first, second, after)
        return forward, backward


def load_backend(path: Path | None = None) -> Backend:
    """Return the model in ``path``: a folder with an exported model, or a training's; None: the shipped model.

    Raises:
        InputError: There is no model, or it cannot be read.
    """
    folder = path or SHIPPED
    if (folder / DESCRIPTION).is_file():
        return OnnxBackend.load(folder)
    if (folder / META).is_file() or (folder / POINTERS).is_file():
        from caption_boundaries.inference.torch_backend import TorchBackend

        return TorchBackend.load(find_checkpoint(folder))
    raise InputError(f"There is no model in {folder}.", hint="Name the folder of a training run or of an export.")


def load_closer(path: Path | None = None) -> Backend | None:
    """Return what comes with the model in ``path`` for the pairs that it is not sure of; None: nothing does.

    Raises:
        InputError: It is there and cannot be read.
    """
    folder = (path or SHIPPED) / CLOSER
    return load_backend(folder) if folder.is_dir() else None


def has_shipped_model() -> bool:
    """Tell whether this installation carries a model."""
    return (SHIPPED / DESCRIPTION).is_file()


def _session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    # One thread for each batch; batches run side by side, which scales better than threads within a small layer.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has no common class of errors
        raise InputError(f"{path} cannot be loaded as a model: {error}.") from error


def _run(session: ort.InferenceSession, *inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
    names = [node.name for node in session.get_inputs()]
    outputs: list[NDArray[np.float32]] = session.run(None, dict(zip(names, inputs, strict=True)))
    return outputs
