"""What looks wrong in a model's word on a video: reasons for a person to look, found without knowing the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.inference.predictor import Prediction
from caption_boundaries.types import (
    DIFFERENT,
    EMPTY_EMPTY,
    EMPTY_VALID,
    SAME,
    VALID_EMPTY,
    BoundaryProbabilities,
)

SHOWS_BEFORE, SHOWS_AFTER = (SAME, DIFFERENT, VALID_EMPTY), (SAME, DIFFERENT, EMPTY_VALID)
CHANGES = (DIFFERENT, EMPTY_VALID, VALID_EMPTY)
UNSURE = 0.6
"""A pair whose likeliest class is less likely than this is unsure."""
APART = 0.3
"""Passes that differ by more than this disagree."""
MANY = 0.05
"""A share of unsure, disagreeing or impossible pairs from which on the video deserves a look."""
SHORTEST_SECONDS, LONGEST_SECONDS = 0.15, 30.0
"""Captions beyond these are rare: of 28,449 confirmed ones, one in a hundred lasted longer than 16.5 seconds."""
FEW_SHORT = 0.2
"""Share of very short captions from which on they are suspicious."""
UNLIKE = 4.0
"""Standard deviations of the training's videos from which on a video is unlike them."""
CUT_STROKES = 0.6
"""Strokes at the edges, as a share of those elsewhere, from which on text seems to be cut."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that looks wrong."""

    check: str
    """Name of the check."""
    message: str
    """One sentence for a person."""
    value: float
    """What was measured."""
    places: tuple[int, ...] = ()
    """Numbers of the pairs, the first few."""

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {"check": self.check, "message": self.message, "value": round(self.value, 4), "pairs": list(self.places)}


PLACES_KEPT = 20


def check_prediction(
    prediction: Prediction, rate_hz: float, *, trained_on: Mapping[str, float] | None = None
) -> list[Finding]:
    """Return what looks wrong, in the order of the checks.

    Args:
        prediction: Of a video.
        rate_hz: Frame indices per second.
        trained_on: Mean and spread of the training's inputs: ``luma_mean``, ``luma_spread``, ….
    """
    means = prediction.statistics.means()
    findings = [
        _impossible(prediction.probabilities),
        _unsure(prediction.probabilities),
        _disagreement(prediction.disagreement),
        _durations(prediction.probabilities, rate_hz),
        _cut(means),
        *_drift(means, trained_on or {}),
    ]
    return [finding for finding in findings if finding is not None]


def _impossible(probabilities: BoundaryProbabilities) -> Finding | None:
    """Look for neighbouring pairs that say different things of the picture they share."""
    after = probabilities[:-1, SHOWS_AFTER].sum(axis=1) >= 0.5
    before = probabilities[1:, SHOWS_BEFORE].sum(axis=1) >= 0.5
    return _share(
        "impossible sequence",
        after != before,
        "{share:.1%} of the pictures are a caption to one pair, none to the next.",
    )


def _unsure(probabilities: BoundaryProbabilities) -> Finding | None:
    unsure = probabilities.max(axis=1, initial=0.0) < UNSURE
    return _share("low confidence", unsure, "The model is unsure of {share:.1%} of the pairs.")


def _disagreement(apart: NDArray[np.float32]) -> Finding | None:
    return _share("disagreement of the passes", apart > APART, "Both passes disagree on {share:.1%} of the pairs.")


def _durations(probabilities: BoundaryProbabilities, rate_hz: float) -> Finding | None:
    """Look at how long captions last."""
    lengths = caption_lengths(probabilities)
    if not lengths:
        return None
    seconds = np.array(lengths) / rate_hz
    longest, short = float(seconds.max()), float((seconds < SHORTEST_SECONDS).mean())
    if longest > LONGEST_SECONDS:
        return Finding("durations", f"A caption seems to last {longest:.0f} seconds; it may be a logo.", longest)
    if short >= FEW_SHORT and len(lengths) > 2:
        return Finding("durations", f"{short:.0%} of the captions last less than {SHORTEST_SECONDS} seconds.", short)
    return None


def _cut(means: Mapping[str, float]) -> Finding | None:
    if not means or means["edge"] < CUT_STROKES * means["strokes"] or means["strokes"] < 0.01:
        return None
    share = means["edge"] / means["strokes"]
    message = "There are as many strokes at the sides of the crop as within it: text may be cut off."
    return Finding("crop cut", message, share)


def _drift(means: Mapping[str, float], trained_on: Mapping[str, float]) -> list[Finding]:
    """Look for figures that the training's videos hardly ever had."""
    findings = []
    for name, value in means.items():
        spread = trained_on.get(f"{name}_spread", 0.0)
        if spread > 0 and (away := abs(value - trained_on[f"{name}_mean"]) / spread) > UNLIKE:
            message = f"The pictures' {name} is unlike that of the videos of the training."
            findings.append(Finding("drift", message, away))
    return findings


def caption_lengths(probabilities: BoundaryProbabilities) -> list[int]:
    """Return the length in frame indices of every caption by the likeliest classes."""
    lengths = []
    classes: Sequence[int] = probabilities.argmax(axis=1).tolist() if len(probabilities) else []
    length = 0
    for kind, run in groupby(classes):
        count = len(list(run))
        if kind == SAME:
            length += count if length else count + 1
        elif kind in CHANGES:
            lengths.append(length)
            length = 1 if kind != VALID_EMPTY else 0
        elif kind == EMPTY_EMPTY:
            lengths.append(length)
            length = 0
    return [length for length in [*lengths, length] if length > 0]


def _share(check: str, wrong: NDArray[np.bool_], message: str) -> Finding | None:
    if not len(wrong) or (share := float(wrong.mean())) < MANY:
        return None
    places = tuple(int(place) for place in np.flatnonzero(wrong)[:PLACES_KEPT])
    return Finding(check, message.format(share=share), share, places)
