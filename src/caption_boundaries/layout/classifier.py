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
GUESS_WEIGHT = 6.0
"""As how many labels of each kind the guesses count together, while no label contradicts them."""
DISTRUST = 3.0
"""How fast they lose that weight: with 3 they count for nothing once every third label contradicts them."""
TINY = 1e-9
"""No variance is smaller: boxes that are all alike must not divide by nothing."""


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
    priors: tuple[float, float]
    """Share of what it was fitted to that is out and in."""
    temperature: float
    """By how much the log odds are divided, so that 0.9 means nine in ten."""

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
                "priors": self.priors,
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
        return cls(
            **arrays,
            counts=tuple(values["counts"]),
            priors=tuple(values["priors"]),
            temperature=float(values["temperature"]),
        )


def load_library() -> None:
    """Load what fitting needs; takes a second, which nobody should wait for at the first label."""
    import sklearn.naive_bayes  # noqa: F401


def feature_scale(features: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of every feature; 1 where a feature never varies."""
    center, scale = features.mean(axis=0), features.std(axis=0)
    return center, np.where(scale > 1e-9, scale, 1.0)


def fit_classifier(
    features: Floats,
    labelled: Bools,
    inside: Bools,
    scale: tuple[Floats, Floats] | None = None,
    guesses: Bools | None = None,
) -> BoxClassifier | None:
    """Fit a model to the labelled boxes.

    Args:
        features: Features of all boxes, shape (n, features); the unlabelled ones say what is usual.
        labelled: Which boxes have a label, shape (n,).
        inside: What the label says (True = caption), shape (n,); read only where ``labelled``.
        scale: `feature_scale` of ``features``, for callers that fit again and again.
        guesses: What is guessed of all boxes, shape (n,): together they count as a few labels, so that the first
            labels do not turn everything upside down. None: nothing is guessed.

    Returns:
        The model, or None unless both labels occur, among the guesses at least.
    """
    if not len(features):
        return None
    center, spread = scale or feature_scale(features)
    lesson = _lesson((features - center) / spread, labelled, inside, guesses)
    if not lesson.truth.any() or lesson.truth.all():
        return None
    # Loaded here: every command loads this module, few fit a model, and this takes a second.
    from sklearn.naive_bayes import GaussianNB

    estimator = GaussianNB(var_smoothing=SMOOTHING).fit(lesson.rows, lesson.truth, sample_weight=lesson.weights)
    counts = (int((~inside[labelled]).sum()), int(inside[labelled].sum()))
    temperature = _best_temperature(_leave_one_out(lesson), lesson)
    priors = (float(estimator.class_prior_[0]), float(estimator.class_prior_[1]))
    return BoxClassifier(center, spread, estimator.theta_, estimator.var_, counts, priors, temperature)


def leave_one_out(
    classifier: BoxClassifier, features: Floats, labelled: Bools, inside: Bools, guesses: Bools | None = None
) -> Floats:
    """Return for every labelled box the log odds of ``in`` under a model fitted without it, in order, shape (m,).

    NaN where the box is the only one of its label: nothing can be said of it.
    """
    lesson = _lesson((features - classifier.center) / classifier.scale, labelled, inside, guesses)
    return _leave_one_out(lesson)[: int(labelled.sum())] / classifier.temperature


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What a model is fitted to: the labelled boxes, and rows that stand for the guesses."""

    rows: Floats
    """Scaled features, shape (m, features)."""
    truth: Bools
    weights: Floats


def _lesson(scaled: Floats, labelled: Bools, inside: Bools, guesses: Bools | None) -> _Lesson:
    rows, truth, weights = [scaled[labelled]], [inside[labelled]], [np.ones(int(labelled.sum()))]
    trust = 0.0 if guesses is None else _trust(guesses[labelled] == inside[labelled])
    for label in (False, True):
        members = scaled[(guesses == label) & ~labelled] if guesses is not None else scaled[:0]
        if len(members) and trust > 0:
            # Two rows have the mean and the variance of them all.
            mean, deviation = members.mean(axis=0), members.std(axis=0)
            rows.append(np.stack([mean - deviation, mean + deviation]))
            truth.append(np.array([label, label]))
            weights.append(np.full(2, trust / 2))
    return _Lesson(np.concatenate(rows), np.concatenate(truth), np.concatenate(weights))


def sigmoid(log_odds: Floats) -> Floats:
    """Return the probabilities that belong to log odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -MAX_LOG_ODDS, MAX_LOG_ODDS))), dtype=np.float64)


def _trust(right: Bools) -> float:
    """Return as how many labels the guesses count, after how many of them the labels have proved right."""
    wrong = int((~right).sum())
    return GUESS_WEIGHT * max(0.0, 1.0 - DISTRUST * wrong / (len(right) + 2))


def _leave_one_out(lesson: _Lesson) -> Floats:
    """Return the uncalibrated log odds of every row under the model of all other rows, shape (m,)."""
    rows, weights = lesson.rows, lesson.weights
    smoothing = SMOOTHING * _variances_without(rows, np.ones(len(rows))).max(axis=1, keepdims=True)
    scores = np.empty((len(rows), 2))
    for label in (0, 1):
        members = lesson.truth == bool(label)
        total = float(weights[members].sum())
        mean = np.average(rows[members], axis=0, weights=weights[members])
        variance = np.average((rows[members] - mean) ** 2, axis=0, weights=weights[members])
        means, variances = np.tile(mean, (len(rows), 1)), np.tile(variance, (len(rows), 1))
        totals = np.where(members, total - weights, total)
        if members.sum() > 1:
            own = weights[members, None]
            means[members] = (total * mean - own * rows[members]) / (total - own)
            variances[members] = _variances_without(rows[members], weights[members])
        totals[members] *= members.sum() > 1  # the only one of its label leaves nothing
        variances = np.maximum(variances + smoothing, TINY)
        with np.errstate(divide="ignore"):
            prior = np.log(totals / (weights.sum() - weights))
        likelihood = -0.5 * (np.log(2 * np.pi * variances) + (rows - means) ** 2 / variances).sum(axis=1)
        scores[:, label] = np.where(totals > 0, prior + likelihood, np.nan)
    return np.asarray(scores[:, 1] - scores[:, 0])


def _variances_without(rows: Floats, weights: Floats) -> Floats:
    """Return for each row the variances of all other rows, shape as given; 0 where no other row is left."""
    if len(rows) < 2:
        return np.zeros_like(rows)
    total, own = weights.sum(), weights[:, None]
    centred = rows - np.average(rows, axis=0, weights=weights)
    squares = (own * centred**2).sum(axis=0)
    # With the mean at 0, leaving out x of weight w moves the mean to -w x / (total - w).
    without = (squares - own * centred**2) / (total - own) - (own * centred / (total - own)) ** 2
    return np.asarray(np.maximum(without, 0.0))


def _best_temperature(log_odds: Floats, lesson: _Lesson) -> float:
    """Return the divisor under which the left-out labels are most likely."""
    known = np.isfinite(log_odds)
    if not known.any():
        return float(TEMPERATURES[-1])
    signed = np.where(lesson.truth[known], log_odds[known], -log_odds[known])
    losses = np.average(np.logaddexp(0.0, -signed[:, None] / TEMPERATURES), axis=0, weights=lesson.weights[known])
    return float(TEMPERATURES[int(losses.argmin())])
