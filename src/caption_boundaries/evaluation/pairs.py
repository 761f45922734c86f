"""How good pair classes are: pure figures from labels and probabilities.

The macro F1 is the mean of the F1 of the classes that occur, so that a rare class counts as much as a frequent one.
The expected calibration error is the mean distance of confidence and accuracy over bins of confidence, each weighed by
its pairs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.types import (
    BOUNDARY_CLASSES,
    DIFFERENT,
    EMPTY_VALID,
    VALID_EMPTY,
    BoundaryProbabilities,
)

Labels = NDArray[np.int64]
BINS = 15
"""Bins of confidence of the calibration error."""
CHANGES = (DIFFERENT, EMPTY_VALID, VALID_EMPTY)
"""Classes of pairs between which a boundary lies."""


def confusion(labels: Labels, predicted: Labels) -> NDArray[np.int64]:
    """Return how many pairs of each class (rows) were given each class (columns)."""
    count = len(BOUNDARY_CLASSES)
    return np.bincount(labels * count + predicted, minlength=count * count).reshape(count, count).astype(np.int64)


def class_f1(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the F1 of every class; NaN for one that neither occurs nor was given."""
    hits, both = np.diag(matrix).astype(np.float64), matrix.sum(axis=0) + matrix.sum(axis=1)
    return np.where(both > 0, 2 * hits / np.maximum(both, 1), np.nan)


def macro_f1(matrix: NDArray[np.int64]) -> float:
    """Return the mean F1 of the classes that occur; 0 without any."""
    occurring = matrix.sum(axis=1) > 0
    return float(class_f1(matrix)[occurring].mean()) if occurring.any() else 0.0


def calibration_error(labels: Labels, probabilities: BoundaryProbabilities, bins: int = BINS) -> float:
    """Return the expected calibration error, 0 to 1; 0 without pairs."""
    if not len(labels):
        return 0.0
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    counts = np.bincount(places, minlength=bins)
    apart = np.abs(np.bincount(places, confidence, bins) - np.bincount(places, right, bins))
    assert counts.sum() == len(labels)
    return float(apart.sum() / len(labels))


def cross_entropy(labels: Labels, probabilities: BoundaryProbabilities) -> float:
    """Return the mean negative log-likelihood of the true classes; 0 without pairs."""
    if not len(labels):
        return 0.0
    likelihood = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(likelihood, 1e-12)).mean())


def summary(labels: Labels, probabilities: BoundaryProbabilities) -> dict[str, float]:
    """Return every figure by name; classes that do not occur are left out."""
    matrix = confusion(labels, probabilities.argmax(axis=1).astype(np.int64))
    changed, said = np.isin(labels, CHANGES), np.isin(probabilities.argmax(axis=1), CHANGES)
    figures = {
        "loss": cross_entropy(labels, probabilities),
        "accuracy": float(np.diag(matrix).sum() / max(1, len(labels))),
        "macro_f1": macro_f1(matrix),
        "calibration_error": calibration_error(labels, probabilities),
        "change_f1": float(2 * (changed & said).sum() / max(1, changed.sum() + said.sum())),
    }
    f1 = class_f1(matrix)
    return figures | {f"f1_{name}": float(f1[i]) for i, name in enumerate(BOUNDARY_CLASSES) if matrix[i].sum() > 0}
