"""Which pairs of neighbouring crops are training samples, of which class, and in which fold: rules on plain values.

| row | is |
|---|---|
| confirmed, with a text | that caption |
| confirmed, with an empty text | no caption |
| confirmed, text NULL | unknown: nobody has said yet what is shown |
| gap that a person made, or that lies between rows that a person confirmed | no caption |
| any other gap, predicted, issue, or pending in extents or text | unknown |
| two rows over one index | unknown |

A pair is two indices that follow each other and are both known. Two captions with the same text are no pair: nothing
tells where the one ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.database.captions import Caption
from caption_boundaries.types import (
    BOUNDARY_CLASSES,
    DIFFERENT,
    EMPTY_EMPTY,
    EMPTY_VALID,
    SAME,
    VALID_EMPTY,
    FrameRange,
)

Ints = NDArray[np.int64]

UNKNOWN, EMPTY = -1, 0
"""What an index shows; a positive number is the caption of that row, counted from 1."""


def what_is_shown(rows: Sequence[Caption], indices: Ints) -> Ints:
    """Return for every frame index whether it is `UNKNOWN`, `EMPTY` or the number of a caption's row, from 1.

    Args:
        rows: Every row of the video, in order of their start.
        indices: Ascending frame indices, shape (n,).
    """
    shown = np.full(len(indices), UNKNOWN, dtype=np.int64)
    covered = np.zeros(len(indices), dtype=np.int64)
    for number, row in enumerate(rows, start=1):
        first, stop = np.searchsorted(indices, (row.start_frame_index, row.end_frame_index + 1))
        covered[first:stop] += 1
        shown[first:stop] = _shown_by(rows, number)
    shown[covered > 1] = UNKNOWN
    return shown


def _shown_by(rows: Sequence[Caption], number: int) -> int:
    row = rows[number - 1]
    if row.boundary_pending or row.text_pending:
        return UNKNOWN
    if row.boundary_state == "gap":
        return EMPTY if _is_seen_gap(rows, number - 1) else UNKNOWN
    if row.boundary_state != "confirmed" or row.text is None:
        return UNKNOWN
    return number if row.text.strip() else EMPTY


def _is_seen_gap(rows: Sequence[Caption], place: int) -> bool:
    """Tell whether a person has seen that nothing is shown there; a run's gap alone is only a guess."""
    if rows[place].run_id is None:
        return True
    around = [rows[number] for number in (place - 1, place + 1) if 0 <= number < len(rows)]
    return bool(around) and all(row.boundary_state == "confirmed" and not row.boundary_pending for row in around)


def pairs_of(rows: Sequence[Caption], indices: Ints) -> tuple[Ints, Ints]:
    """Return the samples of a video: the earlier index of each pair and its class, both of shape (pairs,).

    Args:
        rows: Every row of the video, in order of their start.
        indices: The frame indices that have a crop, ascending, shape (n,).
    """
    shown = what_is_shown(rows, indices)
    before, after = shown[:-1], shown[1:]
    known = (np.diff(indices) == 1) & (before != UNKNOWN) & (after != UNKNOWN)
    known &= ~_repeats(rows, before, after)
    labels = np.select(
        [(before == EMPTY) & (after == EMPTY), before == EMPTY, after == EMPTY, before == after],
        [EMPTY_EMPTY, EMPTY_VALID, VALID_EMPTY, SAME],
        DIFFERENT,
    )
    return indices[:-1][known], labels[known].astype(np.int64)


def _repeats(rows: Sequence[Caption], before: Ints, after: Ints) -> NDArray[np.bool_]:
    """Return the pairs of two captions that say the same."""
    texts = ["", *(" ".join((row.text or "").split()).casefold() for row in rows)]
    changes = np.flatnonzero((before > EMPTY) & (after > EMPTY) & (before != after))
    found = np.zeros(len(before), dtype=np.bool_)
    found[[place for place in changes if texts[before[place]] == texts[after[place]]]] = True
    return found


def counts_of(labels: Ints) -> dict[str, int]:
    """Return how many samples there are of each class, by its name."""
    counts = np.bincount(labels, minlength=len(BOUNDARY_CLASSES))
    return {name: int(count) for name, count in zip(BOUNDARY_CLASSES, counts, strict=True)}


def capped(labels: Sequence[Ints], cap: int | None, seed: int) -> list[Ints]:
    """Return for each video which of its samples stay when no class may have more than ``cap`` in all.

    What goes is drawn by chance over all videos; the same labels and seed always keep the same samples.

    Args:
        labels: The classes of each video's samples.
        cap: The most samples of one class; None keeps all.
        seed: Decides which stay.
    """
    if cap is None:
        return [np.arange(len(part), dtype=np.int64) for part in labels]
    together = np.concatenate([*labels, np.zeros(0, dtype=np.int64)]).astype(np.int64)
    chance = np.random.default_rng(seed)
    kept = np.zeros(len(together), dtype=np.bool_)
    for number in range(len(BOUNDARY_CLASSES)):
        kept[chance.permutation(np.flatnonzero(together == number))[:cap]] = True
    ends = np.cumsum([len(part) for part in labels])
    return [np.flatnonzero(part) for part in np.split(kept, ends[:-1])] if len(labels) else []


def assign_folds(sizes: Mapping[str, int], folds: int, seed: int) -> dict[str, int]:
    """Return the fold of every group, folds being about equally large; a group is never in two.

    Args:
        sizes: Samples of each group; a group is a video, a series, or whatever must stay together.
        folds: How many; a fold stays empty where there are fewer groups.
        seed: Decides between groups of one size.
    """
    order = sorted(sizes, key=lambda group: (-sizes[group], hashlib.sha256(f"{seed} {group}".encode()).digest()))
    filled = [0] * folds
    fold_of = {}
    for group in order:
        smallest = min(range(folds), key=lambda fold: filled[fold])
        fold_of[group] = smallest
        filled[smallest] += max(1, sizes[group])
    return fold_of


def caption_lengths(rows: Sequence[Caption]) -> list[int]:
    """Return the lengths of the captions that a person has confirmed, in frame indices."""
    confirmed = (row for number, row in enumerate(rows, start=1) if _shown_by(rows, number) > EMPTY)
    return [len(FrameRange(row.start_frame_index, row.end_frame_index)) for row in confirmed]
