"""Tells caption boxes from others after a person's labels: Gaussian naive Bayes, refitted in full on every label.

Doubts about a label are found by leaving it out: the score of every labelled box under a model that was fitted
without it follows in closed form from the class sums, so that no model is fitted twice.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np

from caption_boundaries.layout.features import FEATURE_NAMES
from caption_boundaries.layout.lines import Bools, Floats

SMOOTHING = 0.1
"""Added to every variance, as a share of the largest: features that hardly vary must not decide alone."""
TEMPERATURES = np.geomspace(1.0, 30.0, 25)
"""Candidates for the divisor of the log odds: features that depend on each other count twice in naive Bayes."""
MAX_LOG_ODDS = 30.0


@dataclass(frozen=True, slots=True)
class BoxClassifier:
    """A fitted model; everything that a prediction needs."""

    center: Floats
    """Mean of every feature over all boxes, shape (features,)."""
    scale: Floats
    """Standard deviation of every feature over all boxes, shape (features,)."""
    means: Floats
    """Class means of the scaled features, shape (2, features): out, in."""
    variances: Floats
    """Class variances of the scaled features with smoothing, shape (2, features): out, in."""
    counts: tuple[int, int]
    """Labelled boxes: out, in."""
    temperature: float
    """By how much the log odds are divided, so that 0.9 means nine in ten."""

    @property
    def priors(self) -> tuple[float, float]:
        """Share of the labels that are out and in."""
        total = sum(self.counts)
        return self.counts[0] / total, self.counts[1] / total

    def log_odds(self, features: Floats) -> Floats:
        """Return the calibrated log odds of ``in``, shape (n,), for features of shape (n, features).

        Two normal densities differ by a quadratic in every feature, so the odds are two products with the matrix.
        """
        precision = 1.0 / self.variances
        offset = -0.5 * (np.log(self.variances) + self.means**2 * precision).sum(axis=1) + np.log(self.priors)
        square = -0.5 * (precision[1] - precision[0]) / self.scale**2
        slope = (self.means[1] * precision[1] - self.means[0] * precision[0]) / self.scale - 2 * square * self.center
        lift = square @ self.center**2 - (slope + 2 * square * self.center) @ self.center + offset[1] - offset[0]
        return np.asarray(((features * square + slope) * features).sum(axis=1) + lift) / self.temperature

    def probabilities(self, features: Floats) -> Floats:
        """Return the probability of ``in``, shape (n,), for features of shape (n, features)."""
        return sigmoid(self.log_odds(features))

    @property
    def version(self) -> str:
        """Hash of the parameters: changes whenever they do."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """Return the parameters as JSON."""
        return json.dumps(
            {
                "features": FEATURE_NAMES,
                "center": self.center.tolist(),
                "scale": self.scale.tolist(),
                "means": self.means.tolist(),
                "variances": self.variances.tolist(),
                "counts": self.counts,
                "temperature": self.temperature,
            },
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str) -> BoxClassifier:
        """Return the model whose parameters are ``text``.

        Raises:
            ValueError: The model was fitted on other features.
        """
        values = json.loads(text)
        if tuple(values["features"]) != FEATURE_NAMES:
            raise ValueError("the stored box classifier was fitted on other features")
        arrays = {name: np.array(values[name], dtype=np.float64) for name in ("center", "scale", "means", "variances")}
        return cls(**arrays, counts=tuple(values["counts"]), temperature=float(values["temperature"]))


def feature_scale(features: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of every feature; 1 where a feature never varies."""
    center, scale = features.mean(axis=0), features.std(axis=0)
    return center, np.where(scale > 1e-9, scale, 1.0)


def fit_classifier(
    features: Floats, labelled: Bools, inside: Bools, scale: tuple[Floats, Floats] | None = None
) -> BoxClassifier | None:
    """Fit a model to the labelled boxes.

    Args:
        features: Features of all boxes, shape (n, features); the unlabelled ones say what is usual.
        labelled: Which boxes have a label, shape (n,).
        inside: What the label says (True = caption), shape (n,); read only where ``labelled``.
        scale: `feature_scale` of ``features``, for callers that fit again and again.

    Returns:
        The model, or None unless both labels occur.
    """
    truth = inside[labelled]
    if not truth.any() or truth.all():
        return None
    # Loaded here: every command loads this module, few fit a model, and this takes a second.
    from sklearn.naive_bayes import GaussianNB

    center, spread = scale or feature_scale(features)
    scaled = (features[labelled] - center) / spread
    estimator = GaussianNB(var_smoothing=SMOOTHING).fit(scaled, truth)
    counts = (int((~truth).sum()), int(truth.sum()))
    temperature = _best_temperature(_leave_one_out(scaled, truth), truth)
    return BoxClassifier(center, spread, estimator.theta_, estimator.var_, counts, temperature)


def leave_one_out(classifier: BoxClassifier, features: Floats, labelled: Bools, inside: Bools) -> Floats:
    """Return for every labelled box the log odds of ``in`` under a model fitted without it, in order, shape (m,).

    NaN where the box is the only one of its label: nothing can be said of it.
    """
    scaled = (features[labelled] - classifier.center) / classifier.scale
    return _leave_one_out(scaled, inside[labelled]) / classifier.temperature


def sigmoid(log_odds: Floats) -> Floats:
    """Return the probabilities that belong to log odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -MAX_LOG_ODDS, MAX_LOG_ODDS))), dtype=np.float64)


def _leave_one_out(scaled: Floats, truth: Bools) -> Floats:
    """Return the uncalibrated log odds of every row under the model of all other rows, shape (m,)."""
    count = len(truth)
    smoothing = SMOOTHING * _variances_without(scaled).max(axis=1, keepdims=True)
    scores = np.empty((count, 2))
    for label in (0, 1):
        rows = truth == bool(label)
        size = int(rows.sum())
        mean, variance = scaled[rows].mean(axis=0), scaled[rows].var(axis=0)
        means = np.tile(mean, (count, 1))
        variances = np.tile(variance, (count, 1))
        sizes = np.where(rows, size - 1, size)
        if size > 1:
            means[rows] = (size * mean - scaled[rows]) / (size - 1)
            variances[rows] = _variances_without(scaled[rows])
        variances += smoothing
        with np.errstate(divide="ignore"):
            prior = np.log(sizes / (count - 1))
        likelihood = -0.5 * (np.log(2 * np.pi * variances) + (scaled - means) ** 2 / variances).sum(axis=1)
        scores[:, label] = np.where(sizes > 0, prior + likelihood, np.nan)
    return np.asarray(scores[:, 1] - scores[:, 0])


def _variances_without(rows: Floats) -> Floats:
    """Return for each row the variances of all other rows, shape as given; 0 where no other row is left."""
    count = len(rows)
    if count < 2:
        return np.zeros_like(rows)
    centred = rows - rows.mean(axis=0)
    squares = (centred**2).sum(axis=0)
    # With the mean at 0, leaving out x moves the mean to -x / (n - 1).
    without = (squares - centred**2) / (count - 1) - (centred / (count - 1)) ** 2
    return np.asarray(np.maximum(without, 0.0))


def _best_temperature(log_odds: Floats, truth: Bools) -> float:
    """Return the divisor under which the left-out labels are most likely."""
    known = np.isfinite(log_odds)
    if not known.any():
        return float(TEMPERATURES[-1])
    signed = np.where(truth[known], log_odds[known], -log_odds[known])
    losses = np.logaddexp(0.0, -signed[:, None] / TEMPERATURES).mean(axis=0)
    return float(TEMPERATURES[int(losses.argmin())])
