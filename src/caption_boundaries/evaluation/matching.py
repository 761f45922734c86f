"""Which prediction belongs to which truth: one to one, for captions and for boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from caption_boundaries.evaluation.truth import TimedText

MIN_IOU = 0.5
"""Captions that share less of their time than this are not the same caption."""

ROUNDING_SECONDS = 0.001 + 1e-6
"""Subtitle files hold whole milliseconds: what is exact to the picture may be off by so much in the file."""


@dataclass(frozen=True, slots=True)
class Match:
    """A predicted caption and the true one that it stands for."""

    truth: TimedText
    predicted: TimedText
    iou: float
    """Shared time over the time of both together."""

    def both_ends_within(self, seconds: float) -> bool:
        """Tell whether neither the start nor the end is off by more than ``seconds``."""
        limit = seconds + ROUNDING_SECONDS
        return (
            abs(self.truth.start - self.predicted.start) <= limit and abs(self.truth.end - self.predicted.end) <= limit
        )


def temporal_iou(one: TimedText, other: TimedText) -> float:
    """Return the time that both share over the time that they cover together; 0 when they do not meet."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    if shared <= 0:
        return 0.0
    return shared / (max(one.end, other.end) - min(one.start, other.start))


def match_captions(truth: Sequence[TimedText], predicted: Sequence[TimedText]) -> list[Match]:
    """Pair captions one to one, the best overlap first, none below `MIN_IOU`.

    As long as neither side overlaps itself this pairs as many as can be paired: two captions can then only compete
    for a third by sharing exactly half of it each.
    """
    candidates = [
        (-iou, row, column)
        for row, true in enumerate(truth)
        for column, guess in enumerate(predicted)
        if (iou := temporal_iou(true, guess)) >= MIN_IOU - 1e-9
    ]
    rows, columns = set[int](), set[int]()
    matches = []
    for negative_iou, row, column in sorted(candidates):
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            matches.append(Match(truth[row], predicted[column], -negative_iou))
    return sorted(matches, key=lambda match: match.truth)


def count_boundary_matches(truth: Sequence[float], predicted: Sequence[float], tolerance: float) -> int:
    """Return how many boundaries of one kind can be paired one to one, none further apart than ``tolerance`` seconds.

    Pairing the earliest with the earliest that fits is optimal: what is passed over fits nothing that follows.
    """
    limit = tolerance + ROUNDING_SECONDS
    ours, theirs = sorted(truth), sorted(predicted)
    row = column = matched = 0
    while row < len(ours) and column < len(theirs):
        distance = theirs[column] - ours[row]
        if abs(distance) <= limit:
            matched += 1
        row += distance >= -limit
        column += distance <= limit
    return matched
