"""What is drawn under the timeline: how likely something changes at each frame index, and how much does."""

from __future__ import annotations

import sqlite3

import numpy as np
from numpy.typing import NDArray

from caption_boundaries.database.captions import BoundaryRun, CaptionReader
from caption_boundaries.web.caption_desk import CaptionDesk
from caption_boundaries.web.caption_wire import Tracks
from caption_boundaries.web.packing import pack

CHANGES = frozenset({"different", "empty_valid", "valid_empty"})
"""Classes of a pair of frames between which a caption starts or ends."""
_FULL = 65535


def tracks_of(connection: sqlite3.Connection, desk: CaptionDesk) -> Tracks:
    """Return the tracks of a video from the last run and the stroke masks."""
    run = CaptionReader(connection).run()
    first = run.first_index if run is not None else 0
    likelihood = np.zeros(0) if run is None or not len(run.probabilities) else likelihood_of(run)
    difference = desk.difference[first:]
    return Tracks(first_index=first, likelihood=_packed(likelihood), difference=_packed(difference))


def likelihood_of(run: BoundaryRun) -> NDArray[np.float64]:
    """Return for each frame index from the run's first how likely something changes from the one before, 0 to 1."""
    columns = [place for place, name in enumerate(run.classes) if name in CHANGES]
    values = np.nan_to_num(run.probabilities[:, columns].astype(np.float64)).sum(axis=1)
    return np.concatenate([[0.0], np.clip(values, 0.0, 1.0)])


def _packed(values: NDArray[np.float64]) -> str:
    return pack(np.round(values * _FULL), "uint16") if len(values) else ""
