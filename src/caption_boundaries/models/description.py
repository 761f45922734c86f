"""What an exported model says of itself, beside its two ONNX files.

folder/
├── encoder.onnx     picture → features
├── head.onnx        features of two pictures → logits of both passes
├── weights.pt       the same network for further training; not read otherwise
├── model.json       name, version, calibration, what it was trained on
└── closer/          if there is one, another such model, for the pairs that this one is not sure of
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.errors import InputError
from caption_boundaries.models import preprocessing
from caption_boundaries.types import BOUNDARY_CLASSES, BoundaryProbabilities

DESCRIPTION, ENCODER, HEAD, CLOSER = "model.json", "encoder.onnx", "head.onnx", "closer"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns logits into probabilities that come true as often as they say.

    Training balances the classes, which makes rare ones too likely; and networks are too sure. Both are set right by
    one scale for all logits and an offset for each class, fitted on videos that the training never saw.
    """

    scale: float = 1.0
    offsets: tuple[float, ...] = (0.0,) * len(BOUNDARY_CLASSES)

    def calibrated(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits of which `softmax` makes probabilities; shape (…, 5), as they come."""
        return np.asarray(logits * np.float32(self.scale) + np.array(self.offsets, np.float32), dtype=np.float32)

    def probabilities(self, logits: NDArray[np.float32]) -> BoundaryProbabilities:
        """Return probabilities, shape (n, 5), of logits of the same shape."""
        return softmax(self.calibrated(logits))


def softmax(logits: NDArray[np.float32]) -> BoundaryProbabilities:
    """Return the probabilities of calibrated logits, shape (n, 5)."""
    values = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(values / values.sum(axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Description:
    """What a model says of itself."""

    name: str
    """For people."""
    version: str
    """Hash of its weights and of its calibration."""
    architecture: str
    parameters: int
    """How many numbers it learnt."""
    calibration: Calibration = field(default_factory=Calibration)
    statistics: Mapping[str, float] = field(default_factory=dict)
    """Mean and spread of the training's inputs, by which drift is seen."""
    training: Mapping[str, Any] = field(default_factory=dict)
    """Data, code and configuration it comes from, and its figures on the validation videos."""
    classes: tuple[str, ...] = BOUNDARY_CLASSES
    preprocessing: str = preprocessing.VERSION

    def as_json(self) -> str:
        """Return it as a document that `read_description` reads."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def read_description(folder: Path) -> Description:
    """Return what the model in ``folder`` says of itself.

    Raises:
        InputError: It is missing or unreadable, or the model was made for another program version.
    """
    path = folder / DESCRIPTION
    try:
        document = json.loads(path.read_bytes())
        calibration = document.pop("calibration")
        description = Description(
            calibration=Calibration(calibration["scale"], tuple(calibration["offsets"])),
            **{**document, "classes": tuple(document["classes"])},
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} is no description of a model: {error!r}.") from error
    check_compatible(description.classes, description.preprocessing, folder)
    return description


def check_compatible(classes: tuple[str, ...], version: str, folder: Path) -> None:
    """Refuse a model that expects other inputs or says other things than this program.

    Raises:
        InputError: It does.
    """
    if classes != BOUNDARY_CLASSES or version != preprocessing.VERSION:
        raise InputError(
            f"The model in {folder} expects inputs of version {version}; this program makes version "
            f"{preprocessing.VERSION}.",
            hint="Train it again, or install the program that made it.",
        )
