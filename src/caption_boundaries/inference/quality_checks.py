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
    Box,
    Region,
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
TOUCHING = 0.1
"""A line that ends this close to a side of the crop, in line heights, touches it. Layouts leave 2 line heights and more
beside the widest line that they know."""


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
    """Numbers of the pairs, or of the captions where those were looked at; the first few."""

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "check": self.check,
            "message": self.message,
            "value": round(self.value, 4),
            "places": list(self.places),
        }


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
        *_drift(means, trained_on or {}),
    ]
    return [finding for finding in findings if finding is not None]


def check_sides(captions: Sequence[Sequence[Box]], regions: Sequence[Region], line_width: float) -> Finding | None:
    """Look for captions whose lines touch a side of the crop, so that a part of them may lie outside.

    What was read is asked, not the strokes: a background has strokes at the sides as well.

    Args:
        captions: The lines of each caption, as fractions of the crop picture.
        regions: What the crop picture shows; where it ends with the frame there is nothing that it could cut off.
        line_width: Height of a line, as a fraction of the crop picture's width.
    """
    left = TOUCHING * line_width if min((region.box.left for region in regions), default=0.0) > 0 else -1.0
    right = 1 - TOUCHING * line_width if max((region.box.right for region in regions), default=1.0) < 1 else 2.0
    touching = [number for number, lines in enumerate(captions) if any(b.left < left or b.right > right for b in lines)]
    if not touching:
        return None
    some = "A caption reaches" if len(touching) == 1 else f"{len(touching)} captions reach"
    message = f"{some} the side of the crop: text may be cut off. Widen the crop in the layout tool."
    return Finding("crop cut", message, len(touching) / len(captions), tuple(touching[:PLACES_KEPT]))


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
