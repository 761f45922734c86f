"""Figures for captions against the truth, and how those of several clips add up.

* **Captions**: paired one to one by the best overlap in time of at least one half. Recall is the share of true
  captions that are paired, precision that of predicted ones; the rest are *missed* and *invented*.
* **Boundaries**: starts with starts and ends with ends, paired one to one within a tolerance.
* **Characters**: edits over the number of true characters, all captions of all clips together (micro average); a
  missed caption counts with all its characters as wrong, an invented one counts only against precision. The mean of
  the captions' own rates (macro average) stands beside it; there a missed caption counts as 1 whatever its length.

Counts are kept, and rates are worked out last: the figures of several clips are the sums of their counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from caption_boundaries.evaluation.matching import Match, count_boundary_matches, match_captions
from caption_boundaries.evaluation.text import edits, plain_form, strict_form
from caption_boundaries.evaluation.truth import TimedText

TOLERANCES = (0.05, 0.1, 0.2)
"""Seconds; the first is about one source picture, the second one frame index."""


@dataclass(frozen=True, slots=True)
class PairCount:
    """How many of one side were paired with how many of the other."""

    truth: int
    predicted: int
    matched: int

    def __add__(self, other: PairCount) -> PairCount:
        return PairCount(self.truth + other.truth, self.predicted + other.predicted, self.matched + other.matched)

    @property
    def missed(self) -> int:
        """True ones that no prediction stands for."""
        return self.truth - self.matched

    @property
    def invented(self) -> int:
        """Predictions that stand for nothing true."""
        return self.predicted - self.matched

    @property
    def recall(self) -> float:
        """Share of true ones that were found; 1 where there was nothing to find."""
        return self.matched / self.truth if self.truth else 1.0

    @property
    def precision(self) -> float:
        """Share of predictions that are true; 1 where nothing was predicted."""
        return self.matched / self.predicted if self.predicted else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 1 where there is nothing on either side."""
        both = self.truth + self.predicted
        return 2 * self.matched / both if both else 1.0


@dataclass(frozen=True, slots=True)
class TextErrors:
    """Edits between texts that were paired, and all that were missed."""

    edits: int
    characters: int
    """Of the truth."""
    rate_sum: float
    """Sum of the captions' own rates, each at most 1."""
    captions: int

    def __add__(self, other: TextErrors) -> TextErrors:
        return TextErrors(
            self.edits + other.edits,
            self.characters + other.characters,
            self.rate_sum + other.rate_sum,
            self.captions + other.captions,
        )

    @property
    def rate(self) -> float:
        """Character error rate over all characters (micro average); 0 where there are none."""
        return self.edits / self.characters if self.characters else 0.0

    @property
    def mean_rate(self) -> float:
        """Mean of the captions' own rates (macro average); 0 where there are none."""
        return self.rate_sum / self.captions if self.captions else 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """Everything that is measured of a clip, or of several together."""

    captions: PairCount
    boundaries: dict[float, PairCount]
    """By tolerance in seconds."""
    both_ends_exact: int
    """True captions whose start and end are both found within one source picture."""
    plain: TextErrors
    """Without punctuation, spaces and case."""
    strict: TextErrors
    """With them."""

    def __add__(self, other: Score) -> Score:
        return Score(
            self.captions + other.captions,
            {tolerance: count + other.boundaries[tolerance] for tolerance, count in self.boundaries.items()},
            self.both_ends_exact + other.both_ends_exact,
            self.plain + other.plain,
            self.strict + other.strict,
        )

    @property
    def both_ends_share(self) -> float:
        """Share of true captions with both ends within one source picture; 1 where there are none."""
        return self.both_ends_exact / self.captions.truth if self.captions.truth else 1.0

    def as_dict(self) -> dict[str, float]:
        """Return the figures by name, for files."""
        figures: dict[str, float] = {
            "captions": self.captions.truth,
            "predicted": self.captions.predicted,
            "matched": self.captions.matched,
            "missed": self.captions.missed,
            "invented": self.captions.invented,
            "recall": self.captions.recall,
            "precision": self.captions.precision,
            "both_ends_within_one_frame": self.both_ends_exact,
        }
        for tolerance, count in self.boundaries.items():
            figures[f"boundary_precision_{tolerance:g}s"] = count.precision
            figures[f"boundary_recall_{tolerance:g}s"] = count.recall
            figures[f"boundary_f1_{tolerance:g}s"] = count.f1
        figures |= {"cer": self.plain.rate, "cer_strict": self.strict.rate}
        return figures | {"cer_mean": self.plain.mean_rate, "cer_strict_mean": self.strict.mean_rate}


def score(truth: Sequence[TimedText], predicted: Sequence[TimedText], *, frame_seconds: float) -> Score:
    """Return how well ``predicted`` tells what ``truth`` says.

    Args:
        truth: What the clip shows.
        predicted: What was found.
        frame_seconds: How long one source picture is shown.
    """
    matches = match_captions(truth, predicted)
    return Score(
        captions=PairCount(len(truth), len(predicted), len(matches)),
        boundaries={tolerance: _boundaries(truth, predicted, tolerance) for tolerance in TOLERANCES},
        both_ends_exact=sum(match.both_ends_within(frame_seconds) for match in matches),
        plain=_text_errors(truth, matches, plain_form),
        strict=_text_errors(truth, matches, strict_form),
    )


def total(scores: Iterable[Score]) -> Score:
    """Return the figures of several clips together."""
    together = score([], [], frame_seconds=0.0)
    for each in scores:
        together += each
    return together


def _boundaries(truth: Sequence[TimedText], predicted: Sequence[TimedText], tolerance: float) -> PairCount:
    starts = count_boundary_matches([t.start for t in truth], [p.start for p in predicted], tolerance)
    ends = count_boundary_matches([t.end for t in truth], [p.end for p in predicted], tolerance)
    return PairCount(2 * len(truth), 2 * len(predicted), starts + ends)


def _text_errors(truth: Sequence[TimedText], matches: Sequence[Match], form: Callable[[str], str]) -> TextErrors:
    found = [(form(match.truth.text), form(match.predicted.text)) for match in matches]
    distances = [edits(true, guess) for true, guess in found]
    characters = sum(len(form(caption.text)) for caption in truth)
    missed_characters = characters - sum(len(true) for true, _ in found)
    missed = len(truth) - len(matches)
    rates = (min(1.0, wrong / max(1, len(true))) for wrong, (true, _) in zip(distances, found, strict=True))
    return TextErrors(sum(distances) + missed_characters, characters, sum(rates) + missed, len(truth))
